"""Unitary alignments: one unit or nothing of each annotator. Only those that can be in a best alignment are built."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.int64]  # (units, 3): start, end (exclusive), category as a number
Numbers = NDArray[np.float64]
Indices = NDArray[np.integer[Any]]

MOST_PAIRS = 6_000_000  # of two units: 50 MB, and 200 MB while their distances are worked out
MOST_TUPLES = 300_000  # kept: the linear program over them takes some seconds and some 300 MB
CANDIDATES = 200_000  # looked at together: 40 MB with five annotators
NOTHING = -1
SLACK = 1e-9


class TooDense(Exception):
    """There is too much to choose from for memory: tuples grow with (units within reach)^(annotators - 1).

    Five annotators get there when the labels of each cover the text more than twice over, eight when they cover half of
    it, ten a quarter. Two annotators only do with some 2,400 labels each.
    """


@dataclass(frozen=True, eq=False)
class Tuples:
    """`members` (tuples, annotators): the index of the annotator's unit, or -1. `gain` (tuples,): the sum of 1 - d over
    pairs of real units. The disorder is 1 - gain / P with P pairs of annotators, as an empty side costs 1 a pair."""

    members: Indices
    gain: Numbers

    @property
    def size(self) -> Indices:
        return np.asarray(np.count_nonzero(self.members != NOTHING, axis=1))

    def __getitem__(self, kept: NDArray[np.bool_] | Indices) -> "Tuples":
        return Tuples(self.members[kept], self.gain[kept])


def positional(one: Marks, other: Marks) -> Numbers:
    """d_pos of marks (..., 3), broadcast: ((|start - start| + |end - end|) / (length + length))^2."""
    shift = np.abs(one[..., 0] - other[..., 0]) + np.abs(one[..., 1] - other[..., 1])
    return np.asarray((shift / (one[..., 1] - one[..., 0] + other[..., 1] - other[..., 0])) ** 2)


def distance(one: Marks, other: Marks) -> Numbers:
    """d = d_pos + d_cat of marks (..., 3), broadcast; d_cat is 1 where the categories differ."""
    return np.asarray(positional(one, other) + (one[..., 2] != other[..., 2]))


def closeness(annotators: Sequence[Marks]) -> dict[tuple[int, int], Numbers]:
    """1 - d, d = d_pos + d_cat, of each unit with each, for every i < j. Raises TooDense."""
    places = range(len(annotators))
    pairs = [(i, j) for i in places for j in places[i + 1 :]]
    if sum(len(annotators[i]) * len(annotators[j]) for i, j in pairs) > MOST_PAIRS:
        raise TooDense
    return {(i, j): 1 - distance(annotators[i][:, None], annotators[j]) for i, j in pairs}


def unitary_alignments(annotators: Sequence[Marks]) -> Tuples:
    """All that can be in a best alignment, singletons included. Raises TooDense.

    Let P be the pairs of annotators. Where the gains between two parts of a tuple sum to less than -P, the parts
    standing alone cost less. So a tuple of r units has gain >= -(r - 1) P, and each of its units has gain >= -P with
    the others. Tuples grow annotator by annotator; one is dropped as soon as the k annotators to come, each adding a
    gain of at most 1 a pair, cannot lift it over these bounds.
    """
    near = _Nearness(annotators)
    grown: list[_Partial] = []  # those that start at an annotator apart from the others
    for annotator, units in enumerate(annotators):
        for first, tuples in enumerate(grown):
            grown[first] = _joined(near.grow(tuples, first, annotator, MOST_TUPLES - sum(map(len, grown))))
        grown.append(_Partial.starting(len(units), annotator, len(annotators)))
    whole = _joined(grown)
    return Tuples(whole.members, whole.gain)


@dataclass(frozen=True, eq=False)
class _Partial:
    """Tuples over the first annotators; `own` (tuples, annotators): the gain of each member with the others."""

    members: Indices
    gain: Numbers
    own: Numbers

    @classmethod
    def starting(cls, units: int, annotator: int, annotators: int) -> "_Partial":
        members = np.full((units, annotators), NOTHING, np.int32)
        members[:, annotator] = np.arange(units)
        return cls(members, np.zeros(units), np.zeros(members.shape))

    def __len__(self) -> int:
        return len(self.gain)

    def __getitem__(self, kept: NDArray[np.bool_] | Indices | slice) -> "_Partial":
        return _Partial(self.members[kept], self.gain[kept], self.own[kept])


def _joined(parts: Iterable[_Partial]) -> _Partial:
    members, gain, own = zip(*((part.members, part.gain, part.own) for part in parts), strict=True)
    return _Partial(np.concatenate(members), np.concatenate(gain), np.concatenate(own))


class _Nearness:
    """How near the units of all annotators lie, and what that lets a tuple become."""

    def __init__(self, annotators: Sequence[Marks]) -> None:
        self.close = closeness(annotators)
        self.annotators = len(annotators)
        self.pairs = self.annotators * (self.annotators - 1) // 2
        # Of two units of a tuple: cut between them, all other pairs across, at most n^2 / 4 - 1, gain at most 1 each.
        self.furthest = 1 - self.pairs - self.annotators**2 // 4

    def grow(self, tuples: _Partial, first: int, annotator: int, room: int) -> Iterator[_Partial]:
        """Each tuple goes on without this annotator, and with each unit near its first one. Raises TooDense."""
        to_come = self.annotators - 1 - annotator
        yield tuples[self._promising(tuples, to_come)]
        near, unit = np.nonzero(self.close[first, annotator] >= self.furthest)
        neighbours = np.split(unit, np.searchsorted(near, np.arange(1, len(self.close[first, annotator]))))
        for some in _in_pieces(tuples, np.array([len(n) for n in neighbours], dtype=int)[tuples.members[:, first]]):
            found = self._with(some, [neighbours[n] for n in some.members[:, first]], annotator)
            found = found[self._promising(found, to_come)]
            room -= len(found)
            if room < 0:
                raise TooDense
            yield found

    def _with(self, tuples: _Partial, neighbours: list[Indices], annotator: int) -> _Partial:
        unit = np.concatenate(neighbours)
        source = np.repeat(np.arange(len(tuples)), [len(some) for some in neighbours])
        grown = tuples[source]
        grown.members[:, annotator] = unit
        for other in range(annotator):
            real = np.flatnonzero(grown.members[:, other] != NOTHING)
            if len(real):
                gain = self.close[other, annotator][grown.members[real, other], unit[real]]
                grown.own[real, other] += gain
                grown.own[real, annotator] += gain
                grown.gain[real] += gain
        return grown

    def _promising(self, tuples: _Partial, to_come: int) -> NDArray[np.bool_]:
        size = np.count_nonzero(tuples.members != NOTHING, axis=1)
        at_most = tuples.gain + size * to_come + to_come * (to_come - 1) / 2
        possible = at_most >= -(size + to_come - 1) * self.pairs - SLACK
        return np.asarray(possible & (tuples.own >= -self.pairs - to_come - SLACK).all(axis=1))


def _in_pieces(tuples: _Partial, candidates: Indices) -> Iterator[_Partial]:
    """Runs of tuples with so many candidates that they may be looked at together."""
    if len(tuples):
        for piece in np.split(np.arange(len(tuples)), np.flatnonzero(np.diff(np.cumsum(candidates) // CANDIDATES)) + 1):
            yield tuples[piece]


def pairs_inside(tuples: Tuples) -> Iterator[tuple[int, int, Indices, Indices, Indices]]:
    """For every two annotators i < j: i, j, their units in the tuples that hold both, and the size of those tuples."""
    size, annotators = tuples.size, tuples.members.shape[1]
    for i in range(annotators):
        for j in range(i + 1, annotators):
            both = (tuples.members[:, i] != NOTHING) & (tuples.members[:, j] != NOTHING)
            yield i, j, tuples.members[both, i], tuples.members[both, j], size[both]
