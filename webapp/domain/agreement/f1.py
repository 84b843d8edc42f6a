"""F1 of each two annotators, one taken as the answer to the other: exact, overlapping, or by code points."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from webapp.domain.agreement import Measure
from webapp.domain.spans.continua import Spans, Unit
from webapp.domain.spans.flattening import marked
from webapp.domain.spans.matches import Counts, Matches, matches
from webapp.domain.spans.per_document import once

Run = tuple[int, int]  # start, end (exclusive)

SOURCE = "Wiebe, Wilson, Cardie 2005, Language Resources and Evaluation 39; pairwise mean as in bratiaa"


def _numbered(keys: Iterable[Hashable]) -> set[tuple[Hashable, int]]:
    """A multiset as a set: the same label twice, by one annotator, is number 1 and number 2."""
    seen: Counter[Hashable] = Counter()
    numbered = set()
    for key in keys:
        seen[key] += 1
        numbered.add((key, seen[key]))
    return numbered


def _shared(one: set[tuple[Hashable, int]], other: set[tuple[Hashable, int]]) -> Counts:
    both = len(one & other)
    return both, len(one), both, len(other)


@once
def _exact(spans: Spans) -> Matches:
    return matches(spans, lambda units: _numbered((unit.start, unit.end) for unit in units), _shared)


@once
def _exact_categories(spans: Spans) -> Matches:
    return matches(spans, lambda units: _numbered((unit.start, unit.end, unit.category) for unit in units), _shared)


def _runs(units: Sequence[Unit]) -> list[Run]:
    """What the units, sorted, cover."""
    return [(start, end) for start, end, _ in marked((unit.start, unit.end, "") for unit in units)]


def _touched(units: Sequence[Unit], runs: Sequence[Run]) -> int:
    """How many units share a code point with a run."""
    ends = [end for _, end in runs]
    after = [bisect_right(ends, unit.start) for unit in units]
    return sum(n < len(runs) and runs[n][0] < unit.end for n, unit in zip(after, units, strict=True))


def _overlapping(one: tuple[Sequence[Unit], list[Run]], other: tuple[Sequence[Unit], list[Run]]) -> Counts:
    return _touched(one[0], other[1]), len(one[0]), _touched(other[0], one[1]), len(other[0])


@once
def _overlap(spans: Spans) -> Matches:
    return matches(spans, lambda units: (units, _runs(units)), _overlapping)


def _size(runs: Iterable[Run]) -> int:
    return sum(end - start for start, end in runs)


def _common(one: Sequence[Run], other: Sequence[Run]) -> Counts:
    a, b = _size(one), _size(other)
    either = _size((start, end) for start, end, _ in marked((*run, "") for run in sorted([*one, *other])))
    return a + b - either, a, a + b - either, b


@once
def _soft(spans: Spans) -> Matches:
    return matches(spans, _runs, _common)


MEASURES: tuple[Measure[Spans], ...] = (
    Measure(
        name="f1_exact",
        title="F1, exact",
        definition="How many labels of two annotators have exactly the same place: twice these, as a share of all "
        "labels of the two. The value is the mean over pairs; 1 is full agreement, and chance is not taken off.",
        source=SOURCE,
        applies_to="spans",
        rank=70,
        lowest=0,
        highest=1,
        estimate=lambda spans: _exact(spans).estimate(spans),
        leave_one_out=lambda spans: _exact(spans).leave_one_out(),
    ),
    Measure(
        name="f1_exact_categories",
        title="F1, exact with stance",
        definition="As F1, exact, but only labels of the same stance match.",
        source=SOURCE,
        applies_to="spans",
        rank=80,
        lowest=0,
        highest=1,
        estimate=lambda spans: _exact_categories(spans).estimate(spans),
        leave_one_out=lambda spans: _exact_categories(spans).leave_one_out(),
    ),
    Measure(
        name="f1_overlap",
        title="F1, overlapping",
        definition="The share of the one’s labels that overlap with any label of the other, and the converse; their "
        "harmonic mean, then the mean over pairs. Chance is not taken off.",
        source=SOURCE,
        applies_to="spans",
        rank=90,
        lowest=0,
        highest=1,
        estimate=lambda spans: _overlap(spans).estimate(spans),
        leave_one_out=lambda spans: _overlap(spans).leave_one_out(),
    ),
    Measure(
        name="soft_f1",
        title="F1 by code points",
        definition="How many code points both of two annotators marked: twice these, as a share of those that each "
        "marked. The value is the mean over pairs; chance is not taken off.",
        source=SOURCE,
        applies_to="spans",
        rank=100,
        lowest=0,
        highest=1,
        estimate=lambda spans: _soft(spans).estimate(spans),
        leave_one_out=lambda spans: _soft(spans).leave_one_out(),
    ),
)
