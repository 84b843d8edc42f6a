"""Disagreement of values that are numbers, seen inside units and expected by chance: α above the nominal level."""

from dataclasses import dataclass
from functools import cached_property
from math import frexp, isfinite

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from webapp.domain.ratings.table import Matrix, Numbers, Ratings, Rows, Sample

BLOCK = 2**21  # numbers in a matrix of samples by values
DENSE = 1024  # up to so many values a square matrix of them is quicker in full


def not_a_number(ratings: Ratings) -> str | None:
    """The first value that is no finite number, where the level needs numbers."""
    if ratings.level == "nominal":
        return None
    return next((value for value in ratings.values if _number(value) is None), None)


def disagreement_by_moments(sample: Sample) -> tuple[Numbers, Numbers]:
    """Interval: sum_ck o_ck d2_ck and sum_ck n_c n_k d2_ck for d2 = (c - k)^2, both over the spread of all ratings.

    Pairs inside a unit come from its mean and spread, pairs of all ratings from theirs: no two values are compared.
    """
    numbered = _Numbered(sample.rows, sample.ratings.values)
    row, column, count = numbered.entries
    size, numbers = sample.rows.size, numbered.numbers
    mean = np.bincount(row, count * numbers[column], len(size)) / size
    inside = np.bincount(row, count * (numbers[column] - mean[row]) ** 2, len(size))
    seen, spread = sample.sum(2 * size * inside / (size - 1).clip(1)), _spreads(sample, numbered)
    relative = np.divide(seen, spread, out=np.full(len(seen), np.nan), where=spread > 0)
    return relative, 2 * sample.sum(size * sample.rows.pairable)


def disagreement_by_ranks(sample: Sample) -> tuple[Numbers, Numbers]:
    """Ordinal: the same for d2 = (r_c - r_k)^2, r_c the middle rank of value c among the ratings of the sample."""
    numbered = _Numbered(sample.rows, sample.ratings.values)
    given, own = sample.rows.times @ numbered.counts, sample.leaves(numbered.counts)
    own_pairs, step = sample.leaves(numbered.pairs), max(1, BLOCK // len(given))
    blocks = [slice(start, start + step) for start in range(0, own.shape[0], step)]
    parts = [_by_ranks(given - own[block].toarray(), numbered, own_pairs[block]) for block in blocks]
    seen, by_chance = zip(*parts, strict=True)
    return np.concatenate(seen), np.concatenate(by_chance)


def _by_ranks(given: Numbers, numbered: "_Numbered", own_pairs: Matrix) -> tuple[Numbers, Numbers]:
    """`given`: (samples, values), how often each was given; `own_pairs`: the pairs that each sample is without."""
    size = given.sum(axis=1, keepdims=True)
    rank = given.cumsum(axis=1) - given / 2 - size / 2  # from the middle, so that the mean rank is 0
    own, (lower, upper) = own_pairs.tocoo(), numbered.pair_values
    gap = rank[own.row, upper[own.col]] - rank[own.row, lower[own.col]]
    seen = ((rank @ numbered.joined) * rank).sum(axis=1) - np.bincount(own.row, own.data * gap**2, len(rank))
    return 2 * seen, 2 * size[:, 0] * (given * rank**2).sum(axis=1)


@dataclass(frozen=True, eq=False)
class _Numbered:
    """The pairable rows of a table, their values as numbers in order; equal numbers are one, however written."""

    rows: Rows
    values: tuple[str, ...]

    @cached_property
    def _numbers(self) -> tuple[Numbers, NDArray[np.intp]]:
        return np.unique([_number(value) or 0.0 for value in self.values], return_inverse=True)

    @cached_property
    def numbers(self) -> Numbers:
        """Ascending, over a power of two so that no square overflows, from the middle one so that no digit is lost."""
        _, exponent = frexp(np.abs(self._numbers[0]).max())
        scaled = np.ldexp(self._numbers[0], -exponent)
        return np.asarray(scaled - scaled[len(scaled) // 2])

    @cached_property
    def counts(self) -> Matrix:
        """n_uk: sparse (rows, numbers)."""
        entries = self.rows.counts.tocoo()
        kept = self.rows.pairable[entries.row] > 0
        place = entries.row[kept], self._numbers[1][entries.col[kept]]
        return csr_array((entries.data[kept], place), shape=(len(self.rows.size), len(self._numbers[0])))

    @cached_property
    def entries(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
        """Row, place of the number, and n_uk, by row and number."""
        entries = self.counts.tocoo()
        return entries.row.astype(np.intp), entries.col.astype(np.intp), entries.data

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.intp], Matrix]:
        row, column, count = self.entries
        weight = count / np.sqrt(self.rows.size[row] - 1)
        most = int(np.bincount(row).max(initial=1))  # different numbers in one row
        after = [(np.flatnonzero(row[step:] == row[:-step]), step) for step in range(1, most)]
        first = np.concatenate([np.zeros(0, np.intp), *(places for places, _ in after)])
        second = np.concatenate([np.zeros(0, np.intp), *(places + step for places, step in after)])
        found, pair = np.unique(column[first] * self.counts.shape[1] + column[second], return_inverse=True)
        return found, csr_array(
            (weight[first] * weight[second], (row[first], pair)), (self.counts.shape[0], len(found))
        )

    @property
    def pairs(self) -> Matrix:
        """n_uc n_uk / (n_u - 1) of two numbers c < k that some row has both: sparse (rows, pairs)."""
        return self._pairs[1]

    @property
    def pair_values(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The places of c and of k."""
        return self._pairs[0] // self.counts.shape[1], self._pairs[0] % self.counts.shape[1]

    @cached_property
    def joined(self) -> Matrix:
        """The matrix A of (numbers, numbers) for which x A x is the sum over pairs c < k of o_ck (x_c - x_k)^2."""
        weight, (lower, upper), numbers = self.rows.times @ self.pairs, self.pair_values, self.counts.shape[1]
        place = np.concatenate([lower, upper, lower, upper]), np.concatenate([lower, upper, upper, lower])
        sparse = csr_array((np.concatenate([weight, weight, -weight, -weight]), place), shape=(numbers, numbers))
        return sparse.toarray() if numbers <= DENSE else sparse


def _spreads(sample: Sample, numbered: _Numbered) -> Numbers:
    """sum_c n_c (c - mean)^2 of each sample; anew where a difference from the whole would lose digits, else exact."""
    given = sample.rows.times @ numbered.counts
    total, mean = _spread(given, numbered.numbers), given @ numbered.numbers / given.sum()
    own, deviation = sample.leaves(numbered.counts), numbered.numbers - mean
    size = own.sum(axis=1)
    off = (own @ deviation) / np.maximum(size, 1)  # how far the mean of a cluster is from that of all
    entries = own.tocoo()
    inside = np.bincount(entries.row, entries.data * (deviation[entries.col] - off[entries.row]) ** 2, len(size))
    left = given.sum() - size
    rest = np.asarray(total - inside - given.sum() * size * off**2 / np.maximum(left, 1))
    for kind in np.flatnonzero(2 * rest < total):
        rest[kind] = _spread(sample.remaining(int(kind)) @ numbered.counts, numbered.numbers)
    return rest


def _spread(given: Numbers, numbers: Numbers) -> float:
    """sum_c n_c (c - mean)^2, exactly 0 where one number is left."""
    seen = given > 0
    if np.count_nonzero(seen) < 2:
        return 0.0
    mean = given @ numbers / given.sum()
    return float(given @ (numbers - mean) ** 2)


def _number(value: str) -> float | None:
    """As Python reads it, save that nobody else takes 1_000 for a number."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) and "_" not in value else None
