"""How far the work is: assignments and labels counted by round, article or person, without breaking blindness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from webapp.models import Assignment, Label, Round
from webapp.services.access import Access


@dataclass(frozen=True, slots=True)
class Progress:
    """Assignments that stand (withdrawn ones do not), how many of them are finished, and their living labels."""

    assigned: int = 0
    finished: int = 0
    labels: int = 0
    simulated: int = 0

    @property
    def state(self) -> str:
        """Of one assignment, or of several taken together: new, begun or finished."""
        if self.assigned and self.finished == self.assigned:
            return "finished"
        return "begun" if self.labels or self.finished else "new"


_ASSIGNED = (func.count(), func.sum(case((Assignment.state == "done", 1), else_=0)))


def progress_by(
    session: Session, access: Access, columns: Sequence[Any], *conditions: ColumnElement[bool]
) -> dict[tuple[Any, ...], Progress]:
    """Progress for each value of `columns` (of Assignment) that occurs under `conditions`.

    Others' labels on an article that the actor still annotates are left out: see `still_annotating`.
    """
    shown = seen(session, access)
    counts = (*_ASSIGNED, _labels(shown), _labels(shown, Label.origin == "simulated"))
    query = select(*columns, *counts).where(*_standing(access), *conditions).group_by(*columns)
    return {tuple(row[:-4]): Progress(*map(int, row[-4:])) for row in session.execute(query)}


def _labels(shown: Sequence[ColumnElement[bool]], *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """The sum of the living labels of each assignment that is `shown`.

    Counted for one after the other, from an index alone: half the work of a join.
    """
    living = select(func.count()).select_from(Label).where(of_assignment(), Label.deleted_at.is_(None), *conditions)
    number = living.correlate(Assignment).scalar_subquery()
    return func.sum(case((and_(*shown), number), else_=0) if shown else number)


def assigned_by(
    session: Session, access: Access, columns: Sequence[Any], *conditions: ColumnElement[bool]
) -> dict[tuple[Any, ...], tuple[int, int]]:
    """(assigned, finished) for each value of `columns` (of Assignment) that occurs under `conditions`."""
    query = select(*columns, *_ASSIGNED).where(*_standing(access), *conditions).group_by(*columns)
    return {tuple(row[:-2]): (row[-2], row[-1]) for row in session.execute(query)}


def labels_by_document(session: Session, access: Access) -> dict[str, int]:
    """Living labels of standing assignments, blindness as above; read from an index alone, so that it is quick."""
    here = (Assignment.project_id == access.project_id, Assignment.state == "withdrawn")
    withdrawn = select(Assignment.round, Assignment.document_id, Assignment.person_id).where(*here)
    query = (
        select(Label.document_id, func.count())
        .where(Label.project_id == access.project_id, Label.deleted_at.is_(None))
        .where(tuple_(Label.round, Label.document_id, Label.person_id).not_in(withdrawn))
        .group_by(Label.document_id)
    )
    in_work = still_annotating(session, access)
    if in_work:
        unseen = tuple_(Label.round, Label.document_id).in_(list(in_work))
        query = query.where((Label.person_id == access.actor.person_id) | ~unseen)
    return dict(session.execute(query).all())


def _standing(access: Access) -> tuple[ColumnElement[bool], ...]:
    return (Assignment.project_id == access.project_id, Assignment.state != "withdrawn")


def together(parts: Sequence[Progress]) -> Progress:
    """The sum."""
    return Progress(
        sum(p.assigned for p in parts),
        sum(p.finished for p in parts),
        sum(p.labels for p in parts),
        sum(p.simulated for p in parts),
    )


def still_annotating(session: Session, access: Access) -> set[tuple[str, str]]:
    """(round, article) that the actor has yet to finish: of these nothing of others' labels may be told to them."""
    rows = session.execute(
        select(Assignment.round, Assignment.document_id)
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.person_id == access.actor.person_id)
        .where(Assignment.state == "open", Round.closed_at.is_(None))
    )
    return set(rows)


def of_assignment() -> ColumnElement[bool]:
    return and_(
        Label.project_id == Assignment.project_id,
        Label.document_id == Assignment.document_id,
        Label.round == Assignment.round,
        Label.person_id == Assignment.person_id,
    )


def seen(session: Session, access: Access) -> list[ColumnElement[bool]]:
    """Own labels, and those on articles that the actor does not have in work."""
    if not still_annotating(session, access):
        return []
    mine = aliased(Assignment)
    in_work = (
        exists()
        .where(mine.project_id == Assignment.project_id, mine.round == Assignment.round, mine.state == "open")
        .where(mine.document_id == Assignment.document_id, mine.person_id == access.actor.person_id)
        .where(Round.project_id == mine.project_id, Round.name == mine.round, Round.closed_at.is_(None))
    )
    return [(Assignment.person_id == access.actor.person_id) | ~in_work]
