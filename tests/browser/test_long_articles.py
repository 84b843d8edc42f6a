"""An article with very many labels: what is near the window is drawn, and nothing is out of reach."""

from playwright.sync_api import Page, expect

from tests.browser.office import Office
from tests.browser.team import press
from tests.browser.visitors import PAINTED

LABELS = 90
# How many marks have the sign at their start, of those in the window and of all.
SIGNS = """() => {
  const all = [...document.querySelectorAll("#art mark.first")], seen = all.filter(mark => {
    const { top, bottom } = mark.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const signed = marks => marks.filter(mark => getComputedStyle(mark, "::before").content !== "none").length;
  return { seen: seen.length, signed: signed(seen), all: signed(all) };
}"""


def signs(page: Page) -> dict[str, int]:
    page.evaluate(PAINTED)
    counts: dict[str, int] = page.evaluate(SIGNS)
    assert counts["signed"] == counts["seen"] > 3, "each in the window"
    return counts


def test_of_very_many_labels_each_is_signed_where_it_is_seen_and_reached_by_the_tab_key(office: Office) -> None:
    article = office.article("\n\n".join(f"It is good work, number {n} of all." for n in range(LABELS)))
    ids = office.label(article, *[article.span(f"good work, number {n} of") for n in range(LABELS)])
    page = office.visit("Alice", article)
    assert signs(page)["all"] < LABELS / 2
    page.locator("#cards .card-b").first.focus()
    for id in ids:
        expect(page.locator("#cards .card:focus-within")).to_have_attribute("data-id", id)
        page.evaluate(PAINTED)  # nobody is quicker than the screen
        press(page, "Tab")
    assert signs(page)["all"] < LABELS / 2
    page.emulate_media(media="print")
    page.wait_for_function(f"() => ({SIGNS})().all === {LABELS}")
