"""Withdrawn work for the curator: whose it was and why it was taken back, and giving it back."""

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import GiveBackForm
from webapp.services import withdrawing
from webapp.views.projects import wanted_part

blueprint = Blueprint("withdrawn", __name__)


@blueprint.get("/p/<slug>/withdrawn")
def withdrawn(slug: str) -> Response:
    return _page(slug, GiveBackForm(formdata=None))


@blueprint.post("/p/<slug>/withdrawn")
def give_back(slug: str) -> AnyResponse:
    form, given = GiveBackForm(), list[str]()
    which = (form.key.data or "", form.document.data or "", form.round.data or "")
    if not form.done_by(
        lambda: given.append(withdrawing.give_back(identity.database(), identity.actor(), slug, *which))
    ):
        return _page(slug, form, 422)
    flash(f"{form.document.data} is given back to {given[0]}; the labels on it count again.")
    return htmx.done(url_for(".withdrawn", slug=slug))


def _page(slug: str, form: GiveBackForm, status: int = 200) -> Response:
    found = withdrawing.list_withdrawn(identity.database(), identity.actor(), slug, wanted_part())
    return make_response(render_template("projects/withdrawn.html", found=found, form=form), status)
