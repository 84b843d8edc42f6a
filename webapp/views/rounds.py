"""Rounds for the curator: opening and closing them, and handing articles out in them."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import AssignForm, CloseRoundForm, RoundForm
from webapp.services import assigning, managing, reporting
from webapp.services.assigning import Assigned

blueprint = Blueprint("rounds", __name__)


@blueprint.get("/p/<slug>/rounds")
def rounds(slug: str) -> Response:
    return _page(slug)


@blueprint.post("/p/<slug>/rounds")
def add(slug: str) -> AnyResponse:
    form = RoundForm()
    name = (form.name.data or "").strip()
    if not form.done_by(lambda: managing.add_round(identity.database(), identity.actor(), slug, name)):
        return _page(slug, 422, add=form)
    flash(f"Round {name} is open, under the newest scheme and guide.")
    return _back(slug)


@blueprint.post("/p/<slug>/rounds/close")
def close(slug: str) -> AnyResponse:
    form = CloseRoundForm()
    name = form.name.data or ""
    if not form.done_by(lambda: managing.close_round(identity.database(), identity.actor(), slug, name)):
        return _page(slug, 422, close=form)
    flash(f"Round {name} is closed; its labels stand still.")
    return _back(slug)


@blueprint.post("/p/<slug>/rounds/assign")
def assign(slug: str) -> AnyResponse:
    form, made = AssignForm(), list[Assigned]()
    if not form.done_by(lambda: made.append(_assign(slug, form))):
        return _page(slug, 422, assign=form)
    new, documents = len(made[0].pairs), made[0].documents
    flash(
        f"{new} new {_many('assignment', new)} on {documents} {_many('article', documents)} in round {made[0].round}."
    )
    return _back(slug)


def _assign(slug: str, form: AssignForm) -> Assigned:
    return assigning.assign(
        identity.database(),
        identity.actor(),
        slug,
        form.annotators.data or [],
        form.per_document.data or 0,
        round_name=form.round.data or None,
        seed=form.seed.data or 0,
        **form.choice,
    )


def _many(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"


def _back(slug: str) -> AnyResponse:
    return htmx.done(url_for(".rounds", slug=slug))


def _page(slug: str, status: int = 200, **given: Any) -> Response:
    found = reporting.open_rounds_page(identity.database(), identity.actor(), slug)
    forms = {
        "add": RoundForm(formdata=None),
        "assign": AssignForm(formdata=None, data={"annotators": found.annotators}),
        "close": CloseRoundForm(formdata=None),
    } | given
    forms["assign"].offer(found.setup.open_rounds, found.annotators)
    return make_response(render_template("projects/rounds.html", found=found, **forms), status)
