"""Krippendorff α, nominal, ordinal or interval: one less the disagreement seen over the disagreement by chance."""

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.distances import disagreement_by_moments, disagreement_by_ranks, not_a_number
from webapp.domain.ratings.table import Numbers, Ratings, Sample, ratio

ONE_VALUE = "All units that two rated have one value; that does not show whether anybody can tell values apart."
NOT_A_NUMBER = "“{}” is not a finite number, and an {} level needs numbers."


def _alpha(sample: Sample) -> Numbers:
    """1 - (n - 1) sum_ck o_ck d2_ck / sum_ck n_c n_k d2_ck over the n ratings of units rated twice or more; at most 1.

    o_ck counts the ordered pairs c, k inside a unit, each divided by n_u - 1; n_c is their sum over k. d2 is 1 for
    c != k (nominal), (c - k)^2 (interval), or (sum of n_g for g from c to k - (n_c + n_k) / 2)^2 (ordinal).
    """
    levels = {"nominal": _unequal, "ordinal": disagreement_by_ranks, "interval": disagreement_by_moments}
    seen, by_chance = levels[sample.ratings.level](sample)
    ratings = sample.sum(sample.rows.size * sample.rows.pairable)
    return 1 - ratio((ratings - 1) * seen, by_chance)


def _unequal(sample: Sample) -> tuple[Numbers, Numbers]:
    """Nominal: sum_u (n_u^2 - sum_k n_uk^2) / (n_u - 1), and n^2 - sum_c n_c^2, without a coincidence matrix."""
    rows = sample.rows
    seen = (rows.size * (rows.size - 1) - rows.agreeing) / (rows.size - 1).clip(1)
    return sample.sum(seen), sample.sum(rows.size * rows.pairable) ** 2 - sample.squares(rows.pairable)


def estimate(ratings: Ratings) -> Estimate:
    strange = not_a_number(ratings)
    if strange is not None:
        return Estimate(None, NOT_A_NUMBER.format(strange, ratings.level))
    found = ratings.estimate(_alpha)
    return Estimate(None, ONE_VALUE) if found.value is None and ratings.pairable.any() else found


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return ratings.without_each(_alpha)


MEASURES = (
    Measure(
        name="krippendorff_alpha",
        title="Krippendorff α",
        definition="One less the disagreement inside units as a share of what chance would give: 1 is full agreement, "
        "0 what chance gives, below 0 worse. Chance draws from all ratings of units that two or more rated.",
        source="Krippendorff 2011, Computing Krippendorff’s Alpha-Reliability; Krippendorff 2019, Content Analysis, "
        "4th ed.; Hayes, Krippendorff 2007, Communication Methods and Measures 1",
        applies_to="ratings",
        rank=40,
        lowest=-1,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
