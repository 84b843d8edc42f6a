"""The selectable units of a text, as segmentation.md defines them. Offsets are code points, end exclusive."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from webapp.domain.prose.quotations import Quotation, Quotes, Span, read_quotations
from webapp.domain.prose.sentences import SentenceReader
from webapp.domain.text import SPACES, grapheme_cuts, trim_whole

KINDS = ("paragraph", "sentence", "quotation", "piece")
_LINE = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text that can be selected; `depth` and `closed` only for a quotation, of which it is one part."""

    kind: str
    start: int
    end: int
    depth: int | None = None
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class Segmentation:
    """All that is cut out of one text: spans in order, and the quotations whole."""

    paragraphs: list[Span]
    sentences: list[Span]
    quotations: list[Quotation]


def segment(text: str, excluded: Sequence[Span] = ()) -> list[Unit]:
    """The units of canonical `text` outside the `excluded` spans, by start, then longer first, then as in `KINDS`.

    A quotation unit is one part of a quotation (one a paragraph, outer marks left out), a piece is part ∩ sentence.
    """
    found = analyse(text, excluded)
    parts = [(part, quotation) for quotation in found.quotations for part in quotation.parts]
    units = [Unit("paragraph", *span) for span in found.paragraphs]
    units += [Unit("sentence", *span) for span in found.sentences]
    units += [Unit("quotation", *part, quotation.depth, quotation.closed) for part, quotation in parts]
    units += [Unit("piece", *span) for span in _pieces([part for part, _ in parts], found.sentences)]
    return sorted(units, key=lambda unit: (unit.start, -unit.end, KINDS.index(unit.kind), unit.depth or 0))


def analyse(text: str, excluded: Sequence[Span] = ()) -> Segmentation:
    """Paragraphs, sentences and whole quotations of canonical `text` outside the `excluded` spans."""
    cuts = grapheme_cuts(text)
    blocks = [_paragraphs(text, start, end, cuts) for start, end in _included(len(text), excluded)]
    quotes = read_quotations(text, blocks, cuts)
    paragraphs = [paragraph for block in blocks for paragraph in block]
    sentences = _sentences(text, paragraphs, quotes, cuts)
    return Segmentation(paragraphs, sentences, list(quotes.quotations))


def _included(length: int, excluded: Iterable[Span]) -> list[Span]:
    """The stretches of a text of `length` between its excluded regions, which may overlap and stand in any order."""
    included, at = [], 0
    for start, end in sorted(excluded):
        if start < end:
            included.append((at, min(start, length)))
            at = max(at, end)
    return [(start, end) for start, end in [*included, (at, length)] if start < end]


def _paragraphs(text: str, start: int, end: int, cuts: frozenset[int]) -> list[Span]:
    lines = (trim_whole(text, *line.span(), cuts) for line in _LINE.finditer(text, start, end))
    return [(first, last) for first, last in lines if first < last]


def _sentences(text: str, paragraphs: list[Span], quotes: Quotes, cuts: frozenset[int]) -> list[Span]:
    reader = SentenceReader(text, quotes, cuts)
    sentences = []
    for paragraph in paragraphs:
        own = reader.sentences(*paragraph)
        _check(text, paragraph, own, cuts)
        sentences += own
    return sentences


def _check(text: str, paragraph: Span, sentences: list[Span], cuts: frozenset[int]) -> None:
    """Hold what every import relies on: the sentences cover the paragraph, in order, with only spaces between them."""
    assert (sentences[0][0], sentences[-1][1]) == paragraph, f"sentences do not cover the paragraph at {paragraph}"
    for start, end in sentences:
        assert start < end, f"an empty sentence at {start}"
        assert start not in cuts, f"a sentence begins inside a character at {start}"
        assert end not in cuts, f"a sentence ends inside a character at {end}"
        assert text[start] not in SPACES, f"a sentence begins with a space at {start}"
        assert text[end - 1] not in SPACES, f"a sentence ends with a space at {end}"
    for (_, end), (start, _) in pairwise(sentences):
        assert end <= start, f"sentences overlap at {start}"
        assert not text[end:start].strip(SPACES), f"more than spaces between the sentences at {end}"


def _pieces(parts: list[Span], sentences: list[Span]) -> set[Span]:
    """Where parts of quotations and sentences meet."""
    starts, ends = [start for start, _ in sentences], [end for _, end in sentences]
    pieces = set()
    for part in parts:
        for start, end in sentences[bisect_right(ends, part[0]) : bisect_left(starts, part[1])]:
            pieces.add((max(part[0], start), min(part[1], end)))
    return pieces
