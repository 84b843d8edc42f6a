"""The agreement report as CSV: a row a figure, provenance first. No library for numbers is needed for this."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.domain.annotations import UNAIDED
from webapp.domain.reporting.cells import csv_lines

CAVEAT = (
    "The interval says how far the figure would move with other articles of the same kind and these same annotators. "
    "It does not cover other annotators, and where articles share passages it is too narrow."
)
COLUMNS = ("part", "name", "a", "b", "value", "low", "high", "units", "thin", "reason", "interval_reason")
_OF_A_TABLE = ("units", "annotators", "ratings", "lead")

Report = Mapping[str, Any]
Row = dict[str, Any]


def report_csv(report: Report) -> Iterator[str]:
    """The lines of the file, names of the columns first."""
    return csv_lines([COLUMNS, *([row.get(column) for column in COLUMNS] for row in report_rows(report))])


def report_rows(report: Report) -> Iterator[Row]:
    """All that the report says, a row a figure, for COLUMNS; what a row does not speak of is not in it."""
    yield from _provenance_rows(report)
    if report["kind"] == "table":
        yield from _table_rows("table", report)
        return
    for name in ("documents", "compared_documents", "annotators", "labels"):
        yield {"part": "counts", "name": name, "value": report[name]}
    for name, value in report["ignored"].items():
        yield {"part": "ignored", "name": name, "value": value}
    for name, figure in report["spans"].items():
        yield from _figure_rows("spans", name, figure)
    for name, table in report["fields"].items():
        yield from _table_rows(f"fields.{name}", table)
        if UNAIDED in table:
            yield from _table_rows(f"fields.{name}.{UNAIDED}", table[UNAIDED])


def _provenance_rows(report: Report) -> Iterator[Row]:
    said = {f"software.{name}": value for name, value in report["software"].items()}
    said |= {f"settings.{name}": value for name, value in report["settings"].items()}
    for name, value in {"kind": report["kind"], **said, "input_sha256": report["input_sha256"]}.items():
        yield {"part": "provenance", "name": name, "value": value}
    yield {"part": "provenance", "name": "interval", "value": CAVEAT}


def _table_rows(part: str, table: Report) -> Iterator[Row]:
    for name in _OF_A_TABLE:
        yield {"part": part, "name": name, "value": table[name]}
    for name, figure in table["measures"].items():
        yield from _figure_rows(part, name, figure)


def _figure_rows(part: str, name: str, figure: Report) -> Iterator[Row]:
    plain = ("value", "low", "high", "reason", "interval_reason")
    yield {"part": part, "name": name} | {key: figure[key] for key in plain}
    for pair in figure.get("pairs", ()):
        yield {"part": part, "name": name} | pair
    for key in figure:
        if key not in (*plain, "pairs"):
            yield {"part": part, "name": f"{name}.{key}", "value": figure[key]}
