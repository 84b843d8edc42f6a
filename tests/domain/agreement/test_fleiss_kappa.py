"""Fleiss κ: Fleiss's own table, the one of the encyclopedia, irrCAC's, and Scott's π for two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.agreement.tables import FOUR_OBSERVERS, PATIENTS, estimate, rows_of


def test_psychiatrists() -> None:
    """Fleiss 1971, table 1."""
    assert estimate("fleiss_kappa", PATIENTS).value == pytest.approx(0.430, abs=5e-4)


def test_fourteen_raters_of_ten_subjects() -> None:
    """The worked example of the Wikipedia's article on Fleiss' kappa: how many of 14 raters chose each category."""
    counts = "0 0 0 0 14,0 2 6 4 2,0 0 3 5 6,0 3 9 2 0,2 2 8 1 1,7 7 0 0 0,3 2 6 3 0,2 5 3 2 2,6 5 2 1 0,0 2 2 3 7"
    rows = []
    for unit, row in enumerate(counts.split(",")):
        given = [str(k) for k, n in enumerate(row.split()) for _ in range(int(n))]
        rows += [(f"u{unit}", f"rater {n:02}", value) for n, value in enumerate(given)]
    assert estimate("fleiss_kappa", rows).value == pytest.approx(0.210, abs=5e-4)
    assert estimate("percent_agreement", rows).value == pytest.approx(0.378, abs=5e-4)


def test_ratings_are_missing() -> None:
    """irrCAC's manual: fleiss.kappa.raw(cac.raw4raters)."""
    assert estimate("fleiss_kappa", FOUR_OBSERVERS).value == pytest.approx(0.76117, abs=5e-6)


@given(st.lists(st.sampled_from(["11", "12", "22", "23", "31"]), min_size=1))
def test_with_two_annotators_it_is_scott_pi(units: list[str]) -> None:
    rows = rows_of(Alice="".join(u[0] for u in units), Bob="".join(u[1] for u in units))
    fleiss, scott = estimate("fleiss_kappa", rows).value, estimate("scott_pi", rows).value
    assert fleiss == (None if scott is None else pytest.approx(scott, abs=1e-12))
