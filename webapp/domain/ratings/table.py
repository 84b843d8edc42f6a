"""Ratings: who gave which value to which unit, and the counts that every measure of a table is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, compress
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from webapp.domain.ratings.estimates import Estimate

Level = Literal["nominal", "ordinal", "interval"]
Numbers = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]
Matrix = Any  # scipy's csr_array has no types

MISSING = -1
FEW_ANNOTATORS = 16  # up to here each two of their columns are compared, beyond it values are counted
MOST_NUMBERS = 4  # a unit: rows are read as numbers where there are no more of them than that


@dataclass(frozen=True, eq=False)
class Ratings:
    """A table of units by annotators; each unit and each annotator has at least one rating."""

    codes: Integers  # (units, annotators): index into `values`, or MISSING
    values: tuple[str, ...]
    units: tuple[str, ...]
    annotators: tuple[str, ...]  # sorted as text
    documents: tuple[str, ...] | None = None  # of each unit; None where nobody named documents
    offered: tuple[str, ...] | None = None  # values that a scheme offered; None where nobody can know
    level: Level = "nominal"

    @classmethod
    def from_columns(
        cls,
        units: Sequence[str],
        annotators: Sequence[str],
        values: Sequence[str],
        *,
        document_of: Mapping[str, str] | None = None,
        offered: tuple[str, ...] | None = None,
        level: Level = "nominal",
    ) -> "Ratings":
        """Ratings in long form, each (unit, annotator) once; the empty value is a missing rating.

        Units stand in the order of their first appearance; who has no rating at all is left out.
        """
        rated, rating = set(compress(units, values)), set(compress(annotators, values))
        unit_names, annotator_names = tuple(u for u in dict.fromkeys(units) if u in rated), tuple(sorted(rating))
        value_names = tuple(sorted(set(values) - {""}))
        shape, smallest = (len(unit_names), len(annotator_names)), np.min_scalar_type(-max(len(value_names), 1))
        codes = np.full(shape, MISSING, smallest, order="F")
        given = tuple(compress(values, values))
        place = coded(compress(units, values), unit_names), coded(compress(annotators, values), annotator_names)
        codes[place] = coded(given, value_names)
        documents = None if document_of is None else tuple(document_of[unit] for unit in unit_names)
        return cls(codes, value_names, unit_names, annotator_names, documents, offered, level)

    @cached_property
    def size(self) -> int:
        """How many ratings there are."""
        return int(np.count_nonzero(self.codes != MISSING))

    @cached_property
    def pairable(self) -> NDArray[np.bool_]:
        """Which units have two ratings or more."""
        return _present(self.codes) >= 2

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """What the jackknife leaves out in turn: documents with a pairable unit, or such units where none are named."""
        return tuple(compress(self._groups[0], self._groups[2].tolist()))

    @cached_property
    def cluster(self) -> NDArray[np.intp]:
        """(units,): the place in `clusters` of what a unit leaves with, or MISSING."""
        _, group, left_out = self._groups
        place = np.where(left_out, np.cumsum(left_out) - 1, MISSING)
        return np.asarray(place[group])

    @cached_property
    def _groups(self) -> tuple[tuple[str, ...], NDArray[np.intp], NDArray[np.bool_]]:
        """Documents, or units where none are named; the group of each unit; which groups have a pairable unit."""
        if self.documents is None:
            return self.units, np.arange(len(self.units)), self.pairable
        names = tuple(dict.fromkeys(self.documents))
        group = coded(self.documents, names)
        return names, group, np.bincount(group, self.pairable, len(names)) > 0

    @cached_property
    def rows(self) -> "Rows":
        """The distinct rows, from which every measure is computed."""
        return Rows(self)

    def estimate(self, statistic: "Statistic") -> Estimate:
        """The statistic of all ratings, or why there is none."""
        if not self.rows.pairable.any():
            return Estimate(None, self.why_undefined())
        (value,) = as_values(statistic(Sample(self, None)))
        return Estimate(value, self.why_undefined() if value is None else None)

    def without_each(self, statistic: "Statistic") -> list[float | None]:
        """The statistic without each of `clusters` in turn."""
        return as_values(statistic(Sample(self, self.rows.leaving))[self.rows.kinds])

    def why_undefined(self) -> str:
        """The reason when a measure has no value, in a sentence."""
        if len(self.annotators) == 1:
            return "Only one annotator gave ratings; agreement needs two."
        if not self.pairable.any():
            return "No unit was rated by two annotators."
        return "Only one value was given; that does not show whether anybody can tell values apart."


@dataclass(frozen=True, eq=False)
class Rows:
    """The distinct rows of a table: a unit's codes, and its document where such are named, read as one number.

    A digit an annotator, the document's first. Where there are too many such numbers, each unit is a row of its own.
    """

    ratings: Ratings

    @cached_property
    def _base(self) -> int:
        return len(self.ratings.values) + 1

    @cached_property
    def _codings(self) -> int:
        return int(self._base ** len(self.ratings.annotators))

    @cached_property
    def _numbers(self) -> NDArray[np.int32] | None:
        """(units,), or None where units are not made one."""
        by_document = self.ratings.documents is not None
        possible = self._codings * (len(self.ratings.clusters) + 1 if by_document else 1)
        if possible > MOST_NUMBERS * len(self.ratings.codes):
            return None
        document = self.ratings.cluster + 1 if by_document else np.zeros(len(self.ratings.codes))
        number = document.astype(np.int32)
        for column in self.ratings.codes.T:
            number *= self._base
            number += column
        number += sum(self._base**place for place in range(len(self.ratings.annotators)))  # MISSING is the digit 0
        return number

    @cached_property
    def _distinct(self) -> tuple[NDArray[np.intp], Numbers]:
        """The numbers that there are, ascending, and how many units have each."""
        count = np.bincount(self._numbers if self._numbers is not None else np.zeros(0, np.intp))
        found = np.flatnonzero(count)
        return found, count[found].astype(float)

    @cached_property
    def codes(self) -> Integers:
        """(rows, annotators): index of the value, or MISSING."""
        if self._numbers is None:
            return self.ratings.codes
        number, shape = self._distinct[0].astype(np.int32), (len(self._distinct[0]), len(self.ratings.annotators))
        codes = np.empty(shape, self.ratings.codes.dtype, order="F")
        for column in codes.T[::-1]:
            number, digit = np.divmod(number, self._base)
            column[:] = digit - 1
        return codes

    @cached_property
    def times(self) -> Numbers:
        """How many units have each row."""
        return np.ones(len(self.codes)) if self._numbers is None else self._distinct[1]

    @cached_property
    def kind(self) -> NDArray[np.intp]:
        """(rows,): the kind of cluster that a row leaves with, or MISSING. Clusters of one kind leave the same rest."""
        if self._numbers is None:
            return self.ratings.cluster
        if self.ratings.documents is not None:
            return self._distinct[0] // self._codings - 1
        return np.where(self.pairable > 0, np.cumsum(self.pairable > 0) - 1, MISSING)

    @cached_property
    def leave(self) -> Numbers:
        """How many units of each row leave with one cluster."""
        return np.ones(len(self.codes)) if self.ratings.documents is None else self.times

    @cached_property
    def kinds(self) -> NDArray[np.intp]:
        """The kind of each of the table's clusters."""
        if self._numbers is None or self.ratings.documents is not None:
            return np.arange(len(self.ratings.clusters))
        return self.kind[np.searchsorted(self._distinct[0], self._numbers[self.ratings.pairable])]

    @property
    def value_count(self) -> int:
        return len(self.ratings.values)

    @cached_property
    def size(self) -> Numbers:
        """n_u, the number of ratings."""
        return _present(self.codes).astype(float)

    @cached_property
    def pairable(self) -> Numbers:
        """1 where there are two ratings or more, else 0."""
        return (self.size >= 2).astype(float)

    @cached_property
    def agreeing(self) -> Numbers:
        """sum_k n_uk (n_uk - 1): ordered pairs of annotators that agree."""
        if self.codes.shape[1] > FEW_ANNOTATORS:
            return np.asarray((self.counts**2).sum(axis=1) - self.size)
        columns, equal = self.codes.T, np.zeros(len(self.codes), np.uint8)
        for a, b in combinations(range(len(columns)), 2):
            equal += columns[a] == columns[b]
        missing = len(columns) - self.size
        return 2.0 * equal - missing * (missing - 1)

    @cached_property
    def counts(self) -> Matrix:
        """n_uk: sparse (rows, values)."""
        row, annotator = np.nonzero(self.codes != MISSING)
        value = self.codes[row, annotator].astype(np.intp)
        return csr_array((np.ones(len(row)), (row, value)), shape=(len(self.codes), self.value_count))

    @cached_property
    def leaving(self) -> Matrix:
        """Sparse (kinds of clusters, rows): how many units of each row leave with a cluster."""
        rows = np.flatnonzero(self.kind != MISSING)
        shape = (int(self.kind.max(initial=MISSING)) + 1, len(self.codes))
        return csr_array((self.leave[rows], (self.kind[rows], rows)), shape=shape)

    def totals(self, weights: Numbers) -> Numbers:
        """(values,): how often each was given, the ratings of a row weighing `weights`."""
        found = np.zeros(self.value_count + 1)
        for column in self.codes.T:
            found += np.bincount(column.astype(np.intp) + 1, weights, minlength=len(found))
        return found[1:]


