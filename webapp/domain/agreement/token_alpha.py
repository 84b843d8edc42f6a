"""Nominal α over the words of a text: simple to explain, blind to where one label ends and the next begins."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.spans.continua import Continuum, Spans
from webapp.domain.spans.flattening import Flatten, Label, Places, Sums, by_category, flattened, marked
from webapp.domain.spans.per_document import once, why_nothing

ONE_VALUE = "All tokens have the same value; that does not show whether anybody can tell tokens apart."
SOURCE = "Krippendorff 2011, Computing Krippendorff’s Alpha-Reliability"

_TOKEN = re.compile(r"\S+")  # \s is what str.isspace says


@once
def _tokens(spans: Spans) -> list[Places]:
    return [_by_token(continuum) for continuum in spans.continua]


def _by_token(continuum: Continuum) -> Places:
    """How many tokens there are, and the labels in tokens instead of code points, those that touch none left out.

    Tokens are runs without white space or excluded code points in the original text; a label has those that it shares
    a code point with.
    """
    text = continuum.text
    for start, end in continuum.excluded:
        text = text[:start] + " " * (end - start) + text[end:]
    tokens = [token.span() for token in _TOKEN.finditer(text)]
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]

    def labels() -> Iterator[list[Label]]:
        for units in continuum.units.values():
            places = [
                (bisect_right(ends, unit.original_start), bisect_left(starts, unit.original_end), unit.category)
                for unit in units
            ]
            yield sorted(place for place in places if place[0] < place[1])

    return len(tokens), list(labels())


def _sums(spans: Spans, flatten: Flatten) -> Sums:
    """Each token is drawn singly by chance: S = l makes nominal α of the unitizing one, D_e = sum l_c l_k / (l - 1)."""
    sums = flattened(_tokens(spans), flatten)
    return replace(sums, squares=sums.places)


@once
def _marked(spans: Spans) -> Sums:
    return _sums(spans, marked)


@once
def _by_category(spans: Spans) -> Sums:
    return _sums(spans, by_category)


def _estimate(spans: Spans, sums: Sums) -> Estimate:
    value = sums.alpha()
    return Estimate(value, (why_nothing(spans) or ONE_VALUE) if value is None else None)


MEASURES: tuple[Measure[Spans], ...] = (
    Measure(
        name="token_alpha",
        title="Token α",
        definition="Krippendorff’s nominal α with the tokens, all that stands between white space, as units: is a "
        "token marked or not? 1 is full agreement, 0 what chance gives.",
        source=SOURCE,
        applies_to="spans",
        rank=30,
        lowest=-1,
        highest=1,
        estimate=lambda spans: _estimate(spans, _marked(spans)),
        leave_one_out=lambda spans: _marked(spans).alpha_without_each(),
    ),
    Measure(
        name="token_alpha_categories",
        title="Token α with stance",
        definition="As token α, but a token’s value is the set of stances that it is marked with.",
        source=SOURCE,
        applies_to="spans",
        rank=40,
        lowest=-1,
        highest=1,
        estimate=lambda spans: _estimate(spans, _by_category(spans)),
        leave_one_out=lambda spans: _by_category(spans).alpha_without_each(),
    ),
)
