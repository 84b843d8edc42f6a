"""Pairwise F1: against loops over all pairs of labels, a published example, and which pairs are undefined or thin."""

import pytest
from hypothesis import given, settings

from tests.domain.agreement import span_loops
from tests.domain.agreement.marks import marked, measure, of_case, one, scattered, several, value
from webapp.domain.ratings.estimates import Estimate
from webapp.domain.spans.continua import Spans

NAMES = ("f1_exact", "f1_exact_categories", "f1_overlap", "soft_f1")
ALL = pytest.mark.parametrize("name", NAMES)


def by_pair(found: Estimate) -> dict[tuple[str, str], float | None]:
    assert found.pairs is not None
    return {(pair.a, pair.b): pair.value for pair in found.pairs}


@ALL
@settings(max_examples=40)
@given(spans=several())
def test_as_loops(name: str, spans: Spans) -> None:
    found = measure(name).estimate(spans)
    expected = span_loops.f1(spans, getattr(span_loops, name))
    assert by_pair(found) == {pair: None if v is None else pytest.approx(v, abs=1e-9) for pair, v in expected.items()}
    defined = [v for v in expected.values() if v is not None]
    assert found.value == (pytest.approx(sum(defined) / len(defined), abs=1e-9) if defined else None)
    assert (found.reason is None) == (found.value is not None)


@ALL
@settings(max_examples=40)
@given(spans=several())
def test_left_out_as_computed_anew(name: str, spans: Spans) -> None:
    anew = [measure(name).estimate(rest).value for rest in span_loops.each_left_out(spans)]
    assert measure(name).leave_one_out(spans) == [None if v is None else pytest.approx(v, abs=1e-9) for v in anew]


def test_published_by_bratiaa() -> None:
    assert value("f1_exact_categories", of_case("f1-bratiaa-published")) == pytest.approx(0.787878, abs=1e-6)


def test_by_hand() -> None:
    spans = one(60, ana=[(0, 10, "a"), (20, 30, "a"), (50, 55, "a")], ben=[(0, 10, "b"), (25, 35, "a")])
    found = {name: value(name, spans) for name in NAMES}
    both, all_of_them = 10 + 5, 25 + 20
    expected = {
        "f1_exact": 2 / 5,
        "f1_exact_categories": 0,
        "f1_overlap": 2 * (2 / 3) / (2 / 3 + 1),
        "soft_f1": 2 * both / all_of_them,
    }
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["f1_exact", "f1_exact_categories"])
def test_a_label_twice_counts_twice(name: str) -> None:
    twice = [(0, 9, "a"), (0, 9, "a")]
    assert value(name, one(20, ana=twice, ben=twice)) == 1
    assert value(name, one(20, ana=twice, ben=twice[:1])) == pytest.approx(2 / 3)


@ALL
def test_all_agree(name: str) -> None:
    labels = [(0, 9, "a"), (5, 12, "b")]
    assert value(name, one(20, ana=labels, ben=labels, cem=labels)) == 1


@ALL
def test_labels_of_one_side_only(name: str) -> None:
    assert value(name, one(20, ana=[(0, 9, "a")], ben=[])) == 0


@ALL
def test_undefined_pairs_are_left_out_of_the_mean(name: str) -> None:
    label = [(0, 9, "a")]
    spans = Spans(
        (
            marked(20, {"ana": label, "ben": label}, "d0"),
            marked(20, {"cem": [], "dan": []}, "d1"),
        )
    )
    found = measure(name).estimate(spans)
    assert found.value == 1 and found.pairs is not None
    undefined = {pair.reason for pair in found.pairs if pair.value is None}
    assert undefined == {
        "They finished no document in common.",
        "Neither marked anything in the documents that both finished.",
    }
    assert [(pair.a, pair.b, pair.units) for pair in found.pairs if pair.units] == [
        ("ana", "ben", 1),
        ("cem", "dan", 1),
    ]


@ALL
def test_undefined(name: str) -> None:
    reasons = [measure(name).estimate(spans).reason for spans in (Spans(()), one(5, ana=[], ben=[]))]
    assert [reason and reason[:20] for reason in reasons] == ["No document was fini", "Nobody marked anythi"]


@ALL
def test_thin_below_ten_documents_that_both_finished(name: str) -> None:
    pairs = measure(name).estimate(of_case("bundle-thin-pairs")).pairs
    assert pairs is not None
    assert [(pair.a, pair.b, pair.units, pair.thin) for pair in pairs] == [
        ("ana", "ben", 11, False),
        ("ana", "cem", 9, True),
        ("ben", "cem", 9, True),
    ]


@ALL
def test_the_order_of_documents_does_not_matter(name: str) -> None:
    spans = scattered(3)
    assert value(name, Spans(spans.continua[::-1])) == pytest.approx(value(name, spans), abs=1e-12)


def test_hardly_anything_is_exact_by_chance() -> None:
    assert value("f1_exact", scattered(4)) < 0.05
