"""The annotation page enlarged, without motion, in forced colours, and under a finger."""

from itertools import combinations

from playwright.sync_api import Locator, Page, expect

from tests.browser.office import Office
from tests.browser.team import press, saved, sentence

STANCES = ("pro-copyright", "pro-fair-use", "neutral")
LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth paying for.”

The company disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”

Nothing more was said about art that day."""
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

# Names of what can be used but lies outside the window at a side, or cannot be scrolled to within what holds it.
OUT_OF_REACH = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary, dialog dd")]
  .filter(el => el.checkVisibility({ visibilityProperty: true }) && !el.closest(".skip, noscript"))
  .filter(el => {
    el.scrollIntoView({ block: "nearest", behavior: "instant" });
    const r = el.getBoundingClientRect();
    return r.left < 0 || r.right > innerWidth + .5 || r.bottom > innerHeight + .5 || r.top < -.5;
  }).map(el => `${el.tagName} ${el.id || el.textContent.trim()}`)"""
# Names of targets under a finger that are lower or narrower than 44 px; a label counts for the radio in it.
TOO_SMALL = """() => [...document.querySelectorAll("#bar :is(button, label:has([type=radio]), .combo input)")]
  .filter(el => el.checkVisibility()).map(el => [el, el.getBoundingClientRect()])
  .filter(([, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([el, r]) => `${el.id || el.textContent.trim()}: ${Math.round(r.width)} × ${Math.round(r.height)}`)"""


# Whether the marked words are in sight: not under the sheet, not under the header.
IN_SIGHT = """() => {
  const words = document.querySelector("mark.draft"), { left, right, top } = words.getBoundingClientRect();
  return !!document.elementFromPoint((left + right) / 2, top + 12)?.contains(words);
}"""


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OUT_OF_REACH) == []


def test_at_200_percent_nothing_is_cut_off(office: Office) -> None:
    article = office.article(LETTER)
    office.label(article, article.span("art"))
    page = office.visit("Alice", article, 640, 450, device_scale_factor=2)
    fits(page)
    sentence(page, "Nothing more").click()
    page.wait_for_function(IN_SIGHT)
    press(page, "s")
    fits(page)
    press(page, "Escape", "w")
    fits(page)
    press(page, "Escape", "Escape", "Escape")
    for keys in ("?", "Shift+Enter"):
        press(page, keys)
        expect(page.locator("dialog[open]")).to_be_visible()
        fits(page)
        press(page, "Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Labels 1").click()
    expect(page.locator("#cards .card")).to_be_visible()
    fits(page)


def test_nothing_slides_for_who_wants_no_motion(office: Office) -> None:
    article = office.article("\n\n".join(f"“It is fair use number {n},” OpenAI said." for n in range(30)))
    office.label(article, *[article.span(f"use number {n},") for n in range(6)], speaker="google")
    for motion, labels in (("no-preference", 7), ("reduce", 8)):
        page = office.visit("Alice", article, reduced_motion=motion)
        page.evaluate(
            """() => { window.sliding = 0; window.places = []; addEventListener("scroll", () => places.push(scrollY));
            addEventListener("transitionrun", e => { sliding += e.target.matches(".card"); }); }"""
        )
        press(page, *"j" * (labels - 6), "s", *"openai", "Enter", "1", "e")
        saved(page, labels)
        if motion == "reduce":
            expect(page.locator("#cards .card.on")).to_be_in_viewport()
            assert page.evaluate("sliding") == 0
        else:
            page.wait_for_function("() => sliding > 0")
        press(page, *"j" * 15)
        expect(page.locator("[aria-current=true]")).to_be_in_viewport()
        if motion == "reduce":
            assert page.evaluate("new Set(places).size") <= 15, "one jump a key at most"
        page.close()


def line_under(page: Page, mark: Locator) -> bytes:
    """A picture of its last words and what is under them; the sign at its start is left out."""
    box = mark.bounding_box()
    assert box
    half = {"x": box["x"] + box["width"] / 2, "y": box["y"], "width": box["width"] / 2, "height": box["height"] + 8}
    return page.screenshot(clip=half, animations="disabled")  # type: ignore[arg-type]


