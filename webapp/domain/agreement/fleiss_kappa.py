"""Fleiss κ: agreement beyond chance, where chance draws from the values of all annotators together."""

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.table import Numbers, Ratings, Sample, ratio


def _kappa(sample: Sample) -> Numbers:
    """(p_a - p_e) / (1 - p_e), p_e = sum_k pi_k^2, pi_k the mean over all units of the share of value k; at most 1.

    Missing ratings after Gwet 2014: a unit rated once counts in pi_k. With two annotators it is Scott's π.
    """
    chance = sample.squared_shares()
    return ratio(sample.agreement() - chance, 1 - chance)


def estimate(ratings: Ratings) -> Estimate:
    return ratings.estimate(_kappa)


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return ratings.without_each(_kappa)


MEASURES = (
    Measure(
        name="fleiss_kappa",
        title="Fleiss κ",
        definition="Percent agreement less what chance would give, as a share of what is left to reach. "
        "Chance draws each value as often as all annotators together gave it.",
        source="Fleiss 1971, Psychological Bulletin 76; missing ratings after Gwet 2014, Handbook of Inter-Rater "
        "Reliability, 4th ed.",
        applies_to="ratings",
        rank=30,
        lowest=-1,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
