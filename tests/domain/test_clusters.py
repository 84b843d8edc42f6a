"""Clusters of labels: against a plain loop over all pairs, and each rule by hand."""

from fractions import Fraction
from itertools import combinations
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.bundles import Row, bundle, counted, label, labels_of_a_document
from webapp.domain.annotations import Label
from webapp.domain.clusters import clusters, clusters_without_each

EVERYBODY = ("ana", "ben", "cem", "dan")


def found(labels: list[Row], **document: object) -> list[set[str]]:
    """The ids in each cluster, in order."""
    (only,) = counted(bundle(labels, EVERYBODY, **document)).documents
    return [{member.id for member in cluster} for cluster in clusters(only.labels)]


def by_plain_loops(labels: tuple[Label, ...]) -> list[set[str]]:
    """Section 6 word for word."""
    candidates = []
    for pair in combinations(labels, 2):
        x, y = sorted(pair, key=lambda v: (v.start, v.end, v.annotator, v.id))
        shared = min(x.end, y.end) - max(x.start, y.start)
        if x.annotator == y.annotator or shared < 1 or 2 * shared < min(x.end - x.start, y.end - y.start):
            continue
        closeness = Fraction(shared, x.end - x.start + y.end - y.start - shared)
        same = sum(a == b for a, b in zip(x.values[:3], y.values[:3], strict=True))
        places = [(v.start, v.end, v.annotator, v.id) for v in (x, y)]
        candidates.append((-closeness, -shared, -same, places, x, y))
    groups = {v.id: [v] for v in labels}
    for *_, x, y in sorted(candidates, key=lambda c: c[:4]):
        one, other = groups[x.id], groups[y.id]
        if not {v.annotator for v in one} & {v.annotator for v in other}:
            for member in one + other:
                groups[member.id] = one + other
    unique = {tuple(sorted(v.id for v in group)): group for group in groups.values()}
    place = lambda g: (min(v.given.start for v in g), min(v.given.end for v in g), min(v.id for v in g))  # noqa: E731
    return [{v.id for v in group} for group in sorted(unique.values(), key=place)]


@given(labels_of_a_document(), st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), max_size=2))
def test_as_plain_loops_would_have_it(labels: list[Row], regions: list[tuple[int, int]]) -> None:
    excluded = [[start, start + length] for start, length in regions]
    (only,) = counted(bundle(labels, EVERYBODY, excluded=excluded)).documents
    assert [{member.id for member in c} for c in clusters(only.labels)] == by_plain_loops(only.labels)


@given(labels_of_a_document(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(labels: list[Row], random: Random) -> None:
    shuffled = list(labels)
    random.shuffle(shuffled)
    assert found(labels) == found(shuffled)


def test_half_of_the_shorter_is_enough() -> None:
    assert found([label("A", "ana", 0, 10), label("B", "ben", 6, 14)]) == [{"A", "B"}]
    assert found([label("A", "ana", 0, 10), label("B", "ben", 7, 14)]) == [{"A"}, {"B"}]
    assert found([label("A", "ana", 0, 10), label("B", "ben", 10, 14)]) == [{"A"}, {"B"}]


def test_nobody_is_twice_in_a_cluster() -> None:
    labels = [label("A", "ana", 0, 20), label("B", "ben", 0, 9), label("C", "ben", 10, 20)]
    assert found(labels) == [{"B"}, {"A", "C"}]


def test_the_closest_meet_first() -> None:
    labels = [label("A", "ana", 0, 10), label("B", "ben", 2, 12), label("C", "ana", 2, 13)]
    assert found(labels) == [{"A"}, {"B", "C"}]


def test_fractions_that_floats_cannot_tell_apart() -> None:
    """With more and less apart by one, their product just below length: (length-less)/length is 10^-18 the larger."""
    less, more = 31_622, 31_623
    length = less * more + 1
    assert (length - less) / length == length / (length + more)
    labels = [label("A", "ana", 0, 1), label("B", "ben", 0, 1), label("C", "ben", 0, 1)]
    (only,) = counted(bundle(labels, EVERYBODY)).documents
    ends = (length, length - less, length + more)
    long = tuple(msgspec.structs.replace(v, end=end) for v, end in zip(only.labels, ends, strict=True))
    assert [{v.id for v in group} for group in clusters(long)] == [{"A", "B"}, {"C"}] == by_plain_loops(long)


def test_equal_fields_settle_what_closeness_leaves_open() -> None:
    labels = [
        label("A", "ana", 0, 10, speaker="Lab"),
        label("B", "ben", 0, 10, speaker="Author"),
        label("C", "ben", 0, 10, speaker="lab "),
    ]
    assert found(labels) == [{"A", "C"}, {"B"}]


def test_gaps_are_closed_before_lengths_are_compared() -> None:
    labels = [label("A", "ana", 0, 20), label("B", "ben", 14, 28)]
    assert found(labels) == [{"A"}, {"B"}]
    assert found(labels, excluded=[[20, 28]]) == [{"A", "B"}]


@given(labels_of_a_document())
def test_without_each_annotator_in_turn(labels: list[Row]) -> None:
    """Those told of, and else those of all labels, less the annotator's."""
    (only,) = counted(bundle(labels, EVERYBODY)).documents
    for name in {v.annotator for v in only.labels}:
        rest = [v for v in only.labels if v.annotator != name]
        told = [c for who, groups in clusters_without_each(only.labels) if who == name for c in groups]
        moved = {v.id for c in told for v in c}
        others = ({v.id for v in c if v.annotator != name} for c in clusters(only.labels))
        found = [*({v.id for v in c} for c in told), *(c for c in others if c and not c & moved)]
        assert sorted(map(sorted, found)) == sorted(sorted(v.id for v in c) for c in clusters(rest))
