"""What every page carries: who is signed in, the pages that are open to them, light or dark."""

from typing import Any

from flask import Flask, g, request, url_for

from webapp import identity
from webapp.domain.errors import Unavailable
from webapp.domain.permissions import Actor
from webapp.services import managing

_ALL = frozenset({"curator", "adjudicator", "annotator"})
_CURATOR = frozenset({"curator"})
_OFFICE = frozenset({"curator", "adjudicator"})
# in groups: title, endpoint, and the roles that see it; annotators see agreement and releases once these are opened
_PROJECT_PAGES: dict[str, tuple[tuple[str, str, frozenset[str]], ...]] = {
    "Articles": (("Overview", "projects.overview", _ALL), ("Articles", "projects.documents", _ALL)),
    "Results": (
        ("Agreement", "agreement.report", _OFFICE),
        ("Adjudicate", "adjudication.queue", _OFFICE),
        ("Releases", "releases.releases", _OFFICE),
    ),
    "Rules": (
        ("Guide", "reading.guide", _ALL),
        ("Scheme", "reading.scheme", _ALL),
        ("Speakers", "reading.speakers", _ALL),
    ),
    "Project": (
        ("People", "projects.people", _CURATOR),
        ("Rounds", "rounds.rounds", _CURATOR),
        ("Settings", "settings.settings", _CURATOR),
        ("Events", "events.events", _CURATOR),
    ),
}


def projects_of(actor: Actor) -> list[dict[str, Any]]:
    """The projects of the person, asked for once a request."""
    if "projects" not in g:
        g.projects = managing.list_projects(identity.database(), actor)
    found: list[dict[str, Any]] = g.projects
    return found


def _pages(actor: Actor, project: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages of the project open to the person, in groups: `{"name","pages":[{"label","href","current"}]}`."""
    roles = frozenset(project["roles"]) | (_CURATOR if actor.is_admin else frozenset())
    groups = []
    for name, pages in _PROJECT_PAGES.items():
        shown = [
            _entry(label, endpoint, project["slug"])
            for label, endpoint, seen_by in pages
            if roles & seen_by or endpoint.split(".")[0] in project["open"]
        ]
        groups.append({"name": name, "pages": shown})
    return [group for group in groups if group["pages"]]


def _entry(label: str, endpoint: str, slug: str) -> dict[str, Any]:
    address = url_for(endpoint, slug=slug)
    return {"label": label, "href": address, "current": _is_here(address, endpoint)}


def _is_here(address: str, endpoint: str) -> bool:
    """Whether the request is for that page or for one below it; withdrawn work is told of under People."""
    if request.blueprint == "withdrawn" and endpoint == "projects.people":
        return True
    return request.path == address or request.path.startswith(f"{address}/")


def _project(projects: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The project of the address; outside of any, the only one that the person has."""
    slug = (request.view_args or {}).get("slug")
    if slug is None:
        return projects[0] if len(projects) == 1 else None
    return next((p for p in projects if p["slug"] == slug), None)


def _context() -> dict[str, Any]:
    chosen = request.cookies.get("scheme", "")
    return _person_context() | {"color_scheme": chosen if chosen in ("light", "dark") else ""}


def _person_context() -> dict[str, Any]:
    """Who is signed in; nobody where the database cannot say, so that the page that tells of it can be drawn."""
    try:
        if found := identity.signed_in():
            return {"signed_in": found.actor.name, "is_admin": found.actor.is_admin} | _ways(found.actor)
    except Unavailable:
        pass
    return {"signed_in": None, "is_admin": False, "nav": [], "projects_known": [], "project_here": None}


def _ways(actor: Actor) -> dict[str, Any]:
    """Where the person can go: their projects, and the pages of the one they are in."""
    projects = projects_of(actor)
    here = _project(projects)
    return {"projects_known": projects, "project_here": here, "nav": _pages(actor, here) if here else []}


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.after_request(identity.no_store)
