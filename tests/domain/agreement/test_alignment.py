"""Best alignments: against every alignment there is on small input, and as pygamma-agreement finds them."""

import warnings
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.domain.agreement.span_loops import smallest_disorder
from webapp.domain.spans import unitary
from webapp.domain.spans.alignment import _membership, best_alignment, best_alignments
from webapp.domain.spans.unitary import NOTHING, TooDense, Tuples, distance, unitary_alignments

Units = list[tuple[int, int, int]]
Marks = Any  # (units, 3)

UNIT = st.tuples(st.integers(0, 12), st.integers(1, 6), st.integers(0, 1)).map(lambda u: (u[0], u[0] + u[1], u[2]))


def annotators(most: tuple[int, ...]) -> st.SearchStrategy[list[Units]]:
    return st.tuples(*(st.lists(UNIT, max_size=n) for n in most)).map(list)


def arrays(texts: list[Units]) -> list[Marks]:
    return [np.array(units, dtype=np.int64).reshape(-1, 3) for units in texts]


def random_units(seed: int, people: int, each: int, length: int, longest: int) -> list[Units]:
    random = Random(seed)
    starts = [[random.randrange(length) for _ in range(each)] for _ in range(people)]
    return [[(s, s + random.randint(1, longest), random.randrange(3)) for s in own] for own in starts]


def disorder_of(chosen: Tuples, marks: list[Marks]) -> float:
    """From the definition, with whoever is in no tuple alone; no unit may be in two."""
    members = chosen.members.tolist()
    for column, units in enumerate(marks):
        taken = [row[column] for row in members if row[column] != NOTHING]
        assert len(taken) == len(set(taken))
        alone = set(range(len(units))) - set(taken)
        members += [[n if place == column else NOTHING for place in range(len(marks))] for n in alone]
    total, pairs = 0.0, len(marks) * (len(marks) - 1) // 2
    for row in members:
        for i in range(len(marks)):
            for j in range(i + 1, len(marks)):
                both = row[i] != NOTHING and row[j] != NOTHING
                total += float(distance(marks[i][row[i]], marks[j][row[j]])) if both else 1
    return total / pairs


@pytest.mark.parametrize("most", [(5, 5), (3, 3, 3), (2, 2, 2, 1), (2, 1, 1, 1, 1)])
@settings(max_examples=50)
@given(data=st.data())
def test_as_the_best_of_all_alignments(most: tuple[int, ...], data: st.DataObject) -> None:
    units = data.draw(annotators(most))
    found, chosen = best_alignment(arrays(units))
    assert found == pytest.approx(smallest_disorder(units), abs=1e-9)
    assert found == pytest.approx(disorder_of(chosen, arrays(units)), abs=1e-9)


@settings(max_examples=30)
@given(several=st.lists(annotators((2, 2, 2)), max_size=5))
def test_together_as_alone(several: list[list[Units]]) -> None:
    texts = [arrays(units) for units in several]
    alone = [best_alignment(text)[0] for text in texts]
    assert [disorder for disorder, _ in best_alignments(texts)] == pytest.approx(alone, abs=1e-9)


def test_whole_where_shares_would_cost_less() -> None:
    """Texts whose linear program ends with halves: the integral solution is at least as dear, and a real alignment."""
    broken = 0
    for seed in range(12):
        marks = arrays(random_units(seed, 4, 15, 300, 60))
        tuples = unitary_alignments(marks)
        holds = _membership(tuples, marks)
        relaxed = linprog(1 - tuples.gain / 6, A_eq=holds, b_eq=np.ones(holds.shape[0]), method="highs")
        found, chosen = best_alignment(marks)
        assert found >= relaxed.fun - 1e-9
        assert found == pytest.approx(disorder_of(chosen, marks), abs=1e-9)
        broken += found > relaxed.fun + 1e-6
    assert broken > 1, "these texts were chosen because some have halves"


def test_as_pygamma_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # it compiles for ten seconds when it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the oracle and what it loads
        from pyannote.core import Segment
        from pygamma_agreement import CombinedCategoricalDissimilarity
        from pygamma_agreement import Continuum as Oracle

        for seed, people, each in [(1, 2, 12), (2, 3, 10), (3, 4, 6)]:
            units = random_units(seed, people, each, 200, 30)
            units = [sorted(set(own)) for own in units]  # it has no identical units
            oracle = Oracle()
            for name, own in enumerate(units):
                for start, end, category in own:
                    oracle.add(f"a{name}", Segment(start, end), "abc"[category])
            dissimilarity = CombinedCategoricalDissimilarity(alpha=1, beta=1, delta_empty=1)
            theirs = oracle.get_best_alignment(dissimilarity).disorder
            labels_per_annotator = sum(map(len, units)) / people
            assert best_alignment(arrays(units))[0] / labels_per_annotator == pytest.approx(theirs, rel=1e-6)


def test_too_many_possible_alignments_end_before_memory_does(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = arrays(random_units(1, 5, 30, 400, 60))
    with pytest.raises(TooDense):
        unitary_alignments(arrays(random_units(1, 6, 60, 100, 60)))
    monkeypatch.setattr(unitary, "MOST_PAIRS", 100)
    with pytest.raises(TooDense):
        best_alignment(marks)


def test_in_small_pieces_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = arrays(random_units(4, 4, 15, 300, 40))
    at_once = unitary_alignments(marks)
    monkeypatch.setattr(unitary, "CANDIDATES", 50)
    in_pieces = unitary_alignments(marks)
    assert sorted(map(tuple, in_pieces.members)) == sorted(map(tuple, at_once.members))
