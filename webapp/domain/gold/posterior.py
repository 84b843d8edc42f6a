"""How probable each value of a unit is, given who chose what: one-coin with a prior, and Dawid-Skene (section 7.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from webapp.domain.errors import Invalid

Rule = Literal["one-coin", "majority", "dawid-skene"]
RULES: tuple[Rule, ...] = ("one-coin", "majority", "dawid-skene")

RIGHT, TRIES = 8.0, 10.0  # Beta(8, 2): what is held of an annotator before anything is seen
SMALLEST_CHANGE, MOST_ROUNDS = 1e-9, 1_000  # of one-coin
SMALLEST_GAIN, MOST_STEPS = 1e-8, 3_000  # of Dawid-Skene, in log-likelihood
LARGEST_TABLE = 50_000_000  # numbers that Dawid-Skene may hold at once

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Of each unit: the probability of the values that were chosen for it, and of each that was not.

    `accuracy` is that of each annotator, for one-coin only.
    """

    unit: Ints  # of each chosen value, ascending
    value: Ints
    chance: Floats
    unchosen: Floats  # of each unit: the probability of one value that nobody chose, 0 where all were chosen
    best: Floats  # of each unit: the largest probability of all its values
    winner: Ints  # of each unit: the value that has it; -1 where two have
    accuracy: Floats | None = None

    def of(self, values: Sequence[int]) -> Floats:
        """For each unit the probability of one value that was chosen for it."""
        found = np.zeros(len(self.best))
        hit = self.value == np.asarray(values)[self.unit]
        found[self.unit[hit]] = self.chance[hit]
        return found


def posterior(codes: Ints, choices: int, rule: Rule) -> Posterior | None:
    """By a rule; None for majority, which knows no probabilities.

    `codes` is units × annotators, -1 where somebody did not rate, with a rating in each unit; values are numbered from
    0 to below `choices`. Raises Invalid where Dawid-Skene would need too much room.
    """
    models: dict[str, Callable[[Ints, int], Posterior]] = {"one-coin": one_coin, "dawid-skene": dawid_skene}
    return models[rule](codes, max(choices, 2)) if rule in models else None


@dataclass(frozen=True, eq=False)
class _Patterns:
    """The different rows of a table, and how often each is there: what is equal need be computed only once."""

    count: Floats
    of_unit: Ints
    # of each rating, by pattern:
    pattern: Ints
    annotator: Ints
    value: Ints

    @property
    def starts(self) -> Ints:
        """Where the ratings of each pattern begin."""
        return np.flatnonzero(np.diff(self.pattern, prepend=-1))


def _patterns(codes: Ints, choices: int) -> _Patterns:
    units, annotators = codes.shape
    if annotators * np.log2(choices + 1) < 62:
        keys = (codes.astype(np.int64) + 1) @ ((choices + 1) ** np.arange(annotators, dtype=np.int64))
        _, first, of_unit, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        codes = codes[first]
    else:
        of_unit, count = np.arange(units), np.ones(units)
    pattern, annotator = np.nonzero(codes >= 0)
    return _Patterns(count.astype(np.float64), of_unit, pattern, annotator, codes[pattern, annotator].astype(np.int64))


# ---- one coin ----


def one_coin(codes: Ints, choices: int) -> Posterior:
    """One accuracy an annotator, wrong answers spread evenly over the other values, Beta(8, 2) before the data."""
    rows = _patterns(codes, choices)
    cells, cell = np.unique(rows.pattern * choices + rows.value, return_inverse=True)  # the chosen values of each row
    row, starts = cells // choices, np.flatnonzero(np.diff(cells // choices, prepend=-1))
    ratings = np.bincount(rows.pattern)
    room = choices - np.diff(starts, append=len(cells))  # how many values nobody chose
    weight = (rows.count * (ratings >= 2))[rows.pattern]
    tries = TRIES + np.bincount(rows.annotator, weight, codes.shape[1])
    chance = np.bincount(cell) / ratings[row]
    unchosen, accuracy = np.zeros(len(ratings)), np.zeros(codes.shape[1])
    for _ in range(MOST_ROUNDS):
        accuracy = (RIGHT + np.bincount(rows.annotator, weight * chance[cell], codes.shape[1])) / tries
        evidence = np.log(accuracy) - np.log((1 - accuracy) / (choices - 1))
        score = np.bincount(cell, evidence[rows.annotator])
        top = np.maximum.reduceat(score, starts)
        top = np.where(room > 0, np.maximum(top, 0), top)
        shares, rest = np.exp(score - top[row]), np.where(room > 0, np.exp(-top), 0)
        whole = np.add.reduceat(shares, starts) + room * rest
        before, chance = chance, shares / whole[row]
        before_unchosen, unchosen = unchosen, rest / whole
        if max(np.abs(chance - before).max(), np.abs(unchosen - before_unchosen).max()) < SMALLEST_CHANGE:
            break
    return _spread(rows, row, cells % choices, chance, unchosen, accuracy)


