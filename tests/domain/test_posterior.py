"""Posteriors of values: plain loops word for word, and crowd-kit as oracle of Dawid-Skene."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the oracle and what it loads
    from crowdkit.aggregation import DawidSkene

from webapp.domain.errors import Invalid
from webapp.domain.gold.posterior import Posterior, dawid_skene, one_coin, posterior

Codes = NDArray[np.int64]
Table = list[dict[int, int]]  # of each unit: annotator → value


def codes_of(table: Table, annotators: int) -> Codes:
    return np.array([[row.get(j, -1) for j in range(annotators)] for row in table])


def dense(found: Posterior, choices: int) -> list[list[float]]:
    """Of each unit the probability of every value."""
    table = np.repeat(found.unchosen[:, None], choices, axis=1)
    table[found.unit, found.value] = found.chance
    return table.tolist()


def simulated(units: int, annotators: int, choices: int, missing: float = 0.0, seed: int = 1) -> Codes:
    """Annotators who are right in 55 to 95 of 100 cases."""
    random = np.random.default_rng(seed)
    truth, skill = random.integers(0, choices, units), random.uniform(0.55, 0.95, annotators)
    guesses = random.integers(0, choices, (units, annotators))
    codes = np.where(random.random((units, annotators)) < skill, truth[:, None], guesses)
    codes[random.random((units, annotators)) < missing] = -1
    codes[(codes < 0).all(axis=1), 0] = 0
    return codes


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, int, int]:
    """Units with one rating at least; annotators; choices, of which not all need be chosen."""
    annotators, choices = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    row = st.dictionaries(st.integers(0, annotators - 1), st.integers(0, choices - 1), min_size=1)
    return draw(st.lists(row, min_size=1, max_size=12)), annotators, choices


def plain_one_coin(table: Table, annotators: int, choices: int) -> tuple[list[list[float]], list[float]]:
    q = [[sum(x == k for x in row.values()) / len(row) for k in range(choices)] for row in table]
    p = [0.0] * annotators
    for _ in range(1_000):
        for j in range(annotators):
            mine = [q[u][row[j]] for u, row in enumerate(table) if j in row and len(row) >= 2]
            p[j] = (8 + sum(mine)) / (10 + len(mine))
        before = q
        q = []
        for row in table:
            logs = [
                sum(math.log(p[j] if x == k else (1 - p[j]) / (choices - 1)) for j, x in row.items())
                for k in range(choices)
            ]
            whole = [math.exp(one - max(logs)) for one in logs]
            q.append([one / sum(whole) for one in whole])
        if max(abs(a - b) for x, y in zip(q, before, strict=True) for a, b in zip(x, y, strict=True)) < 1e-9:
            break
    return q, p


@settings(deadline=None)
@given(tables())
def test_one_coin_as_plain_loops_would_have_it(given: tuple[Table, int, int]) -> None:
    table, annotators, choices = given
    q, p = plain_one_coin(table, annotators, choices)
    found = one_coin(codes_of(table, annotators), choices)
    assert dense(found, choices) == pytest.approx(np.array(q), abs=1e-9)
    assert found.accuracy is not None
    assert found.accuracy.tolist() == pytest.approx(p, abs=1e-9)
    assert found.best.tolist() == pytest.approx([max(row) for row in q], abs=1e-9)


def plain_dawid_skene(table: Table, annotators: int, choices: int) -> list[list[float]]:
    values = range(choices)
    q = [[sum(x == k for x in row.values()) / len(row) for k in values] for row in table]
    before = -math.inf
    for _ in range(3_000):
        prior = [sum(row[k] for row in q) / len(q) for k in values]
        confusion = {}
        for j in range(annotators):
            for k in values:
                whole = sum(q[u][k] for u, row in enumerate(table) if j in row)
                for answer in values:
                    said = sum(q[u][k] for u, row in enumerate(table) if row.get(j) == answer)
                    confusion[j, k, answer] = said / whole if whole else 0.0
        joint = [[prior[k] * math.prod(confusion[j, k, x] for j, x in row.items()) for k in values] for row in table]
        q = [[one / sum(row) for one in row] for row in joint]
        likelihood = sum(math.log(sum(row)) for row in joint)
        if likelihood - before < 1e-8:
            break
        before = likelihood
    return q


@settings(deadline=None, max_examples=50)
@given(tables())
def test_dawid_skene_as_plain_loops_would_have_it(given: tuple[Table, int, int]) -> None:
    table, annotators, choices = given
    found = dawid_skene(codes_of(table, annotators), choices)
    assert dense(found, choices) == pytest.approx(np.array(plain_dawid_skene(table, annotators, choices)), abs=1e-6)


@pytest.mark.parametrize(("units", "annotators", "choices", "missing"), [(40, 3, 3, 0.0), (60, 5, 2, 0.4)])
def test_dawid_skene_is_crowd_kits(units: int, annotators: int, choices: int, missing: float) -> None:
    codes = simulated(units, annotators, choices, missing)
    task, worker = np.nonzero(codes >= 0)
    rows = pd.DataFrame({"task": task, "worker": worker, "label": codes[task, worker]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = DawidSkene(n_iter=400, tol=1e-13).fit_predict_proba(rows).sort_index()
    assert dense(dawid_skene(codes, choices), choices) == pytest.approx(oracle[range(choices)].to_numpy(), abs=1e-5)


def test_equal_rows_once_or_one_by_one() -> None:
    """Twenty people of three values are too many for one number a row; the figures are the same."""
    codes = simulated(300, 3, 3)
    wide = np.full((300, 63), -1)
    wide[:, :3] = codes
    for model in (one_coin, dawid_skene):
        assert dense(model(wide, 3), 3) == pytest.approx(np.array(dense(model(codes, 3), 3)), abs=1e-8)


def test_an_item_that_one_person_rated_moves_nobody() -> None:
    alone = one_coin(np.array([[0, -1], [1, -1]]), 2)
    assert alone.accuracy is not None
    assert alone.accuracy.tolist() == [0.8, 0.8]
    assert alone.of([0, 1]).tolist() == pytest.approx([0.8, 0.8])


def test_values_that_nobody_chose_have_a_share() -> None:
    two, nine = (one_coin(np.array([[0, 1]]), choices) for choices in (2, 9))
    assert two.best.tolist() == [0.5]
    assert two.winner.tolist() == nine.winner.tolist() == [-1]
    assert nine.unchosen[0] > 0
    assert nine.chance.sum() + 7 * nine.unchosen[0] == pytest.approx(1)


def test_the_rules() -> None:
    codes = np.array([[0, 0, 0]])
    assert posterior(codes, 1, "majority") is None
    certain = posterior(codes, 1, "dawid-skene")
    assert certain is not None and certain.of([0]).tolist() == [1.0]
    likely = posterior(codes, 1, "one-coin")
    assert likely is not None and 0.98 < likely.of([0])[0] < 1


def test_too_many_values_for_confusion_matrices() -> None:
    codes = np.arange(20_000).reshape(10_000, 2)
    with pytest.raises(Invalid, match="20,000 values are too many for Dawid-Skene"):
        dawid_skene(codes, 20_000)
    assert len(one_coin(codes, 20_000).best) == 10_000
