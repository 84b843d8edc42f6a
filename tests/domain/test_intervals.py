"""The delete-one-cluster jackknife: by hand, by Student's table, and where there is no interval."""

import math
import random
import statistics

import pytest

from webapp.domain.reporting.intervals import jackknife

# Student's t at .975 by degrees of freedom, as printed in any table of it
QUANTILES = {1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 29: 2.045, 99: 1.984}


@pytest.mark.parametrize("freedom", QUANTILES)
def test_t_quantile_times_the_error(freedom: int) -> None:
    clusters = freedom + 1
    estimates = [0.01 * (-1) ** n for n in range(clusters)]
    mean = sum(estimates) / clusters
    error = math.sqrt(freedom / clusters * sum((x - mean) ** 2 for x in estimates))
    found = jackknife(0.0, estimates, -1, 1)
    assert found.high == pytest.approx(QUANTILES[freedom] * error, rel=2e-4)
    assert found.low == -found.high
    assert found.reason is None


def test_of_a_mean_it_is_the_interval_of_the_textbook() -> None:
    """The jackknife error of a mean is s / sqrt(n)."""
    dice = random.Random(1)
    sample = [dice.gauss(0.1, 0.02) for _ in range(10)]
    mean, error = statistics.mean(sample), statistics.stdev(sample) / math.sqrt(10)
    rests = [(sum(sample) - x) / 9 for x in sample]
    found = jackknife(mean, rests, -1, 1)
    assert (found.low, found.high) == (
        pytest.approx(mean - 2.262157 * error, abs=1e-7),
        pytest.approx(mean + 2.262157 * error, abs=1e-7),
    )


def test_around_the_value_not_around_the_mean_of_the_rests() -> None:
    found = jackknife(0.5, [0.1, 0.1, 0.1], 0, 1)
    assert (found.low, found.high) == (0.5, 0.5)


def test_clipped_to_the_range() -> None:
    found = jackknife(0.5, [0.1, 0.9], 0, 1)
    assert (found.low, found.high) == (0, 1)


def test_never_clipped_past_the_value() -> None:
    found = jackknife(-1.25, [-1.2, -1.3], -1, 1)
    assert (found.low, found.high) == (-1.25, pytest.approx(-1.25 + 12.7062 * 0.05, abs=1e-4))


@pytest.mark.parametrize("rests", [[], [0.4]])
def test_one_cluster_has_no_interval(rests: list[float]) -> None:
    found = jackknife(0.5, rests, -1, 1)
    assert (found.low, found.high) == (None, None)
    assert found.reason == "An interval needs at least two documents, or units where no documents are named."


def test_no_interval_where_all_rests_on_one_cluster() -> None:
    found = jackknife(0.5, [0.4, None, 0.6], -1, 1)
    assert (found.low, found.high) == (None, None)
    assert found.reason is not None and "undefined" in found.reason
