"""The posterior of pages is the one of `stancemark gold`, to the last digits that matter."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.annotations import Label, LabelRecord
from webapp.domain.gold.coin import Pattern, fitted, pattern_of
from webapp.domain.gold.posterior import one_coin
from webapp.domain.gold.proposals import STANCE
from webapp.domain.votes import winner

ROW = st.lists(st.integers(-1, 3), min_size=4, max_size=4).filter(lambda row: max(row) >= 0)


def pattern(row: list[int]) -> Pattern:
    given = LabelRecord(id="x", document="d", annotator="", start=0, end=1, quote="")
    values = [("", "" if value < 0 else str(value), "", "", "") for value in row]
    labels = [Label("x", f"j{n}", 0, 1, of, given, n) for n, of in enumerate(values)]
    return pattern_of(tuple(labels), STANCE)


@given(st.lists(ROW, min_size=1, max_size=30), st.integers(4, 7))
def test_as_with_the_numbers_libraries(rows: list[list[int]], choices: int) -> None:
    coin = fitted(Counter(pattern(row) for row in rows), choices)
    expected = one_coin(np.array(rows), choices)
    assert expected.accuracy is not None
    for number, right in coin.accuracy.items():
        assert right == pytest.approx(expected.accuracy[int(number[1:])], abs=1e-7)
    leading = [winner(Counter(value for value in map(str, row) if value != "-1")) for row in rows]
    of_leading = expected.of([-1 if value is None else int(value) for value in leading])
    for number, (row, value) in enumerate(zip(rows, leading, strict=True)):
        chance = expected.best[number] if value is None else of_leading[number]
        assert coin.chance(pattern(row)) == pytest.approx(chance, abs=1e-7)


def test_who_agrees_is_what_counts() -> None:
    assert pattern([2, 0, 2, -1]) == pattern([1, 3, 1, -1]) == (("j0", "j2"), ("j1",))
    coin = fitted({pattern([0, 0, 1, -1]): 5}, 3)
    assert coin.chance(()) is None
    alone = coin.chance((("somebody new",),))
    assert alone == pytest.approx(0.8)
