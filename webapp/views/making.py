"""Making a project, for administrators."""

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.forms import ProjectForm
from webapp.services import managing

blueprint = Blueprint("making", __name__)


@blueprint.get("/new-project")
def form() -> Response:
    managing.check_may_create(identity.actor())
    return _page(ProjectForm())


@blueprint.post("/new-project")
def make() -> AnyResponse:
    """On to the overview of the new project, which says what to do first."""
    given, actor = ProjectForm(), identity.actor()
    managing.check_may_create(actor)
    slug, title = (given.slug.data or "").strip(), given.title.data or ""
    if not given.done_by(lambda: managing.create_project(identity.database(), actor, slug, title, _scheme(given))):
        return _page(given, 422)
    flash(f"{title.strip()} is made, with round {managing.FIRST_ROUND}, and you curate it.")
    return htmx.done(url_for("projects.overview", slug=slug))


def _scheme(given: ProjectForm) -> str | None:
    """An empty file is no scheme either, and is to be refused as one."""
    return given.source if given.file.data else None


def _page(given: ProjectForm, status: int = 200) -> Response:
    return make_response(render_template("projects/new.html", form=given), status)
