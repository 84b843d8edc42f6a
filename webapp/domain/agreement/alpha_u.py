"""The unitizing α of 2016: do annotators mark the same places, and give them the same stance? By code points."""

from collections.abc import Iterator

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.spans.continua import Spans
from webapp.domain.spans.flattening import Places, Sums, by_category, flattened, marked
from webapp.domain.spans.per_document import once, why_nothing

ONE_VALUE = "Everybody marked everything alike; that does not show whether anybody can tell places apart."
SOURCE = (
    "Krippendorff, Mathet, Bouvry, Widlöcher 2016, Quality & Quantity 50; Krippendorff 2019, Content Analysis, "
    "4th ed., section 12.6"
)


def _places(spans: Spans) -> Iterator[Places]:
    for continuum in spans.continua:
        labels = [[(unit.start, unit.end, unit.category) for unit in own] for own in continuum.units.values()]
        yield continuum.length, labels


@once
def _marked(spans: Spans) -> Sums:
    return flattened(_places(spans), marked)


@once
def _by_category(spans: Spans) -> Sums:
    return flattened(_places(spans), by_category)


def _estimate(spans: Spans, sums: Sums) -> Estimate:
    """1 - D_o / D_e. By chance a piece is never paired with itself, while gaps count point by point."""
    value = sums.alpha()
    return Estimate(value, (why_nothing(spans) or ONE_VALUE) if value is None else None)


MEASURES: tuple[Measure[Spans], ...] = (
    Measure(
        name="alpha_u",
        title="α_u",
        definition="Do annotators mark the same places, whatever the stance? One less the disagreement code point by "
        "code point as a share of what chance would give if it moved whole labels: 1 is full agreement, 0 chance.",
        source=SOURCE,
        applies_to="spans",
        rank=10,
        lowest=-1,
        highest=1,
        estimate=lambda spans: _estimate(spans, _marked(spans)),
        leave_one_out=lambda spans: _marked(spans).alpha_without_each(),
    ),
    Measure(
        name="alpha_u_categories",
        title="α_u with stance",
        definition="As α_u, but places count as agreed on only where the same stances are marked there.",
        source=SOURCE,
        applies_to="spans",
        rank=20,
        lowest=-1,
        highest=1,
        estimate=lambda spans: _estimate(spans, _by_category(spans)),
        leave_one_out=lambda spans: _by_category(spans).alpha_without_each(),
    ),
)
