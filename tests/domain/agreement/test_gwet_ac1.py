"""Gwet AC1: irrCAC's values, the skewed table where κ falls, and what was offered but never chosen."""

import pytest

from tests.domain.agreement.tables import FOUR_OBSERVERS, MEASURES, cross_table, estimate, ratings, rows_of


def test_ratings_are_missing() -> None:
    """irrCAC's manual: gwet.ac1.raw(cac.raw4raters)."""
    assert estimate("gwet_ac1", FOUR_OBSERVERS).value == pytest.approx(0.77544, abs=5e-6)


def test_it_stays_where_one_value_is_frequent() -> None:
    skewed = cross_table([[8, 1], [0, 1]])
    # p_a = .9, pi = .85 and .15; p_e = 2 (.85 × .15) = .255
    assert estimate("gwet_ac1", skewed).value == pytest.approx((0.9 - 0.255) / 0.745)
    assert estimate("scott_pi", skewed).value == pytest.approx((0.9 - 0.745) / 0.255)


def test_chance_is_over_what_was_offered() -> None:
    rows = cross_table([[4, 1], [1, 4]])
    # pi = .5 and .5: sum pi (1 - pi) = .5, over q - 1
    assert estimate("gwet_ac1", rows).value == pytest.approx((0.8 - 0.5) / 0.5)
    assert estimate("gwet_ac1", rows, offered=("0", "1", "2", "3", "4")).value == pytest.approx((0.8 - 0.125) / 0.875)


def test_values_outside_the_scheme_count_as_offered_too() -> None:
    rows = cross_table([[4, 1], [1, 4]])
    assert (
        estimate("gwet_ac1", rows, offered=("0", "2")).value
        == estimate("gwet_ac1", rows, offered=("0", "1", "2")).value
    )


def test_leaving_one_out_counts_the_values_seen_anew() -> None:
    rows = rows_of(Alice="11223", Bob="11223")
    without_the_third = rows_of(Alice="1122", Bob="1112")
    data = ratings([*rows_of(Alice="1122", Bob="1112"), ("u05", "Alice", "3"), ("u05", "Bob", "3")])
    assert MEASURES["gwet_ac1"].leave_one_out(data)[-1] == pytest.approx(estimate("gwet_ac1", without_the_third).value)
    assert MEASURES["gwet_ac1"].leave_one_out(ratings(rows)) == [1, 1, 1, 1, 1]
