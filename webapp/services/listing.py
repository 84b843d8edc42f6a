"""Articles in lists: all of a project with their progress, or one's own."""

from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, Project, Round
from webapp.services.access import Access, enter
from webapp.services.counting import Progress, progress_by, still_annotating, together
from webapp.services.paging import PER_PAGE, Page

Columns = TypeVarTuple("Columns")

SORTS = ("id", "title", "outlet", "published")


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in a list. `blind`: the actor has it in work, so that others' labels are not counted."""

    id: str
    title: str
    outlet: str
    published: str
    progress: Progress
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of a project's articles, as found by `search` (in title, outlet, byline and id)."""

    project: Project
    rows: list[Listed]
    page: Page
    search: str
    sort: str
    in_all: int
    may_curate: bool


@dataclass(frozen=True, slots=True)
class Own:
    """One's own article in a round. `state`: new, begun or finished."""

    id: str
    title: str
    outlet: str
    round: str
    is_open: bool
    progress: Progress

    @property
    def state(self) -> str:
        return self.progress.state


@dataclass(frozen=True, slots=True)
class OwnShelf:
    """A page of one's own articles, newest round first, how far one is in all, and what open rounds still wait for."""

    project: Project
    rows: list[Own]
    page: Page
    search: str
    progress: Progress
    to_finish: int


def shown_title_column() -> ColumnElement[str]:
    """What the pages call an article, as `articles.shown_title`."""
    return func.coalesce(func.nullif(Document.display_title, ""), func.nullif(Document.title, ""), Document.id)


def list_documents(
    db: Database, actor: Actor, slug: str, search: str = "", sort: str = "id", page: int = 1
) -> Shelf | OwnShelf:
    """The project's articles for curators and adjudicators, for annotators only their own. Raises NotFound."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        if not access.allows("adjudicate"):
            made: Shelf | OwnShelf = own_shelf(session, access, search, page)
        else:
            made = _shelf(session, access, search, sort if sort in SORTS else "id", page)
        session.expunge_all()
        return made


def _shelf(session: Session, access: Access, search: str, sort: str, wanted: int) -> Shelf:
    everything = select(func.count()).where(Document.project_id == access.project_id)
    page = Page(wanted, session.scalar(everything.where(*_found(search))) or 0)
    query = (
        select(Document.id, shown_title_column(), Document.outlet, Document.published)
        .where(Document.project_id == access.project_id, *_found(search))
        .order_by(*_order(sort))
    )
    rows = list(session.execute(on_page(query, page)))
    found = progress_by(session, access, [Assignment.document_id], Assignment.document_id.in_([row[0] for row in rows]))
    blind = {document for _, document in still_annotating(session, access)}
    listed = [Listed(*row, found.get((row[0],), Progress()), row[0] in blind) for row in rows]
    in_all = session.scalar(everything) or 0
    return Shelf(access.project, listed, page, search, sort, in_all, access.allows("curate"))


def on_page(query: Select[*Columns], page: Page) -> Select[*Columns]:
    """The rows of that page."""
    return query.offset(page.offset).limit(PER_PAGE)


def _order(sort: str) -> list[ColumnElement[Any]]:
    by: dict[str, ColumnElement[Any]] = {
        "title": func.lower(shown_title_column()),
        "outlet": func.lower(Document.outlet),
        "published": Document.published.desc(),
    }
    return [*([by[sort]] if sort in by else []), Document.id.expression]


def _found(search: str) -> list[ColumnElement[bool]]:
    """Every word must be somewhere in what is known of the article."""
    columns = (Document.title, Document.display_title, Document.outlet, Document.byline, Document.id)
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in search.split()]


def own_shelf(session: Session, access: Access, search: str, wanted: int) -> OwnShelf:
    """The actor's own articles: nothing here depends on what others do."""
    mine = Assignment.person_id == access.actor.person_id
    found = progress_by(session, access, [Assignment.round, Assignment.document_id], mine)
    query = (
        select(Document.id, shown_title_column(), Document.outlet, Round.name, Round.closed_at)
        .join(Assignment, (Assignment.project_id == Document.project_id) & (Assignment.document_id == Document.id))
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Document.project_id == access.project_id, mine, Assignment.state != "withdrawn", *_found(search))
    )
    page = Page(wanted, session.scalar(select(func.count()).select_from(query.subquery())) or 0)
    ordered = on_page(query.order_by(Round.position.desc(), Document.id), page)
    rows = [
        Own(id, title, outlet, round, closed_at is None, found.get((round, id), Progress()))
        for id, title, outlet, round, closed_at in session.execute(ordered)
    ]
    waiting = len(still_annotating(session, access))
    return OwnShelf(access.project, rows, page, search, together(list(found.values())), waiting)
