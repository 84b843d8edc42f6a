"""Small promises of the page: nothing half done is lost by going on, Esc deletes nothing, letters stay letters."""

from playwright.sync_api import Page, Route, expect

from tests.browser.office import Office
from tests.browser.team import press, saved

LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth paying for.”

The company disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”

Nothing more was said about art that day."""


def current(page: Page) -> str:
    return page.locator("[aria-current=true]").text_content() or ""


def test_a_half_filled_label_comes_back_with_undo(office: Office) -> None:
    page = office.visit("Alice", office.article(LETTER))
    press(page, "j", "1", "h", "j", "j")
    expect(page.locator("#bar")).to_be_hidden()
    press(page, "u")
    assert current(page).startswith("“We firmly believe")
    expect(page.get_by_role("radio", name="Pro-copyright")).to_be_checked()
    expect(page.get_by_role("button", name="Unsure")).to_have_attribute("aria-pressed", "true")
    press(page, "e", "r")
    saved(page, 1)
    expect(page.locator("#cards .card")).to_contain_text("unsure")


def test_escape_lets_go_step_by_step_and_deletes_nothing(office: Office) -> None:
    article = office.article(LETTER)
    office.label(article, article.span("We firmly believe that art matters,"))
    page = office.visit("Alice", article)
    press(page, "]", "Enter")
    expect(page.locator("#bar")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#bar")).to_be_hidden()
    expect(page.locator("#cards .card.on")).to_have_count(1)
    press(page, "Escape")
    expect(page.locator("#cards .card.on")).to_have_count(0)
    press(page, "Shift+ArrowLeft")
    expect(page.locator("mark.draft")).to_have_text("We firmly believe that art")
    press(page, "Escape")
    assert "".join(page.locator("mark.draft").all_text_contents()).strip() == current(page).strip()
    press(page, "Escape", "Escape")
    saved(page, 1)


def test_a_slip_is_said_on_its_card_and_undone_there(office: Office) -> None:
    page = office.visit("Alice", office.article(LETTER))
    press(page, "j", "r", "1", "e", "v")
    card = page.locator("#cards .card")
    expect(card).to_contain_text("Changed: value. Undo")
    card.get_by_role("button", name="Undo").click()
    expect(card.locator(".claim")).to_have_text("Consequence")
    expect(card).not_to_contain_text("Changed")
    saved(page, 1)


def test_a_page_that_is_not_the_article_takes_no_label(office: Office) -> None:
    article = office.article(LETTER)
    page = office.browse("Alice").new_page()

    def garble(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("worth paying", "worth praying"))

    page.route(f"**{article.path}", garble)
    office.open(page, article)
    expect(page.locator("#toast")).to_have_text("This page does not match the stored article. Reload before labelling.")
    press(page, "j", "r", "1", "e")
    page.locator(".s").first.click()
    expect(page.locator("#bar")).to_be_hidden()
    page.unroute_all()
    office.open(page, article)
    press(page, "j", "r", "1", "e")
    saved(page, 1)


def test_letters_stay_letters_where_somebody_writes(office: Office) -> None:
    page = office.visit("Alice", office.article(LETTER))
    press(page, "j", "r", "1", "e")
    saved(page, 1)
    shown = page.locator("#cards .card .card-1").text_content()
    press(page, "i", *"v2 jk.u?", "Escape")
    expect(page.locator("#cards .card .card-3")).to_have_text("v2 jk.u?")
    press(page, "?", "v", "2", "Delete", "j", "Escape")
    press(page, "Alt+v", "Alt+2")
    for key in ("f", "p", "d", "c"):
        page.evaluate("() => addEventListener('keydown', e => { window.taken = e.defaultPrevented; })")
        page.evaluate(
            """key => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }))""",
            key,
        )
        assert page.evaluate("window.taken") is False, f"Ctrl+{key} is the browser's"
    assert page.locator("#cards .card .card-1").text_content() == shown
    assert current(page).startswith("“We firmly believe")


def test_a_docked_bar_never_covers_what_is_read(office: Office) -> None:
    article = office.article("\n\n".join(f"“Sentence {n} of this long letter,” said Ava DuVernay." for n in range(40)))
    page = office.visit("Bob", article, 1100, 700)
    with page.expect_response("**/preferences"):
        press(page, "b")
    for _ in range(30):
        press(page, "j")
        sentence, bar, header = (page.locator(part).bounding_box() for part in ("[aria-current=true]", "#bar", ".top"))
        assert sentence and bar and header
        assert bar["y"] + bar["height"] > 695, "at the foot of the window"
        assert header["y"] + header["height"] <= sentence["y"]
        assert sentence["y"] + sentence["height"] <= bar["y"]
    with page.expect_response("**/preferences"):
        press(page, "b")
    expect(page.locator("#bar")).to_be_hidden()
