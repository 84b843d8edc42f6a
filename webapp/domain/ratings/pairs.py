"""Agreement of annotators two by two, beyond what chance would give them; each pair on the units both rated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from webapp.domain.ratings.estimates import THIN, Estimate, Pair
from webapp.domain.ratings.table import MISSING, Matrix, Numbers, Ratings, Rows, as_values, counted, ratio

# From how often the one and the other gave each value: two terms whose product, summed, is n^2 p_e.
# It has to be linear, so that the terms without a cluster are the terms less those of the cluster.
Chance = Callable[[Matrix, Matrix], tuple[Matrix, Matrix]]

NOTHING_IN_COMMON = "They rated no unit in common."
ONE_VALUE = "Both gave one and the same value throughout."
NO_PAIR = "No pair of annotators has a value: each gave one and the same value to all units it has in common."


def mean_over_pairs(ratings: Ratings, chance: Chance) -> Estimate:
    """All pairs a < b, sorted, and the plain mean of those that are defined."""
    pairs = tuple(pair for meetings in _all_meetings(ratings, chance) for pair in meetings.pairs(ratings))
    defined = [pair.value for pair in pairs if pair.value is not None]
    if defined:
        return Estimate(float(np.mean(defined)), pairs=pairs)
    return Estimate(None, NO_PAIR if ratings.pairable.any() else ratings.why_undefined(), pairs)


def mean_without_each(ratings: Ratings, chance: Chance) -> list[float | None]:
    """The plain mean over the defined pairs, without each cluster in turn."""
    kinds = int(ratings.rows.kind.max(initial=MISSING)) + 1
    total, defined = np.zeros(kinds), np.zeros(kinds)
    for meetings in _all_meetings(ratings, chance):
        whole, rest = meetings.whole[meetings.part_partner], meetings.without_part
        total += np.nansum(meetings.whole)
        defined += np.count_nonzero(~np.isnan(meetings.whole))
        total += np.bincount(meetings.part_kind, np.nan_to_num(rest) - np.nan_to_num(whole), kinds)
        defined += np.bincount(meetings.part_kind, 1.0 * np.isnan(whole) - np.isnan(rest), kinds)
    return as_values(ratio(total, defined)[ratings.rows.kinds])


@dataclass(frozen=True, eq=False)
class _Meetings:
    """The rows that one annotator and a later one, a partner, both rated: an entry a row and partner.

    A part is what a pair loses with one kind of cluster. All counts are whole numbers, so differences are exact.
    """

    first: int
    rows: Rows
    chance: Chance
    row: NDArray[np.intp]
    partner: NDArray[np.intp]  # counted from the annotator after the first
    mine: NDArray[np.intp]
    theirs: NDArray[np.intp]

    def pairs(self, ratings: Ratings) -> Iterator[Pair]:
        named = ratings.documents is not None
        clusters = np.bincount(self.part_partner, minlength=self.partners) if named else self.units
        for b, value in enumerate(as_values(self.whole)):
            names = ratings.annotators[self.first], ratings.annotators[self.first + 1 + b]
            reason = None if value is not None else ONE_VALUE if self.units[b] else NOTHING_IN_COMMON
            yield Pair(*names, value, int(self.units[b]), bool(clusters[b] < THIN), reason)

    @property
    def partners(self) -> int:
        return len(self.rows.ratings.annotators) - self.first - 1

    @cached_property
    def units(self) -> Numbers:
        """(partners,): units that both rated."""
        return counted(self.partner, self.rows.times[self.row], self.partners)

    @cached_property
    def agreeing(self) -> Numbers:
        """(partners,): units to which both gave the same value."""
        return counted(self.partner, self.rows.times[self.row] * (self.mine == self.theirs), self.partners)

    @cached_property
    def terms(self) -> tuple[Numbers, Numbers]:
        """(partners, values): the two terms of chance."""
        times, values = self.rows.times[self.row], self.rows.value_count
        given = [
            counted(self.partner * values + value, times, self.partners * values).reshape(-1, values)
            for value in (self.mine, self.theirs)
        ]
        return self.chance(*given)

    @cached_property
    def whole(self) -> Numbers:
        """(partners,): the value of each pair."""
        one, other = self.terms
        return _beyond_chance(self.units, self.agreeing, (one * other).sum(axis=1))

    @cached_property
    def _parts(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The distinct (partner, kind of cluster) as one number each, and the part of every entry."""
        return np.unique(self.partner * self._kinds + self.rows.kind[self.row], return_inverse=True)

    @cached_property
    def _kinds(self) -> int:
        return int(self.rows.kind.max(initial=0)) + 1

    @cached_property
    def part_partner(self) -> NDArray[np.intp]:
        return np.asarray(self._parts[0] // self._kinds)

    @cached_property
    def part_kind(self) -> NDArray[np.intp]:
        return np.asarray(self._parts[0] % self._kinds)

    @cached_property
    def without_part(self) -> Numbers:
        """(parts,): the value of the pair without the part."""
        part, leave, shape = self._parts[1], self.rows.leave[self.row], (len(self._parts[0]), self.rows.value_count)
        partner = self.part_partner
        units = self.units[partner] - counted(part, leave, shape[0])
        agreeing = self.agreeing[partner] - counted(part, leave * (self.mine == self.theirs), shape[0])
        one, other = self.terms
        mine, theirs = (csr_array((leave, (part, value)), shape=shape) for value in (self.mine, self.theirs))
        my_part, their_part = self.chance(mine, theirs)
        product = (one * other).sum(axis=1)[partner] + (my_part * their_part).sum(axis=1)
        product -= _products(my_part, other, partner) + _products(their_part, one, partner)
        return _beyond_chance(units, agreeing, product)


def _all_meetings(ratings: Ratings, chance: Chance) -> Iterator[_Meetings]:
    codes = ratings.rows.codes
    for first in range(codes.shape[1] - 1):
        rated = np.flatnonzero(codes[:, first] != MISSING)
        later = codes[rated, first + 1 :]
        place, partner = np.nonzero(later != MISSING)
        row, theirs = rated[place], later[place, partner].astype(np.intp)
        yield _Meetings(first, ratings.rows, chance, row, partner, codes[row, first].astype(np.intp), theirs)


def _products(part: Matrix, terms: Numbers, partner: NDArray[np.intp]) -> Numbers:
    """(parts,): the sum over values of each part's term with the other term of its pair."""
    entries = part.tocoo()
    return counted(entries.row, entries.data * terms[partner[entries.row], entries.col], part.shape[0])


def _beyond_chance(units: Numbers, agreeing: Numbers, product: Numbers) -> Numbers:
    """(p_o - p_e) / (1 - p_e) for p_o = agreeing / units, p_e = product / units^2; not a number where p_e is 1."""
    return ratio(units * agreeing - product, units**2 - product)
