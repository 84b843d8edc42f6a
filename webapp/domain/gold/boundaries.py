"""Which of a cluster's spans stands for all, and whether its edges are disputed (section 7.3)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webapp.domain.annotations import Annotated, Label

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Boundary:
    """The label whose span is proposed, and what speaks against its edges."""

    medoid: Label
    is_disputed: bool  # only the tie rules chose between different words, or somebody marked mostly other words
    is_broken: bool  # no code point is in all labels, or the span runs over an excluded one


def boundary_of(document: Annotated, members: Sequence[Label]) -> Boundary:
    """The span with the least sum of edge differences to all labels (original offsets), and how sure it is."""
    spans = Counter((label.given.start, label.given.end) for label in members)
    medoid = min(members, key=lambda label: _rank(label, spans))
    broken = max(v.start for v in members) >= min(v.end for v in members) or _runs_over(medoid)
    return Boundary(medoid, len(spans) > 1 and _is_disputed(document, members, medoid, spans), broken)


def _distance(span: Span, spans: Counter[Span]) -> int:
    start, end = span
    return sum(count * (abs(start - s) + abs(end - e)) for (s, e), count in spans.items())


def _rank(label: Label, spans: Counter[Span]) -> tuple[int, int, int, int, str]:
    """Smaller is better: distance, then the more frequent span, the longer, the earlier, the smaller id."""
    span = start, end = label.given.start, label.given.end
    return _distance(span, spans), -spans[span], start - end, start, label.id


def _runs_over(label: Label) -> bool:
    """Whether its span holds an excluded code point: then it is shorter when closed up."""
    return label.end - label.start < label.given.end - label.given.start


def _is_disputed(document: Annotated, members: Sequence[Label], medoid: Label, spans: Counter[Span]) -> bool:
    chosen = medoid.given.start, medoid.given.end
    least = _distance(chosen, spans)
    tied = [span for span in spans if _distance(span, spans) == least]
    if any(_differ_in_words(document, a, b) for i, a in enumerate(tied) for b in tied[:i]):
        return True
    far = {(label.given.start, label.given.end) for label in members if _is_far(label, medoid)}
    return any(_differ_in_words(document, span, chosen) for span in far)


def _is_far(label: Label, other: Label) -> bool:
    """Whether they share less than half of what they cover together, closed up."""
    shared = max(0, min(label.end, other.end) - max(label.start, other.start))
    return 2 * shared < (label.end - label.start) + (other.end - other.start) - shared


def _differ_in_words(document: Annotated, a: Span, b: Span) -> bool:
    """Whether a letter or digit outside excluded regions lies in exactly one of the spans."""
    pieces = (piece for part in _only_one(a, b) for piece in _kept(part, document.excluded))
    return any(any(map(str.isalnum, document.text[start:end])) for start, end in pieces)


def _only_one(a: Span, b: Span) -> tuple[Span, Span]:
    """What lies in exactly one of two spans."""
    if max(a[0], b[0]) >= min(a[1], b[1]):
        return a, b
    return (min(a[0], b[0]), max(a[0], b[0])), (min(a[1], b[1]), max(a[1], b[1]))


def _kept(span: Span, excluded: Sequence[Span]) -> Iterator[Span]:
    """The pieces of a span that no excluded region covers."""
    at, last = span
    for start, end in excluded:
        if start < last and end > at:
            yield at, max(at, start)
            at = end
    yield at, max(at, last)
