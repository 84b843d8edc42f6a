"""Percent agreement: Fleiss's psychiatrists, Gwet's raters, and by hand."""

import pytest

from tests.domain.agreement.tables import FOUR_OBSERVERS, PATIENTS, ZWICK, estimate, figure, rows_of


def test_published_tables() -> None:
    assert estimate("percent_agreement", PATIENTS).value == pytest.approx(0.5556, abs=5e-5)  # Fleiss 1971
    assert estimate("percent_agreement", ZWICK).value == pytest.approx(0.6)  # Zwick 1988
    assert estimate("percent_agreement", FOUR_OBSERVERS).value == pytest.approx(0.81818, abs=5e-6)  # irrCAC's manual


def test_each_unit_counts_once_however_many_rated_it() -> None:
    # all three pairs of the first unit, one of the three of the second, none of the third; the fourth was rated once
    found = estimate("percent_agreement", rows_of(a="1112", b="112.", c="12.."))
    assert found.value == pytest.approx((1 + 1 / 3 + 0) / 3)


def test_an_interval_stays_between_0_and_1() -> None:
    found = figure("percent_agreement", rows_of(a="1112", b="1121"))
    assert (found["value"], found["low"], found["high"]) == (0.5, 0, 1)
