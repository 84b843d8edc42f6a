"""Overlapping labels flattened: what an annotator says of each place of a text, and an α from how often they differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.domain.ratings.table import as_values, ratio
from webapp.domain.spans.per_document import without_each

Label = tuple[int, int, str]  # start, end (exclusive), category
Piece = tuple[int, int, str]  # start, end (exclusive), value; pieces of one annotator never overlap
Flatten = Callable[[Iterable[Label]], list[Piece]]
Places = tuple[int, Sequence[Sequence[Label]]]  # a document's length, the labels of each annotator sorted by start

MARKED = "marked"


def marked(labels: Iterable[Label]) -> list[Piece]:
    """Labels, sorted by start, as marked pieces: those that overlap become one, those that only touch stay two."""
    pieces: list[Piece] = []
    reach = 0
    for start, end, _ in labels:
        if start < reach:
            start = pieces.pop()[0]
            end = max(end, reach)
        pieces.append((start, end, MARKED))
        reach = end
    return pieces


def by_category(labels: Iterable[Label]) -> list[Piece]:
    """Labels, sorted by start, as pieces by the set of categories that cover them, joined by "+".

    Neighbours of one set are one piece where some one label covers both.
    """
    pieces: list[Piece] = []
    group: list[Label] = []
    reach = 0
    for label in labels:
        if label[0] < reach:
            group.append(label)
            reach = max(reach, label[1])
        else:
            pieces += group if len(group) < 2 else _cut(group)
            group = [label]
            reach = label[1]
    return pieces + (group if len(group) < 2 else _cut(group))


def _cut(group: list[Label]) -> list[Piece]:
    """Of labels that overlap without a gap between."""
    waiting = group[::-1]
    covering: list[Label] = []
    pieces: list[Piece] = []
    for start, end in pairwise(sorted({place for label in group for place in label[:2]})):
        covering = [label for label in covering if label[1] > start]
        goes_on = bool(covering)
        while waiting and waiting[-1][0] == start:
            covering.append(waiting.pop())
        value = covering[0][2] if len(covering) == 1 else "+".join(sorted({label[2] for label in covering}))
        if goes_on and pieces[-1][2] == value:
            start = pieces.pop()[0]
        pieces.append((start, end, value))
    return pieces


@dataclass(frozen=True, eq=False)
class Sums:
    """What each document adds to an α: arrays (documents,), and one entry for each value that occurs in a document.

    `differing`: over ordered pairs of annotators, the places at which they differ, divided by annotators - 1.
    `places`: l, its length times its annotators. `squares`: S, pieces and points of gaps paired with themselves.
    """

    differing: NDArray[np.float64]
    places: NDArray[np.int64]
    squares: NDArray[np.int64]
    document: NDArray[np.intp]  # of each entry
    value: NDArray[np.intp]  # of each entry, 0 is the gap
    total: NDArray[np.int64]  # of each entry: l_c, places with the value over all annotators

    def alpha(self) -> float | None:
        """1 - D_o / D_e, None where every place has the same value: D_e = sum_{c != k} l_c l_k / (l - S / l)."""
        return self._alphas(lambda parts: np.sum(parts, axis=0, keepdims=True), np.sum(self._values**2, keepdims=True))[
            0
        ]

    def alpha_without_each(self) -> list[float | None]:
        """The α without each document in turn."""
        lost = (2 * self._values[self.value] - self.total) * self.total  # what sum l_c^2 loses with an entry
        return self._alphas(without_each, np.sum(self._values**2) - _by(self.document, lost, len(self.places)))

    @property
    def _values(self) -> NDArray[np.int64]:
        """l_c of each value."""
        return _by(self.value, self.total, int(self.value.max(initial=0)) + 1)

    def _alphas(self, over: Callable[[NDArray[Any]], NDArray[Any]], same: NDArray[np.int64]) -> list[float | None]:
        places, squares = over(self.places), over(self.squares)
        by_chance = (places**2 - same).astype(float)  # sum_{c != k} l_c l_k, a whole number
        return as_values(1 - ratio(over(self.differing) * (places - ratio(1.0 * squares, 1.0 * places)), by_chance))


def flattened(documents: Iterable[Places], flatten: Flatten) -> Sums:
    """The sums of documents with two or more annotators each; the ends of all pieces are sorted once."""
    pieces: list[Piece] = []
    counts, lengths, annotators = [], [], []
    for length, labels in documents:
        before = len(pieces)
        for own in labels:
            pieces.extend(flatten(own))
        counts.append(len(pieces) - before)
        lengths.append(length)
        annotators.append(len(labels))
    return _summed(pieces, np.array(counts, dtype=int), np.array(lengths, dtype=int), np.array(annotators, dtype=int))


def _summed(
    pieces: Sequence[Piece], counts: NDArray[np.intp], lengths: NDArray[np.int64], annotators: NDArray[np.intp]
) -> Sums:
    """Where n of m annotators have a value, n_v of them v, m^2 - (m - n)^2 - sum n_v^2 ordered pairs differ."""
    starts, ends, values = zip(*pieces, strict=True) if pieces else ((), (), ())
    codes = {value: n for n, value in enumerate(sorted(set(values)), start=1)}
    value = np.array([codes[value] for value in values], dtype=int)
    start, end = np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)
    document = np.repeat(np.arange(len(counts)), counts)
    size = end - start
    covered = _by(document, size, len(counts))
    places = annotators * lengths
    together = _squared_depths(document, start, end, 0 * value, len(counts))
    together += _squared_depths(document, start, end, value, len(counts))
    differing = (2 * annotators * covered - together) / (annotators - 1)
    squares = _by(document, size**2, len(counts)) + places - covered
    key, entry = np.unique(document * (len(codes) + 1) + value, return_inverse=True)
    gaps = np.arange(len(counts))
    return Sums(
        differing,
        places,
        squares,
        np.concatenate([key // (len(codes) + 1), gaps]),
        np.concatenate([key % (len(codes) + 1), 0 * gaps]),
        np.concatenate([_by(entry, size, len(key)), places - covered]),
    )


def _squared_depths(
    document: NDArray[np.intp],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    value: NDArray[np.intp],
    documents: int,
) -> NDArray[np.int64]:
    """(documents,): over places and values, the square of how many pieces of that value lie there."""
    both = np.concatenate([document, document])
    place = np.concatenate([start, end])
    order = np.lexsort((place, np.concatenate([value, value]), both))
    # all pieces of a value have ended where the next value begins, so the depth is 0 in between
    depth = np.cumsum(np.repeat([1, -1], len(start))[order])
    return _by(both[order][:-1], depth[:-1] ** 2 * np.diff(place[order]), documents)


def _by(group: NDArray[np.intp], amount: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, group, amount)
    return sums
