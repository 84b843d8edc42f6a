"""Who changed what and when, for the curator: to read, and to take away as JSON lines."""

import json

from flask import Blueprint, Response, render_template

from webapp import identity
from webapp.services import reporting
from webapp.services.outgoing import in_blocks
from webapp.views.projects import wanted_part

blueprint = Blueprint("events", __name__)


@blueprint.get("/p/<slug>/events")
def events(slug: str) -> str:
    found = reporting.newest_events(identity.database(), identity.actor(), slug, wanted_part())
    return render_template("projects/events.html", found=found)


@blueprint.get("/p/<slug>/events.jsonl")
def as_lines(slug: str) -> Response:
    """Oldest first, an object a line: `{"at","who","action","document","detail"}`."""
    rows = reporting.all_events(identity.database(), identity.actor(), slug)
    lines = ((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in rows)
    response = Response(in_blocks(lines), content_type="application/jsonl; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-events.jsonl"'
    return response
