"""The drawn article: its text nodes are the article's text, marks nest and cover their words, all is escaped."""

import json
from dataclasses import asdict
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.prose.segments import segment
from webapp.places import place
from webapp.views.article_html import Drawing, levels

ARTICLES = {a["id"]: a for a in map(json.loads, (place("seeds") / "articles.jsonl").read_text().splitlines())}
ODD = "“Nous sommes d’accord,” said 👩‍👩‍👧‍👦.  قال: «نعم»\n\n\t<b>“A & B”</b> \u00a0\n \nLast <script>line</script>."


class Nodes(HTMLParser):
    """The text outside summary and noscript, and for each mark the text inside it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marks, self.tags, self._open = "", {}, [], []
        self.feed(str(html))
        self.close()
        assert self._open == [], "an element is left open"

    text: str
    marks: dict[str, str]
    tags: list[str]
    _open: list[tuple[str, str | None]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append((tag, dict(attrs).get("data-id")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if any(tag in ("summary", "noscript") for tag, _ in self._open):
            return
        self.text += data
        for tag, id in self._open:
            if tag == "mark" and id is not None:
                self.marks[id] = self.marks.get(id, "") + data


def drawn(text: str, labels: list[dict[str, Any]], excluded: list[dict[str, Any]] = [], **more: Any) -> Nodes:  # noqa: B006
    units = [asdict(unit) for unit in segment(text, [(e["start"], e["end"]) for e in excluded])]
    drawing = Drawing(
        text, units, labels, lambda stance: f"look-{stance}", lambda label: f"words & “{label['id']}”", **more
    )
    return Nodes(drawing.body(more.get("headings", ()), excluded))


def label(id: str, start: int, end: int) -> dict[str, Any]:
    return {"id": id, "start": start, "end": end, "stance": "pro"}


@pytest.mark.parametrize("id", ARTICLES)
def test_the_text_nodes_are_the_article(id: str) -> None:
    article = ARTICLES[id]
    assert drawn(article["text"], [], article["excluded"]).text == article["text"]


@given(st.lists(st.tuples(st.integers(0, len(ODD)), st.integers(0, len(ODD))), max_size=12))
def test_any_labels_leave_the_text_as_it_is_and_are_covered_by_their_marks(spans: list[tuple[int, int]]) -> None:
    labels = [label(str(n), *sorted(span)) for n, span in enumerate(spans) if span[0] != span[1]]
    nodes = drawn(ODD, labels)
    assert nodes.text == ODD
    for one in labels:
        marked, quote = nodes.marks.get(one["id"], ""), ODD[one["start"] : one["end"]]
        assert "".join(marked.split()) == "".join(quote.split())  # only the space between paragraphs has no mark


def test_markup_in_an_article_is_text() -> None:
    nodes = drawn(ODD, [])
    assert "script" not in nodes.tags
    assert "b" not in nodes.tags


def test_excluded_regions_are_folded_with_their_reason_and_hold_no_sentence() -> None:
    excluded = [{"start": 4, "end": 11, "kind": "embedded_post", "why": "a <i>post</i>"}]
    text = "One CAPTION two."
    units = [asdict(unit) for unit in segment(text, [(4, 11)])]
    html = Drawing(text, units, [], str, str).body((), excluded)
    assert "<details" in html
    assert "Left out: embedded post." in html
    assert "a &lt;i&gt;post&lt;/i&gt;" in html
    assert 'data-s="4"' not in html
    assert Nodes(html).text == text


def test_the_link_behind_a_sentence_is_no_part_of_the_text() -> None:
    nodes = drawn("One. Two.", [], link=lambda number, span: f"<noscript>{number} {span}</noscript>")
    assert nodes.text == "One. Two."
    assert nodes.tags.count("noscript") == 2


def test_a_screen_reader_hears_the_labels_of_a_sentence() -> None:
    text = "One. Two."
    units = [asdict(unit) for unit in segment(text)]
    html = Drawing(text, units, [label("a", 0, 4), label("b", 0, 3)], str, lambda x: x["id"]).body()
    assert 'aria-description="2 labels: a; b"' in html
    assert html.count("aria-description") == 1


def test_shorter_spans_lie_nearer_to_the_words() -> None:
    assert levels([label("long", 0, 20), label("short", 5, 10), label("cross", 8, 15), label("far", 30, 40)]) == {
        "short": 0,
        "cross": 1,
        "long": 2,
        "far": 0,
    }
