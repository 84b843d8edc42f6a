"""Samples and balanced assignments, by their properties."""

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.assignment import Plan, sample
from webapp.domain.errors import Invalid

ids = st.lists(st.text("abcdefgh0123456789", min_size=1, max_size=6), unique=True, max_size=40)
seeds = st.integers(-5, 1_000)
shares = st.fractions(Fraction(1, 1_000), 1)
people = st.integers(1, 6).map(lambda number: [f"person-{i}" for i in range(number)])


@given(documents=ids, share=shares, seed=seeds)
def test_a_sample_is_rounded_up(documents: list[str], share: Fraction, seed: int) -> None:
    found = sample(documents, share, seed)
    assert len(found) == len(set(found)) == ceil(share * len(documents))
    assert set(found) <= set(documents)


@given(documents=ids, share=shares, seed=seeds)
def test_a_sample_does_not_depend_on_the_order(documents: list[str], share: Fraction, seed: int) -> None:
    assert sample(documents, share, seed) == sample(sorted(documents), share, seed)


@given(documents=ids, one=shares, other=shares, seed=seeds)
def test_a_larger_sample_holds_the_smaller(documents: list[str], one: Fraction, other: Fraction, seed: int) -> None:
    small, large = sorted((one, other))
    assert set(sample(documents, small, seed)) <= set(sample(documents, large, seed))


def test_another_seed_makes_another_sample() -> None:
    documents = [f"{n:03}" for n in range(100)]
    assert sample(documents, Fraction("0.15"), 1) != sample(documents, Fraction("0.15"), 2)
    assert len(sample(documents, Fraction("0.15"), 1)) == 15
    assert len(sample(documents[:5], Fraction("0.15"), 1)) == 1


@pytest.mark.parametrize("share", [Fraction(0), Fraction(-1, 2), Fraction(1001, 1000)])
def test_what_is_no_share_is_refused(share: Fraction) -> None:
    with pytest.raises(Invalid):
        sample(["a"], share, 1)


@given(documents=ids, people=people, seed=seeds, data=st.data())
def test_each_document_gets_as_many_different_people_and_the_load_is_even(
    documents: list[str], people: list[str], seed: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(people)))
    pairs = Plan(people).add(documents, number, seed)
    assert len(pairs) == len(set(pairs)) == number * len(documents)
    assert set(Counter(document for document, _ in pairs).values()) <= {number}
    load = Counter(dict.fromkeys(people, 0))
    load.update(person for _, person in pairs)
    assert max(load.values()) - min(load.values()) <= 1
    assert pairs == Plan(people).add(reversed(documents), number, seed)


@given(seed=seeds, number=st.integers(12, 60))
def test_pairs_of_people_meet_about_equally_often(seed: int, number: int) -> None:
    people = ["a", "b", "c", "d"]
    made = Plan(people).add([f"{n:03}" for n in range(number)], 2, seed)
    holders: dict[str, list[str]] = {}
    for document, person in made:
        holders.setdefault(document, []).append(person)
    met = Counter(dict.fromkeys(combinations(people, 2), 0))
    met.update(tuple(sorted(pair)) for pair in holders.values())
    assert max(met.values()) - min(met.values()) <= 3


@given(documents=ids, people=people, seed=seeds, other_seed=seeds, data=st.data())
def test_run_again_it_only_adds(
    documents: list[str], people: list[str], seed: int, other_seed: int, data: st.DataObject
) -> None:
    few = data.draw(st.integers(1, len(people)))
    many = data.draw(st.integers(few, len(people)))
    plan = Plan(people)
    first = plan.add(documents, few, seed)
    assert plan.add(documents, few, other_seed) == []
    chosen = sample(documents, Fraction(1, 2), seed)
    more = plan.add(chosen, many, other_seed)
    assert not set(first) & set(more)
    held = Counter(document for document, _ in first + more)
    assert all(held[document] == (many if document in chosen else few) for document in documents)


def test_who_holds_more_than_asked_keeps_it() -> None:
    plan = Plan(["a", "b", "c"], {"x": {"a", "b", "c"}})
    assert plan.add(["x", "y"], 1, 1)[0][0] == "y"


def test_withdrawn_work_does_not_come_back_to_the_same_person() -> None:
    plan = Plan(["a", "b"], {}, frozenset({("x", "a")}))
    assert plan.add(["x"], 1, 1) == [("x", "b")]
    with pytest.raises(Invalid, match="withdrawn"):
        plan.add(["x"], 2, 1)


@pytest.mark.parametrize("number", [0, -1, 3])
def test_more_people_than_there_are_are_refused(number: int) -> None:
    with pytest.raises(Invalid):
        Plan(["a", "b"]).add(["x"], number, 1)
