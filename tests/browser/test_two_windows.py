"""One person in two windows, signed out in between, somebody else in the same browser: each label stays whose it is."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.office import Article, Office, sign_in
from tests.browser.team import press, saved
from tests.browser.visitors import at_work

LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth paying for.”

The company disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”"""


def label_first(page: Page) -> None:
    press(page, "j", "r", "1", "e")


def kept(page: Page, words: str) -> None:
    expect(page.locator("#status")).to_contain_text(words)


def sign_out(context: BrowserContext, office: Office) -> None:
    """In another window of the same browser."""
    page = context.new_page()
    page.goto(f"{office.address}/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.close()
    office.sessions.clear()  # it has ended for good


def sign_in_again(context: BrowserContext, office: Office, name: str, article: Article) -> Page:
    page = context.new_page()
    page.goto(f"{office.address}/sign-in?next={article.path}")
    sign_in(page, name)
    page.wait_for_url(f"**{article.path}")
    at_work(page)
    return page


def test_two_tabs_on_one_article_stay_in_step(office: Office) -> None:
    article = office.article(LETTER)
    context = office.browse("Alice")
    one, other = context.new_page(), context.new_page()
    office.open(one, article)
    office.open(other, article)
    label_first(one)
    saved(one, 1)
    expect(other.locator("#cards .card .claim")).to_have_text("Consequence")
    expect(other.locator("mark[data-id]")).to_have_text("We firmly believe that art matters,")
    press(other, "]", "v")
    expect(one.locator("#cards .card .claim")).to_have_text("Value")
    saved(other, 1)
    press(one, "Delete")
    expect(other.locator("#cards .card")).to_have_count(0)
    press(one, "u")
    expect(other.locator("#cards .card")).to_have_count(1)
    saved(one, 1)
    (label,) = office.stored(one, article)
    assert (label["claim_type"], label["revision"]) == ("VALUE", 4)


def test_a_conflict_shows_both_versions_to_choose_from(office: Office) -> None:
    article = office.article(LETTER)
    office.label(article, article.span("We firmly believe that art matters,"), article.span("It is fair use,"))
    slow, quick = office.visit("Alice", article), office.visit("Alice", article)
    for which, key, wanted in (("Keep mine", "v", "VALUE"), ("Keep the other", "d", "POLICY")):
        press(quick, "]", "p")
        saved(quick, 2)
        press(slow, "]", key)
        other = slow.locator("#other")
        expect(other).to_contain_text("The other: OpenAI, neutral, policy")
        expect(slow.locator("#bar [name=claim_type]:checked")).to_have_value("VALUE" if key == "v" else "DEFINITION")
        expect(slow.locator("#err")).to_contain_text("This label was changed in another window.")
        slow.get_by_role("button", name=which).click()
        saved(slow, 2)
        expect(other).to_be_hidden()
        label = office.stored(slow, article)[0 if key == "v" else 1]
        assert label["claim_type"] == wanted
        press(slow, "Escape", "Escape", "j", "j")


def test_who_is_signed_out_signs_in_and_goes_on(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article)
    sign_out(page.context, office)
    label_first(page)
    kept(page, "Signed out · 1 label kept here")
    press(page, "v")
    with page.context.expect_page() as opened:
        page.locator("#status").get_by_role("link").click()
    expect(opened.value.locator("#waiting")).to_have_text("1 label waits here and is sent after you sign in.")
    sign_in(opened.value, "Alice")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    saved(page, 1)
    (label,) = office.stored(page, article)
    assert (label["claim_type"], label["quote"]) == ("VALUE", "We firmly believe that art matters,")


def test_labels_kept_here_are_never_sent_for_somebody_else(office: Office) -> None:
    article = office.article(LETTER)
    alices = office.visit("Alice", article)
    context = alices.context
    sign_out(context, office)
    label_first(alices)
    kept(alices, "Signed out · 1 label kept here")

    bobs = sign_in_again(context, office, "Bob", article)
    expect(bobs.locator("#status")).to_have_attribute("data-state", "saved")
    expect(bobs.locator("#cards .card")).to_have_count(0)
    press(bobs, "j", "j", "r", "1", "v")
    saved(bobs, 1)
    alices.evaluate("dispatchEvent(new Event('online'))")
    kept(alices, "Someone else is signed in · 1 label kept here")
    assert [label["quote"] for label in office.stored(bobs, article)] == ["It is worth paying for."]
    alices.close()

    sign_out(context, office)
    again = sign_in_again(context, office, "Alice", article)
    saved(again, 1)
    assert [label["quote"] for label in office.stored(again, article)] == ["We firmly believe that art matters,"]


def test_with_letters_switched_off_the_same_is_done_with_tab_and_enter(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Bob", article)
    page.get_by_role("button", name="Keys").click()
    with page.expect_response("**/preferences"):
        page.get_by_label("Single-letter keys").uncheck()
    office.open(page, article)
    press(page, "j", "1", "?", "Shift+N")
    expect(page.locator("[aria-current=true]")).to_have_count(0)
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.locator(".skip").focus()
    while not page.evaluate("document.activeElement.matches('.s')"):
        press(page, "Tab")
    press(page, "Enter")
    expect(page.locator("#bar")).to_be_visible()
    while not page.evaluate("document.activeElement.matches('#spk')"):
        press(page, "Tab")
    press(page, *"openai", "Enter")
    page.locator("#spk").focus()
    while not page.evaluate("document.activeElement.matches('[name=stance]')"):
        press(page, "Tab")
    press(page, "ArrowDown")
    press(page, "Tab", "Space", "Enter")
    saved(page, 1)
    page.get_by_role("button", name="Keys").click()
    with page.expect_response("**/preferences"):
        page.get_by_label("Single-letter keys").check()
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    press(page, "j")
    expect(page.locator("[aria-current=true]")).to_have_count(1)
