"""The agreement report as one JSON object: counts, every registered measure, and where all of it is from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.domain.agreement import measures
from webapp.domain.annotations import FIELDS, UNAIDED, Annotations
from webapp.domain.ratings.table import Ratings
from webapp.domain.reporting.figures import measured, rating_figures
from webapp.domain.spans.continua import Spans

SLOW = ("gamma", "gamma_cat")
GAMMA_SWITCHED_OFF = "Gamma was switched off."

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
