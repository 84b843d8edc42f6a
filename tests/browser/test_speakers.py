"""Where a label's speaker comes from, what it costs with the mouse, and who reports whom."""

from playwright.sync_api import Page, expect

from tests.browser.office import Office
from tests.browser.team import press, saved, sentence, walk_to

LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth it.” “And it is ours,” she added.

The firm disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”

Google called it “good for everybody.”"""


def click(page: Page, *parts: str) -> None:
    """Each is one click: the words of a sentence, a button or a radio's label."""
    for part in parts:
        inside = page.locator("#bar").locator("button, label").filter(has_text=part)
        (inside if inside.first.is_visible() else sentence(page, part)).first.click()


def test_a_label_costs_four_clicks_and_three_where_the_speaker_goes_on(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article)
    click(page, "We firmly believe", "Confirm", "Pro-copyright", "Value")
    saved(page, 1)
    click(page, "It is worth it", "Pro-copyright", "Position")
    saved(page, 2)
    click(page, "It is fair use", "Confirm", "Pro-fair-use", "Position")
    saved(page, 3)
    origins = [(label["speaker_origin"], label["quote"][:11]) for label in office.stored(page, article)]
    assert origins == [("confirmed", "We firmly b"), ("carried", "It is worth"), ("confirmed", "“It is fair")]


def test_who_reports_whom_is_entered_by_keys(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article)
    press(page, "j", "w")
    expect(page.locator("#spk")).to_be_focused()
    press(page, *"duver", "Enter", "w")
    expect(page.locator("#link")).to_be_focused()
    press(page, *"deadl", "Enter", *"hollywood open", "Enter")
    links = page.locator("#chain li")
    expect(links.last).to_have_text("Ava DuVernayspeaker of record")
    names = [link.split("×")[0] for link in links.all_inner_texts()]
    assert [name.strip() for name in names[-3:-1]] == ["Deadline", "The Hollywood open letter"]
    page.get_by_role("button", name="Remove Deadline").focus()
    press(page, "Enter", "1", "e")
    saved(page, 1)
    (label,) = office.stored(page, article)
    assert (label["speaker"], label["chain"][-2:]) == ("duvernay", ["letter-coalition", "duvernay"])
    assert "deadline" not in label["chain"]
    expect(page.locator("#cards .card .via")).to_have_text("via The Hollywood open letter")
    press(page, "w")
    expect(links.last).to_contain_text("speaker of record")


def test_the_rule_for_the_speaker_of_record_is_told_and_not_enforced(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article)
    rule = page.locator("#rule")
    press(page, "j", "s", *"duver", "Enter")
    expect(rule).to_have_text("")
    press(page, "s", *"deadline", "Enter")
    expect(rule).to_have_text(
        "An outlet that only passes on what others say is not the speaker of record; one that says it itself is."
    )
    expect(page.get_by_role("combobox", name="Speaker")).to_have_accessible_description(rule.inner_text())
    press(page, "1", "e")
    saved(page, 1)
    assert office.stored(page, article)[0]["speaker"] == "deadline"
    earlier = article.span("It is fair use,")
    office.label(article, earlier, speaker="letter-coalition")  # the list offers no documents; an import may hold one
    office.open(page, article)
    press(page, "]", "]", "Enter")
    expect(rule).to_contain_text("A document holds no stance: the speaker of record is who speaks through it.")


def test_a_speaker_is_carried_on_in_a_run_and_not_beyond(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article)
    press(page, "j", "r", "1", "p")
    press(page, "j", "1", "o")
    saved(page, 2)
    walk_to(page, "It is fair use")
    press(page, "1")
    expect(page.locator("#origin")).to_be_hidden()
    press(page, "e")
    expect(page.locator("#err")).to_contain_text("Is it OpenAI?")
    press(page, "s", "3")
    saved(page, 3)
    page.reload()
    saved(page, 3)
    walk_to(page, "And it is ours")
    press(page, "1", "f")
    expect(page.locator("#err")).to_contain_text("Is it Ava DuVernay?")
    press(page, "r")
    walk_to(page, "Google called")
    press(page, ".")
    saved(page, 5)
    origins = [label["speaker_origin"] for label in office.stored(page, article)]
    assert origins == ["confirmed", "carried", "confirmed", "picked", "repeated"]
