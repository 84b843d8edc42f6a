"""Ratings in long form: what nominal α and its matrices are made of, for any grouping of units."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.domain.ratings.table import MISSING, Integers, Ratings, as_values, ratio

Counts = NDArray[Any]  # whole numbers or not


@dataclass(frozen=True, eq=False)
class Paired:
    """Ratings of units that two or more annotators rated, an entry a rating."""

    unit: Integers
    annotator: Integers
    value: Integers
    units: int  # numbers of units are below it; some may have no rating
    values: int

    @cached_property
    def size(self) -> Integers:
        """(units,): n_u, how many ratings each has."""
        return np.bincount(self.unit, minlength=self.units)

    @cached_property
    def differing(self) -> Integers:
        """(units,): pairs of annotators that gave different values."""
        key, times = np.unique(self.unit * self.values + self.value, return_counts=True)
        equal = np.bincount(key // max(self.values, 1), times**2, self.units).astype(np.intp)
        return (self.size**2 - equal) // 2

    @cached_property
    def pairs(self) -> tuple[Integers, Integers]:
        """Entries of the same unit two by two, each pair once. Needs entries sorted by unit, then annotator."""
        steps = range(1, int(self.size.max(initial=0)))
        first = [np.flatnonzero(self.unit[step:] == self.unit[:-step]) for step in steps]
        second = [one + step for one, step in zip(first, steps, strict=True)]
        return (np.concatenate(first), np.concatenate(second)) if first else (np.zeros(0, int), np.zeros(0, int))

    def alphas(self, group: Integers, groups: int) -> list[float | None]:
        """α of each group of units; `group` holds the one of every unit, MISSING for units that are left out."""
        kept, entry = group != MISSING, group[self.unit]
        observed = 2 * self.differing[kept] / np.maximum(self.size[kept] - 1, 1)
        key, times = np.unique((entry * self.values + self.value)[entry != MISSING], return_counts=True)
        return alphas(
            ratings=np.bincount(group[kept], self.size[kept], groups),
            observed=np.bincount(group[kept], observed, groups),
            squares=np.bincount(key // max(self.values, 1), times**2, groups),
        )

    def alpha(self) -> float | None:
        """α of all."""
        return self.alphas(np.zeros(self.units, np.intp), 1)[0]


def alphas(ratings: Counts, observed: Counts, squares: Counts) -> list[float | None]:
    """1 - (n - 1) D_o / (n^2 - sum_k n_k^2), D_o = sum_u (n_u^2 - sum_k n_uk^2) / (n_u - 1); or None."""
    return as_values(1 - ratio((ratings - 1) * observed, ratings**2 - squares))


def of_table(table: Ratings) -> Paired:
    """The pairable units of a table, numbered as there; sorted by unit, then annotator."""
    unit, annotator = np.nonzero((table.codes != MISSING) & table.pairable[:, None])
    value = table.codes[unit, annotator].astype(np.intp)
    return Paired(unit, annotator, value, len(table.units), len(table.values))


def pairable(unit: Integers, annotator: Integers, value: Integers, values: int) -> Paired:
    """Those entries that have a value and are not alone in their unit, in the order given."""
    units = int(unit.max(initial=MISSING)) + 1
    there = value != MISSING
    kept = there & (np.bincount(unit[there], minlength=units) >= 2)[unit]
    return Paired(unit[kept], annotator[kept], value[kept], units, values)


def counted(key: Integers, *shape: int) -> Integers:
    """How often each number below the product of `shape` is there."""
    return np.bincount(key, minlength=int(np.prod(shape))).reshape(shape)


def two_by_two(count: int) -> Iterator[tuple[int, int]]:
    """All (a, b) with a < b < count."""
    return ((a, b) for a in range(count) for b in range(a + 1, count))
