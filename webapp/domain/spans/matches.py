"""How much of what one annotator marked another has too, pair by pair, and the mean of the pairs' F1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.domain.ratings.estimates import THIN, Estimate, Pair
from webapp.domain.ratings.table import as_values, ratio
from webapp.domain.spans.continua import Spans, Unit
from webapp.domain.spans.per_document import why_nothing

Prepared = TypeVar("Prepared")
Counts = tuple[int, int, int, int]  # matched of a, all of a, matched of b, all of b: labels or code points

NOTHING_IN_COMMON = "They finished no document in common."
NOTHING_MARKED = "Neither marked anything in the documents that both finished."


@dataclass(frozen=True, eq=False)
class Matches:
    """An entry for each document and pair of annotators, a < b, that both finished it."""

    annotators: tuple[str, ...]
    documents: int
    document: NDArray[np.intp]  # (entries,)
    pair: NDArray[np.intp]  # (entries,): position among all pairs, in order
    counts: NDArray[np.int64]  # (entries, 4): see Counts

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(combinations(self.annotators, 2))

    @property
    def whole(self) -> NDArray[np.int64]:
        """(pairs, 4): pooled over the documents."""
        pooled = np.zeros((len(self.pairs), 4), dtype=np.int64)
        np.add.at(pooled, self.pair, self.counts)
        return pooled

    def estimate(self, spans: Spans) -> Estimate:
        """The plain mean over defined pairs; a pair is thin below ten documents that both finished."""
        documents = np.bincount(self.pair, minlength=len(self.pairs)).tolist()
        pairs = tuple(
            Pair(a, b, f1, shared, shared < THIN, None if f1 is not None else _why_undefined(shared))
            for (a, b), f1, shared in zip(self.pairs, as_values(_f1(self.whole)), documents, strict=True)
        )
        defined = [pair.value for pair in pairs if pair.value is not None]
        return Estimate(float(np.mean(defined)), None, pairs) if defined else Estimate(None, why_nothing(spans), pairs)

    def leave_one_out(self) -> list[float | None]:
        """The mean without each document: only the pairs that finished it change."""
        whole = _f1(self.whole)
        rest = _f1(self.whole[self.pair] - self.counts)
        total, defined = np.nansum(whole), np.count_nonzero(~np.isnan(whole))
        change = np.nan_to_num(rest) - np.nan_to_num(whole[self.pair])
        fewer = np.isnan(rest) & ~np.isnan(whole[self.pair])
        totals = total + np.bincount(self.document, change, self.documents)
        return as_values(ratio(totals, 1.0 * defined - np.bincount(self.document, fewer, self.documents)))


def matches(
    spans: Spans, prepare: Callable[[Sequence[Unit]], Prepared], count: Callable[[Prepared, Prepared], Counts]
) -> Matches:
    """`prepare` is called once for each annotator of a document, `count` for each two of them."""
    annotators = tuple(sorted({name for continuum in spans.continua for name in continuum.units}))
    place = {pair: n for n, pair in enumerate(combinations(annotators, 2))}
    entries = [
        (document, place[a, b], *count(one, other))
        for document, continuum in enumerate(spans.continua)
        for (a, one), (b, other) in combinations([(n, prepare(continuum.units[n])) for n in sorted(continuum.units)], 2)
    ]
    document, pair, *counts = np.array(entries, dtype=np.int64).reshape(-1, 6).T
    return Matches(annotators, len(spans.continua), document, pair, np.column_stack(counts))


def _f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """2 P R / (P + R) of counts (pairs, 4), 0 where nothing matches, not a number where neither has anything."""
    matched_a, all_a, matched_b, all_b = counts.T
    precision, recall = matched_a / np.maximum(all_a, 1), matched_b / np.maximum(all_b, 1)
    matching = precision * recall
    f1 = np.divide(2 * matching, precision + recall, out=np.zeros_like(matching), where=matching > 0)
    return np.where(all_a + all_b > 0, f1, np.nan)


def _why_undefined(shared: int) -> str:
    return NOTHING_MARKED if shared else NOTHING_IN_COMMON
