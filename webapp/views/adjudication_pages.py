"""The pages where an adjudicator decides: the queue of articles, and one article with its passages."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import htmx, identity
from webapp.domain.errors import Underway
from webapp.domain.gold.adjudication import DecisionInput, GoldInput, proposed
from webapp.services import adjudicating
from webapp.services.adjudicating import Adjudication
from webapp.services.articles import own_voice
from webapp.services.paging import Page
from webapp.services.standings import Queue, Queued
from webapp.views import adjudication_shown
from webapp.views.article_html import Drawing
from webapp.views.article_page import Words, for_script, material
from webapp.views.keymap import adjudication_keymap
from webapp.views.moments import published
from webapp.views.projects import wanted_part

blueprint = Blueprint("adjudication", __name__)


@blueprint.get("/p/<slug>/adjudicate")
def queue(slug: str) -> Response:
    """The articles, the hardest first; for htmx only what to decide next."""
    try:
        found = _queue(slug)
    except Underway as why:
        if not htmx.asked_by_htmx():
            raise
        return make_response(render_template("adjudicating/_underway.html", words=why.message), 202)
    wanted = wanted_part()
    rows = [row for row in found.rows if _has(row, wanted.words)]
    place = Page(wanted.page, len(rows))
    templates = "adjudicating/queue.html", "adjudicating/_next.html"
    return htmx.page_or_part(*templates, found=found, wanted=wanted, rows=place.of(rows), place=place)


def _has(row: Queued, words: Sequence[str]) -> bool:
    return all(word in f"{row.title}\n{row.document}".casefold() for word in words)


@blueprint.get("/p/<slug>/adjudicate.json")
def queue_as_json(slug: str) -> Response:
    """The articles of the round, hardest first: those to be decided, those that are done, those not ready."""
    found = _queue(slug)
    return jsonify({"round": found.round.name, "articles": [_queued(found, row) for row in found.rows]})


def _queued(found: Queue, row: Queued) -> dict[str, Any]:
    address = url_for(".page", slug=found.project.slug, doc=row.document, round=request.args.get("round"))
    shown = {name: getattr(row, name) for name in ("document", "title", "clusters", "waiting", "stale", "decided")}
    return shown | {"ready": row.readiness.ready, "href": address}


def _queue(slug: str) -> Queue:
    return adjudicating.queue(identity.database(), identity.actor(), slug, request.args.get("round"))


@blueprint.get("/p/<slug>/adjudicate/<doc>")
def page(slug: str, doc: str) -> str:
    found = _open(slug, doc)
    words, document = Words(found.scheme, found.speakers), found.document
    drawing = Drawing(document.text, document.units, [], words.look, words.of)
    clusters = adjudication_shown.clusters(found) if found.readiness.ready else []
    return render_template(
        "adjudicating/page.html",
        found=found,
        clusters=clusters,
        words=words,
        addresses=_addresses(found),
        published=published(document.published),
        body=drawing.body(document.headings, document.excluded),
        keymap=adjudication_keymap(found.scheme),
        data=for_script(_data(found, words) | {"clusters": clusters}),
    )


def _open(slug: str, doc: str) -> Adjudication:
    return adjudicating.open_document(identity.database(), identity.actor(), slug, doc, request.args.get("round"))


def _data(found: Adjudication, words: Words) -> dict[str, Any]:
    """For the scripts: what the clusters are decided with."""
    document, signed_in = found.document, identity.signed_in()
    assert signed_in is not None
    return {
        **material(words, document.units, document.text_sha256, document.excluded, found.speakers),
        "id": document.id,
        "person_id": signed_in.actor.person_id,
        "person": signed_in.actor.name,
        "preferences": signed_in.preferences,
        "voice": own_voice(document, found.speakers),
        "ready": found.readiness.ready,
        "annotators": [{"letter": one.letter, "state": one.state} for one in found.annotators],
        "addresses": _addresses(found),
    }


def _addresses(found: Adjudication) -> dict[str, str]:
    here: dict[str, Any] = {"slug": found.project.slug, "doc": found.document.id}
    asked: dict[str, Any] = {"round": request.args.get("round")}
    return {
        "decisions": url_for("adjudicating.decisions", **here, **asked),
        "json": url_for("adjudicating.as_json", **here, **asked),
        "plain": url_for(".decide", **here, **asked),
        "give_back": url_for("adjudicating.give_back", **here, **asked),
        "queue": url_for(".queue", slug=here["slug"], **asked),
        "queue_json": url_for(".queue_as_json", slug=here["slug"], **asked),
        "guide": url_for("reading.guide", slug=here["slug"]),
        "sign_in": url_for("accounts.sign_in"),
    }


# ---- without scripts ----


@blueprint.post("/p/<slug>/adjudicate/<doc>")
def decide(slug: str, doc: str) -> Response:
    """One decision from a plain form: accept, reject, clear, or `take` with an annotator's letter."""
    found = _open(slug, doc)
    answer = adjudicating.decide(
        identity.database(), identity.actor(), slug, doc, [_from_form(found)], request.args.get("round")
    )
    refusal = answer.results[0].refusal
    flash(refusal.message if refusal else "Stored.")
    return redirect(f"{url_for('.page', slug=slug, doc=doc, round=request.args.get('round'))}#plain", 303)


def _from_form(found: Adjudication) -> DecisionInput:
    key, action, note = (request.form.get(name, "") for name in ("key", "do", "note"))
    base = request.form.get("base", 0, type=int)
    cluster = next((one for one in found.clusters if one["key"] == key), None)
    label = next((one for one in (cluster or {}).get("labels_full", []) if f"take {one['annotator']}" == action), None)
    if label is not None:
        fields = proposed(label) | {"chain": tuple(label["chain"])}
        return DecisionInput(str(uuid.uuid4()), "set", key, base, GoldInput(**fields), note)
    known = action if action in ("accept", "clear") else "reject"
    return DecisionInput(str(uuid.uuid4()), known, key, base, None, note)  # type: ignore[arg-type]
