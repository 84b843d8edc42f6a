"""What a curator does to the registry of speakers: taking proposals in, merging two into one, undoing that."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import MergeForm
from webapp.services import speakers

blueprint = Blueprint("speakers", __name__)


@blueprint.post("/p/<slug>/speakers/<id>/take-in")
def take_in(slug: str, id: str) -> AnyResponse:
    speakers.take_in(identity.database(), identity.actor(), slug, id)
    flash("The speaker is part of the registry now, and everybody may choose it.")
    return _back(slug)


@blueprint.get("/p/<slug>/speakers/<id>/merge")
def compare(slug: str, id: str) -> Response:
    """Both side by side, once the other one is chosen with `?into=`."""
    return _page(slug, id, MergeForm(formdata=request.args))


@blueprint.post("/p/<slug>/speakers/<id>/merge")
def merge(slug: str, id: str) -> AnyResponse:
    form = MergeForm()
    into = form.into.data or ""
    if not form.done_by(lambda: speakers.merge_speaker(identity.database(), identity.actor(), slug, id, into)):
        return _page(slug, id, form, 422)
    flash("The two are one speaker now. Labels keep what was stored, and this can be undone.")
    return _back(slug)


@blueprint.post("/p/<slug>/speakers/<id>/unmerge")
def unmerge(slug: str, id: str) -> AnyResponse:
    speakers.unmerge_speaker(identity.database(), identity.actor(), slug, id)
    flash("The speaker stands for itself again.")
    return _back(slug)


def _back(slug: str) -> AnyResponse:
    return htmx.done(url_for("reading.speakers", slug=slug))


def _page(slug: str, id: str, form: MergeForm, status: int = 200) -> Response:
    found: dict[str, Any] = speakers.compare(identity.database(), identity.actor(), slug, id, form.into.data or "")
    form.offer(found["others"])
    return make_response(render_template("projects/merge.html", form=form, slug=slug, **found), status)
