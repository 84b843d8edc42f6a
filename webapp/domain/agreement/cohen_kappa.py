"""Cohen κ, the mean over pairs: agreement beyond chance, where each annotator has habits of their own."""

from webapp.domain.agreement import Estimate, Measure
from webapp.domain.ratings.pairs import mean_over_pairs, mean_without_each
from webapp.domain.ratings.table import Matrix, Ratings


def _chance(given_by_a: Matrix, given_by_b: Matrix) -> tuple[Matrix, Matrix]:
    """(p_o - p_e) / (1 - p_e), p_e = sum_k p_ak p_bk, on the units that both rated; from -1 to 1.

    The value is the plain mean of the defined pairs (Light 1971).
    """
    return given_by_a, given_by_b


def estimate(ratings: Ratings) -> Estimate:
    return mean_over_pairs(ratings, _chance)


def leave_one_out(ratings: Ratings) -> list[float | None]:
    return mean_without_each(ratings, _chance)


MEASURES = (
    Measure(
        name="cohen_kappa",
        title="Cohen κ",
        definition="Two annotators on the units both rated: their agreement less what chance would give, as a share of "
        "what is left to reach. Chance draws from what each of the two gave. The value is the mean over pairs.",
        source="Cohen 1960, Educational and Psychological Measurement 20; Light 1971, Psychological Bulletin 76",
        applies_to="ratings",
        rank=20,
        lowest=-1,
        highest=1,
        estimate=estimate,
        leave_one_out=leave_one_out,
    ),
)
