"""What people want to see at a glance: progress of a project and its rounds, own work, events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, not_, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.models import (
    Assignment,
    Document,
    Event,
    GuideVersion,
    Membership,
    Person,
    Project,
    Round,
    SchemeVersion,
)
from webapp.services.access import Access, enter
from webapp.services.counting import Progress, progress_by, still_annotating, together
from webapp.services.listing import OwnShelf, found_by, on_page, own_shelf, shown_title_column
from webapp.services.managing import newest_number
from webapp.services.members import member_name
from webapp.services.paging import Page, Wanted
from webapp.services.rounds import find_round, newest_round, rounds_of

_AT_ONCE = 1_000  # events fetched together: bounds the memory of an export

# ---- overview ----


@dataclass(frozen=True, slots=True)
class Column:
    """An annotator of the round: the pseudonym is the person's address within the project."""

    person_id: str
    key: str
    name: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Row:
    """An article with a cell for each annotator: None where it is not assigned to them.

    `blind`: the actor has it in work, so that others' labels are not counted.
    """

    id: str
    title: str
    cells: list[Progress | None]
    blind: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A project for its curator, seen through one round. `step` names what to do next."""

    project: Project
    rounds: list[tuple[Round, Progress]]
    round: Round
    progress: Progress
    columns: list[Column]
    rows: list[Row]
    page: Page
    wanted: Wanted
    documents: int
    annotators: int
    step: str


def overview(db: Database, actor: Actor, slug: str, round_name: str | None, wanted: Wanted) -> Overview | OwnShelf:
    """Articles × people of a round (default: the newest) for curators; for others their own articles only.

    Raises NotFound.
    """
    with db.reading() as session:
        access = enter(session, slug, actor)
        made: Overview | OwnShelf
        if access.allows("curate"):
            made = _overview(session, access, round_name, wanted)
        else:
            made = own_shelf(session, access, wanted)
        session.expunge_all()
        return made


def _overview(session: Session, access: Access, round_name: str | None, wanted: Wanted) -> Overview:
    here = access.project_id
    round = find_round(session, here, round_name) if round_name else newest_round(session, here)
    found = progress_by(session, access, [Assignment.round, Assignment.person_id])
    columns = _columns(session, access, {person: p for (name, person), p in found.items() if name == round.name})
    rounds = [(one, _of_round(found, one)) for one in rounds_of(session, here)]
    page = Page(wanted.page, _count(session, Document.project_id == here, *found_by(wanted)))
    documents = _count(session, Document.project_id == here)
    annotators = _count(session, Membership.project_id == here, Membership.is_annotator)
    return Overview(
        project=access.project,
        rounds=rounds,
        round=round,
        progress=_of_round(found, round),
        columns=columns,
        rows=_rows(session, access, round, columns, wanted, page),
        page=page,
        wanted=wanted,
        documents=documents,
        annotators=annotators,
        step=_next_step(documents, annotators, [p for r, p in rounds if r.closed_at is None]),
    )


def _of_round(found: dict[tuple[Any, ...], Progress], round: Round) -> Progress:
    return together([progress for (name, _), progress in found.items() if name == round.name])


def _count(session: Session, *conditions: Any) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0


def _next_step(documents: int, annotators: int, in_open_rounds: list[Progress]) -> str:
    if not documents:
        return "articles"
    if not annotators:
        return "people"
    if not in_open_rounds:
        return "round"
    work = together(in_open_rounds)
    if not work.assigned:
        return "assign"
    return "close" if work.finished == work.assigned else "wait"


def rounds_with_progress(session: Session, access: Access) -> list[tuple[Round, Progress]]:
    """Oldest first."""
    found = progress_by(session, access, [Assignment.round])
    return [(round, found.get((round.name,), Progress())) for round in rounds_of(session, access.project_id)]


def _columns(session: Session, access: Access, found: dict[str, Progress]) -> list[Column]:
    people = session.execute(
        select(Membership.person_id, Membership.pseudonym, member_name())
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.project_id == access.project_id, Membership.person_id.in_(list(found)))
    )
    columns = [Column(id, key, name, found[id]) for id, key, name in people]
    return sorted(columns, key=lambda column: (column.name.casefold(), column.key))


def _rows(
    session: Session, access: Access, round: Round, columns: list[Column], wanted: Wanted, page: Page
) -> list[Row]:
    query = select(Document.id, shown_title_column()).where(Document.project_id == access.project_id)
    documents = list(session.execute(on_page(query.where(*found_by(wanted)).order_by(Document.id), page)))
    shown = Assignment.document_id.in_([id for id, _ in documents])
    pair = [Assignment.document_id, Assignment.person_id]
    found = progress_by(session, access, pair, Assignment.round == round.name, shown)
    blind = still_annotating(session, access)
    return [
        Row(id, title, [found.get((id, column.person_id)) for column in columns], (round.name, id) in blind)
        for id, title in documents
    ]


# ---- rounds and settings ----


@dataclass(frozen=True, slots=True)
class Setup:
    """What can be set in a project: its rounds, oldest first, and the newest versions of scheme and guide."""

    project: Project
    rounds: list[Round]
    scheme: int
    guide: int

    @property
    def open_rounds(self) -> list[str]:
        """Newest first."""
        return [round.name for round in reversed(self.rounds) if round.closed_at is None]


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds, oldest first, with how far they are; whom and how many articles could be assigned."""

    setup: Setup
    progress: list[tuple[Round, Progress]]
    annotators: list[str]
    documents: int


