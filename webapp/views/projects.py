"""A project's overview, its articles, and its people: read by all members, each as far as they may see."""

from collections import Counter
from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import InviteForm, RefusableForm
from webapp.services import importing, inviting, listing, reporting
from webapp.services import people as people_list
from webapp.services.accounts import LINK_HOURS
from webapp.services.importing import Outcome
from webapp.services.listing import OwnShelf
from webapp.services.paging import Wanted

blueprint = Blueprint("projects", __name__)


def page_number() -> int:
    return request.args.get("page", 1, type=int)


def wanted_part() -> Wanted:
    """What `?q=`, `?sort=` and `?page=` ask of a list."""
    return Wanted(request.args.get("q", "").strip()[:200], request.args.get("sort", "")[:40], page_number())


@blueprint.get("/p/<slug>/")
def overview(slug: str) -> str:
    found = reporting.overview(identity.database(), identity.actor(), slug, request.args.get("round"), wanted_part())
    if isinstance(found, OwnShelf):
        return render_template("projects/own.html", shelf=found, here="overview")
    return render_template("projects/overview.html", overview=found)


# ---- articles ----


@blueprint.get("/p/<slug>/documents")
def documents(slug: str) -> Response:
    return _documents_page(slug)


@blueprint.post("/p/<slug>/documents")
def upload(slug: str) -> AnyResponse:
    """Files of the field `files`; where any is refused the page comes back with 422, and the good ones stay in."""
    files = [file for file in request.files.getlist("files") if file.filename]
    outcomes = importing.import_documents(
        identity.database(), identity.actor(), slug, ((_name(file), file.read()) for file in files)
    )
    if not outcomes:
        return _documents_page(slug, 422, problem="Choose at least one file." if not files else "No article is in it.")
    if any(outcome.status == "refused" for outcome in outcomes):
        return _documents_page(slug, 422, files=_by_file(outcomes))
    flash(_told(Counter(outcome.status for outcome in outcomes)))
    return htmx.done(url_for(".documents", slug=slug))


def _name(file: FileStorage) -> str:
    return (file.filename or "").replace("\\", "/").rpartition("/")[2]


def _by_file(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Per file, in order: what was taken in, in words, and every refused line."""
    files: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.file, []).append(outcome)
    return [
        {
            "name": name,
            "told": _told(Counter(one.status for one in found)),
            "refused": [one for one in found if one.status == "refused"],
        }
        for name, found in files.items()
    ]


def _told(counts: Counter[str]) -> str:
    words = {
        "added": ("1 article was added.", "{} articles were added."),
        "there": ("1 was there already.", "{} were there already."),
    }
    said = [
        one if counts[status] == 1 else many.format(counts[status])
        for status, (one, many) in words.items()
        if counts[status]
    ]
    return " ".join(said)


def _documents_page(slug: str, status: int = 200, **result: Any) -> Response:
    found = listing.list_documents(identity.database(), identity.actor(), slug, wanted_part())
    template = "projects/own.html" if isinstance(found, OwnShelf) else "projects/documents.html"
    return make_response(render_template(template, shelf=found, here="documents", **result), status)


# ---- people ----


@blueprint.get("/p/<slug>/people")
def people(slug: str) -> Response:
    return _people_page(slug, InviteForm())


@blueprint.post("/p/<slug>/people")
def invite(slug: str) -> AnyResponse:
    """A new member; the one-time link of a new person is shown once, on the answer itself."""
    form = InviteForm()
    token: list[str | None] = []
    name, roles = form.name.data or "", frozenset(form.roles.data or ())
    if not form.done_by(
        lambda: token.append(
            inviting.invite(identity.database(), identity.actor(), slug, name, roles, known=form.known.data)
        )
    ):
        return _people_page(slug, form, 422)
    if token[0] is None:
        flash(f"{name.strip()} is a member now and signs in as before.")
        return htmx.done(url_for(".people", slug=slug))
    return _people_page(slug, InviteForm(formdata=None), link=link_shown(name.strip(), token[0]))


def link_shown(name: str, token: str) -> dict[str, Any]:
    return {"name": name, "address": url_for("accounts.welcome", token=token, _external=True)}


def _people_page(slug: str, form: RefusableForm, status: int = 200, link: dict[str, Any] | None = None) -> Response:
    show, round = request.args.get("show", ""), request.args.get("round") or None
    asked = (wanted_part(), show if show in people_list.SHOWS else "work", round)
    found = people_list.list_people(identity.database(), identity.actor(), slug, *asked)
    page = render_template("projects/people.html", found=found, form=form, link=link, link_hours=LINK_HOURS)
    return make_response(page, status)
