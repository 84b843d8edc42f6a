"""One person of a project for its curator: roles, a new link, their articles, taking these back."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import RolesForm, TakeBackForm
from webapp.services import assigning, inspecting, inviting, managing, members
from webapp.services.accounts import LINK_HOURS
from webapp.views.article_html import Drawing
from webapp.views.article_page import Words
from webapp.views.projects import link_shown, wanted_part

blueprint = Blueprint("people", __name__)


@blueprint.get("/p/<slug>/people/<key>")
def person(slug: str, key: str) -> Response:
    return _page(slug, key)


@blueprint.post("/p/<slug>/people/<key>/roles")
def roles(slug: str, key: str) -> AnyResponse:
    """Exactly the ticked roles; none ends the membership."""
    form, name = RolesForm(), _name(slug, key)
    chosen = frozenset(form.roles.data or ())
    if not form.done_by(lambda: managing.set_roles(identity.database(), identity.actor(), slug, name, chosen)):
        return _page(slug, key, 422, roles_form=form)
    flash("The roles were changed." if chosen else f"{name} is no member any more. The labels stay.")
    return _back(slug, key)


@blueprint.post("/p/<slug>/people/<key>/link")
def link(slug: str, key: str) -> Response:
    name, token = inviting.renew_link(identity.database(), identity.actor(), slug, key)
    return _page(slug, key, link=link_shown(name, token))


@blueprint.post("/p/<slug>/people/<key>/take-back")
def take_back(slug: str, key: str) -> AnyResponse:
    """The ticked articles, or with `all` every one in an open round; begun ones only with a reason."""
    form, name = TakeBackForm(), _name(slug, key)
    taken: list[tuple[int, int]] = []
    chosen = None if form.everything.data else form.documents.data or []
    terms: dict[str, Any] = {"with_begun": form.with_begun.data, "reason": form.reason.data or ""}
    if not form.done_by(
        lambda: taken.append(
            assigning.unassign(identity.database(), identity.actor(), slug, name, documents=chosen, **terms)
        )
    ):
        return _page(slug, key, 422, take_back=form)
    gone, withdrawn = taken[0]
    flash(f"Taken back: {gone} not begun, {withdrawn} withdrawn with their labels.")
    return _back(slug, key)


@blueprint.get("/p/<slug>/people/<key>/articles/<doc>")
def work(slug: str, key: str, doc: str) -> str:
    """The person's labels on an article in `?round=`, to be read."""
    round = request.args.get("round", managing.FIRST_ROUND)
    found = inspecting.open_work(identity.database(), identity.actor(), slug, key, doc, round)
    words, article = Words(found.scheme, found.speakers), found.document
    drawing = Drawing(article.text, article.units, found.labels, words.look, words.of)
    body = drawing.body(article.headings, article.excluded)
    return render_template("projects/work.html", work=found, words=words, body=body)


def _name(slug: str, key: str) -> str:
    return members.open_name(identity.database(), identity.actor(), slug, key)


def _back(slug: str, key: str) -> AnyResponse:
    return htmx.done(url_for(".person", slug=slug, key=key))


def _page(slug: str, key: str, status: int = 200, **given: Any) -> Response:
    found = members.open_member(identity.database(), identity.actor(), slug, key, wanted_part())
    context = {
        "found": found,
        "roles_form": RolesForm(formdata=None, data={"roles": found.member.roles}),
        "take_back": TakeBackForm(formdata=None),
        "link": None,
        "link_hours": LINK_HOURS,
    }
    return make_response(render_template("projects/person.html", **context | given), status)