def _spread(rows: _Patterns, row: Ints, value: Ints, chance: Floats, unchosen: Floats, accuracy: Floats) -> Posterior:
    """From patterns to units."""
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    best = np.maximum(np.maximum.reduceat(chance, starts), unchosen)
    leads = chance > best[row] - SMALLEST_CHANGE
    alone = (np.bincount(row, leads) == 1) & (unchosen < best - SMALLEST_CHANGE)
    winner = np.where(alone, np.bincount(row, value * leads).astype(np.int64), -1)
    sizes = np.diff(starts, append=len(row))[rows.of_unit]
    unit = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(unit)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(starts[rows.of_unit], sizes)
    of_unit = rows.of_unit
    return Posterior(unit, value[place], chance[place], unchosen[of_unit], best[of_unit], winner[of_unit], accuracy)


# ---- Dawid and Skene ----


def dawid_skene(codes: Ints, choices: int) -> Posterior:
    """Class priors and a full confusion matrix for each annotator, without smoothing (Dawid, Skene 1979)."""
    annotators = codes.shape[1]
    if choices * max(choices * annotators, len(codes)) > LARGEST_TABLE:
        raise Invalid(f"{choices:,} values are too many for Dawid-Skene here. Take --rule one-coin.")
    rows = _patterns(codes, choices)
    starts, answers = rows.starts, rows.annotator * choices + rows.value
    chance = np.zeros((len(rows.count), choices))
    np.add.at(chance, (rows.pattern, rows.value), 1)
    chance /= chance.sum(axis=1, keepdims=True)
    before = -np.inf
    for _ in range(MOST_STEPS):
        weighted = chance * rows.count[:, None]
        with np.errstate(divide="ignore"):  # what never happened has probability 0
            prior = np.log(weighted.sum(axis=0) / rows.count.sum())
            confusion = np.log(_confusion(weighted[rows.pattern], answers, annotators))
        score = np.add.reduceat(confusion[answers], starts, axis=0) + prior
        top = score.max(axis=1, keepdims=True)
        shares = np.exp(score - top)
        whole = shares.sum(axis=1, keepdims=True)
        chance = shares / whole
        likelihood = float(rows.count @ (top + np.log(whole)).ravel())
        if likelihood - before < SMALLEST_GAIN:
            break
        before = likelihood
    return _of_table(chance[rows.of_unit])


def _confusion(weighted: Floats, answers: Ints, annotators: int) -> Floats:
    """(annotator, answer) × true value: how probable the answer is, each annotator's answers summing to 1."""
    choices = weighted.shape[1]
    counts = [np.bincount(answers, weighted[:, value], annotators * choices) for value in range(choices)]
    table = np.stack(counts, axis=1).reshape(annotators, choices, choices)
    total = table.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(table, total, out=np.zeros_like(table), where=total > 0)
    return shares.reshape(annotators * choices, choices)


def _of_table(chance: Floats) -> Posterior:
    units, choices = chance.shape
    best = chance.max(axis=1)
    leads = chance > best[:, None] - SMALLEST_CHANGE
    winner = np.where(leads.sum(axis=1) == 1, chance.argmax(axis=1), -1)
    unit, value = np.repeat(np.arange(units), choices), np.tile(np.arange(choices), units)
    return Posterior(unit, value, chance.ravel(), np.zeros(units), best, winner)
