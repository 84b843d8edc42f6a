"""The unitizing α: against loops over code points, its limits, and how labels are flattened."""

from itertools import permutations

import krippendorff
import pytest
from hypothesis import given, settings

from tests.domain.agreement import span_loops
from tests.domain.agreement.marks import measure, one, scattered, several, value
from webapp.domain.spans.continua import Continuum, Spans
from webapp.domain.spans.flattening import by_category, marked

BOTH = pytest.mark.parametrize("name", ["alpha_u", "alpha_u_categories"])


@BOTH
@settings(max_examples=40)
@given(spans=several())
def test_as_loops_over_code_points(name: str, spans: Spans) -> None:
    found = measure(name).estimate(spans)
    expected = span_loops.alpha_u(spans, name.endswith("categories"))
    assert found.value == (None if expected is None else pytest.approx(expected, abs=1e-9))
    assert (found.reason is None) == (found.value is not None)


@BOTH
@settings(max_examples=40)
@given(spans=several())
def test_left_out_as_computed_anew(name: str, spans: Spans) -> None:
    anew = [measure(name).estimate(rest).value for rest in span_loops.each_left_out(spans)]
    assert measure(name).leave_one_out(spans) == [None if v is None else pytest.approx(v, abs=1e-9) for v in anew]


@BOTH
def test_all_agree(name: str) -> None:
    labels = [(3, 9, "a"), (12, 14, "b")]
    assert value(name, one(20, ana=labels, ben=labels, cem=labels)) == 1


@BOTH
@pytest.mark.parametrize(("length", "whole"), [(1, 30), (7, 30), (29, 30)])
def test_one_label_of_one_annotator(name: str, length: int, whole: int) -> None:
    found = value(name, one(whole, ana=[(0, length, "a")], ben=[]))
    assert found == pytest.approx(-(length - 1) / (2 * whole), abs=1e-12)


def test_labels_of_one_point_are_nominal_alpha_over_code_points() -> None:
    marks = {"ana": [(n, n + 1, "a") for n in (0, 3, 5, 6)], "ben": [(n, n + 1, "a") for n in (3, 6, 9)], "cem": []}
    said = [[any(start == n for start, _, _ in labels) for n in range(12)] for labels in marks.values()]
    nominal = krippendorff.alpha([[int(x) for x in row] for row in said], level_of_measurement="nominal")
    assert value("alpha_u", one(12, **marks)) == pytest.approx(nominal, abs=1e-12)


@BOTH
def test_undefined(name: str) -> None:
    everything = [(0, 5, "a")]
    reasons = [
        measure(name).estimate(spans).reason
        for spans in (Spans(()), one(5, ana=[], ben=[]), one(5, ana=everything, ben=everything))
    ]
    assert [reason and reason[:20] for reason in reasons] == [
        "No document was fini",
        "Nobody marked anythi",
        "Everybody marked eve",
    ]


def test_stance_is_told_apart_only_with_categories() -> None:
    spans = one(40, ana=[(5, 10, "a"), (20, 30, "b")], ben=[(5, 10, "b"), (20, 30, "b")])
    assert value("alpha_u", spans) == 1
    assert value("alpha_u_categories", spans) < 1


@BOTH
def test_neither_order_nor_names_matter(name: str) -> None:
    spans = scattered(5, documents=3)
    reference = value(name, spans)
    for order in permutations(("x", "y", "z")):
        renamed = [
            Continuum(c.document, c.text, c.excluded, c.length, dict(zip(order, c.units.values(), strict=True)))
            for c in reversed(spans.continua)
        ]
        assert value(name, Spans(tuple(renamed))) == pytest.approx(reference, abs=1e-12)


@BOTH
def test_near_zero_by_chance(name: str) -> None:
    assert abs(value(name, scattered(1, documents=20))) < 0.05


def test_flattened() -> None:
    touching, overlapping, nested = [(0, 3, "a"), (3, 5, "a")], [(0, 3, "a"), (2, 5, "a")], [(0, 9, "a"), (2, 5, "b")]
    assert marked(touching) == [(0, 3, "marked"), (3, 5, "marked")]
    assert marked(overlapping) == [(0, 5, "marked")]
    assert marked(nested) == [(0, 9, "marked")]
    assert by_category(touching) == touching
    assert by_category(overlapping) == [(0, 5, "a")]
    assert by_category(nested) == [(0, 2, "a"), (2, 5, "a+b"), (5, 9, "a")]


def test_one_value_is_cut_where_no_label_covers_both_sides() -> None:
    labels = [(0, 9, "a"), (2, 4, "b"), (4, 6, "b")]
    assert by_category(labels) == [(0, 2, "a"), (2, 6, "a+b"), (6, 9, "a")], "the outer label covers both sides of 4"
    labels = [(0, 4, "a"), (2, 4, "b"), (4, 6, "a"), (4, 6, "b"), (1, 2, "b"), (6, 7, "a")]
    assert by_category(sorted(labels)) == [(0, 1, "a"), (1, 4, "a+b"), (4, 6, "a+b"), (6, 7, "a")]
