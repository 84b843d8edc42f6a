"""`agreement` and `gold`: figures of a bundle, of anybody's table, or of a project.

Libraries for numbers are loaded only when one of them runs: no other command, and no web worker, pays for them.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from webapp.about import VERSION
from webapp.cli import console
from webapp.cli.sources import BundleSource, TableSource, read_source, scheme_for
from webapp.config import Settings
from webapp.domain.errors import Invalid

if TYPE_CHECKING:
    from webapp.domain.ratings.fields import Row
    from webapp.domain.ratings.table import Level, Ratings

LEVELS = ("nominal", "ordinal", "interval")
RULES = ("one-coin", "majority", "dawid-skene")

Options = Mapping[str, Any]

_source = click.argument("source", required=False)
_project = click.option("--project", metavar="SLUG", help="This project, instead of SOURCE.")
_round = click.option("--round", "round_name", metavar="R", help="Only this round; else each one's latest finished.")
_scheme = click.option("--scheme", metavar="FILE", help="The scheme, instead of the bundle's own.")


# ---- agreement ----


@click.command()
@_source
@_project
@_round
@_scheme
@click.option("--level", type=click.Choice(LEVELS), help="Of a table's values, for Krippendorff's alpha.")
@click.option("--no-gamma", is_flag=True, help="Without gamma, which is slow.")
@click.option("--no-intervals", is_flag=True, help="Without intervals.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of gamma's chance samples.")
@click.option("--ratings", metavar="FILE", help="Write the ratings behind the tables as CSV.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the figures as CSV.")
@click.option("--html", metavar="FILE", help="Write the report as one HTML file that needs nothing else.")
@console.as_json
@click.pass_obj
def agreement(
    settings: Settings, /, source: str | None, project: str | None, as_csv: bool, as_json: bool, **options: Any
) -> None:
    """How far annotators agree, with intervals: SOURCE is a bundle (folder or zip), or a CSV unit,annotator,value."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    found = read_source(settings, source, project, options["round_name"])
    if isinstance(found, TableSource):
        made = _of_table(found, options)
    elif options["level"] is not None:
        raise click.UsageError("--level is for tables; the values of a bundle are names.")
    else:
        made = _of_bundle(found, options)
    if options["ratings"] is not None:
        _write_ratings(Path(options["ratings"]), made.rows)
    if options["html"] is not None:
        from webapp.cli.figures_file import write_html

        write_html(options["html"], made.view())
    _print(made.report, "json" if as_json else "csv" if as_csv else "text")


class _Made(NamedTuple):
    """A report, the ratings behind it, and what its HTML file would draw."""

    report: dict[str, Any]
    rows: Iterable["Row"]
    view: Callable[[], dict[str, Any]]


def _print(report: dict[str, Any], form: str) -> None:
    from webapp.cli.figures_shown import print_report
    from webapp.domain.reporting.rows import report_csv

    if form == "json":
        console.print_json(report)
    elif form == "csv":
        click.echo("".join(report_csv(report)), nl=False)
    else:
        print_report(report)


def _of_table(source: TableSource, options: Options) -> _Made:
    from webapp.cli.figures_file import table_view
    from webapp.domain.ratings.fields import rating_rows
    from webapp.domain.reporting.report import Provenance, table_report

    if options["scheme"] is not None:
        scheme_for(source, options["scheme"])  # nothing of it is used, but a bad file is not passed over
    level: Level = options["level"] or "nominal"
    intervals = not options["no_intervals"]
    ratings = _ratings_of(source, level)
    provenance = Provenance(VERSION, {"level": level, "intervals": intervals}, source.input_sha256)
    report = table_report(ratings, provenance, intervals)
    return _Made(report, rating_rows("value", ratings), partial(table_view, report))


def _ratings_of(source: TableSource, level: "Level" = "nominal") -> "Ratings":
    from webapp.domain.ratings.rating_files import read_ratings

    try:
        return read_ratings(source.content, level)
    except Invalid as why:
        raise Invalid(f"{source.name}: {why.message}") from None


def _of_bundle(source: BundleSource, options: Options) -> _Made:
    from webapp.cli.figures_file import bundle_view
    from webapp.domain.ratings.fields import all_rating_rows, field_ratings, matched
    from webapp.domain.reporting.report import Provenance, bundle_report
    from webapp.domain.spans.continua import spans_of

    used, counted = scheme_for(source, options["scheme"]), source.annotations
    switches = {"intervals": not options["no_intervals"], "gamma": not options["no_gamma"]}
    settings = {"round": source.round, **switches, "seed": options["seed"], "scheme_sha256": used.sha256}
    clusters = matched(counted.compared)
    tables = field_ratings(clusters, used.scheme)
    spans = spans_of(counted, options["seed"], _progress())
    report = bundle_report(counted, tables, spans, Provenance(VERSION, settings, source.input_sha256), **switches)
    view = partial(bundle_view, report, source, used.scheme, clusters, tables, spans)
    return _Made(report, all_rating_rows(tables), view)


def _progress() -> Callable[[float], None]:
    """Tells a person who waits how far gamma is."""
    if not sys.stderr.isatty():
        return lambda share: None
    return lambda share: click.echo(f"\rgamma {share:4.0%}{'' if share < 1 else chr(10)}", nl=False, err=True)


def _write_ratings(path: Path, rows: Iterable["Row"]) -> None:
    from webapp.domain.reporting.cells import csv_lines

    head = ("field", "unit", "document", "annotator", "value")
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines([head, *rows]))
    except OSError as why:
        raise Invalid(f"{path} cannot be written: {why.strerror}.") from None


# ---- gold ----


@click.command()
@_source
@_project
@_round
@_scheme
@click.option("--rule", type=click.Choice(RULES), default=RULES[0], show_default=True, help="How probable a value is.")
@console.as_json
@click.pass_obj
def gold(
    settings: Settings,
    source: str | None,
    project: str | None,
    round_name: str | None,
    scheme: str | None,
    rule: str,
    as_json: bool,
) -> None:
    """What the labels of all most likely say, and why a person must decide: SOURCE as for agreement."""
    found = read_source(settings, source, project, round_name)
    proposals = _gold(found, scheme, rule)
    if as_json:
        console.print_json(proposals)
    else:
        from webapp.cli.figures_shown import print_gold

        print_gold(proposals)


def _gold(source: BundleSource | TableSource, scheme: str | None, rule: Any) -> dict[str, Any]:
    from webapp.domain.gold.consensus import bundle_gold
    from webapp.domain.gold.table_gold import table_gold
    from webapp.domain.reporting.report import Provenance

    used = scheme_for(source, scheme)
    settings = {"rule": rule, "scheme_sha256": used.sha256}
    if isinstance(source, TableSource):
        kind, made = "table", table_gold(_ratings_of(source), used.scheme, rule)
    else:
        kind, made = "bundle", bundle_gold(source.annotations, used.scheme, rule)
        settings = {"round": source.round, **settings}
    return {"kind": kind, **Provenance(VERSION, settings, source.input_sha256).shown(), **made}


COMMANDS = (agreement, gold)
