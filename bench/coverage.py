"""How often a nominal 95 % interval holds the truth, in a simulation where articles differ in difficulty.

Five articles, three annotators, four values. The truth is α of twenty thousand such articles. Beside the interval of
the program, which leaves out articles, stands the one that leaves out single units, as if those of one article had
nothing to do with each other.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.browser import Figure
from webapp.domain.agreement import krippendorff_alpha
from webapp.domain.ratings.table import Ratings
from webapp.domain.reporting.intervals import jackknife

ARTICLES, ANNOTATORS, VALUES = 5, 3, 4
RUNS, VERY_MANY = 1_000, 20_000


def simulated(articles: int, dice: np.random.Generator) -> Ratings:
    """An article has 20 to 40 units, values of its own frequency, and a share of ratings that are mere guesses."""
    sizes = dice.integers(20, 41, articles)
    article = np.repeat(np.arange(articles), sizes)
    frequency = dice.dirichlet(np.ones(VALUES), articles)[article].cumsum(axis=1)
    truth = (dice.random((len(article), 1)) > frequency).sum(axis=1, keepdims=True).clip(max=VALUES - 1)
    guessing = dice.beta(2, 4, articles)[article][:, None]
    shape = (len(article), ANNOTATORS)
    codes = np.where(dice.random(shape) < guessing, dice.integers(0, VALUES, shape), truth)
    names = [tuple(f"{letter}{n}" for n in range(size)) for letter, size in zip("vua", (VALUES, *shape), strict=True)]
    documents = tuple(f"d{n}" for n in article)
    return Ratings(np.asfortranarray(codes, np.int8), *names, documents)


def covered(ratings: Ratings, truth: float) -> bool:
    value, measure = krippendorff_alpha.estimate(ratings).value, krippendorff_alpha.MEASURES[0]
    assert value is not None
    interval = jackknife(value, krippendorff_alpha.leave_one_out(ratings), measure.lowest, measure.highest)
    return interval.low is not None and interval.high is not None and interval.low <= truth <= interval.high


def figures() -> Iterator[Figure]:
    dice = np.random.default_rng(2)
    truth = krippendorff_alpha.estimate(simulated(VERY_MANY, dice)).value
    assert truth is not None
    runs = [simulated(ARTICLES, dice) for _ in range(RUNS)]
    by_article = 100 * np.mean([covered(run, truth) for run in runs])
    by_unit = 100 * np.mean([covered(replace(run, documents=None), truth) for run in runs])
    yield Figure(f"95 % intervals that hold the truth, {ARTICLES} articles left out in turn", float(by_article), "%")
    yield Figure("the same, units left out in turn", float(by_unit), "%")
