"""Token α: against the krippendorff package on loops over code points, and what a token is."""

import re
import sys
from collections import Counter

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings

from tests.domain.agreement import span_loops
from tests.domain.agreement.marks import marked, measure, one, scattered, several, value
from webapp.domain.spans.continua import Spans

BOTH = pytest.mark.parametrize("name", ["token_alpha", "token_alpha_categories"])


def by_package(spans: Spans, categories: bool) -> float | None:
    said = span_loops.token_values(spans, categories)
    values = sorted({value for unit in said for value in unit})
    if len(values) < 2:
        return None
    counts = np.array([[Counter(unit)[value] for value in values] for unit in said])
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


@BOTH
@settings(max_examples=40)
@given(spans=several())
def test_as_the_package_on_loops(name: str, spans: Spans) -> None:
    found = measure(name).estimate(spans)
    expected = by_package(spans, name.endswith("categories"))
    assert found.value == (None if expected is None else pytest.approx(expected, abs=1e-9))
    assert (found.reason is None) == (found.value is not None)


@BOTH
@settings(max_examples=40)
@given(spans=several())
def test_left_out_as_computed_anew(name: str, spans: Spans) -> None:
    anew = [measure(name).estimate(rest).value for rest in span_loops.each_left_out(spans)]
    assert measure(name).leave_one_out(spans) == [None if v is None else pytest.approx(v, abs=1e-9) for v in anew]


@BOTH
def test_half_a_word_counts_as_the_word(name: str) -> None:
    text = "one two three four"
    spans = Spans((marked(text, {"ana": [(5, 10, "a")], "ben": [(4, 13, "a")]}),))
    assert value(name, spans) == 1


@BOTH
def test_a_label_of_white_space_marks_no_token(name: str) -> None:
    found = measure(name).estimate(Spans((marked("one two", {"ana": [(3, 4, "a")], "ben": []}),)))
    assert (found.value, found.reason and found.reason[:10]) == (None, "All tokens")


def test_an_excluded_region_cuts_a_word() -> None:
    marks = {"ana": [(0, 3, "a")], "ben": [(0, 8, "a")]}
    whole = Spans((marked("one-two three four", marks),))
    cut = Spans((marked("one-two three four", marks, excluded=[(3, 4)]),))
    assert value("token_alpha", whole) == 1
    assert value("token_alpha", cut) == pytest.approx(1 - (8 - 1) * 2 / (8**2 - 3**2 - 5**2))


@BOTH
def test_undefined(name: str) -> None:
    reasons = [measure(name).estimate(spans).reason for spans in (Spans(()), one(5, ana=[], ben=[]))]
    assert [reason and reason[:20] for reason in reasons] == ["No document was fini", "Nobody marked anythi"]


@BOTH
def test_all_agree_and_by_chance(name: str) -> None:
    spans = Spans((marked("one two three", {"ana": [(0, 3, "a")], "ben": [(0, 3, "a")]}),))
    assert value(name, spans) == 1
    text = "word " * 400
    chance = [marked(text, {n: [(u.start, u.end, u.category) for u in us] for n, us in c.units.items()}, c.document)
              for c in scattered(2, documents=20).continua]  # fmt: skip
    assert abs(value(name, Spans(tuple(chance)))) < 0.05


def test_white_space_is_what_python_says() -> None:
    letters = [chr(n) for n in range(sys.maxunicode + 1)]
    assert re.findall(r"\s", "".join(letters)) == [letter for letter in letters if letter.isspace()]