@dataclass(frozen=True, eq=False)
class Sample:
    """All ratings, or all without each kind of cluster in turn: results have one entry, or one a kind.

    Sums without a cluster are the total less its own part. Where that part is most of the total the rest is summed
    anew, so that nothing is lost in the difference; there are never more than a few such clusters.
    """

    ratings: Ratings
    leaving: Matrix | None

    @property
    def rows(self) -> Rows:
        return self.ratings.rows

    def remaining(self, kind: int) -> Numbers:
        """How many units of each row there are without a cluster of that kind."""
        assert self.leaving is not None
        return np.asarray(self.rows.times - self.leaving[[kind]].toarray()[0])

    def agreement(self) -> Numbers:
        """p_a: the mean over pairable units of the share of pairs that agree."""
        pairs = self.rows.size * (self.rows.size - 1)
        agreeing = self.rows.agreeing / np.maximum(pairs, 1)
        return ratio(self.sum(agreeing), self.sum(self.rows.pairable))

    def squared_shares(self) -> Numbers:
        """sum_k pi_k^2, pi_k the mean over units of the share of value k; exactly 1 where one value is left."""
        shares = ratio(self.squares(1 / self.rows.size), self.sum(np.ones(len(self.rows.size))) ** 2)
        return np.where(self.seen() < 2, 1.0, shares)

    def leaves(self, matrix: Matrix) -> Matrix:
        """(samples, ...): the sums over what each sample is without; sparse like `matrix`."""
        return csr_array((1, matrix.shape[1])) if self.leaving is None else self.leaving @ matrix

    def sum(self, of_row: Numbers) -> Numbers:
        """The sum over units of something that is never negative."""
        total = np.sum(self.rows.times * of_row)  # not by BLAS, whose threads get in the way of each other
        if self.leaving is None:
            return np.array([total])
        own = self.leaving @ of_row
        rest = np.asarray(total - own)
        for kind in np.flatnonzero(2 * own > total):
            rest[kind] = np.sum(self.remaining(int(kind)) * of_row)
        return rest

    def squares(self, weight: Numbers) -> Numbers:
        """sum_k (sum_u weight_u n_uk)^2."""
        whole = self.rows.totals(self.rows.times * weight)
        total = whole @ whole
        if self.leaving is None:
            return np.array([total])
        own = (self.leaving * weight) @ self.rows.counts
        rest = np.asarray(total - 2 * (own @ whole) + (own**2).sum(axis=1))
        for kind in np.flatnonzero(2 * rest < total):
            left = self.rows.totals(self.remaining(int(kind)) * weight)
            rest[kind] = left @ left
        return rest

    def seen(self, besides: Sequence[str] = ()) -> Numbers:
        """How many values somebody gave, those in `besides` not counted."""
        whole = self.rows.totals(self.rows.times)
        whole[np.fromiter((value in besides for value in self.ratings.values), bool)] = 0
        total = np.count_nonzero(whole)
        if self.leaving is None:
            return np.array([float(total)])
        own = self.leaving @ self.rows.counts
        gone = csr_array((own.data == whole[own.indices], own.indices, own.indptr), shape=own.shape)
        return np.asarray(total - gone.sum(axis=1), dtype=float)


