"""Chance samples of a document: its annotators' marks, cut at a random place and joined the other way round."""

import hashlib
from bisect import insort
from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from webapp.domain.spans.unitary import Marks


class ChanceSamples:
    """The shuffle of Mathet, Widlöcher, Métivier 2015, section 5.2, for one document with at least one unit.

    The stream of random numbers depends on the seed and the document's id alone, not on other documents.
    """

    def __init__(self, seed: int, document: str, annotators: Sequence[Marks], length: int) -> None:
        digest = hashlib.sha256(f"{seed}\0{document}".encode()).digest()
        self.random = np.random.default_rng(int.from_bytes(digest))
        self.annotators = annotators
        self.length = length
        units = np.vstack(annotators)
        self.apart = float(np.mean(units[:, 1] - units[:, 0])) / 2

    def draw(self) -> list[Marks]:
        """As many annotators as the document has, each one of its own, shifted; at least one unit in all."""
        while True:
            pivots: list[int] = []
            sample = [self._shifted(pivots) for _ in self.annotators]
            if any(map(len, sample)):
                return sample

    def _shifted(self, pivots: list[int]) -> Marks:
        pivot = self._pivot(pivots)
        insort(pivots, pivot)
        units = self.annotators[int(self.random.integers(len(self.annotators)))].copy()
        units[:, :2] += pivot
        units[units[:, 0] >= self.length, :2] -= self.length
        return units

    def _pivot(self, pivots: list[int]) -> int:
        """A place of [0, length), at least half a mean unit away from all `pivots` (sorted) where one is left."""
        lows = [0, *(ceil(pivot + self.apart) for pivot in pivots)]
        highs = [*(floor(pivot - self.apart) + 1 for pivot in pivots), self.length]  # exclusive
        free = [(low, high) for low, high in zip(lows, highs, strict=True) if low < high] or [(0, self.length)]
        nth = int(self.random.integers(sum(high - low for low, high in free)))
        for low, high in free:
            if nth < high - low:
                return low + nth
            nth -= high - low
        raise AssertionError("the places were counted")
