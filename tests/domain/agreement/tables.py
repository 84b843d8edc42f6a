"""Tables to measure: written by hand, published, or drawn at random."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.domain.agreement import loops
from tests.domain.agreement.loops import Row, Value
from webapp.domain.agreement import Estimate, measures
from webapp.domain.ratings.table import Level, Ratings
from webapp.domain.reporting.figures import measured

MEASURES = {measure.name: measure for measure in measures("ratings")}


def ratings(rows: Sequence[Row], document_of: Mapping[str, str] | None = None, **more: Any) -> Ratings:
    units, annotators, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Ratings.from_columns(units, annotators, values, document_of=document_of, **more)


def close_to(values: Iterable[float | None]) -> Any:
    """To compare `numbers` with: to the ninth digit, undefined where they are."""
    return pytest.approx(numbers(values), rel=1e-9, abs=1e-9, nan_ok=True)


def numbers(values: Iterable[float | None]) -> list[float]:
    """Not a number for what is undefined."""
    return [nan if value is None else value for value in values]


def rows_of(**columns: str) -> list[Row]:
    """A row of values an annotator, one a unit; a dot is a missing rating."""
    return [
        (f"u{unit:02}", annotator, value)
        for annotator, given in columns.items()
        for unit, value in enumerate(given, 1)
        if value != "."
    ]


NAMES = "Alice", "Bob"


def cross_table(counts: Sequence[Sequence[int]]) -> list[Row]:
    """Two annotators, Alice in the rows and Bob in the columns, from how often they gave each two values."""
    given = [(str(i), str(j)) for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]
    return [(f"u{n:03}", name, value) for n, pair in enumerate(given) for name, value in zip(NAMES, pair, strict=True)]


def estimate(name: str, rows: Sequence[Row], **more: Any) -> Estimate:
    return MEASURES[name].estimate(ratings(rows, **more))


def figure(name: str, rows: Sequence[Row], **more: Any) -> dict[str, Any]:
    return measured(MEASURES[name], ratings(rows, **more))


# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C: four observers, twelve units.
# Gwet's irrCAC for R ships the same table as cac.raw4raters, with letters for numbers.
FOUR_OBSERVERS = rows_of(A="123321412...", B="1233224125.3", C=".3332342251.", D="12332441251.")

# Fleiss 1971: six raters (of many) put each of thirty patients into one of five categories.
SIX_RATERS = """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445
333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"""
PATIENTS = [
    (f"patient {n}", f"rater {i}", value) for n, given in enumerate(SIX_RATERS.split()) for i, value in enumerate(given)
]

# Artstein, Poesio 2008, table 2: statements and requests for information.
STATEMENTS = cross_table([[20, 10], [20, 50]])

# Zwick 1988, second table: four categories, the same use of them by both.
ZWICK = cross_table([[20, 10, 10, 0], [10, 10, 0, 0], [10, 0, 10, 0], [0, 0, 0, 20]])


@dataclass(frozen=True)
class Table:
    """Drawn at random, with documents or not, and values that are numbers too."""

    rows: list[Row]
    document_of: dict[str, str] | None
    offered: tuple[str, ...] | None
    level: Level

    def ratings(self) -> Ratings:
        return ratings(self.rows, self.document_of, offered=self.offered, level=self.level)

    def without(self, cluster: str) -> "Table":
        """Without a document, or a unit where no documents are named."""
        cluster_of = self.document_of or {unit: unit for unit, _, _ in self.rows}
        return replace(self, rows=[row for row in self.rows if cluster_of[row[0]] != cluster])

    def by_loops(self) -> dict[str, Value]:
        """The value of each measure, by the plain definitions."""
        units = loops.units_of(self.rows)
        return {
            "percent_agreement": loops.percent_agreement(units),
            "cohen_kappa": loops.cohen_kappa(units),
            "fleiss_kappa": loops.fleiss_kappa(units),
            "krippendorff_alpha": loops.krippendorff_alpha(units, self.level),
            "gwet_ac1": loops.gwet_ac1(units, self.offered or ()),
            "scott_pi": loops.scott_pi(units),
        }


POOLS = (("1", "2"), ("1", "2", "3", "10", "1.0"), ("-1", "0", "2", "1e9", "3"), ("7",))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Up to nine units; two or three annotators, sometimes more than can be compared column by column."""
    pool, annotators = draw(st.sampled_from(POOLS)), draw(st.sampled_from((1, 2, 3, 4, 18)))
    row = st.lists(st.sampled_from((*pool, *pool, pool[0], "")), min_size=annotators, max_size=annotators)
    given = draw(st.lists(row, max_size=9))
    rows = [(f"u{u}", f"a{a:02}", value) for u, values in enumerate(given) for a, value in enumerate(values) if value]
    documents = draw(st.none() | st.lists(st.sampled_from("xxyz"), min_size=len(given), max_size=len(given)))
    document_of = None if documents is None else {f"u{u}": document for u, document in enumerate(documents)}
    level = draw(st.sampled_from(("nominal", "ordinal", "interval")))
    return Table(rows, document_of, draw(st.sampled_from((None, ("1", "4", "5")))), level)