def test_stances_differ_without_any_colour(office: Office) -> None:
    """The same words with three stances: the pictures of the marks differ, in the only two colours there are."""
    article = office.article("\n\n".join(["It is good work."] * 4))
    length = len("It is good work.")
    for n, stance in enumerate(STANCES):
        start = n * (length + 2)
        office.label(article, (start, start + length - 1), stance=stance)
    page = office.visit("Alice", article, forced_colors="active")
    marks, signs = page.locator("#art mark[data-id]"), page.locator("#cards .card .g")
    expect(marks).to_have_count(3)
    for one, other in combinations([line_under(page, mark) for mark in marks.all()], 2):
        assert one != other
    for one, other in combinations([sign.screenshot() for sign in signs.all()], 2):
        assert one != other, "the signs on the cards too"
    ink = "rgb(0, 0, 0)"
    for mark in marks.all():
        assert ink in mark.evaluate("mark => getComputedStyle(mark, '::before').boxShadow.split(' 0px')[0]")
    press(page, "]")
    expect(page.locator("#cards .card.on .card-b")).to_have_css("outline-style", "solid")
    page.locator(".s").nth(3).click()
    press(page, "1", "h")
    for chosen in (":checked + span", "[aria-pressed=true]"):
        expect(page.locator(f"#bar {chosen}")).to_have_css("outline-style", "solid")
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("mark.draft")).to_have_css("outline-style", "solid")
    labelled = [card.inner_text().split("\n")[0] for card in page.locator("#cards .card").all()]
    assert labelled == list(STANCES), "the word stands beside the sign"


def tap(page: Page, part: Locator) -> None:
    part.scroll_into_view_if_needed()
    part.tap()


def sheet(page: Page) -> dict[str, float]:
    """Where it begins and ends, as parts of the window's height, and where the marked words stand in what is left."""
    expect(page.locator("#bar")).to_be_visible()
    page.wait_for_function(IN_SIGHT)
    seen: dict[str, float] = page.evaluate(
        """() => {
          const { top, bottom } = document.querySelector("#bar").getBoundingClientRect();
          const { bottom: high } = document.querySelector("#rail").getBoundingClientRect();
          const words = document.querySelector("mark.draft").getBoundingClientRect().top;
          return { top: top / innerHeight, bottom: bottom / innerHeight, words: (words - high) / (top - high) };
        }"""
    )
    return seen


def test_a_label_with_one_finger(office: Office) -> None:
    article = office.article("\n\n".join([*["Before anything was said, much had been done."] * 9, LETTER]))
    page = office.visit("Alice", article, **PHONE)
    tap(page, sentence(page, "The company disagreed"))
    tap(page, sentence(page, "We firmly believe"))
    at = sheet(page)
    assert (at["top"] >= 0.27, at["bottom"]) == (True, 1), "a sheet from below"
    assert 0 <= at["words"] <= 0.25, "in the upper fifth"
    expect(page.locator("#bar")).to_contain_text("We firmly believe")
    assert page.evaluate(TOO_SMALL) == []
    expect(page.locator("#bar kbd:visible")).to_have_count(0)
    tap(page, page.get_by_role("button", name="Confirm"))
    tap(page, page.locator(".stances label").nth(1))
    tap(page, page.locator(".claims label", has_text="Position"))
    saved(page, 1)
    expect(page.locator("#bar")).to_be_hidden()
    expect(page.locator("#cards")).to_be_hidden()
    tap(page, page.get_by_role("button", name="Labels 1"))
    tap(page, page.locator("#cards .card-b"))
    expect(page.locator("#bar")).to_contain_text("Editing")
    tap(page, page.locator(".claims label", has_text="Value"))
    saved(page, 1)
    (label,) = office.stored(page, article)
    assert (label["quote"], label["claim_type"]) == ("We firmly believe that art matters,", "VALUE")


def select(page: Page, words: str, first: int, *ends: int) -> None:
    """As the handles of a phone lay a selection, from one end to the next: nothing but the selection tells of it."""
    sentence(page, words).evaluate(
        """(el, [first, ...ends]) => { const walk = document.createTreeWalker(el, 4); walk.nextNode();
        for (const end of ends) getSelection().setBaseAndExtent(walk.currentNode, first, walk.currentNode, end); }""",
        [first, *ends],
    )


def test_words_are_marked_by_the_handles_of_a_phone(office: Office) -> None:
    article = office.article(LETTER)
    page = office.visit("Alice", article, **PHONE)
    select(page, "Nothing more", 9, 10, 14, 18)
    expect(page.locator("mark.draft")).to_have_text("more was said")
    page.wait_for_function(IN_SIGHT)
    expect(page.locator("#barq")).to_have_text("more was said")
    assert page.evaluate("getSelection().isCollapsed")
