"""The report's own part: counts, what is left out, rows of CSV. Figures are the cases' (tests/cli)."""

import csv
import io
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundles import NAMES, Row, bundle, counted, document, done, files_of, label, labels_of_a_document
from webapp.domain.annotations import FIELDS, Annotations
from webapp.domain.ratings.fields import field_ratings, matched
from webapp.domain.ratings.table import Ratings
from webapp.domain.reporting.cells import cell, csv_lines
from webapp.domain.reporting.report import Provenance, bundle_report, gamma_figures, table_report
from webapp.domain.reporting.rows import COLUMNS, report_csv, report_rows
from webapp.domain.schemes import parse_scheme
from webapp.domain.spans.continua import spans_of
from webapp.places import place

PROVENANCE = Provenance("0", {"round": None, "seed": 0}, "ab" * 32)
LABELS = [label("A", "ana", 0, 9), label("B", "ben", 0, 9, on_target=False), label("C", "cem", 0, 9)]


SCHEME = parse_scheme((place("seeds") / "scheme.toml").read_text())


def figures_of(found: Annotations) -> dict[str, Any]:
    tables = field_ratings(matched(found.compared), SCHEME)
    return bundle_report(found, tables, spans_of(found), PROVENANCE, gamma=False)


def report() -> dict[str, Any]:
    return figures_of(counted(bundle(LABELS, ["ana", "ben"])))


def test_counts_and_provenance() -> None:
    made = report()
    assert (made["documents"], made["compared_documents"], made["annotators"], made["labels"]) == (1, 1, 2, 2)
    assert made["ignored"] == {"not_done": 1, "withdrawn": 0, "other_round": 0, "excluded": 0, "off_target": 1}
    assert made["software"] == {"name": "stancemark", "version": "0"}
    assert list(made["fields"]) == list(FIELDS)


@settings(deadline=None, max_examples=40)
@given(labels_of_a_document(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(labels: list[Row], random: Random) -> None:
    """Nor that of documents or people."""
    second = [{**row, "id": f"{row['id']}-2", "document": "d2"} for row in labels[::2]]
    rows: dict[str, list[Row]] = {
        "documents": [document("d1"), document("d2")],
        "labels": [*labels, *second],
        "assignments": [done(name, id) for name in NAMES for id in ("d1", "d2")],
    }
    before = figures_of(counted(files_of(**rows)))
    for listed in rows.values():
        random.shuffle(listed)
    assert figures_of(counted(files_of(**rows))) == before


def test_gamma_can_be_left_out_or_made_alone() -> None:
    spans = spans_of(counted(bundle(LABELS, ["ana", "ben"])))
    left_out = report()["spans"]
    alone = gamma_figures(spans)
    assert set(alone) == {"gamma", "gamma_cat"}
    for name, figure in alone.items():
        assert left_out[name] == dict.fromkeys(figure) | {"reason": "Gamma was switched off."}


def test_rows_of_a_table() -> None:
    made = table_report(Ratings.from_columns(["u", "u"], ["b", "a"], ["x", "y"]), PROVENANCE)
    rows = list(report_rows(made))
    assert all(set(row) <= set(COLUMNS) for row in rows)
    assert {"part": "table", "name": "ratings", "value": 2} in rows
    assert [row["value"] for row in rows if row["name"] == "settings.round"] == [None]
    (pair,) = (row for row in rows if row["name"] == "cohen_kappa" and "a" in row)
    assert (pair["a"], pair["b"], pair["units"]) == ("a", "b", 1)


def test_csv_has_the_same_columns_in_each_row() -> None:
    rows = list(csv.reader(io.StringIO("".join(report_csv(report())), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (True, "true"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.5, "-0.5"),
        ("-1.5e3", "-1.5e3"),
        ("+.5", "+.5"),
        ("-x", "'-x"),
        ("=1", "'=1"),
        ("@ana", "'@ana"),
        ("-1-1", "'-1-1"),
        ("a,b", "a,b"),
    ],
)
def test_cells(value: object, words: str) -> None:
    assert cell(value) == words


def test_lines_quote_only_what_needs_it() -> None:
    assert list(csv_lines([["a,b", 'c"d', "e"], []])) == ['"a,b","c""d",e\n', "\n"]
