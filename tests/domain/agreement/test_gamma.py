"""γ and γ-cat: published examples, the chance samples, when sampling stops, and sums that are left out one by one."""

from dataclasses import replace
from itertools import permutations
from math import sqrt
from typing import Any

import numpy as np
import pytest

from tests.domain.agreement.marks import NAMES, marked, measure, of_case, one, scattered, value
from tests.domain.agreement.span_loops import smallest_disorder
from webapp.domain.spans import chance, sampling, unitary
from webapp.domain.spans.chance import ChanceSamples
from webapp.domain.spans.continua import Continuum, Spans
from webapp.domain.spans.per_document import without_each
from webapp.domain.spans.sampling import Sums, sampled

BOTH = pytest.mark.parametrize("name", ["gamma", "gamma_cat"])


def details(spans: Spans) -> dict[str, Any]:
    return dict(measure("gamma").estimate(spans).details)


def chance_samples(
    length: int, *annotators: list[tuple[int, int]], seed: int = 0, document: str = "d"
) -> ChanceSamples:
    marks = [np.array([(s, e, 0) for s, e in units], dtype=np.int64).reshape(-1, 3) for units in annotators]
    return ChanceSamples(seed, document, marks, length)


@pytest.mark.parametrize(
    ("case", "observed", "gamma", "gamma_cat"),
    [("gamma-figure-10", 1.185185185, 0.330491385, 1), ("gamma-quickstart", 0.50193933, 0.614123677, 0.447096914)],
)
def test_published_examples(case: str, observed: float, gamma: float, gamma_cat: float) -> None:
    """Observed as pygamma-agreement has it; the rest from 1,500 samples, here within 2 % of the expected disorder."""
    spans = of_case(case)
    assert details(spans)["observed"] == pytest.approx(observed, abs=1e-6)
    assert value("gamma", spans) == pytest.approx(gamma, abs=0.03)
    assert value("gamma_cat", spans) == pytest.approx(gamma_cat, abs=0.1)


@BOTH
def test_all_agree(name: str) -> None:
    labels = [(3, 9, "a"), (20, 31, "b"), (40, 44, "a")]
    assert value(name, one(60, ana=labels, ben=labels, cem=labels)) == 1


def test_near_zero_by_chance() -> None:
    assert abs(value("gamma", scattered(1, documents=12))) < 0.06


def test_observed_and_expected_are_pooled_by_labels_per_annotator() -> None:
    first, second = [(0, 5, "a"), (8, 12, "b")], [(2, 7, "b")]
    spans = Spans(
        (marked(40, {"ana": first, "ben": second}, "d0"), marked(30, {"ana": second, "ben": [], "cem": []}, "d1"))
    )
    codes = [[(s, e, "ab".index(c)) for s, e, c in own] for own in (first, second)]
    share = 3 / 2 + 1 / 3
    assert details(spans)["observed"] == pytest.approx((smallest_disorder(codes) + 1) / share)
    sums = sampled(spans)
    assert sums.share == pytest.approx([3 / 2, 1 / 3])
    expected = details(spans)["expected"]
    assert expected == pytest.approx(sums.expected.sum() / share)
    assert value("gamma", spans) == pytest.approx(1 - details(spans)["observed"] / expected)


def test_gamma_cat_by_hand() -> None:
    """One tuple of three: each pair weighs (1 - d_pos) / 2; who stays alone does not count."""
    spans = one(40, ana=[(0, 10, "a")], ben=[(0, 10, "a")], cem=[(0, 8, "b"), (30, 34, "b")])
    sums = sampled(spans)
    near = (1 - (2 / 18) ** 2) / 2
    assert (sums.weight[0], sums.different[0]) == (pytest.approx(0.5 + 2 * near), pytest.approx(2 * near))
    by_chance = sums.different_by_chance[0] / sums.weight_by_chance[0]
    assert value("gamma_cat", spans) == pytest.approx(1 - 2 * near / (0.5 + 2 * near) / by_chance)


