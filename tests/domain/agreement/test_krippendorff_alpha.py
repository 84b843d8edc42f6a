"""Krippendorff α: its author's table at three levels, the krippendorff package, and what is no number."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given

from tests.domain.agreement.tables import (
    FOUR_OBSERVERS,
    MEASURES,
    PATIENTS,
    Table,
    close_to,
    estimate,
    numbers,
    ratings,
    rows_of,
    tables,
)

ALPHA = MEASURES["krippendorff_alpha"]


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_four_observers(level: str, published: float) -> None:
    """Krippendorff 2011, sections C and D."""
    assert estimate(ALPHA.name, FOUR_OBSERVERS, level=level).value == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_the_package_agrees(level: str) -> None:
    assert estimate(ALPHA.name, PATIENTS, level=level).value == pytest.approx(by_package(ratings(PATIENTS), level))


@given(tables())
def test_the_package_agrees_on_random_tables(table: Table) -> None:
    data = table.ratings()
    value = ALPHA.estimate(data).value
    if value is not None:
        assert numbers([value]) == close_to([by_package(data, table.level)])


def by_package(data, level: str) -> float:
    """The value of the package, given numbers in place of words."""
    values = np.array([n if level == "nominal" else float(value) for n, value in enumerate(data.values)], float)
    table = np.where(data.codes >= 0, values[data.codes], np.nan).T
    return krippendorff.alpha(table, level_of_measurement=level, value_domain=sorted(set(values.tolist())))


def test_units_rated_once_are_dropped() -> None:
    with_one = rows_of(a="11223", b="1122.", c="1212.")
    without = [row for row in with_one if row[0] != "u05"]
    assert estimate(ALPHA.name, with_one).value == estimate(ALPHA.name, without).value


def test_worse_than_chance_is_below_0() -> None:
    # n = 8, D_o = 8, D_e = 64 - 32: 1 - 7 × 8 / 32
    assert estimate(ALPHA.name, rows_of(a="1212", b="2121")).value == pytest.approx(-0.75)


@pytest.mark.parametrize("level", ["ordinal", "interval"])
@pytest.mark.parametrize("strange", ["low", "nan", "inf", "1_000", "1,5"])
def test_words_are_no_numbers(level: str, strange: str) -> None:
    rows = [("u1", "a", "1"), ("u1", "b", "2"), ("u2", "a", "2"), ("u2", "b", "2"), ("u3", "a", strange)]
    found = estimate(ALPHA.name, rows, level=level)
    assert (found.value, found.reason) == (
        None,
        f"“{strange}” is not a finite number, and an {level} level needs numbers.",
    )
    assert estimate("cohen_kappa", rows, level=level).value is not None
    assert estimate(ALPHA.name, rows).value is not None


@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_equal_numbers_are_one_however_written(level: str) -> None:
    written = [
        ("u1", "a", "1"),
        ("u1", "b", "1.0"),
        ("u2", "a", "2"),
        ("u2", "b", "2e0"),
        ("u3", "a", "10"),
        ("u3", "b", "2"),
    ]
    plain = [(unit, annotator, str(int(float(value)))) for unit, annotator, value in written]
    assert estimate(ALPHA.name, written, level=level).value == estimate(ALPHA.name, plain, level=level).value


@pytest.mark.parametrize("move", [0, 1_700_000_000, -1e15])
@pytest.mark.parametrize("stretch", [1, 2.0**-20, 2.0**900])
def test_an_interval_scale_has_no_zero_and_no_unit(move: float, stretch: float) -> None:
    given = {"a": (1, 2, 4, 4, 8), "b": (1, 3, 4, 5, 8), "c": (2, 2, 4, 4, 9)}

    def rows(change) -> list:
        return [(f"u{n}", name, repr(change(v))) for name, values in given.items() for n, v in enumerate(values)]

    before = estimate(ALPHA.name, rows(float), level="interval").value
    changed = rows(lambda value: (value + move) * stretch)
    assert estimate(ALPHA.name, changed, level="interval").value == pytest.approx(before, abs=1e-9)


def test_one_value_among_what_can_be_compared() -> None:
    found = estimate(ALPHA.name, rows_of(a="112", b="11."))
    assert found.value is None
    assert found.reason is not None and "one value" in found.reason
