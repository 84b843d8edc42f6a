"""Marks across and inside each other: each keeps a line of its own, and is reached by mouse and by keys."""

from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Article, Office
from tests.browser.team import press

WORDS = "The letter says that the company says that the film says that the girl says that art matters to all of us."
NESTED = (
    "letter says that the company says that the film says that the girl says that art matters to all",
    "company says that the film says that the girl says that art matters",
    "film says that the girl says that art",
    "girl says",
)
CROSSING = ("art matters to all of us", "letter says that the company")
# More lines than fit under a line of text: they need not be told apart there, but nothing may be out of reach.
DEEPER = ("girl says that art", "the girl says that art", "that the girl says that art")

# What each label's marks are, by its id: their words, the places of their lines, and a point where it lies on top.
MARKS = """() => {
  const found = {};
  for (const mark of document.querySelectorAll("#art mark[data-id]")) {
    const x = found[mark.dataset.id] ??= { words: "", lines: [], styles: [], on: false, point: null };
    x.words += mark.textContent;
    x.lines.push(getComputedStyle(mark).textUnderlineOffset);
    x.on ||= mark.classList.contains("on");
    const own = [...mark.childNodes].find(node => node.nodeType === 3 && node.data.trim());
    if (!own || x.point) continue;
    const range = document.createRange();
    range.selectNodeContents(own);
    const r = range.getClientRects()[0];
    x.point = [r.left + r.width / 2, r.top + r.height / 2];
  }
  return found;
}"""

# Where each word of the article stands, from the article's top left.
WORDS_AT = """() => {
  const body = document.querySelector("#art .body"), top = body.getBoundingClientRect(), found = [];
  for (const sentence of body.querySelectorAll(".s")) {
    const walk = document.createTreeWalker(sentence, 4), range = document.createRange();
    while (walk.nextNode()) {
      for (const word of walk.currentNode.data.matchAll(/\\S+/g)) {
        range.setStart(walk.currentNode, word.index);
        range.setEnd(walk.currentNode, word.index + 1);
        const { left, bottom } = range.getBoundingClientRect();
        found.push([word[0], Math.round(left - top.left), Math.round(bottom - top.top)]);
      }
    }
  }
  return found;
}"""


@pytest.fixture
def article(office: Office) -> Article:
    return office.article(f"{WORDS}\n\nNothing is said here.")


def marks(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(MARKS)
    return found


def raised(page: Page, id: str, words: str) -> None:
    expect(page.locator("#cards .card.on")).to_have_attribute("data-id", id)
    seen = marks(page)
    assert [seen[id]["words"], [other for other in seen if seen[other]["on"]]] == [words, [id]]


def test_each_of_overlapping_marks_has_a_line_of_its_own(office: Office, article: Article) -> None:
    spans = [article.span(words) for words in (*NESTED, *CROSSING)]
    ids = dict(zip(office.label(article, *spans), spans, strict=True))
    page = office.visit("Alice", article)
    for _ in range(2):  # as the server draws them, and as the page does once something has changed
        seen = marks(page)
        assert {id: found["words"] for id, found in seen.items()} == {id: article.text[slice(*ids[id])] for id in ids}
        assert [id for id in ids if len(set(seen[id]["lines"])) > 1] == [], "one line from end to end"
        for one, other in combinations(ids, 2):
            overlap = ids[one][0] < ids[other][1] and ids[other][0] < ids[one][1]
            if overlap and len([id for id in ids if _covers(ids[id], ids[one], ids[other])]) <= 4:
                assert seen[one]["lines"][0] != seen[other]["lines"][0]
        page.locator(".s").first.click(position={"x": 2, "y": 10})
        expect(page.locator("#bar")).to_be_visible()
    assert page.locator(".s").first.text_content() == WORDS


def _covers(span: tuple[int, int], *others: tuple[int, int]) -> bool:
    return all(span[0] < other[1] and other[0] < span[1] for other in others)


def test_each_mark_is_reached_by_keys_and_by_mouse(office: Office, article: Article) -> None:
    spans = sorted((article.span(words) for words in (*NESTED, *CROSSING, *DEEPER)), key=lambda s: (s[0], -s[1]))
    ids = dict(zip(office.label(article, *spans), spans, strict=True))
    twin, *_ = office.label(article, spans[0], speaker="google")
    page = office.visit("Alice", article)
    expect(page.locator("#cards .card")).to_have_count(len(ids) + 1)
    in_order = sorted([*ids, twin], key=lambda id: (*_place(ids.get(id, spans[0])), id))
    for id in in_order:
        press(page, "]")
        raised(page, id, article.text[slice(*ids.get(id, spans[0]))])
    for id in reversed(in_order[:-1]):
        press(page, "[")
        raised(page, id, article.text[slice(*ids.get(id, spans[0]))])
    press(page, "Escape", "Escape")
    on_top = [id for id, found in marks(page).items() if found["point"]]
    assert len(on_top) >= len(NESTED)
    for id in in_order:
        if id in on_top:
            page.mouse.click(*marks(page)[id]["point"])
        else:
            page.locator(f"#cards .card[data-id='{id}'] .card-b").click()
        raised(page, id, article.text[slice(*ids.get(id, spans[0]))])
        expect(page.locator("#bar")).to_be_visible()
        press(page, "Escape", "Escape")


def _place(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]


def test_a_card_and_its_marks_are_tinted_together(office: Office, article: Article) -> None:
    ids = office.label(article, *[article.span(words) for words in NESTED])
    page = office.visit("Alice", article)
    tinted, cards = page.locator("#art mark.hover"), page.locator("#cards .card.hover")
    page.locator(f"#cards .card[data-id='{ids[2]}']").hover()
    expect(cards).to_have_attribute("data-id", ids[2])
    assert "".join(tinted.all_text_contents()) in (NESTED[2], NESTED[2] + NESTED[3])
    page.mouse.move(*marks(page)[ids[1]]["point"])
    expect(cards).to_have_attribute("data-id", ids[1])


def test_marks_never_move_the_text(office: Office, article: Article) -> None:
    page = office.visit("Alice", article, 700)
    before = page.evaluate(WORDS_AT)
    assert len(before) > len(WORDS.split())
    for keys in (["j"], ["g"], ["s", *"openai", "Enter", "1", "e"], ["Escape", "j"], ["k"]):
        press(page, *keys)
        assert page.evaluate(WORDS_AT) == before, keys
    expect(page.locator("#art mark[data-id]")).to_have_text(WORDS)
