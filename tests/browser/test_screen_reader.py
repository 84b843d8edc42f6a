"""The annotation page without eyes and without a mouse: names, roles and states as Chromium has them, what is said."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Article, Office
from tests.browser.spoken import heard, listen, nameless, told, tree
from tests.browser.team import press, saved

LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth paying for.”

The company disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”

Nothing more was said about art that day."""


@pytest.fixture
def article(office: Office) -> Article:
    return office.article(LETTER)


@pytest.fixture
def page(office: Office, article: Article) -> Page:
    page = office.visit("Alice", article)
    listen(page)
    return page


def focused_sentence(page: Page) -> str:
    return str(page.evaluate("document.activeElement.matches('.s') ? document.activeElement.textContent : ''"))


def test_parts_of_the_page_are_told_in_their_order(office: Office, article: Article) -> None:
    office.label(article, article.span("It is fair use,"), stance="pro-fair-use", claim_type="POSITION")
    page = office.visit("Alice", article)
    landmarks = [n for n in tree(page) if n.role in ("banner", "navigation", "main", "article", "complementary")]
    assert [(n.role, n.name) for n in landmarks] == [
        ("banner", ""),
        ("navigation", "Pages"),
        ("main", ""),
        ("article", ""),
        ("complementary", "Labels"),
    ]
    assert told(page, "link")[0].name == "Skip to the content"
    assert [n.states.get("disabled", False) for n in told(page, "button", "do")[:2]] == [True, True], "Undo and Redo"
    (live,) = told(page, "status")
    assert (live.states["live"], live.states["atomic"]) == ("polite", True)
    (card,) = (n for n in told(page, "button") if n.inside[-3:] == ("complementary Labels", "list", "listitem"))
    assert [word for word in ("pro-fair-use", "Position", "OpenAI", "It is fair use,") if word not in card.name] == []
    assert nameless(page) == []


def test_sentences_are_items_of_lists_and_tell_their_labels(office: Office, article: Article) -> None:
    office.label(article, article.span("It is fair use,"), stance="pro-fair-use", claim_type="POSITION")
    office.label(article, article.span("fair use"), speaker="google", claim_type="FACT", unsure=True)
    page = office.visit("Alice", article)
    sentences = [n for n in told(page, "listitem") if "article" in n.inside]
    assert len(sentences) == page.locator(".s").count()
    assert {n.inside[-1] for n in sentences} == {"list"}
    (labelled,) = (n for n in sentences if n.description)
    assert labelled.description == "2 labels: OpenAI, pro-fair-use, position; Google, neutral, fact, unsure"
    texts = [n.name for n in tree(page) if n.role == "StaticText" and {"article", "list"} <= {*n.inside}]
    assert "".join(texts) == article.text.replace("\n\n", ""), "nothing is put into the article"
    assert page.locator("#art [tabindex='0']").count() == 1, "the article is one stop of the Tab key"


def test_the_bar_is_a_form_with_names_and_states(page: Page) -> None:
    press(page, "j", "1")
    (form,) = told(page, "form")
    assert form.name == "Label for the marked words"
    stances = [n for n in told(page, "radio") if any(i.startswith("group Stance") for i in n.inside)]
    assert [(n.name.split()[0], n.states["checked"]) for n in stances] == [
        ("Pro-copyright", "true"),
        ("Pro-fair-use", "false"),
        ("Neutral", "false"),
    ]
    claims = [n for n in told(page, "radio") if any(i.startswith("group Claim type") for i in n.inside)]
    assert len(claims) == 8
    pressed = {n.name.split()[-1]: n.states["pressed"] for n in told(page, "button") if "pressed" in n.states}
    assert set(pressed.values()) == {"false"}
    press(page, "h")
    assert [n.states["pressed"] for n in told(page, "button", "Unsure")] == ["true"]
    press(page, "p")
    (alert,) = told(page, "alert")
    expect(page.get_by_role("alert")).to_contain_text("R confirms, S chooses another.")
    assert alert.states["live"] == "assertive"
    assert nameless(page) == []


