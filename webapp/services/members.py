"""One person of a project, as its curator sees them: roles, progress, what their labels are like, their articles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Actor
from webapp.domain.schemes import ClaimType, Stance
from webapp.models import Assignment, Document, Label, Membership, Person, Project, Round
from webapp.services import tallying
from webapp.services.access import Access, enter, roles_of
from webapp.services.accounts import state_of
from webapp.services.counting import Progress, progress_by, still_annotating, together
from webapp.services.listing import shown_title_column
from webapp.services.paging import Page, Wanted, ordered
from webapp.services.tallying import Shares, Tally

Part = TypeVar("Part", Stance, ClaimType)
_ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role here, or who had one. `key`: the pseudonym, the person's address within the project.

    `state`: active, invited (never chose a password), disabled or removed. `tally` and `shares` where they are shown.
    """

    key: str
    name: str
    roles: list[str]
    state: str
    last_seen: str | None
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    shares: Shares = field(default_factory=Shares)

    @property
    def is_simulated(self) -> bool:
        """All their labels are made up."""
        return 0 < self.progress.labels == self.progress.simulated


@dataclass(frozen=True, slots=True)
class Held:
    """An article in the hands of a person, in the `position`th round. `state`: new, begun, finished or withdrawn.

    `blind`: the actor has it in work, so that others' labels are not counted.
    """

    id: str
    title: str
    round: str
    position: int
    is_open: bool
    state: str
    reason: str
    progress: Progress
    blind: bool


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One person with a page of their articles; `in_open_rounds` of all could be taken back.

    `stances`, `claim_types`: values with their labels and percent of all, None for those off target. `seconds`: the
    median time of a label made by hand, None where there are too few.
    """

    project: Project
    member: Member
    held: list[Held]
    page: Page
    wanted: Wanted
    in_all: int
    in_open_rounds: int
    stances: list[tuple[Stance | None, int, float]]
    claim_types: list[tuple[ClaimType | None, int, float]]
    seconds: float | None


def member_name() -> ColumnElement[str]:
    """What a member is called; of a removed one only the pseudonym is left."""
    return case((Person.removed_at.is_not(None), Membership.pseudonym), else_=Person.name)


def members_query(access: Access) -> Select[Person, Membership]:
    return (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == access.project_id)
    )


def member_of(person: Person, row: Membership, progress: Progress, **more: Any) -> Member:
    removed = person.removed_at is not None
    return Member(
        key=row.pseudonym,
        name=row.pseudonym if removed else person.name,
        roles=sorted(roles_of(row)),
        state="removed" if removed else state_of(person),
        last_seen=person.seen_at,
        progress=progress,
        **more,
    )


def find_member(session: Session, access: Access, key: str) -> tuple[Person, Membership]:
    """The member of that pseudonym. Raises NotFound."""
    row = session.execute(members_query(access).where(Membership.pseudonym == key)).first()
    if row is None:
        raise NotFound("There is no such person in this project.")
    return row


def open_member(db: Database, actor: Actor, slug: str, key: str, wanted: Wanted = _ALL) -> MemberPage:
    """One person and their articles, newest round first. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        person, row = find_member(session, access, key)
        mine = Assignment.person_id == person.id
        everything = _held(session, access, person)
        found = [one for one in everything if all(word in f"{one.title} {one.id}".casefold() for word in wanted.words)]
        page = Page(wanted.page, len(found))
        tally = tallying.tallies(session, access, mine).get(person.id, Tally())
        work = together([one.progress for one in everything if one.state != "withdrawn"])
        stances, claim_types = _shares(session, access, person)
        made = MemberPage(
            project=access.project,
            member=member_of(person, row, work, tally=tally),
            held=list(page.of(ordered(found, wanted.sort, _COLUMNS))),
            page=page,
            wanted=wanted,
            in_all=len(everything),
            in_open_rounds=sum(1 for one in everything if one.is_open and one.state != "withdrawn"),
            stances=stances,
            claim_types=claim_types,
            seconds=tallying.seconds_a_label(session, access, person.id),
        )
        session.expunge_all()
        return made


def open_name(db: Database, actor: Actor, slug: str, key: str) -> str:
    """What the member is called by the services that take a name. Raises NotFound, Forbidden."""
    with db.reading() as session:
        person, _ = find_member(session, enter(session, slug, actor, "curate"), key)
        return person.name


_COLUMNS: dict[str, Callable[[Held], Any]] = {
    "title": lambda one: one.title.casefold(),
    "round": lambda one: one.position,
    "labels": lambda one: one.progress.labels,
    "state": lambda one: ("new", "begun", "finished", "withdrawn").index(one.state),
}

StanceShares = list[tuple[Stance | None, int, float]]
ClaimShares = list[tuple[ClaimType | None, int, float]]


def _shares(session: Session, access: Access, person: Person) -> tuple[StanceShares, ClaimShares]:
    mine, nothing = Assignment.person_id == person.id, Shares()
    stances, claim_types = tallying.values(session, access)
    by_stance = tallying.shares(session, access, Label.stance, mine).get(person.id, nothing)
    by_claim = tallying.shares(session, access, Label.claim_type, mine).get(person.id, nothing)
    return _parts(stances, by_stance), _parts(claim_types, by_claim)


def _parts(values: Sequence[Part], shares: Shares) -> list[tuple[Part | None, int, float]]:
    """Every value of the schemes, then those off target where there are any."""
    parts: list[Part | None] = list(values)
    if None in shares.counts:
        parts.append(None)
    counted = [(part, part.id if part else None) for part in parts]
    return [(part, shares.counts[id], shares.percent(id)) for part, id in counted]


def _held(session: Session, access: Access, person: Person) -> list[Held]:
    """All that they have or had, newest round first."""
    found = progress_by(session, access, [Assignment.round, Assignment.document_id], Assignment.person_id == person.id)
    own = person.id == access.actor.person_id
    blind: set[tuple[str, str]] = set() if own else still_annotating(session, access)
    rows = session.execute(_articles_of(access, person))
    return [
        Held(
            id=id,
            title=title,
            round=round,
            position=position,
            is_open=closed_at is None,
            state="withdrawn" if state == "withdrawn" else found.get((round, id), Progress()).state,
            reason=reason,
            progress=found.get((round, id), Progress()),
            blind=(round, id) in blind,
        )
        for id, title, round, position, closed_at, state, reason in rows
    ]


def _articles_of(access: Access, person: Person) -> Select[str, str, str, int, str | None, str, str]:
    here = Assignment.project_id == access.project_id
    return (
        select(
            Document.id,
            shown_title_column(),
            Round.name,
            Round.position,
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
        .where(here, Assignment.person_id == person.id)
        .order_by(Round.position.desc(), Document.id)
    )
