"""The delete-one-cluster jackknife: how far a figure would move with other articles of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # the t quantile; scipy.stats would take half a second to import

UPPER_QUANTILE = 0.975  # of a 95 % interval

NOTHING_TO_COMPARE = "An interval needs at least two documents, or units where no documents are named."
RESTS_ON_ONE = "The figure rests on one document, or unit where no documents are named: without it, it is undefined."


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, or the reason why there is none."""

    low: float | None
    high: float | None
    reason: str | None = None


def jackknife(value: float, without_each: Sequence[float | None], lowest: float, highest: float) -> Interval:
    """value -+ t(0.975, G - 1) se over G clusters, clipped to the range of the measure, never past the value itself.

    `without_each` holds the estimates without each cluster in turn. Zwick's and Fleiss's analytic errors take units
    as independent; labels of one article are not, which is why whole articles are left out.
    """
    if len(without_each) < 2:
        return Interval(None, None, NOTHING_TO_COMPARE)
    estimates = np.array(without_each, dtype=float)
    if np.isnan(estimates).any():
        return Interval(None, None, RESTS_ON_ONE)
    clusters, deviations = len(estimates), estimates - estimates[0]  # from one of them: exactly 0 where all are equal
    error = np.sqrt((clusters - 1) / clusters * np.sum((deviations - deviations.mean()) ** 2))
    reach = float(stdtrit(clusters - 1, UPPER_QUANTILE) * error)
    low, high = max(lowest, value - reach), min(highest, value + reach)
    return Interval(float(min(value, low)), float(max(value, high)))
