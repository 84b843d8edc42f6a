"""Gwet AC1: agreement beyond chance that stays in place when nearly all ratings have one value."""

import numpy as np

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.table import Numbers, Ratings, Sample, ratio


def _ac1(sample: Sample) -> Numbers:
    """(p_a - p_e) / (1 - p_e), p_e = sum_k pi_k (1 - pi_k) / (q - 1), pi_k as in Fleiss κ; at most 1.

    q is the number of values offered: those of the scheme and any seen outside it, or those seen where there is none.
    One value alone shows nothing of telling values apart, whatever q.
    """
    offered = sample.ratings.offered or ()
    q = len(offered) + sample.seen(besides=offered)
    squares = sample.squared_shares()
    chance = (1 - squares) / np.maximum(q - 1, 1)
    return np.where(squares == 1, np.nan, ratio(sample.agreement() - chance, 1 - chance))


def estimate(ratings: Ratings) -> Estimate:
    return ratings.estimate(_ac1)


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return ratings.without_each(_ac1)


MEASURES = (
    Measure(
        name="gwet_ac1",
        title="Gwet AC1",
        definition="Percent agreement less what chance would give, as a share of what is left to reach. Chance is "
        "small here where one value is much more frequent than the others.",
        source="Gwet 2008, British Journal of Mathematical and Statistical Psychology 61",
        applies_to="ratings",
        rank=50,
        lowest=-1,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
