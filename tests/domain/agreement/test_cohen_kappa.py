"""Cohen κ by pairs: published tables, nltk, and pairs that have no value."""

from itertools import combinations

import pytest
from nltk.metrics.agreement import AnnotationTask

from tests.domain.agreement.tables import PATIENTS, STATEMENTS, ZWICK, estimate, figure, rows_of


def test_published_tables() -> None:
    assert estimate("cohen_kappa", STATEMENTS).value == pytest.approx(0.348, abs=5e-4)  # Artstein, Poesio 2008
    assert estimate("cohen_kappa", ZWICK).value == pytest.approx(0.444, abs=5e-4)  # Zwick 1988


def test_nltk_agrees_on_each_pair_and_on_the_mean() -> None:
    task = AnnotationTask([(annotator, unit, value) for unit, annotator, value in PATIENTS])
    found = estimate("cohen_kappa", PATIENTS)
    assert found.value == pytest.approx(task.kappa(), abs=1e-9)
    pairs = found.pairs or ()
    assert [(pair.a, pair.b) for pair in pairs] == list(combinations(sorted({name for _, name, _ in PATIENTS}), 2))
    for pair in pairs:
        assert pair.value == pytest.approx(task.kappa_pairwise(pair.a, pair.b), abs=1e-9)
        assert (pair.units, pair.thin, pair.reason) == (30, False, None)


def test_a_pair_without_a_value_says_why_and_stays_out_of_the_mean() -> None:
    found = figure("cohen_kappa", rows_of(a="12..11", b="112...", c="..2111"))
    # a and b: p_o = 1/2, a gives 1 and 2, b gives 1 twice, p_e = 1/2
    assert found["value"] == 0
    assert found["pairs"] == [
        {"a": "a", "b": "b", "value": 0.0, "units": 2, "thin": True},
        {
            "a": "a",
            "b": "c",
            "value": None,
            "units": 2,
            "thin": True,
            "reason": "Both gave one and the same value throughout.",
        },
        {
            "a": "b",
            "b": "c",
            "value": None,
            "units": 1,
            "thin": True,
            "reason": "Both gave one and the same value throughout.",
        },
    ]


def test_annotators_who_never_met() -> None:
    found = estimate("cohen_kappa", rows_of(a="12..", b="1212", c="..21"))
    (pair,) = [pair for pair in found.pairs or () if (pair.a, pair.b) == ("a", "c")]
    assert (pair.value, pair.units, pair.thin, pair.reason) == (None, 0, True, "They rated no unit in common.")
    assert found.value == pytest.approx((1 + -1) / 2)


def test_no_pair_has_a_value() -> None:
    found = estimate("cohen_kappa", rows_of(a="11..", b="1122", c="..22"))
    assert found.value is None
    assert found.reason is not None and found.reason.startswith("No pair of annotators has a value")


def test_a_pair_is_thin_below_ten_units_in_common() -> None:
    pairs = estimate("cohen_kappa", rows_of(a="12121212121", b="1212121212.", c="121212121..")).pairs or ()
    assert [(pair.a, pair.b, pair.units, pair.thin) for pair in pairs] == [
        ("a", "b", 10, False),
        ("a", "c", 9, True),
        ("b", "c", 9, True),
    ]


def test_with_documents_it_is_documents_in_common_that_count() -> None:
    rows = rows_of(a="12121212121", b="12121212121")
    units = [unit for unit, name, _ in rows if name == "a"]
    ten = {unit: f"d{min(n, 9)}" for n, unit in enumerate(units)}
    nine = {unit: f"d{min(n, 8)}" for n, unit in enumerate(units)}
    thin = [pair.thin for of in (ten, nine) for pair in estimate("cohen_kappa", rows, document_of=of).pairs or ()]
    assert thin == [False, True]


def test_the_mean_without_a_document_is_over_the_pairs_that_are_left() -> None:
    rows = rows_of(a="1122..", b="112212", c="....11")
    found = figure("cohen_kappa", rows, document_of={f"u0{n}": "d1" if n < 5 else "d2" for n in range(1, 7)})
    # a and b agree in all four; b and c: c gives one value, p_o = p_e = 1/2
    assert found["value"] == 0.5
    # without d1 the pair b, c is left (0), without d2 the pair a, b (1): M = 1/2, se = sqrt(1/2 × 1/2) = 1/2
    assert (found["low"], found["high"]) == (-1, 1)
