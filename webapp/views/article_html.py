"""An article drawn as HTML: paragraphs, sentences, marks, folded regions. Pure; static/js/labels.js draws the same way.

The text nodes of the body, summaries and `noscript` left out, are the article's text, character by character.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

Label = Mapping[str, Any]
Span = tuple[int, int]

DEEPEST_LINE = 3  # more than four lines do not fit under a line of text
MANY = 80  # labels; with more, static/js/cards.js draws only what is near the window
NEAR = 6_000  # code points that a window shows at first, and half as much below it


class Drawing:
    """One article with one person's labels. `look` gives the classes of a stance (None: off target), `words` what
    a label says in a few words, `link` what stands behind a sentence for browsers without scripts ("" for nothing)."""

    def __init__(
        self,
        text: str,
        units: Sequence[Mapping[str, Any]],
        labels: Iterable[Label],
        look: Callable[[str | None], str],
        words: Callable[[Label], str],
        link: Callable[[int, Span], str] = lambda _number, _span: "",
    ) -> None:
        self.text, self.look, self.words, self.link = text, look, words, link
        self.paragraphs = spans(units, "paragraph")
        self.sentences = spans(units, "sentence")
        self._starts = [start for start, _ in self.sentences]
        self._labels = sorted(labels, key=by_place)
        self._label_starts = [label["start"] for label in self._labels]
        self._longest = max((label["end"] - label["start"] for label in self._labels), default=0)

    def body(self, headings: Sequence[Label] = (), excluded: Sequence[Label] = ()) -> Markup:
        """The whole article; regions of `excluded` folded to a line with their reason."""
        blocks = [(start, end, self._paragraph(start, end, headings)) for start, end in self.paragraphs]
        blocks += [(region["start"], region["end"], _region(self.text, region)) for region in excluded]
        html, at = [], 0
        for start, end, block in sorted(blocks):
            html += [str(escape(self.text[at:start])), block]
            at = max(at, end)
        return Markup("".join([*html, str(escape(self.text[at:]))]))  # noqa: S704  all text in it is escaped

    def _paragraph(self, start: int, end: int, headings: Sequence[Label]) -> str:
        near = slice(bisect_left(self._label_starts, start - self._longest), bisect_left(self._label_starts, end))
        here = [label for label in self._labels[near] if start < label["end"]]
        lines = levels(here)
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        bounds = [*self._starts[first:last], end]
        sentences = "".join(
            self._sentence(number, span, here, lines) for number, span in enumerate(pairwise(bounds), first)
        )
        heading = any(part["start"] < end and start < part["end"] for part in headings)
        far = len(self._labels) > MANY and start > NEAR
        return f'<div class="p{" hd" if heading else ""}{" far" if far else ""}" role="list">{sentences}</div>'

    def _sentence(self, number: int, span: Span, labels: list[Label], lines: Mapping[str, int]) -> str:
        start, end = span
        here = [label for label in labels if label["start"] < end and start < label["end"]]
        told = f' aria-description="{escape(description([self.words(label) for label in here]))}"' if here else ""
        marks = "".join(self._marks(span, here, lines))
        attributes = f'class="s" role="listitem" tabindex="-1" data-s="{start}"{told}'
        return f"<span {attributes}>{marks}</span>{self.link(number, span)}"

    def _marks(self, span: Span, here: Sequence[Label], lines: Mapping[str, int]) -> Iterator[str]:
        """The sentence with nested marks; spans that cross are split where they do."""
        open_marks: list[Label] = []
        for low, high in pairwise(cuts(span, here)):
            wanted = [label for label in here if label["start"] <= low and high <= label["end"]]
            kept = _common(open_marks, wanted)
            yield "</mark>" * (len(open_marks) - kept)
            for label in wanted[kept:]:
                yield self._mark(label, lines, first=low == label["start"])
            yield str(escape(self.text[low:high]))
            open_marks = wanted
        yield "</mark>" * len(open_marks)

    def _mark(self, label: Label, lines: Mapping[str, int], *, first: bool) -> str:
        line = f"l{min(lines[label['id']], DEEPEST_LINE)}{' first' if first else ''}"
        return f'<mark class="{self.look(label["stance"])} {line}" data-id="{escape(label["id"])}">'


def spans(units: Iterable[Mapping[str, Any]], kind: str) -> list[Span]:
    return [(unit["start"], unit["end"]) for unit in units if unit["kind"] == kind]


def by_place(label: Label) -> tuple[int, int, str]:
    """The order of labels on the page: by start, longer first."""
    return label["start"], -label["end"], label["id"]


def cuts(span: Span, labels: Iterable[Label]) -> list[int]:
    """Where the text between the ends of `span` must be cut so that marks nest."""
    start, end = span
    inside = {max(start, label["start"]) for label in labels} | {min(end, label["end"]) for label in labels}
    return sorted({start, end} | inside)


def levels(labels: Sequence[Label]) -> dict[str, int]:
    """The line under the words on which each label is drawn: 0 is nearest, shorter spans lie nearer."""
    level: dict[str, int] = {}
    drawn: list[Label] = []
    for label in sorted(labels, key=lambda x: (x["end"] - x["start"], x["start"], x["id"])):
        used = {level[o["id"]] for o in drawn if o["start"] < label["end"] and label["start"] < o["end"]}
        level[label["id"]] = next(n for n in range(len(used) + 1) if n not in used)
        drawn.append(label)
    return level


def description(words: Sequence[str]) -> str:
    """What a screen reader hears of a sentence's labels."""
    return f"{len(words)} label{'' if len(words) == 1 else 's'}: {'; '.join(words)}"


def _region(text: str, region: Label) -> str:
    """A region that is no part of the article, folded; its text is there for find-in-page."""
    kind = region["kind"].replace("_", " ")
    summary = f"<summary><b>Left out: {escape(kind)}.</b> {escape(region['why'])}</summary>"
    start, end = region["start"], region["end"]
    return f'<details class="ex">{summary}<div data-x="{start}">{escape(text[start:end])}</div></details>'


def _common(left: Sequence[Label], right: Sequence[Label]) -> int:
    """How many of the first ones are the same."""
    return next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a is not b), min(len(left), len(right))
    )
