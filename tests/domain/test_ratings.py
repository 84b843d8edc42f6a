"""The table behind the measures: who is in it, in which order, and what the jackknife leaves out."""

import numpy as np
import pytest

from tests.domain.agreement.tables import MEASURES, rows_of
from tests.domain.agreement.tables import ratings as table
from webapp.domain.ratings.table import MISSING, Ratings, as_values, ratio


def test_units_in_order_of_appearance_annotators_and_values_sorted() -> None:
    found = Ratings.from_columns(["u2", "u1", "u2"], ["Bob", "Alice", "Alice"], ["y", "x", "z"])
    assert (found.units, found.annotators, found.values) == (("u2", "u1"), ("Alice", "Bob"), ("x", "y", "z"))
    assert found.codes.tolist() == [[2, 1], [0, MISSING]]
    assert (found.size, found.documents, found.offered, found.level) == (3, None, None, "nominal")


def test_an_empty_value_is_a_missing_rating_and_who_has_no_other_is_left_out() -> None:
    found = Ratings.from_columns(["u1", "u2", "u1", "u2"], ["a", "a", "b", "c"], ["", "x", "", "y"])
    assert (found.units, found.annotators, found.values) == (("u2",), ("a", "c"), ("x", "y"))


def test_a_unit_keeps_the_place_of_its_first_row_even_if_that_is_empty() -> None:
    found = Ratings.from_columns(["u1", "u2", "u1"], ["a", "a", "b"], ["", "x", "y"])
    assert found.units == ("u1", "u2")


def test_nothing_at_all() -> None:
    found = Ratings.from_columns([], [], [])
    assert (found.units, found.size, found.clusters) == ((), 0, ())


def test_more_values_than_a_byte_holds() -> None:
    names = [f"{n:03}" for n in range(300)]
    found = Ratings.from_columns(names * 2, ["a"] * 300 + ["b"] * 300, names * 2)
    assert [found.values[code] for code in found.codes[:, 1]] == names
    assert MEASURES["krippendorff_alpha"].estimate(found).value == 1


def test_clusters_are_units_with_two_ratings() -> None:
    assert table(rows_of(a="112.", b="1.22", c="..1.")).clusters == ("u01", "u03")


def test_clusters_are_documents_with_such_a_unit() -> None:
    rows = rows_of(a="112.", b="1.22", c="..1.")
    found = table(rows, {"u01": "second", "u02": "none", "u03": "first", "u04": "second"})
    assert found.clusters == ("second", "first")
    assert found.cluster.tolist() == [0, MISSING, 1, 0]


@pytest.mark.parametrize("documents", [None, 3])
def test_equal_rows_are_counted_once_and_change_nothing(documents: int | None) -> None:
    """The same table with and without an annotator too many for rows to be read as numbers."""
    dice = np.random.default_rng(5)
    rows = [(f"u{u}", f"a{a}", str(dice.integers(2))) for u in range(60) for a in range(3) if dice.random() < 0.8]
    document_of = None if documents is None else {f"u{u}": f"d{u % documents}" for u in range(60)}
    counted = table(rows, document_of)
    alone = table([*rows, *((f"u{u} alone", f"b{u}", "1") for u in range(12))], _with_more(document_of))
    assert len(counted.rows.codes) < 60
    assert len(alone.rows.codes) == len(alone.units)
    for name in ("percent_agreement", "krippendorff_alpha", "cohen_kappa", "scott_pi"):
        measure = MEASURES[name]
        assert measure.estimate(counted).value == pytest.approx(measure.estimate(alone).value, abs=1e-12)
        assert measure.leave_one_out(counted) == pytest.approx(measure.leave_one_out(alone), abs=1e-12)


def _with_more(document_of: dict[str, str] | None) -> dict[str, str] | None:
    return None if document_of is None else document_of | {f"u{u} alone": "alone" for u in range(12)}


def test_undefined_is_none_never_a_number() -> None:
    quotients = ratio(np.array([1.0, 0.0, 2.0]), np.array([0.0, 1e-13, 4.0]))
    assert as_values(quotients) == [None, None, 0.5]
