"""γ and γ-cat: how well the marks of several annotators align at best, against chance. Exact but for the sampling."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.table import as_values, ratio
from webapp.domain.spans.continua import Spans
from webapp.domain.spans.per_document import once, why_nothing, without_each
from webapp.domain.spans.sampling import NotAligned, Sums, sampled

Numbers = NDArray[np.float64]

NO_DISORDER = "Marks put down by chance would align without any disorder, which leaves nothing to compare with."
NO_PAIR = "No marks of two annotators align closely enough to compare their categories."
NO_PAIR_BY_CHANCE = "Put down by chance, no marks align closely enough to compare their categories."
ONE_CATEGORY = "Put down by chance, all aligned marks have the same category, so agreement on it shows nothing."
TOO_DENSE = "So many marks lie close together in “{}” that their best alignment cannot be worked out."


@once
def _sums(spans: Spans) -> Sums | str:
    """The sums, or why there are none."""
    try:
        return why_nothing(spans) or sampled(spans)
    except NotAligned as dense:
        return TOO_DENSE.format(dense)


def _gamma(sums: Sums, over: Callable[[Numbers], Numbers]) -> Numbers:
    """1 - observed / expected, both averaged over documents by their labels per annotator, which cancel here."""
    return 1 - ratio(over(sums.observed), over(sums.expected))


def _gamma_cat(sums: Sums, over: Callable[[Numbers], Numbers]) -> Numbers:
    """1 - (N / W) / (N / W by chance), each summed over documents first."""
    observed = ratio(over(sums.different), over(sums.weight))
    return 1 - ratio(observed, ratio(over(sums.different_by_chance), over(sums.weight_by_chance)))


def estimate_gamma(spans: Spans) -> Estimate:
    """With the pooled disorders, observed and expected, and the number of chance samples of each document."""
    sums = _sums(spans)
    if isinstance(sums, str):
        return Estimate(None, sums, details={"observed": None, "expected": None, "samples": None})
    labels = sums.share.sum()
    observed, expected = float(sums.observed.sum() / labels), float(sums.expected.sum() / labels)
    (value,) = as_values(_gamma(sums, _pooled))
    details = {"observed": observed, "expected": expected, "samples": sums.samples}
    return Estimate(value, NO_DISORDER if value is None else None, details=details)


def estimate_gamma_cat(spans: Spans) -> Estimate:
    sums = _sums(spans)
    if isinstance(sums, str):
        return Estimate(None, sums)
    (value,) = as_values(_gamma_cat(sums, _pooled))
    return Estimate(value, _why_no_gamma_cat(sums) if value is None else None)


def _why_no_gamma_cat(sums: Sums) -> str:
    if not sums.weight.any():
        return NO_PAIR
    return ONE_CATEGORY if sums.weight_by_chance.any() else NO_PAIR_BY_CHANCE


def _pooled(parts: Numbers) -> Numbers:
    return np.atleast_1d(parts.sum())


def gamma_without_each(spans: Spans) -> list[float | None]:
    """From the sums of the whole: nothing is sampled anew."""
    return _without_each(spans, _gamma)


def gamma_cat_without_each(spans: Spans) -> list[float | None]:
    """From the sums of the whole: nothing is sampled anew."""
    return _without_each(spans, _gamma_cat)


def _without_each(spans: Spans, measure: Callable[[Sums, Callable[[Numbers], Numbers]], Numbers]) -> list[float | None]:
    sums = _sums(spans)
    return [None] * len(spans.continua) if isinstance(sums, str) else as_values(measure(sums, without_each))


MEASURES = (
    Measure(
        name="gamma",
        title="γ",
        definition="The marks of all annotators are aligned as well as they can be; marks that lie apart, differ in "
        "stance or stay alone count as disorder. γ is one less that disorder as a share of what the same marks "
        "would have, put down at chance places: 1 is full agreement, 0 what chance gives, below 0 worse.",
        source="Mathet, Widlöcher, Métivier 2015, Computational Linguistics 41",
        applies_to="spans",
        rank=50,
        lowest=-1,
        highest=1,
        estimate=estimate_gamma,
        leave_one_out=gamma_without_each,
    ),
    Measure(
        name="gamma_cat",
        title="γ-cat",
        definition="Agreement on the stance of marks that γ’s best alignment puts together, each pair weighing the "
        "more the better its places agree, against the same for chance places: 1 is full agreement, 0 chance.",
        source="Mathet 2017, Computational Linguistics 43",
        applies_to="spans",
        rank=60,
        lowest=-1,
        highest=1,
        estimate=estimate_gamma_cat,
        leave_one_out=gamma_cat_without_each,
    ),
)
