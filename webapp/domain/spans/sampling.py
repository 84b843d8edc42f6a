"""Best alignments of all documents and of chance samples of them, until the expected disorder is known well enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.domain.spans.alignment import Several, best_alignments
from webapp.domain.spans.chance import ChanceSamples
from webapp.domain.spans.continua import Continuum, Spans
from webapp.domain.spans.unitary import Marks, TooDense, pairs_inside, positional

ROUND, AT_MOST = 30, 1000  # samples a document
PRECISION = 0.02  # of the expected disorder, at 95 %

Numbers = NDArray[np.float64]


class NotAligned(Exception):
    """The document, the first argument, whose marks lie too close together for a best alignment."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Of a best alignment: the sum of unitary disorders, and the weights of γ-cat: W = sum w, N = sum w d_cat."""

    disorder: float
    weight: float
    different: float


@dataclass(frozen=True, slots=True)
class Sums:
    """What each document adds to the sums of γ and γ-cat, 0 where it has no labels: arrays (documents,)."""

    samples: int  # of each document with labels
    share: Numbers  # x_d: labels per annotator
    observed: Numbers  # o_d
    expected: Numbers  # x_d e_d
    weight: Numbers  # W_d
    different: Numbers  # N_d
    weight_by_chance: Numbers  # means over the samples
    different_by_chance: Numbers


def sampled(spans: Spans) -> Sums:
    """Of one document or more. One alignment is in memory at a time; an exception of `spans.progress` ends the work.

    Raises NotAligned.
    """
    documents = []
    for continuum in spans.continua:
        spans.progress(0)
        documents.append(_Document(continuum, spans.seed))
    marked = [document for document in documents if document.share]
    samples, told = 0, 0.0
    while marked and (samples == 0 or (samples < AT_MOST and _needed(marked, samples) > samples)):
        # at most half of the way for the first round: how many follow shows only in it
        aim = max(_needed(marked, samples), samples + 1) if samples else 2 * ROUND
        more = min(ROUND, AT_MOST - samples)
        for n, _ in enumerate((sample for document in marked for sample in document.sample(more)), start=1):
            told = max(told, min(1, (samples + n / len(marked)) / aim))
            spans.progress(told)
        samples += more
    spans.progress(1)
    return Sums(samples, *np.array([document.parts() for document in documents]).T)


class _Document:
    """A compared document: its own best alignment, and those of its chance samples."""

    def __init__(self, continuum: Continuum, seed: int) -> None:
        self.name = continuum.document
        marks = marks_of(continuum)
        self.share = sum(map(len, marks)) / len(marks)
        self.disorders: list[float] = []  # of the samples, t over labels per annotator
        self.weights: list[tuple[float, float]] = []  # W, N of the samples
        self.observed = Aligned(0, 0, 0)
        if self.share:
            (self.observed,) = self._aligned([marks])
            self.chance = ChanceSamples(seed, continuum.document, marks, continuum.length)

    def _aligned(self, several: Sequence[Several]) -> Iterator[Aligned]:
        try:
            yield from align(several)
        except TooDense as dense:
            raise NotAligned(self.name) from dense

    def sample(self, times: int) -> Iterator[None]:
        """Yields after each sample."""
        drawn = [self.chance.draw() for _ in range(times)]
        for marks, aligned in zip(drawn, self._aligned(drawn), strict=True):
            self.disorders.append(aligned.disorder * len(marks) / sum(map(len, marks)))
            self.weights.append((aligned.weight, aligned.different))
            yield

    def parts(self) -> tuple[float, ...]:
        """A row of Sums."""
        if not self.share:
            return (0.0,) * 7
        own, weights = self.observed, np.mean(self.weights, axis=0)
        expected = self.share * float(np.mean(self.disorders))
        return self.share, own.disorder, expected, own.weight, own.different, *weights


def marks_of(continuum: Continuum) -> list[Marks]:
    """(units, 3) of each annotator, by name: start, end, the category's number."""
    names = sorted({unit.category for units in continuum.units.values() for unit in units})
    number = {name: n for n, name in enumerate(names)}
    return [
        np.array([(u.start, u.end, number[u.category]) for u in units], dtype=np.int64).reshape(-1, 3)
        for _, units in sorted(continuum.units.items())
    ]


def _needed(documents: Sequence[_Document], samples: int) -> float:
    """How many samples a document bring 1.96 standard errors of the pooled expected disorder to PRECISION of it."""
    shares = np.array([document.share for document in documents])
    disorders = np.array([document.disorders for document in documents])
    expected = float(shares @ disorders.mean(axis=1))
    error = float(np.sqrt(shares**2 @ disorders.var(axis=1, ddof=1) / samples))
    return samples * (1.96 * error / (PRECISION * expected)) ** 2 if expected > 0 else 0


def align(several: Sequence[Several]) -> Iterator[Aligned]:
    """Best alignments. A pair of real units in a tuple of v weighs max(0, 1 - d_pos) / (v - 1). Raises TooDense."""
    for annotators, (disorder, tuples) in zip(several, best_alignments(several), strict=True):
        weight = different = 0.0
        for i, j, one, other, size in pairs_inside(tuples):
            a, b = annotators[i][one], annotators[j][other]
            weights = np.maximum(0, 1 - positional(a, b)) / (size - 1)
            weight += float(weights.sum())
            different += float(weights[a[:, 2] != b[:, 2]].sum())
        yield Aligned(disorder, weight, different)