@pytest.mark.parametrize(
    ("spans", "reason", "reason_cat"),
    [
        (Spans(()), "No document was finished", "No document was finished"),
        (one(9, ana=[], ben=[]), "Nobody marked anything", "Nobody marked anything"),
        (one(1, ana=[(0, 1, "a")], ben=[(0, 1, "a")]), "Marks put down by chance", "Put down by chance, all"),
        (one(900, ana=[(0, 9, "a")], ben=[]), None, "No marks of two annotators"),
        (one(90, ana=[(0, 9, "a")], ben=[(1, 8, "a")]), None, "Put down by chance, all"),
        (one(2, ana=[(0, 1, "a")], ben=[(0, 1, "b")]), None, "Put down by chance, no"),
        (one(90, ana=[(0, 9, "a")], ben=[(1, 8, "b")]), None, None),
    ],
)
def test_undefined(spans: Spans, reason: str | None, reason_cat: str | None) -> None:
    for name, expected in (("gamma", reason), ("gamma_cat", reason_cat)):
        found = measure(name).estimate(spans)
        assert (found.value is None) == (expected is not None)
        assert (found.reason or "").startswith(expected or "") and bool(found.reason) == bool(expected)


def test_a_document_does_not_depend_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a stream of its own, and an alignment of its own, so its sums are those that it has alone."""
    monkeypatch.setattr(sampling, "AT_MOST", 30)
    continua = scattered(7, documents=2, labels=6).continua + scattered(8, documents=1, labels=9, names=2).continua
    continua = tuple(replace(each, document=f"d{n}") for n, each in enumerate(continua))
    together, backwards = sampled(Spans(continua)), sampled(Spans(continua[::-1]))
    for part in ("observed", "expected", "different_by_chance"):
        alone = [getattr(sampled(Spans((each,))), part)[0] for each in continua]
        assert getattr(together, part) == pytest.approx(alone, abs=1e-12)
        assert getattr(backwards, part)[::-1] == pytest.approx(alone, abs=1e-12)


@BOTH
def test_left_out_from_the_sums_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = scattered(2, documents=4)
    value(name, spans)
    sums = sampled(spans)
    monkeypatch.setattr(ChanceSamples, "draw", None)  # from here on nothing can be sampled
    found = measure(name).leave_one_out(spans)
    assert len(found) == 4
    for n, left in enumerate(found):
        kept = np.arange(4) != n
        observed, expected = sums.observed[kept].sum(), sums.expected[kept].sum()
        if name == "gamma_cat":
            observed = sums.different[kept].sum() / sums.weight[kept].sum()
            expected = sums.different_by_chance[kept].sum() / sums.weight_by_chance[kept].sum()
        assert left == pytest.approx(1 - observed / expected, abs=1e-9)


@BOTH
def test_left_out_where_nothing_is_left(name: str) -> None:
    empty = marked(50, {"ana": [], "ben": []}, "d0")
    only = marked(50, {"ana": [(0, 9, "a"), (20, 26, "b")], "ben": [(1, 9, "a"), (20, 25, "b")]}, "d1")
    assert measure(name).leave_one_out(Spans((empty, only))) == [pytest.approx(value(name, Spans((only,)))), None]


@BOTH
def test_names_do_not_matter_to_what_is_observed(name: str) -> None:
    spans = scattered(5, documents=1)
    observed = details(spans)["observed"]
    for order in permutations(NAMES[:3]):
        (c,) = spans.continua
        units = dict(zip(order, c.units.values(), strict=True))
        renamed = Spans((Continuum(c.document, c.text, c.excluded, c.length, units),))
        assert details(renamed)["observed"] == pytest.approx(observed, abs=1e-9)
        assert value(name, renamed) == pytest.approx(value(name, spans), abs=0.1)


# ---- chance samples ----


def test_shifted_units_keep_their_length_and_go_round() -> None:
    units = [(0, 4), (10, 12), (25, 30)]
    samples = chance_samples(30, units, units)
    starts = set()
    for _ in range(200):
        for marks in samples.draw():
            shift = (marks[:, 0] - [0, 10, 25]) % 30
            assert len(set(shift.tolist())) == 1, "one pivot for all units of an annotator"
            assert (marks[:, 1] - marks[:, 0]).tolist() == [4, 2, 5]
            assert ((marks[:, 0] >= 0) & (marks[:, 0] < 30)).all()
            starts.add(int(shift[0]))
    assert starts == set(range(30))


def test_pivots_keep_half_a_mean_unit_apart() -> None:
    samples = chance_samples(40, [(0, 10)], [(0, 10)], [(0, 10)])
    pivots = [[int(marks[0, 0]) for marks in samples.draw()] for _ in range(300)]
    apart = [abs(p - q) for three in pivots for n, p in enumerate(three) for q in three[:n]]
    assert min(apart) == 5 and max(apart) > 35, "at least half of 10, and not measured around the end"
    assert {p for three in pivots for p in three} == set(range(40))


def test_pivots_come_from_everywhere_where_no_place_is_left() -> None:
    samples = chance_samples(3, [(0, 3)], [(0, 3)], [(0, 3)])
    assert {int(marks[0, 0]) for _ in range(100) for marks in samples.draw()} == {0, 1, 2}


def test_sources_are_drawn_with_replacement_and_never_all_empty() -> None:
    samples = chance_samples(30, [(0, 4)], [(0, 4), (9, 12)], [])
    sizes = [[len(marks) for marks in samples.draw()] for _ in range(300)]
    assert all(any(size) for size in sizes) and all(len(size) == 3 for size in sizes)
    assert [1, 1, 1] in sizes and [2, 0, 0] in sizes


def test_a_stream_for_each_seed_and_document() -> None:
    def drawn(**which: Any) -> list[list[list[int]]]:
        return [marks.tolist() for marks in chance_samples(500, [(0, 4)], [(9, 12)], **which).draw()]

    assert drawn() == drawn()
    assert drawn() != drawn(seed=1) != drawn(document="e")


# ---- when sampling stops ----


def error_of(spans: Spans, sums: Sums) -> float:
    """1.96 standard errors of the pooled expected disorder over itself, from the samples drawn once more."""
    variance = 0.0
    for continuum, share in zip(spans.continua, sums.share, strict=True):
        alone = ChanceSamples(spans.seed, continuum.document, _codes(continuum), continuum.length)
        drawn = [alone.draw() for _ in range(sums.samples)]
        found = [smallest_disorder([m.tolist() for m in s]) * len(s) / sum(map(len, s)) for s in drawn]
        variance += share**2 * float(np.var(found, ddof=1)) / sums.samples
    return 1.96 * sqrt(variance) / float(sums.expected.sum())


def _codes(continuum: Continuum) -> list[Any]:
    units = [continuum.units[name] for name in sorted(continuum.units)]
    return [np.array([(u.start, u.end, "ab".index(u.category)) for u in own]).reshape(-1, 3) for own in units]


def test_stops_after_the_round_that_is_precise_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [(0, 9, "a"), (30, 42, "b")]
    spans = Spans(tuple(marked(60, {"ana": labels, "ben": labels[n % 2 :]}, f"d{n}") for n in range(3)))
    sums = sampled(spans)
    assert sums.samples % 30 == 0 and 30 < sums.samples < 1000, "a text that needs some rounds"
    assert error_of(spans, sums) <= 0.02
    monkeypatch.setattr(sampling, "AT_MOST", sums.samples - 30)
    before = sampled(spans)
    assert before.samples == sums.samples - 30
    assert error_of(spans, before) > 0.02


def test_stops_at_a_thousand() -> None:
    assert details(of_case("gamma-sample-limit"))["samples"] == 1000


def test_many_documents_need_one_round() -> None:
    assert details(of_case("gamma-pooled-stop"))["samples"] == 30


# ---- long work ----


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    spans = scattered(3, documents=3, labels=4)
    measure("gamma").estimate(Spans(spans.continua, progress=told.append))
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1
    assert len(told) > 90, "after each sample"


def test_can_be_ended_and_begun_anew() -> None:
    class Ended(Exception):
        pass

    calls = 0

    def progress(share: float) -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Ended

    whole = scattered(3, documents=2, labels=4)
    spans = Spans(whole.continua, progress=progress)
    with pytest.raises(Ended):
        measure("gamma").estimate(spans)
    assert measure("gamma").estimate(spans) == measure("gamma").estimate(whole)


def test_sampled_once_for_both_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = scattered(3, documents=2, labels=4)
    value("gamma", spans)
    monkeypatch.setattr(chance, "np", None)
    value("gamma_cat", spans)


@BOTH
def test_too_dense_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unitary, "MOST_TUPLES", 50)
    found = measure(name).estimate(scattered(3, documents=2))
    assert found.value is None and "“d0”" in (found.reason or "")
    assert measure(name).leave_one_out(scattered(3, documents=2)) == [None, None]


def test_without_each_leaves_exact_zeros() -> None:
    parts = np.array([0.1, 0.0, 0.2])
    assert without_each(parts).tolist() == [0.2, pytest.approx(0.3), 0.1]
    assert without_each(np.array([0.1, 0.0])).tolist() == [0.0, 0.1]
    assert without_each(np.zeros((0, 2))).shape == (0, 2)
