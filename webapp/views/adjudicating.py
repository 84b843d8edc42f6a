"""The machine forms of adjudication: an article's clusters, decisions about them, giving it back."""

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webapp import identity
from webapp.domain.gold.adjudication import DecisionsRequest
from webapp.services import adjudicating
from webapp.services.adjudicating import Adjudication, Annotator
from webapp.views import adjudication_shown
from webapp.views.annotating import read_json

blueprint = Blueprint("adjudicating", __name__)


@blueprint.get("/p/<slug>/adjudicate/<doc>.json")
def as_json(slug: str, doc: str) -> Response:
    """With `?names=1` the annotators' names beside their letters."""
    found = adjudicating.open_document(identity.database(), identity.actor(), slug, doc, request.args.get("round"))
    return jsonify(record(found, names=request.args.get("names") == "1"))


def record(found: Adjudication, *, names: bool = False) -> dict[str, object]:
    """The article as the JSON address gives it."""
    return {
        "id": found.document.id,
        "title": found.title,
        "text": found.document.text,
        "text_sha256": found.document.text_sha256,
        "excluded": found.document.excluded,
        "round": found.round.name,
        "ready": found.readiness.ready,
        "why": found.readiness.why,
        "locked_since": found.since,
        "annotators": [_annotator(one, names=names) for one in found.annotators],
        "clusters": adjudication_shown.clusters(found),
        "person": identity.actor().name,
        "csrf_token": generate_csrf(),
    }


def _annotator(one: Annotator, *, names: bool) -> dict[str, str]:
    return {"letter": one.letter, "state": one.state} | ({"name": one.name} if names else {})


@blueprint.post("/p/<slug>/adjudicate/<doc>/decisions")
def decisions(slug: str, doc: str) -> Response:
    body = read_json(DecisionsRequest)
    answer = adjudicating.decide(
        identity.database(), identity.actor(), slug, doc, body.decisions, request.args.get("round")
    )
    return jsonify({"results": [result.record() for result in answer.results], "state": answer.state})


@blueprint.post("/p/<slug>/adjudicate/<doc>/give-back")
def give_back(slug: str, doc: str) -> AnyResponse:
    """303 to the queue."""
    adjudicating.give_back(identity.database(), identity.actor(), slug, doc, request.args.get("round"))
    flash("Given back: its annotators can change their labels again. What was decided stays.")
    return redirect(url_for("adjudication.queue", slug=slug, round=request.args.get("round")), 303)
