"""The people of a project for its curator: roles, progress, and one person's articles."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, Membership, Person, Project, Round
from webapp.services.access import Access, enter, roles_of
from webapp.services.accounts import state_of
from webapp.services.counting import Progress, progress_by
from webapp.services.listing import on_page, shown_title_column
from webapp.services.paging import Page


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role here, or who had one. `key`: the pseudonym, the person's address within the project.

    `state`: active, invited (never chose a password), disabled or removed.
    """

    key: str
    name: str
    roles: list[str]
    state: str
    last_seen: str | None
    progress: Progress

    @property
    def is_simulated(self) -> bool:
        """All their labels are made up."""
        return 0 < self.progress.labels == self.progress.simulated


@dataclass(frozen=True, slots=True)
class Held:
    """An article in the hands of a person, in one round. `state`: new, begun, finished or withdrawn."""

    id: str
    title: str
    round: str
    is_open: bool
    state: str
    reason: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One person with a page of their articles; `in_open_rounds` of all could be taken back."""

    project: Project
    member: Member
    held: list[Held]
    page: Page
    in_open_rounds: int


def member_name() -> ColumnElement[str]:
    """What a member is called; of a removed one only the pseudonym is left."""
    return case((Person.removed_at.is_not(None), Membership.pseudonym), else_=Person.name)


def list_members(db: Database, actor: Actor, slug: str) -> tuple[Project, list[Member]]:
    """Everybody with a role by name, then those who had one. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        members = members_of(session, access)
        session.expunge_all()
        return access.project, members


def members_of(session: Session, access: Access) -> list[Member]:
    found = progress_by(session, access, [Assignment.person_id])
    rows = session.execute(_members(access))
    members = [_member(person, row, found.get((person.id,), Progress())) for person, row in rows]
    return sorted(members, key=lambda member: (not member.roles, member.name.casefold()))


def _members(access: Access) -> Select[Person, Membership]:
    return (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == access.project_id)
    )


def _member(person: Person, row: Membership, progress: Progress) -> Member:
    removed = person.removed_at is not None
    return Member(
        key=row.pseudonym,
        name=row.pseudonym if removed else person.name,
        roles=sorted(roles_of(row)),
        state="removed" if removed else state_of(person),
        last_seen=person.seen_at,
        progress=progress,
    )


def find_member(session: Session, access: Access, key: str) -> tuple[Person, Membership]:
    """The member of that pseudonym. Raises NotFound."""
    row = session.execute(_members(access).where(Membership.pseudonym == key)).first()
    if row is None:
        raise NotFound("There is no such person in this project.")
    return row


def open_member(db: Database, actor: Actor, slug: str, key: str, page: int = 1) -> MemberPage:
    """One person and their articles, newest round first. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        person, row = find_member(session, access, key)
        query = _articles_of(access, person)
        paged = Page(page, session.scalar(select(func.count()).select_from(query.subquery())) or 0)
        in_open_rounds = query.where(Assignment.state != "withdrawn", Round.closed_at.is_(None)).subquery()
        total = progress_by(session, access, [Assignment.person_id], Assignment.person_id == person.id)
        made = MemberPage(
            project=access.project,
            member=_member(person, row, total.get((person.id,), Progress())),
            held=_held(session, access, person, query, paged),
            page=paged,
            in_open_rounds=session.scalar(select(func.count()).select_from(in_open_rounds)) or 0,
        )
        session.expunge_all()
        return made


Articles = Select[str, str, str, str | None, str, str]


def _articles_of(access: Access, person: Person) -> Articles:
    return (
        select(
            Document.id,
            shown_title_column(),
            Round.name,
            Round.closed_at,
            Assignment.state,
            Assignment.withdrawn_reason,
        )
        .join_from(
            Assignment,
            Document,
            (Document.project_id == Assignment.project_id) & (Document.id == Assignment.document_id),
        )
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.person_id == person.id)
    )


def _held(session: Session, access: Access, person: Person, query: Articles, page: Page) -> list[Held]:
    mine = Assignment.person_id == person.id
    found = progress_by(session, access, [Assignment.round, Assignment.document_id], mine)
    rows = session.execute(on_page(query.order_by(Round.position.desc(), Document.id), page))
    return [_one_held(row, found.get((row[2], row[0]), Progress())) for row in rows]


def _one_held(row: tuple[str, str, str, str | None, str, str], progress: Progress) -> Held:
    id, title, round, closed_at, state, reason = row
    shown = "withdrawn" if state == "withdrawn" else progress.state
    return Held(id, title, round, closed_at is None, shown, reason, progress)
