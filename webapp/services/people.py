"""The people of a project in a list for its curator: progress, and what their labels are like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.domain.schemes import ClaimType, Stance
from webapp.models import Assignment, Label, Membership, Person, Project
from webapp.services import tallying
from webapp.services.access import Access, enter
from webapp.services.counting import Progress, assigned_by, still_annotating
from webapp.services.members import Member, member_of, members_query
from webapp.services.paging import Page, Wanted, ordered
from webapp.services.rounds import find_round, rounds_of
from webapp.services.tallying import Shares, Tally
from webapp.services.withdrawing import count_withdrawn

SHOWS = ("work", "stances", "claims")


@dataclass(frozen=True, slots=True)
class People:
    """A page of the project's people. `show`: one of SHOWS, what is told of them; `round` None: in all rounds.

    `columns`: the stances or claim types whose shares are shown, None for labels off target. `blind`: the actor has
    articles in work, on which others' labels are not counted.
    """

    project: Project
    rows: list[Member]
    page: Page
    wanted: Wanted
    show: str
    rounds: list[str]
    round: str | None
    columns: list[Stance | ClaimType | None]
    members: int
    withdrawn: int
    blind: bool


def list_people(
    db: Database, actor: Actor, slug: str, wanted: Wanted, show: str = "work", round_name: str | None = None
) -> People:
    """Everybody with a role by name, then those who had one; in the order asked for. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        if round_name is not None:
            find_round(session, access.project_id, round_name)
        everybody, columns = _told(session, access, show, round_name)
        found = [one for one in everybody if all(word in one.name.casefold() for word in wanted.words)]
        page = Page(wanted.page, len(found))
        made = People(
            project=access.project,
            rows=list(page.of(ordered(found, wanted.sort, _COLUMNS | _share_columns(columns)))),
            page=page,
            wanted=wanted,
            show=show,
            rounds=[round.name for round in rounds_of(session, access.project_id)],
            round=round_name,
            columns=columns,
            members=sum(1 for one in everybody if one.roles),
            withdrawn=count_withdrawn(session, access),
            blind=bool(still_annotating(session, access)),
        )
        session.expunge_all()
        return made


_COLUMNS: dict[str, Callable[[Member], Any]] = {
    "name": lambda one: one.name.casefold(),
    "finished": lambda one: (one.progress.finished, one.progress.assigned),
    "labels": lambda one: one.progress.labels,
    "unsure": lambda one: one.tally.unsure,
    "notes": lambda one: one.tally.notes,
    "hours": lambda one: one.tally.slots,
    "pace": lambda one: one.tally.pace or 0,
    "seen": lambda one: one.last_seen or "",
}


def _share_columns(columns: list[Stance | ClaimType | None]) -> dict[str, Callable[[Member], Any]]:
    """`of-` and the value's id: by its share."""
    ids = [column.id if column else None for column in columns]
    return {f"of-{id or ''}": lambda one, id=id: one.shares.percent(id) for id in ids}  # type: ignore[misc]


Told = tuple[list[Member], list[Stance | ClaimType | None]]


def _told(session: Session, access: Access, show: str, round_name: str | None) -> Told:
    """Everybody, and the values whose shares are told."""
    here = [Assignment.round == round_name] if round_name is not None else []
    work = assigned_by(session, access, [Assignment.person_id], *here)
    assigned = {person: counts for (person,), counts in work.items()}
    rows = session.execute(members_query(access)).all()
    columns: list[Stance | ClaimType | None] = []
    if show == "work":
        tallies = tallying.tallies(session, access, *here)
        members = [_with_tally(person, row, assigned, tallies) for person, row in rows]
    else:
        columns, shares = _shares(session, access, show, here)
        members = [_with_shares(person, row, assigned, shares) for person, row in rows]
    return sorted(members, key=lambda member: (not member.roles, member.name.casefold())), columns


def _shares(
    session: Session, access: Access, show: str, here: list[ColumnElement[bool]]
) -> tuple[list[Stance | ClaimType | None], dict[str, Shares]]:
    stances, claim_types = tallying.values(session, access)
    found = tallying.shares(session, access, Label.stance if show == "stances" else Label.claim_type, *here)
    columns: list[Stance | ClaimType | None] = [*(stances if show == "stances" else claim_types)]
    if any(None in shares.counts for shares in found.values()):
        columns.append(None)
    return columns, found


Assigned = Mapping[str, tuple[int, int]]


def _with_tally(person: Person, row: Membership, assigned: Assigned, tallies: Mapping[str, Tally]) -> Member:
    tally = tallies.get(person.id, Tally())
    progress = Progress(*assigned.get(person.id, (0, 0)), tally.labels, tally.simulated)
    return member_of(person, row, progress, tally=tally)


def _with_shares(person: Person, row: Membership, assigned: Assigned, found: Mapping[str, Shares]) -> Member:
    shares = found.get(person.id, Shares())
    progress = Progress(*assigned.get(person.id, (0, 0)), shares.labels, shares.simulated)
    return member_of(person, row, progress, shares=shares)
