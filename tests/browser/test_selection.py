"""Selecting by hand in the real page: what it marks, shows and stores is what Python slices, in any script.

Thousands of ranges are laid over the article as a drag lays them, ends anywhere in its text nodes, labels in between.
The expected span follows the rules of the design in Python: walls, spaces, words, graphemes, quote marks in pairs.
"""

from collections.abc import Sequence
from random import Random

import regex
from playwright.sync_api import Page, expect

from tests.browser.office import Article, Office, Span
from tests.browser.team import press, saved
from webapp.domain.text import grapheme_cuts, trim, trim_whole

RANGES = 2_000
LINES = (
    "Yes 👍🏽 she said, 👩‍👩‍👧‍👦 and 🏳️‍🌈 and 🇩🇪🇫🇷 flags, 1️⃣ keycap, 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and a lone \U0001f9d1 in “😀words😀”.",
    "Cafe\u0301 nai\u0308ve A\u030angstro\u0308m, Za\u0361lgo\u0335\u0301 and \u0301 alone; in “n\u0303andu\u0301.”",
    "לפי המכתב, “זכויות יוצרים” הן חשובות, כך ש\u200fOpenAI צריכה לשלם. שָׁלוֹם אמר \"לא\" ו'כן'.",
    "قالت إنّ «حقوق المؤلف» مهمّة جدًّا، وأضاف “نعم” ثم 123 و٤٥٦. می\u200cخواهم بدانم.",
    "他说：「版权很重要。」然后『是』，再见。日本語のテキスト「著作権」です。한국어 텍스트 “저작권” 입니다.",
    "เขากล่าวว่า “ลิขสิทธิ์” สำคัญ ຄຳ ភាសា မြန်မာ. क्षत्रिय ने कहा “कॉपीराइट” ज़रूरी है। தமிழ் நூல்.",
    "10\u00a0000\u00a0€  and\u202f50\u202f%,  double  spaces   here, a\ttab, thin\u2009space,"
    " zero\u200bwidth, co\u00adpy\u00adright, bom\ufeffinside.",
    '„Das ist’s“, sagte sie. ‚Nein‘, rief er. « Oui », dit-il; ‹ non › aussi. It was "so" and "so" again, "unclosed.',
    "“He said ‘yes’ twice,” rock ’n’ roll, the creators’ rights, isn’t multi-billion-dollar U.S.A. state-of-the-art.",
    "𝒜𝓃𝒸𝒾𝑒𝓃𝓉 𐌀𐌁𐌂 𠀀𠀁 math 𝟙𝟚𝟛 in “𝒬𝓊𝑜𝓉𝑒.” End <b>&amp; not markup</b> of the line.",
)

# For each [from, to, backwards, lean]: lay the selection, end the drag, and tell what is marked: [start, end, words in
# the bar, words of the marks]. A code point's place is looked for in the text nodes, whatever marks cut them up;
# `lean` chooses between the end of one node, the start of the next, and a place given as a child of an element.
DRAG = """async cases => {
  const body = document.querySelector("#art .body"), length = text => Array.from(text).length;
  const nodes = () => {
    const walk = document.createTreeWalker(body, 4, n => n.parentElement.closest("noscript,summary") ? 2 : 1), all = [];
    for (let at = 0, node; (node = walk.nextNode());) { all.push({ node, at, to: at += length(node.data) }); }
    return all.filter(x => x.node.parentElement.closest("[data-s],[data-x]"));
  };
  const inside = ({ node, at }, offset) => [node, Array.from(node.data).slice(0, offset - at).join("").length];
  const place = (all, offset, lean, isEnd) => {
    const touching = all.filter(x => x.at <= offset && offset <= x.to);
    if (!touching.length && isEnd) return inside(all.findLast(x => x.to < offset), Infinity);
    if (!touching.length) return [all.find(x => x.at > offset).node, 0];
    const x = touching[lean % touching.length], child = [...x.node.parentNode.childNodes].indexOf(x.node);
    if (lean > 4 && offset === x.at) return [x.node.parentNode, child];
    if (lean > 4 && offset === x.to) return [x.node.parentNode, child + 1];
    return inside(x, offset);
  };
  const before = (mark, wholly) => {
    const sentence = mark.closest(".s"), range = document.createRange();
    range.setStart(sentence, 0);
    if (wholly) range.setEndAfter(mark); else range.setEndBefore(mark);
    return +sentence.dataset.s + length(range.toString());
  };
  return cases.map(([from, to, backwards, lean]) => {
    const all = nodes(), a = place(all, from, lean, false), b = place(all, to, lean + 1, true);
    getSelection().setBaseAndExtent(...(backwards ? [...b, ...a] : [...a, ...b]));
    body.dispatchEvent(new MouseEvent("mouseup", { bubbles: true, detail: 1 }));
    getSelection().removeAllRanges();
    const marks = [...body.querySelectorAll("mark.draft")];
    return marks.length ? [before(marks[0], false), before(marks.at(-1), true),
      document.querySelector("#barq").textContent, marks.map(m => m.textContent).join("")] : null;
  });
}"""

