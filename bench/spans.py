"""What measures of spans cost: α_u, γ beside pygamma-agreement on the same marks, and a large project without γ.

pygamma-agreement's whole γ, which takes minutes, is run only with `--long`; else ours stands beside what it once took.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from bench.browser import Figure
from webapp.domain.agreement import measures
from webapp.domain.reporting.figures import measured
from webapp.domain.spans.alignment import best_alignment
from webapp.domain.spans.continua import Continuum, Spans, Unit
from webapp.domain.spans.sampling import marks_of

DENSITY = 1 / 3  # of the text is marked by each annotator


def document(name: str, annotators: int, units: int, categories: int, seed: int) -> Continuum:
    """Marks of some 50 code points at places that all have in mind, shifted, and one of five with another category."""
    dice = np.random.default_rng(seed)
    length = int(units * 50 / DENSITY)
    places, said = np.sort(dice.integers(0, length - 100, units)), dice.integers(0, categories, units)

    def marks() -> tuple[Unit, ...]:
        starts = (places + dice.integers(-20, 21, units)).clip(0)
        ends = (starts + dice.integers(25, 76, units)).clip(max=length)
        other = np.where(dice.random(units) < 0.2, dice.integers(0, categories, units), said)
        spans = zip(starts.tolist(), ends.tolist(), other.tolist(), strict=True)
        return tuple(sorted(Unit(start, end, f"c{category}", start, end) for start, end, category in spans))

    return Continuum(name, "word " * (length // 5), (), length, {f"a{n}": marks() for n in range(annotators)})


def milliseconds(action: Callable[[], object], rounds: int = 1) -> float:
    """The best run: whatever else the machine does can only add to it."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        action()
        times.append((perf_counter() - start) * 1000)
    return min(times)


def estimating(name: str, continua: tuple[Continuum, ...]) -> Callable[[], object]:
    """Each call begins with nothing worked out before."""
    (measure,) = (each for each in measures("spans") if each.name == name)
    return lambda: measure.estimate(Spans(continua))


def peer(continuum: Continuum) -> tuple[Any, Any]:
    """The same marks for pygamma-agreement, and its dissimilarity, the same as ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pygamma_agreement as peers
        from pyannote.core import Segment
    logging.disable(logging.WARNING)  # of the solver that it would like better
    oracle = peers.Continuum()
    for name, units in continuum.units.items():
        for unit in units:
            oracle.add(name, Segment(unit.start, unit.end), unit.category)
    return oracle, peers.CombinedCategoricalDissimilarity(alpha=1, beta=1, delta_empty=1)


def best_alignment_of_peer(continuum: Continuum) -> float:
    oracle, dissimilarity = peer(continuum)
    return float(oracle.get_best_alignment(dissimilarity).disorder)


def gamma_of_peer(continuum: Continuum) -> float:
    """With 30 chance samples, by its own shuffle."""
    from pygamma_agreement import ShuffleContinuumSampler

    oracle, dissimilarity = peer(continuum)
    return float(oracle.compute_gamma(dissimilarity, 30, sampler=ShuffleContinuumSampler()).gamma)


def of_gamma() -> Iterator[Figure]:
    few = document("d", 5, 30, 3, seed=1)
    best_alignment_of_peer(document("d", 2, 3, 3, seed=1))  # it compiles
    found: list[float] = []
    theirs = milliseconds(lambda: found.append(best_alignment_of_peer(few)))
    ours = milliseconds(lambda: found.append(best_alignment(marks_of(few))[0] / 30), 5)
    assert max(found) - min(found) < 1e-6
    what = "best alignment, 5 annotators × 3 categories × 30 units"
    yield Figure(what, ours, "ms", None, ours / theirs, f"pygamma ({theirs:,.0f} ms)")
    for units, most, known in ((30, 1_500, 2_340), (200, 10_000, 125_000)):
        continuum = document("d", 5, units, 3, seed=1)
        theirs = milliseconds(lambda each=continuum: gamma_of_peer(each)) if "--long" in sys.argv else known
        ours = milliseconds(estimating("gamma", (continuum,)))
        when = "" if "--long" in sys.argv else " once"
        yield Figure(f"γ, 5 × 3 × {units}", ours, "ms", most, ours / theirs, f"pygamma ({theirs:,.0f} ms{when})")


def figures() -> Iterator[Figure]:
    three = (document("d", 3, 200, 3, seed=2),)
    for name in ("alpha_u", "alpha_u_categories"):
        yield Figure(f"{name}, 200 units × 3 annotators", milliseconds(estimating(name, three), 20), "ms", 1)
    yield from of_gamma()
    project = tuple(document(f"d{n}", 5, 20, 3, seed=n) for n in range(1_000))
    eight = [measure for measure in measures("spans") if not measure.name.startswith("gamma")]
    took = milliseconds(lambda: [measured(measure, Spans(project)) for measure in eight])
    yield Figure("eight measures and intervals, 1,000 documents, 10⁵ labels", took, "ms", 5_000)