def test_the_speaker_list_is_told_as_it_is_walked(page: Page) -> None:
    press(page, "j", "s")
    expect(page.get_by_role("listbox", name="Speakers")).to_be_visible()
    (field,) = told(page, "combobox", "Speaker")
    assert (field.states["expanded"], field.states["focused"], field.states["autocomplete"]) == (True, True, "list")
    assert [n.name for n in told(page, "listbox")] == ["Speakers"]
    assert 1 < len(told(page, "option")) <= 9
    press(page, *"open")
    expect(page.get_by_role("option", selected=True)).to_contain_text("OpenAI")
    (chosen,) = (n for n in told(page, "option") if n.states["selected"])
    assert chosen.name.startswith("OpenAI organisation")
    active = page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent"
    )
    assert "OpenAI" in active
    press(page, "Enter")
    assert focused_sentence(page), "choosing leads back to the sentence"
    assert told(page, "listbox") == []
    (field,) = told(page, "combobox", "Speaker")
    assert field.states["expanded"] is False


def test_a_label_by_keys_alone_with_what_is_said(page: Page) -> None:
    press(page, "Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    press(page, "Enter", "j", "1")
    heard(page, "pro-copyright; claim type next")
    press(page, "e")
    heard(page, "pro-copyright, consequence; speaker next")
    press(page, "r")
    heard(page, "Saved: Ava DuVernay, pro-copyright, consequence")
    assert focused_sentence(page).startswith("“We firmly believe")
    saved(page, 1)
    press(page, "v")
    heard(page, "Changed: value")
    press(page, "h")
    heard(page, "Changed: unsure")
    press(page, "u")
    heard(page, "Undone")
    press(page, "Shift+U")
    heard(page, "Done again")
    press(page, "]", "Delete")
    heard(page, "Label deleted.")
    assert focused_sentence(page).startswith("“We firmly believe")
    press(page, "Shift+ArrowLeft")
    heard(page, "We firmly believe that art")
    press(page, "l")
    heard(page, "Choose a label first, then L.")


def test_the_line_lost_and_found_is_said_once_each(page: Page) -> None:
    page.context.set_offline(True)
    press(page, "j", "r", "1", "e")
    heard(page, "Offline · 1 label kept here")
    press(page, "v")
    for _ in range(2):  # it is tried again, without a word
        page.wait_for_event("requestfailed")
    expect(page.locator("#status")).to_contain_text("Offline · 1 label kept here")
    page.context.set_offline(False)
    said = heard(page, "Saved")
    assert [words for words in said if words.startswith(("Offline", "Saving"))] == []
    saved(page, 1)


def test_the_tab_key_goes_through_header_article_bar_and_labels(office: Office, article: Article) -> None:
    office.label(article, article.span("It is fair use,"))
    page = office.visit("Alice", article)
    press(page, "j", "Enter")
    page.locator(".skip").focus()
    parts = ["header.top", ".s", "#art", "#bar", "#cards"]
    stops: list[str] = []
    while not stops or stops[-1] != "#cards":
        press(page, "Tab")
        stops.append(page.evaluate("parts => parts.find(part => document.activeElement.closest(part)) ?? ''", parts))
        assert len(stops) < 60, stops
    in_order = [stop for n, stop in enumerate(stops) if stop and stop != (stops[n - 1] if n else "")]
    assert in_order == ["header.top", "#art", ".s", "#art", "#bar", "#cards"], "the article is one stop"
    assert stops.count(".s") == 1


def test_dialogs_have_names_keep_the_focus_and_give_it_back(office: Office) -> None:
    article = office.article(LETTER.replace("that day", "on art"))
    office.label(article, article.span("art"))
    page = office.visit("Alice", article)
    for keys, name in (
        (["j", "?"], "Keys"),
        (["Shift+Enter"], "Finish this article?"),
        (["]", "l"], "Label the same words"),
    ):
        press(page, *keys)
        (dialog,) = told(page, "dialog", name)
        assert dialog.states["modal"] is True
        assert nameless(page) == []
        for _ in range(12):
            press(page, "Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        press(page, "Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        assert told(page, "dialog") == []
        assert focused_sentence(page), name


def test_arrow_keys_on_the_radios_choose_and_do_not_save(page: Page) -> None:
    press(page, "j", "r", "1")
    page.get_by_role("radio", name="Policy").focus()
    press(page, "ArrowDown", "ArrowDown")
    expect(page.locator("#cards .card")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    press(page, "Enter")
    saved(page, 1)