def setup(db: Database, actor: Actor, slug: str) -> Setup:
    """Raises NotFound, Forbidden."""
    with db.reading() as session:
        made = _setup(session, enter(session, slug, actor, "curate"))
        session.expunge_all()
        return made


def _setup(session: Session, access: Access) -> Setup:
    return Setup(
        project=access.project,
        rounds=rounds_of(session, access.project_id),
        scheme=newest_number(session, SchemeVersion, access.project_id),
        guide=newest_number(session, GuideVersion, access.project_id),
    )


def open_rounds_page(db: Database, actor: Actor, slug: str) -> Rounds:
    """Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        found = progress_by(session, access, [Assignment.round])
        setup = _setup(session, access)
        made = Rounds(
            setup=setup,
            progress=[(round, found.get((round.name,), Progress())) for round in setup.rounds],
            annotators=_annotators(session, access),
            documents=_count(session, Document.project_id == access.project_id),
        )
        session.expunge_all()
        return made


def _annotators(session: Session, access: Access) -> list[str]:
    """Those to whom articles can be given, by name."""
    names = session.scalars(
        select(Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == access.project_id, Membership.is_annotator)
        .where(Person.disabled_at.is_(None), Person.removed_at.is_(None))
    )
    return sorted(names, key=str.casefold)


# ---- events ----


@dataclass(frozen=True, slots=True)
class EventsPage:
    project: Project
    rows: list[dict[str, Any]]
    page: Page
    wanted: Wanted


def all_events(db: Database, actor: Actor, slug: str) -> Iterator[dict[str, Any]]:
    """The project's events, oldest first, as they are read: `{"at","who","action","document","detail"}`. For curators.

    Raises NotFound, Forbidden, before the first is asked for.
    """
    with db.reading() as session:
        enter(session, slug, actor, "curate")
    return _all_events(db, actor, slug)


def _all_events(db: Database, actor: Actor, slug: str) -> Iterator[dict[str, Any]]:
    with db.reading() as session:
        query = _events(session, enter(session, slug, actor, "curate")).order_by(Event.id)
        for row in session.execute(query, execution_options={"yield_per": _AT_ONCE}):
            yield _event(*row)


def newest_events(db: Database, actor: Actor, slug: str, wanted: Wanted) -> EventsPage:
    """A page of the events, newest first, by words in who, what or article. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        found = [_told_of(word, access) for word in wanted.words]
        here = (Event.project_id == access.project_id, *_seen_events(session, access), *found)
        paged = Page(wanted.page, _count(session, *here))
        rows = session.execute(on_page(_events(session, access).where(*found).order_by(Event.id.desc()), paged))
        made = EventsPage(access.project, [_event(*row) for row in rows], paged, wanted)
        session.expunge_all()
        return made


def _told_of(word: str, access: Access) -> ColumnElement[bool]:
    """That the event is by such a person, of such an action, or on such an article."""
    named = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.project_id == access.project_id, member_name().icontains(word, autoescape=True))
    )
    texts = [column.icontains(word, autoescape=True) for column in (Event.action, Event.document_id)]
    operators = [Event.person_id.is_(None)] if word in "operator" else []
    return or_(*texts, Event.person_id.in_(named), *operators)


Events = Select[str, str | None, str, str | None, Any, str | None]


def _events(session: Session, access: Access) -> Events:
    here = (Membership.person_id == Event.person_id) & (Membership.project_id == Event.project_id)
    return (
        select(Event.at, Event.person_id, Event.action, Event.document_id, Event.detail, member_name())
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Membership, here)
        .where(Event.project_id == access.project_id, *_seen_events(session, access))
    )


def _seen_events(session: Session, access: Access) -> list[ColumnElement[bool]]:
    """All but others' labelling of articles that the actor still annotates."""
    in_work = {document for _, document in still_annotating(session, access)}
    if not in_work:
        return []
    of_others = Event.person_id.is_distinct_from(access.actor.person_id)
    return [not_(Event.action.startswith("label-") & of_others & Event.document_id.in_(in_work))]


def _event(
    at: str, person_id: str | None, action: str, document: str | None, detail: Any, name: str | None
) -> dict[str, Any]:
    who = "operator" if person_id is None else name or "removed person"
    return {"at": at, "who": who, "action": action, "document": document, "detail": detail}
