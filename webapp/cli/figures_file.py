"""`agreement --html FILE`: the report as one file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from webapp import report_file, report_html
from webapp.cli.sources import BundleSource
from webapp.domain.errors import Invalid
from webapp.domain.schemes import Scheme

if TYPE_CHECKING:
    from webapp.domain.ratings.fields import Matched
    from webapp.domain.ratings.table import Ratings
    from webapp.domain.spans.continua import Spans

View = dict[str, Any]


class _Named(msgspec.Struct):
    """What a bundle calls an article or a speaker."""

    id: str
    name: str = ""
    title: str = ""
    display_title: str = ""


def write_html(file: str, view: View) -> None:
    """Raises Invalid where it cannot be written."""
    try:
        Path(file).write_text(report_file.file_of("Agreement", view), encoding="utf-8")
    except OSError as why:
        raise Invalid(f"{file} cannot be written: {why.strerror}.") from None


def table_view(report: Mapping[str, Any]) -> View:
    from webapp.domain.agreement import described

    return report_html.table_view(report, described("ratings"))


def bundle_view(
    report: Mapping[str, Any],
    source: BundleSource,
    scheme: Scheme,
    clusters: "Matched",
    tables: Mapping[str, "Ratings"],
    spans: "Spans",
) -> View:
    """What the file draws: the report, and what stands behind it."""
    from webapp.domain.agreement import described
    from webapp.domain.insight import insight

    found = insight(source.annotations, clusters, tables, spans, scheme)
    body = {
        "figures": report,
        "insight": found,
        "measures": {"spans": described("spans"), "ratings": described("ratings")},
    }
    names = report_html.names_of(scheme, _called(source, "speakers.jsonl"), {}, _called(source, "documents.jsonl"))
    texts = {document.id: document.text for document in source.annotations.documents}
    hard = [one for one in found["clusters"] if one["differs"]][: report_html.MOST_ROWS]
    passages = [
        report_html.passage(one, texts[one["document"]][one["start"] : one["end"]], names, None) for one in hard
    ]
    return report_html.view(body, names, passages=passages)


def _called(source: BundleSource, file: str) -> dict[str, str]:
    """Names by id; of a bundle that has no such file, or other lines in it, none."""
    try:
        rows = [msgspec.json.decode(line, type=_Named) for line in source.files.get(file, b"").splitlines() if line]
    except msgspec.DecodeError:
        return {}
    return {row.id: row.name or row.display_title or row.title or row.id for row in rows}
