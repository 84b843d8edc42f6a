"""Articles in lists: all of a project with their progress, or one's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, Project, Round
from webapp.services.access import Access, enter
from webapp.services.counting import Progress, assigned_by, labels_by_document, progress_by, still_annotating, together
from webapp.services.paging import PER_PAGE, Page, Wanted, ordered

Columns = TypeVarTuple("Columns")


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
    """A page of a project's articles, as found by the wanted words (in title, outlet, byline and id)."""

    project: Project
    rows: list[Listed]
    page: Page
    wanted: Wanted
    in_all: int
    may_curate: bool


@dataclass(frozen=True, slots=True)
class Own:
    """One's own article in a round, the `position`th of the project. `state`: new, begun or finished."""

    id: str
    title: str
    outlet: str
    round: str
    position: int
    is_open: bool
    progress: Progress

    @property
    def state(self) -> str:
        return self.progress.state


@dataclass(frozen=True, slots=True)
class OwnShelf:
    """A page of one's own articles, newest round first, how far one is in all, and what open rounds still wait for.

    `withdrawn`: titles of those that were taken back after they were begun.
    """

    project: Project
    rows: list[Own]
    page: Page
    wanted: Wanted
    progress: Progress
    to_finish: int
    withdrawn: list[str]


def shown_title_column() -> ColumnElement[str]:
    """What the pages call an article, as `articles.shown_title`."""
    return func.coalesce(func.nullif(Document.display_title, ""), func.nullif(Document.title, ""), Document.id)


def list_documents(db: Database, actor: Actor, slug: str, wanted: Wanted) -> Shelf | OwnShelf:
    """The project's articles for curators and adjudicators, for annotators only their own. Raises NotFound."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        everything = access.allows("adjudicate")
        made = _shelf(session, access, wanted) if everything else own_shelf(session, access, wanted)
        session.expunge_all()
        return made


_COLUMNS: dict[str, Callable[[Listed], Any]] = {
    "title": lambda one: one.title.casefold(),
    "id": lambda one: one.id,
    "outlet": lambda one: one.outlet.casefold(),
    "published": lambda one: one.published,
}


def _order(session: Session, access: Access, wanted: Wanted) -> dict[str, Callable[[Listed], Any]]:
    if wanted.column == "labels":
        labels = labels_by_document(session, access)
        return {"labels": lambda one: labels.get(one.id, 0)}
    if wanted.column == "finished":
        work = assigned_by(session, access, [Assignment.document_id])
        return {"finished": lambda one: work.get((one.id,), (0, 0))[::-1]}
    return _COLUMNS


def _shelf(session: Session, access: Access, wanted: Wanted) -> Shelf:
    """Labels are counted with their origins for the page alone: that takes a look at each of them."""
    here, blind = (
        Document.project_id == access.project_id,
        {document for _, document in still_annotating(session, access)},
    )
    query = select(Document.id, shown_title_column(), Document.outlet, Document.published).where(
        here, *found_by(wanted)
    )
    rows = [Listed(*row, Progress(), row[0] in blind) for row in session.execute(query.order_by(Document.id))]
    order = _order(session, access, wanted)
    page = Page(wanted.page, len(rows))
    shown = _counted(session, access, page.of(ordered(rows, wanted.sort, order)))
    in_all = session.scalar(select(func.count()).where(here)) or 0
    return Shelf(access.project, shown, page, wanted, in_all, access.allows("curate"))


def _counted(session: Session, access: Access, rows: Sequence[Listed]) -> list[Listed]:
    these = Assignment.document_id.in_([row.id for row in rows])
    found = progress_by(session, access, [Assignment.document_id], these)
    return [replace(row, progress=found.get((row.id,), Progress())) for row in rows]


def on_page(query: Select[*Columns], page: Page) -> Select[*Columns]:
    """The rows of that page."""
    return query.offset(page.offset).limit(PER_PAGE)


def found_by(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Every word must be somewhere in what is known of the article."""
    columns = (Document.title, Document.display_title, Document.outlet, Document.byline, Document.id)
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in wanted.words]


_OWN_COLUMNS: dict[str, Callable[[Own], Any]] = {
    "title": lambda one: one.title.casefold(),
    "outlet": lambda one: one.outlet.casefold(),
    "round": lambda one: one.position,
    "labels": lambda one: one.progress.labels,
    "state": lambda one: ("new", "begun", "finished").index(one.state),
}


def own_shelf(session: Session, access: Access, wanted: Wanted) -> OwnShelf:
    """The actor's own articles: nothing here depends on what others do."""
    mine = Assignment.person_id == access.actor.person_id
    found = progress_by(session, access, [Assignment.round, Assignment.document_id], mine)
    standing = _own(access).where(Assignment.state != "withdrawn", *found_by(wanted))
    rows = [
        Own(id, title, outlet, round, position, closed_at is None, found.get((round, id), Progress()))
        for id, title, outlet, round, position, closed_at in session.execute(standing)
    ]
    page = Page(wanted.page, len(rows))
    return OwnShelf(
        project=access.project,
        rows=list(page.of(ordered(rows, wanted.sort, _OWN_COLUMNS))),
        page=page,
        wanted=wanted,
        progress=together(list(found.values())),
        to_finish=len(still_annotating(session, access)),
        withdrawn=[row[1] for row in session.execute(_own(access).where(Assignment.state == "withdrawn"))],
    )


def _own(access: Access) -> Select[str, str, str, str, int, str | None]:
    return (
        select(Document.id, shown_title_column(), Document.outlet, Round.name, Round.position, Round.closed_at)
        .join(Assignment, (Assignment.project_id == Document.project_id) & (Assignment.document_id == Document.id))
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Document.project_id == access.project_id, Assignment.person_id == access.actor.person_id)
        .order_by(Round.position.desc(), Document.id)
    )
