"""Figures as a person reads them in a terminal, or as CSV."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from webapp.cli import console
from webapp.domain.agreement import measures
from webapp.domain.annotations import UNAIDED
from webapp.domain.reporting.cells import cell
from webapp.domain.reporting.rows import CAVEAT

Object = Mapping[str, Any]


# ---- agreement ----


def print_report(report: Object) -> None:
    """What was compared, and a line a measure."""
    if report["kind"] == "table":
        _say_counts(report, "unit", "annotator", "rating")
        rows = list(_table_lines("", report))
    else:
        _say_counts(report, "document", "compared_document", "annotator", "label")
        _say_ignored(report["ignored"])
        rows = [*_span_lines(report["spans"]), *_field_lines(report["fields"])]
    click.echo()
    console.print_table(rows, "There is nothing to show.")
    if any(row["95 % interval"] for row in rows):
        click.echo(f"\n{CAVEAT}")
    settings = ", ".join(f"{name} {cell(value)}" for name, value in report["settings"].items() if value is not None)
    click.echo(f"\nstancemark {report['software']['version']}; {settings}; input {report['input_sha256']}")


def _say_counts(counts: Object, *names: str) -> None:
    click.echo(", ".join(console.many(counts[f"{name}s"], name.replace("_", " ")) for name in names))


def _say_ignored(ignored: Object) -> None:
    """Labels that did not count, and why; nothing where there are none."""
    if said := ", ".join(f"{count:,} {why.replace('_', ' ')}" for why, count in ignored.items() if count):
        click.echo(f"Labels left out: {said}")


def _span_lines(spans: Object) -> Iterator[dict[str, str]]:
    titles = {measure.name: measure.title for measure in measures("spans")}
    return (_line("same words", titles[name], figure) for name, figure in spans.items())


def _field_lines(fields: Object) -> Iterator[dict[str, str]]:
    for name, table in fields.items():
        yield from _table_lines(name.replace("_", " "), table)
        if UNAIDED in table:
            yield from _table_lines(f"{name}, {UNAIDED}", table[UNAIDED])


def _table_lines(what: str, table: Object) -> Iterator[dict[str, str]]:
    titles = {measure.name: measure.title for measure in measures("ratings")}
    in_order = sorted(table["measures"].items(), key=lambda item: item[0] != table["lead"])
    return (_line(what or "table", titles[name], figure) for name, figure in in_order)


def _line(what: str, title: str, figure: Object) -> dict[str, str]:
    low, high = figure["low"], figure["high"]
    return {
        "agreement on": what,
        "measure": title,
        "value": _number(figure["value"]),
        "95 % interval": "" if low is None else f"{_number(low)} to {_number(high)}",
        "note": figure["reason"] or figure["interval_reason"] or "",
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


# ---- gold ----


def print_gold(gold: Object) -> None:
    """A line a cluster or unit; how many a person must decide."""
    of_table = gold["kind"] == "table"
    rows = [_item(item) for item in gold["items"]] if of_table else [_cluster(row) for row in gold["clusters"]]
    console.print_table(rows, "There is nothing to decide on.")
    click.echo(f"\n{gold['auto']:,} accepted, {gold['human']:,} for a person to decide.")


def _item(item: Object) -> dict[str, Any]:
    shown = {name: item[name] for name in ("unit", "value")}
    return shown | {"posterior": _number(item["posterior"]), **_decision(item)}


def _cluster(row: Object) -> dict[str, Any]:
    place = {"document": row["document"], "words": f"{row['start']}–{row['end']}"}
    marked = {"marked by": f"{row['annotators']} of {row['eligible']}"}
    return place | marked | {name: row[name] for name in ("speaker", "stance", "claim_type")} | _decision(row)


def _decision(row: Object) -> dict[str, Any]:
    return {"decision": row["decision"], "why": row["reasons"]}
