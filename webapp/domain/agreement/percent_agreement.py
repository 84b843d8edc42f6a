"""Percent agreement: how often two annotators of a unit agree, chance included."""

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.table import Numbers, Ratings, Sample


def _agreement(sample: Sample) -> Numbers:
    """p_a = mean over units with two ratings of sum_k n_uk (n_uk - 1) / (n_u (n_u - 1)), from 0 to 1."""
    return sample.agreement()


def estimate(ratings: Ratings) -> Estimate:
    return ratings.estimate(_agreement)


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return ratings.without_each(_agreement)


MEASURES = (
    Measure(
        name="percent_agreement",
        title="Percent agreement",
        definition="Two annotators of the same unit, drawn at random: how often they gave the same value. "
        "Agreement by chance is not taken off.",
        source="Fleiss 1971, Psychological Bulletin 76; Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed.",
        applies_to="ratings",
        rank=10,
        lowest=0,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
