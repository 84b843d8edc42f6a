"""The first page: what the signed-in person has to do."""

from flask import Blueprint, Response, request

from webapp import htmx, identity
from webapp.services import work
from webapp.services.work import FILTERS, Choice

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def my_work() -> Response:
    """The whole page, or for htmx the list of the project that `?project=` names."""
    db, actor, choice = identity.database(), identity.actor(), _choice()
    if htmx.asked_by_htmx() and choice.slug:
        projects = [work.project_work(db, actor, choice)]
    else:
        projects = work.my_work(db, actor, choice)
    return htmx.page_or_part(
        "home/page.html",
        "home/_list.html",
        projects=projects,
        project=next(iter(projects), None),
        filters=list(FILTERS),
    )


def _choice() -> Choice:
    show = request.args.get("show", "all")
    page = request.args.get("page", 1, type=int)
    return Choice(request.args.get("project", ""), show if show in FILTERS else "all", page)