Statistic = Callable[[Sample], Numbers]


def ratio(upper: Numbers, lower: Numbers) -> Numbers:
    """`upper / lower`, not a number where `lower` is 0 but for rounding."""
    defined = lower > 1e-12
    return np.asarray(np.divide(upper, lower, out=np.full(len(lower), np.nan), where=defined))


def as_values(numbers: Numbers) -> list[float | None]:
    """A plain list, None for what is undefined."""
    listed: list[float | None] = numbers.tolist()
    for n in np.flatnonzero(np.isnan(numbers)):
        listed[n] = None
    return listed


def counted(places: NDArray[np.intp], weights: Numbers, size: int) -> Numbers:
    """(size,): the sum of the weights at each place."""
    return np.asarray(np.bincount(places, weights, size), dtype=float)


def coded(names: Iterable[str], known: Sequence[str]) -> NDArray[np.intp]:
    """The place of each name among those known."""
    place = {name: n for n, name in enumerate(known)}
    return np.fromiter(map(place.__getitem__, names), np.intp)


def _present(codes: Integers) -> NDArray[np.intp]:
    """(rows,): how many ratings each row has, summed column by column as they lie in memory."""
    present = np.zeros(len(codes), np.intp)
    for column in codes.T:
        present += column != MISSING
    return present
