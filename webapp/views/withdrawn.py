"""Withdrawn work for the curator: whose it was and why it was taken back, and giving it back."""

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import GiveBackForm
from webapp.services import members, withdrawing
from webapp.views.projects import wanted_part

blueprint = Blueprint("withdrawn", __name__)


@blueprint.get("/p/<slug>/withdrawn")
def withdrawn(slug: str) -> Response:
    return _page(slug, GiveBackForm(formdata=None))


@blueprint.post("/p/<slug>/withdrawn")
def give_back(slug: str) -> AnyResponse:
    form, asked = GiveBackForm(), (identity.database(), identity.actor(), slug)
    name, document = members.open_name(*asked, form.key.data or ""), form.document.data or ""
    if not form.done_by(lambda: withdrawing.give_back(*asked, name, document, form.round.data)):
        return _page(slug, form, 422)
    flash(f"{document} is given back to {name}; the labels on it count again.")
    return htmx.done(url_for(".withdrawn", slug=slug))


def _page(slug: str, form: GiveBackForm, status: int = 200) -> Response:
    found = withdrawing.list_withdrawn(identity.database(), identity.actor(), slug, wanted_part())
    return make_response(render_template("projects/withdrawn.html", found=found, form=form), status)
