"""The agreement report: its page, the same figures as JSON and CSV, and the labels behind a figure."""

import json
from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity, report_html
from webapp.domain.schemes import Scheme, parse_scheme
from webapp.report_html import FIELDS, Links, Names
from webapp.services import reports
from webapp.services.reports import Choice, ReportPage
from webapp.views.projects import page_number

blueprint = Blueprint("agreement", __name__)

_SECONDS_TO_COME_BACK = 2


@blueprint.get("/p/<slug>/agreement")
def report(slug: str) -> str:
    found = _open(slug)
    return render_template("agreement/page.html", found=found, view=_view(found))


@blueprint.get("/p/<slug>/agreement/state")
def state(slug: str) -> Response:
    """What htmx asks for while figures are being computed; a page that has none yet is loaded anew once they are."""
    found, shown = _open(slug), request.args.get("shown", "")
    response = make_response(render_template("agreement/_state.html", found=found, shown=shown))
    if found.figures and not shown:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.post("/p/<slug>/agreement")
def again(slug: str) -> AnyResponse:
    """Once more after a failure."""
    reports.ask_again(identity.database(), identity.actor(), slug, _round())
    return htmx.done(url_for(".report", slug=slug, round=_round()))


@blueprint.get("/p/<slug>/agreement/clusters")
def clusters(slug: str) -> str:
    asked = {name: request.args.get(name) or None for name in ("field", "a", "b", "document")}
    choice = Choice(**asked | ({"field": None} if asked["field"] not in FIELDS else {}))
    found = reports.open_clusters(identity.database(), identity.actor(), slug, choice, _round(), page_number())
    names, scheme = _names(found.report), _scheme(found.report)
    context = {"names": names, "scheme": scheme, "fields": FIELDS, "heading": _heading(choice, names)}
    return render_template("agreement/clusters.html", found=found, **context)


@blueprint.get("/p/<slug>/agreement.json")
def as_json(slug: str) -> Response:
    """The figures as `stancemark agreement --json` prints them; 202 while they are being computed."""
    found = _open(slug)
    if waits := _still_computing(found):
        return waits
    assert found.figures is not None
    return _download(json.dumps(found.figures.body["figures"], ensure_ascii=False, indent=1), "json", slug)


@blueprint.get("/p/<slug>/agreement.csv")
def as_csv(slug: str) -> Response:
    """The same, a row a figure."""
    found = _open(slug)
    if waits := _still_computing(found):
        return waits
    assert found.figures is not None
    return _download(report_html.csv_of(found.figures.body["figures"]), "csv", slug)


def _round() -> str | None:
    return request.args.get("round") or None


def _open(slug: str) -> ReportPage:
    return reports.open_report(identity.database(), identity.actor(), slug, _round())


def _still_computing(found: ReportPage) -> Response | None:
    if found.figures is not None and found.figures.holds and found.figures.has_gamma:
        return None
    reason = found.waiting.reason if found.waiting else None
    words = reason or "The figures are being computed. Ask again in some seconds."
    response = make_response({"title": "Not there yet", "status": 202, "detail": words}, 202)
    response.headers["Retry-After"] = str(_SECONDS_TO_COME_BACK)
    return response


def _download(content: str, ending: str, slug: str) -> Response:
    media_type = {"json": "application/json", "csv": "text/csv; charset=utf-8"}[ending]
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-agreement.{ending}"'
    return response


# ---- what the templates are given ----


def _view(found: ReportPage) -> dict[str, Any] | None:
    if found.figures is None:
        return None
    names, links = _names(found), _links(found)
    hard = [
        report_html.passage(one.cluster, one.words, names, links.article(one.cluster["document"]))
        for one in found.hardest
    ]
    return report_html.view(found.figures.body, names, _notices(found), hard, links)


def _links(found: ReportPage) -> Links:
    slug, round = found.project.slug, found.subject.round
    address = partial(url_for, ".clusters", slug=slug, round=round)
    return Links(
        cell=lambda field, a, b: address(field=field, a=a, b=b),
        article=lambda id: address(document=id),
        all_passages=address(),
    )


def _notices(found: ReportPage) -> list[str]:
    """What a reader must know before any figure."""
    told = []
    is_open = [r.name for r in found.rounds if r.closed_at is None and found.subject.round in (None, r.name)]
    if is_open:
        what = f"round {is_open[0]} is" if len(is_open) == 1 else f"rounds {' and '.join(is_open)} are"
        told.append(f"Provisional: {what} open, and only finished articles count.")
    if found.figures and found.figures.body["has_simulated"]:
        told.append("Some labels here are simulated: what they agree on says nothing of people.")
    return told


def _scheme(found: ReportPage) -> Scheme | None:
    return parse_scheme(found.figures.body["scheme"]) if found.figures else None


def _names(found: ReportPage) -> Names:
    scheme = _scheme(found)
    return report_html.names_of(scheme, found.speakers, found.names, found.titles) if scheme else Names({}, {}, {})


def _heading(choice: Choice, names: Names) -> str:
    if choice.document is not None:
        return names.document(choice.document)
    if choice.field is None or choice.a is None or choice.b is None:
        return "Most disagreed passages"
    a, b = names.value(choice.field, choice.a), names.value(choice.field, choice.b)
    return f"{FIELDS[choice.field]}: {a}, by both" if a == b else f"{FIELDS[choice.field]}: {a} or {b}"