PARTNER = {'"': '"', "“": "”", "‘": "’", "«": "»", "„": "“", "‹": "›", "「": "」", "『": "』"}
OPENER = {close: open for open, close in PARTNER.items()}
WORD = regex.compile(r"[\p{L}\p{N}\p{M}_]+(?:['’.\-\xad\u200c\u200d][\p{L}\p{N}\p{M}_]+)*")
WITHOUT_SPACES = regex.compile(r"[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]")


def in_words(text: str) -> set[int]:
    """Every offset inside a word; scripts that are written without spaces may be cut at each character."""
    inside = {i for word in WORD.finditer(text) for i in range(word.start() + 1, word.end())}
    return {i for i in inside if not WITHOUT_SPACES.search(text[i - 1 : i + 1])}


def snapped(text: str, start: int, end: int, words: set[int], cuts: frozenset[int]) -> Span | None:
    """What the design makes of a drag from `start` to `end`: section 3, Snapping."""
    start, end = trim(text, start, end)
    if start == end:
        return None
    for inside in (words, cuts):
        while start in inside:
            start -= 1
        while end in inside:
            end += 1
    return without_quote_marks(text, start, end, cuts)


def without_quote_marks(text: str, start: int, end: int, cuts: frozenset[int]) -> Span | None:
    """A space or a quote mark goes together with the accents that stand on it."""
    while True:
        start, end = trim_whole(text, start, end, cuts)
        if start >= end:
            return None
        first, last = text[start], text[end - 1]
        closed_at = partner(text[start:end], PARTNER.get(first, ""))
        if first in PARTNER and closed_at == end - start - 1:
            start, end = start + 1, end - 1
        elif first in PARTNER and closed_at is None and first != "‘":
            start += 1
        elif last in OPENER and last != "’" and partner(text[start:end][::-1], OPENER[last]) is None:
            end -= 1
        else:
            return start, end


def partner(text: str, wanted: str) -> int | None:
    """Where the quote mark at 0 finds its partner, nested pairs of the same kind left aside."""
    depth = 0
    for at, character in enumerate(text[1:], 1):
        if character == wanted:
            if depth == 0:
                return at
            depth -= 1
        elif character == text[0]:
            depth += 1
    return None


def ranges(text: str, seed: int, count: int) -> list[tuple[int, int, bool, int]]:
    """Mostly short ones, some over several paragraphs; forwards and backwards."""
    random = Random(seed)
    found = []
    for _ in range(count):
        start = random.randrange(len(text) - 1)
        longest = random.choice([3, 12, 12, 40, 40, 200])
        end = random.randint(start + 1, min(len(text), start + longest))
        found.append((start, end, random.random() < 0.3, random.randrange(8)))
    return found


def overlapping(article: Article, seed: int) -> list[Span]:
    """Spans that the server takes, across and inside each other."""
    random, text = Random(seed), article.text
    words, cuts = in_words(text), grapheme_cuts(text)
    drawn = (
        snapped(text, a := random.randrange(len(text) - 60), a + random.randint(5, 60), words, cuts) for _ in range(40)
    )
    return sorted({span for span in drawn if span})


