"""Small worlds of several documents, and what stands behind their figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.bundles import NAMES, TEXT, Row, counted, document, done, files_of, label
from webapp.domain.agreement import krippendorff_alpha
from webapp.domain.annotations import FIELDS, Annotations
from webapp.domain.insight import insight
from webapp.domain.ratings.fields import field_ratings, matched
from webapp.domain.schemes import Scheme, parse_scheme
from webapp.domain.spans.continua import spans_of

SCHEME = parse_scheme((Path(__file__).parents[1] / "seeds" / "scheme.toml").read_text())
DOCUMENTS = ("d1", "d2", "d3")


@dataclass(frozen=True)
class World:
    """Rows of a bundle; `without` and `renamed` make others of them."""

    documents: list[Row]
    labels: list[Row]
    assignments: list[Row]
    scheme: Scheme = field(default=SCHEME, repr=False)

    def without(self, key: str, value: str) -> "World":
        """Without a document (key "document") or a person (key "annotator")."""
        documents = [row for row in self.documents if key != "document" or row["id"] != value]
        labels, assignments = ([r for r in rows if r[key] != value] for rows in (self.labels, self.assignments))
        return World(documents, labels, assignments)

    def renamed(self, key: str, old: str, new: str) -> "World":
        labels = [{**row, key: new} if row[key] == old else row for row in self.labels]
        return World(self.documents, labels, self.assignments)

    @cached_property
    def annotations(self) -> Annotations:
        return counted(files_of(documents=self.documents, labels=self.labels, assignments=self.assignments))

    @cached_property
    def insight(self) -> dict[str, Any]:
        labels = matched(self.annotations.compared)
        tables = field_ratings(labels, self.scheme)
        return insight(self.annotations, labels, tables, spans_of(self.annotations), self.scheme)

    @cached_property
    def alphas(self) -> Mapping[str, float | None]:
        """α of each field as the report has it."""
        tables = field_ratings(matched(self.annotations.compared), self.scheme)
        return {name: krippendorff_alpha.estimate(tables[name]).value for name in FIELDS}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four people on three documents; few places and few values, so that much is equal and much differs."""
    stances, claims = st.sampled_from(["pro-copyright", "pro-fair-use", "neutral", "odd"]), ("POLICY", "FACT", "VALUE")
    drawn = st.fixed_dictionaries(
        {
            "document": st.sampled_from(DOCUMENTS),
            "annotator": st.sampled_from(NAMES),
            "speaker": st.sampled_from(["Author", "author ", "Lab", None]),
            "stance": stances,
            "claim_type": st.sampled_from(claims),
            "on_target": st.sampled_from([True, True, True, False]),
            "ascribed": st.booleans(),
            "created_at": st.sampled_from(["2025-04-02T09:00:00Z", "2025-04-02T17:00:00Z", "2025-04-03T09:00:00Z", ""]),
            "start": st.sampled_from([0, 1, 3, 6, 20, 21, 40, 60]),
            "length": st.sampled_from([1, 4, 5, 12, 16]),
        }
    )
    rows = draw(st.lists(drawn, min_size=8, max_size=30))
    labels = [_label(f"L{n:02}", dict(row)) for n, row in enumerate(rows)]
    excluded = draw(st.sampled_from([[], [[4, 9]]]))
    missing = draw(st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(DOCUMENTS)), max_size=4))
    work = [done(name, id) for id in DOCUMENTS for name in NAMES if (name, id) not in missing]
    return World([document(id, excluded=excluded) for id in DOCUMENTS], labels, work)


def _label(id: str, row: dict[str, Any]) -> Row:
    start = row.pop("start")
    end = min(len(TEXT), start + row.pop("length"))
    return label(id, row.pop("annotator"), start, end, **row)


def world(*labels: Row, people: str = "ana ben", documents: tuple[str, ...] = ("d1",), **more: Any) -> World:
    """Labels on documents that all of `people` finished."""
    made = [document(id, **more) for id in documents]
    return World(made, list(labels), [done(name, id) for id in documents for name in people.split()])
