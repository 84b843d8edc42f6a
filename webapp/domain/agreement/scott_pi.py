"""Scott π, the mean over pairs: agreement beyond chance, where the two of a pair share one habit."""

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.pairs import mean_over_pairs, mean_without_each
from webapp.domain.ratings.table import Matrix, Ratings


def _chance(given_by_a: Matrix, given_by_b: Matrix) -> tuple[Matrix, Matrix]:
    """(p_o - p_e) / (1 - p_e), p_e = sum_k ((n_ak + n_bk) / 2n)^2, on the n units that both rated; from -1 to 1.

    The value is the plain mean of the defined pairs; with two annotators and nothing missing it is Fleiss κ.
    """
    both = (given_by_a + given_by_b) / 2
    return both, both


def estimate(ratings: Ratings) -> Estimate:
    return mean_over_pairs(ratings, _chance)


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return mean_without_each(ratings, _chance)


MEASURES = (
    Measure(
        name="scott_pi",
        title="Scott π",
        definition="Two annotators on the units both rated: their agreement less what chance would give, as a share of "
        "what is left to reach. Chance draws from what the two gave together. The value is the mean over pairs.",
        source="Scott 1955, Public Opinion Quarterly 19",
        applies_to="ratings",
        rank=60,
        lowest=-1,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
