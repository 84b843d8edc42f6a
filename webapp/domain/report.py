"""The agreement report as one JSON object: counts, every registered measure, and where all of it is from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.agreement import measures
from webapp.domain.annotations import FIELDS, Annotations
from webapp.domain.continua import Spans
from webapp.domain.fields import UNAIDED
from webapp.domain.figures import measured, rating_figures
from webapp.domain.ratings import Ratings

SLOW = ("gamma", "gamma_cat")
GAMMA_SWITCHED_OFF = "Gamma was switched off."
CAVEAT = (
    "The interval says how far the figure would move with other articles of the same kind and these same annotators. "
    "It does not cover other annotators, and where articles share passages it is too narrow."
)

Report = dict[str, Any]

_NUMBERS_OF_GAMMA = ("observed", "expected", "samples")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a report, of what: `input_sha256` and `settings` are those of the specification, section 1."""

    version: str
    settings: Mapping[str, Any]
    input_sha256: str

    def shown(self) -> Report:
        software = {"name": "stancemark", "version": self.version}
        return {"software": software, "settings": dict(self.settings), "input_sha256": self.input_sha256}


def table_report(ratings: Ratings, provenance: Provenance, intervals: bool = True) -> Report:
    """Of a table."""
    return {"kind": "table", **provenance.shown(), **rating_figures(ratings, intervals)}


def bundle_report(
    annotations: Annotations,
    tables: Mapping[str, Ratings],
    spans: Spans,
    provenance: Provenance,
    *,
    intervals: bool = True,
    gamma: bool = True,
) -> Report:
    """Of a bundle or a project; `tables` are those of `field_ratings`, `spans` of `spans_of`."""
    return {
        "kind": "bundle",
        **provenance.shown(),
        **counts(annotations),
        "spans": span_figures(spans, intervals, gamma),
        "fields": field_figures(tables, intervals),
    }


def counts(annotations: Annotations) -> Report:
    """How much went in, and what was left out and why."""
    labels = [label for document in annotations.documents for label in document.labels]
    off_target = sum(not label.given.on_target for label in labels)
    return {
        "documents": len(annotations.documents),
        "compared_documents": len(annotations.compared),
        "annotators": len(annotations.annotators),
        "labels": len(labels),
        "ignored": {**annotations.ignored, "off_target": off_target},
    }


def span_figures(spans: Spans, intervals: bool = True, gamma: bool = True) -> Report:
    """Every span measure by name; without `gamma` the slow ones are null, with that as the reason."""
    return {
        measure.name: measured(measure, spans, intervals)
        if gamma or measure.name not in SLOW
        else _left_out(measure.name)
        for measure in measures("spans")
    }


def gamma_figures(spans: Spans, intervals: bool = True) -> Report:
    """The slow ones alone."""
    return {measure.name: measured(measure, spans, intervals) for measure in measures("spans") if measure.name in SLOW}


def _left_out(name: str) -> Report:
    figure = {"value": None, "low": None, "high": None, "reason": GAMMA_SWITCHED_OFF, "interval_reason": None}
    return figure | (dict.fromkeys(_NUMBERS_OF_GAMMA) if name == "gamma" else {})


def field_figures(tables: Mapping[str, Ratings], intervals: bool = True) -> Report:
    """F of each field, and of the speakers that no proposal can have flattered."""
    figures = {name: rating_figures(tables[name], intervals) for name in FIELDS}
    figures["speaker"][UNAIDED] = rating_figures(tables[UNAIDED], intervals)
    return figures


# ---- as rows ----

COLUMNS = ("part", "name", "a", "b", "value", "low", "high", "units", "thin", "reason", "interval_reason")
_OF_A_TABLE = ("units", "annotators", "ratings", "lead")

Row = dict[str, Any]


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
