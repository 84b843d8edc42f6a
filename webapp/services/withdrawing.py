"""Withdrawn work: begun articles that were taken back with a reason. What it was, and giving it back."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, Event, Label, Membership, Person, Project, Round
from webapp.services.access import Access, enter, record
from webapp.services.accounts import find_person
from webapp.services.counting import of_assignment, still_annotating
from webapp.services.listing import on_page, shown_title_column
from webapp.services.members import member_name
from webapp.services.paging import Page, Wanted


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An article that was taken back from `name` after it was begun. `key`: the person's address in the project.

    `at` is None where no event tells of it (it came in by a bundle); `labels` None where they are not to be counted
    for the actor, who still annotates the article. `may_return`: the round is open and the person still annotates.
    """

    key: str
    name: str
    document: str
    title: str
    round: str
    reason: str
    at: str | None
    labels: int | None
    may_return: bool


@dataclass(frozen=True, slots=True)
class WithdrawnPage:
    project: Project
    rows: list[Withdrawn]
    page: Page
    wanted: Wanted


def list_withdrawn(db: Database, actor: Actor, slug: str, wanted: Wanted) -> WithdrawnPage:
    """By person and article, with every wanted word in name, title, id or reason. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        query = _withdrawn(access).where(*_found(wanted))
        paged = Page(wanted.page, session.scalar(select(func.count()).select_from(query.subquery())) or 0)
        ordered = query.order_by(func.lower(Person.name), Document.id, Assignment.round)
        rows = list(session.execute(on_page(ordered, paged)))
        moments, blind = _moments(session, access) if rows else {}, still_annotating(session, access)
        made = [_row(row, moments, blind, _labels(session, row[0])) for row in rows]
        session.expunge_all()
        return WithdrawnPage(access.project, made, paged, wanted)


def count_withdrawn(session: Session, access: Access) -> int:
    """How many articles of the project were taken back after they were begun."""
    withdrawn = (Assignment.project_id == access.project_id, Assignment.state == "withdrawn")
    return session.scalar(select(func.count()).where(*withdrawn)) or 0


Rows = Select[Assignment, Person, Membership, str, str, str | None]


def _withdrawn(access: Access) -> Rows:
    return (
        select(Assignment, Person, Membership, member_name(), shown_title_column(), Round.closed_at)
        .join(Person, Person.id == Assignment.person_id)
        .join(Membership, and_(Membership.project_id == Assignment.project_id, Membership.person_id == Person.id))
        .join(Document, and_(Document.project_id == Assignment.project_id, Document.id == Assignment.document_id))
        .join(Round, and_(Round.project_id == Assignment.project_id, Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.state == "withdrawn")
    )


def _found(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = (member_name(), shown_title_column(), Document.id.expression, Assignment.withdrawn_reason.expression)
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in wanted.words]


def _moments(session: Session, access: Access) -> dict[tuple[str, str], str]:
    """When (name, article) was taken back last, as the events tell."""
    query = select(Event.at, Event.detail).where(Event.project_id == access.project_id, Event.action == "unassigned")
    return {
        (detail["person"], document): at
        for at, detail in session.execute(query.order_by(Event.id))
        for document in detail["documents"]
    }


def _labels(session: Session, assignment: Assignment) -> int:
    query = select(func.count()).join_from(Assignment, Label, of_assignment())
    return session.scalar(query.where(*_is(assignment), Label.deleted_at.is_(None))) or 0


def _is(one: Assignment) -> tuple[ColumnElement[bool], ...]:
    return (
        Assignment.project_id == one.project_id,
        Assignment.round == one.round,
        Assignment.document_id == one.document_id,
        Assignment.person_id == one.person_id,
    )


def _row(
    row: tuple[Assignment, Person, Membership, str, str, str | None],
    moments: dict[tuple[str, str], str],
    blind: set[tuple[str, str]],
    labels: int,
) -> Withdrawn:
    work, person, member, name, title, closed_at = row
    return Withdrawn(
        key=member.pseudonym,
        name=name,
        document=work.document_id,
        title=title,
        round=work.round,
        reason=work.withdrawn_reason,
        at=moments.get((name, work.document_id)),
        labels=None if (work.round, work.document_id) in blind else labels,
        may_return=closed_at is None and member.is_annotator and not person.disabled_at and not person.removed_at,
    )


def give_back(
    db: Database, actor: Actor, slug: str, annotator: str, document: str, round_name: str | None = None
) -> str:
    """Let a person go on with what was withdrawn (without a round in the newest one): it is open again and its labels
    count. Returns the round. Raises NotFound, Forbidden; Invalid where it is closed or they annotate here no more.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        person = find_person(session, annotator)
        work, round = _withdrawn_work(session, access, person, document, round_name)
        if round.closed_at:
            raise Invalid(f"Round “{round.name}” is closed: its labels stand still, withdrawn ones too.")
        member = session.get(Membership, (access.project_id, person.id))
        if member is None or not member.is_annotator or person.disabled_at:
            raise Invalid(f"“{person.name}” does not annotate here any more. Give them the role again first.")
        detail = {"round": round.name, "person": person.name, "was_reason": work.withdrawn_reason}
        work.state, work.finished_at, work.withdrawn_reason = "open", None, ""
        record(session, actor, "given-back", access.project_id, document, **detail)
        return round.name


def _withdrawn_work(
    session: Session, access: Access, person: Person, document: str, round_name: str | None
) -> tuple[Assignment, Round]:
    query = (
        select(Assignment, Round)
        .join(Round, and_(Round.project_id == Assignment.project_id, Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.person_id == person.id)
        .where(Assignment.document_id == document, Assignment.state == "withdrawn")
        .order_by(Round.position.desc())
        .limit(1)
    )
    row = session.execute(query.where(Round.name == round_name) if round_name else query).first()
    if row is None:
        raise NotFound(f"No work of “{person.name}” on “{document}” is withdrawn, or not any more.")
    return row[0], row[1]
