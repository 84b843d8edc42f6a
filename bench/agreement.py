"""What measures of agreement cost, each as a ratio to the reference package in the same run, on the same data.

Prints a table and writes bench/results/agreement.json.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import krippendorff
import numpy as np

from bench import coverage, spans
from bench.browser import Figure
from webapp.domain.agreement import krippendorff_alpha
from webapp.domain.ratings.rating_files import read_ratings
from webapp.domain.ratings.table import MISSING, Ratings
from webapp.domain.reporting.figures import rating_figures

RESULTS = Path(__file__).parent / "results" / "agreement.json"
ROUNDS = 15


def milliseconds(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The best run, after one that warms up: whatever else the machine does can only add to it."""
    action()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


# ---- tables of ratings ----


def table(units: int, annotators: int, values: int, documents: int | None = None) -> Ratings:
    """Three of four ratings are what the unit is, the others are drawn; one of ten is missing."""
    dice = np.random.default_rng(1)
    drawn, truth = dice.integers(0, values, (units, annotators)), dice.integers(0, values, (units, 1))
    codes = np.where(dice.random(drawn.shape) < 0.75, truth, drawn)
    codes[dice.random(drawn.shape) < 0.1] = MISSING
    codes = np.asfortranarray(codes[(codes >= 0).any(axis=1)], np.int8)
    sizes = {"v": values, "u": len(codes), "a": annotators}
    names = [tuple(f"{letter}{n}" for n in range(size)) for letter, size in sizes.items()]
    documents_of = None if documents is None else tuple(f"d{n * documents // units}" for n in range(len(codes)))
    return Ratings(codes, *names, documents_of)


def alpha(units: int, annotators: int, most: float | None) -> Figure:
    """α of codes that are ready, as the package has them too; each run begins with nothing worked out before."""
    ratings = table(units, annotators, 5)
    given = np.where(ratings.codes == MISSING, np.nan, ratings.codes).T
    ours = milliseconds(lambda: krippendorff_alpha.estimate(replace(ratings)))
    theirs = milliseconds(lambda: krippendorff.alpha(given, level_of_measurement="nominal"), 3)
    value = krippendorff_alpha.estimate(ratings).value
    assert value is not None and abs(value - krippendorff.alpha(given, level_of_measurement="nominal")) < 1e-9
    what = f"α nominal, 10⁶ ratings, {units:,} units × {annotators}"
    return Figure(what, ours, "ms", most, ours / theirs, f"krippendorff ({theirs:.0f} ms)")


def of_ratings() -> Iterator[Figure]:
    yield alpha(280_000, 4, 5)
    yield alpha(112_000, 10, None)
    project = table(37_100, 3, 7, 1_000)
    took = milliseconds(lambda: rating_figures(replace(project)))
    yield Figure("six measures and intervals, 1,000 documents, 10⁵ ratings", took, "ms", 1_000)
    rows = "".join(f"u{n // 4},a{n % 4},v{n % 7}\n" for n in range(1_000_000))
    content = f"unit,annotator,value\n{rows}".encode()
    yield Figure("a CSV of 10⁶ ratings read", milliseconds(lambda: read_ratings(content), 3), "ms", 5_000)


JOBS: tuple[Callable[[], Iterator[Figure]], ...] = (of_ratings, spans.figures, coverage.figures)


def main() -> None:
    figures = []
    for job in JOBS:
        for figure in job():
            print(figure)
            figures.append(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