def check(page: Page, article: Article, seed: int, count: int, walls: Sequence[Span] = ()) -> None:
    """Drag `count` times; each time the page marks, and shows in its bar, what Python slices."""
    words, cuts = in_words(article.text), grapheme_cuts(article.text)
    drags = ranges(article.text, seed, count)
    wrong, before = [], None
    for drag, seen in zip(drags, page.evaluate(DRAG, drags), strict=True):
        clipped = between(walls, *drag[:2])
        span = snapped(article.text, *clipped, words, cuts) or before  # with nothing to mark, all stays as it was
        wanted = span and [*span, article.text[slice(*span)]]
        if (seen and seen[:3]) != wanted:
            wrong.append(f"{drag}: {article.text[slice(*drag[:2])]!r} gives {seen}, not {wanted}")
        before = span
    assert wrong[:20] == []


def between(walls: Sequence[Span], start: int, end: int) -> Span:
    """The part of a drag that lies between the same walls as its start, or that follows the wall it starts in."""
    for wall_start, wall_end in walls:
        if wall_start <= start < wall_end:
            start = min(wall_end, end)
        elif start < wall_start < end:
            end = wall_start
    return start, end


def test_thousands_of_drags_mark_what_python_slices(office: Office) -> None:
    article = office.article("\r\n\r\n".join(LINES))
    assert "\r" not in article.text
    office.label(article, *overlapping(article, 1))
    page = office.visit("Alice", article, height=4000)
    assert page.locator("mark mark").count() > 5
    check(page, article, 2, RANGES)


def test_a_drag_stops_at_what_is_left_out(office: Office) -> None:
    text = "\n\n".join(
        [
            "He said “we agree 👍🏽” and left.",
            "CAPTION “of a 👩‍👩‍👧‍👦 picture”",
            *LINES[:2],
            "Left out too.",
            "It ends here.",
        ]
    )
    parts = [("CAPTION", "picture”"), ("Left", "too.")]
    excluded = [
        {"start": text.index(a), "end": text.index(b) + len(b), "kind": "caption", "why": "A picture."}
        for a, b in parts
    ]
    article = office.article(text, excluded)
    page = office.visit("Alice", article, height=2000)
    expect(page.locator("details.ex")).to_have_count(2)
    check(page, article, 3, 300, [(region["start"], region["end"]) for region in excluded])


def test_what_is_selected_is_what_is_stored(office: Office) -> None:
    article = office.article("\r\n\r\n".join(LINES))
    page = office.visit("Alice", article)
    words, cuts = in_words(article.text), grapheme_cuts(article.text)
    drags = [drag for drag in ranges(article.text, 4, 24) if snapped(article.text, *drag[:2], words, cuts)]
    spans: set[Span] = set()
    for drag in drags:
        page.evaluate(DRAG, [drag])
        press(page, *(["."] if spans else ["s", *"openai", "Enter", "1", "e"]))
        spans.add(snapped(article.text, *drag[:2], words, cuts) or (0, 0))
        expect(page.locator("#cards .card")).to_have_count(len(spans))
        press(page, "Escape", "Escape")
    saved(page, len(spans))
    stored = office.stored(page, article)
    assert {(label["start"], label["end"]) for label in stored} == spans
    assert [label for label in stored if label["quote"] != article.text[label["start"] : label["end"]]] == []
    page.reload()
    saved(page, len(spans))
    expect(page.locator("#toast")).to_be_hidden()


def test_ctrl_shift_arrows_go_by_whole_characters(office: Office) -> None:
    article = office.article("\n\n".join(LINES))
    text, cuts = article.text, grapheme_cuts(article.text)
    page = office.visit("Alice", article)
    for line in (LINES[0], LINES[1], LINES[2], LINES[5]):
        start, end = page.evaluate(DRAG, [(text.index(line), text.index(line) + 1, False, 0)])[0][:2]
        for _ in range(20):
            press(page, "Control+Shift+ArrowRight")
            end = trim(text, end, len(text))[0]
            end = next(i for i in range(end + 1, len(text)) if i not in cuts)
            assert "".join(page.locator("mark.draft").all_text_contents()) == text[start:end]
