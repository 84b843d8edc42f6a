"""What every page carries: who is signed in, the pages that are open to them, light or dark."""

from typing import Any

from flask import Flask, g, request, url_for

from webapp import identity
from webapp.domain.errors import Unavailable
from webapp.domain.permissions import Actor
from webapp.services import managing

# title, endpoint, and the roles that see it; annotators see agreement and releases once the curator opens them
_PROJECT_PAGES = (
    ("Overview", "projects.overview", frozenset({"curator", "adjudicator", "annotator"})),
    ("Articles", "projects.documents", frozenset({"curator", "adjudicator", "annotator"})),
    ("People", "projects.people", frozenset({"curator"})),
    ("Rounds", "rounds.rounds", frozenset({"curator"})),
    ("Speakers", "reading.speakers", frozenset({"curator", "adjudicator", "annotator"})),
    ("Guide", "reading.guide", frozenset({"curator", "adjudicator", "annotator"})),
    ("Scheme", "reading.scheme", frozenset({"curator", "adjudicator", "annotator"})),
    ("Settings", "settings.settings", frozenset({"curator"})),
    ("Events", "events.events", frozenset({"curator"})),
)


def projects_of(actor: Actor) -> list[dict[str, Any]]:
    """The projects of the person, asked for once a request."""
    if "projects" not in g:
        g.projects = managing.list_projects(identity.database(), actor)
    found: list[dict[str, Any]] = g.projects
    return found


def _nav(actor: Actor) -> list[dict[str, Any]]:
    pages = [{"label": "My work", "href": url_for("home.my_work"), "current": request.endpoint == "home.my_work"}]
    project = _project(projects_of(actor))
    if project is None:
        return pages
    slug, roles = project["slug"], frozenset(project["roles"]) | ({"curator"} if actor.is_admin else frozenset())
    return pages + [
        {"label": label, "href": url_for(endpoint, slug=slug), "current": _is_here(url_for(endpoint, slug=slug))}
        for label, endpoint, seen_by in _PROJECT_PAGES
        if roles & seen_by
    ]


def _is_here(address: str) -> bool:
    """Whether the request is for that page or for one below it."""
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
            return {"signed_in": found.actor.name, "is_admin": found.actor.is_admin, "nav": _nav(found.actor)}
    except Unavailable:
        pass
    return {"signed_in": None, "is_admin": False, "nav": []}


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.after_request(identity.no_store)
