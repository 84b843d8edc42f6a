"""Rounds and what they fix: their scheme, their guide, who is assigned to which document."""

from functools import lru_cache

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from webapp.domain.errors import NotFound
from webapp.domain.schemes import Scheme, parse_scheme
from webapp.models import Assignment, GuideVersion, Round, SchemeVersion

_ASSIGNED_AT_ALL = (
    select(Assignment, Round)
    .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
    .where(Assignment.project_id == bindparam("project"), Assignment.document_id == bindparam("document"))
    .where(Assignment.person_id == bindparam("person"), Assignment.state != "withdrawn")
    .order_by(Round.position.desc())
    .limit(1)
)
_ASSIGNED_IN_ROUND = _ASSIGNED_AT_ALL.where(Assignment.round == bindparam("round"))
_SCHEME = select(SchemeVersion.source).where(
    SchemeVersion.project_id == bindparam("project"), SchemeVersion.number == bindparam("number")
)

parse_scheme_once = lru_cache(maxsize=64)(parse_scheme)  # keyed by the file's text: a version never changes


def find_round(session: Session, project_id: str, name: str) -> Round:
    """Raises NotFound."""
    found = session.get(Round, (project_id, name))
    if found is None:
        raise NotFound(f"There is no round “{name}” in this project.")
    return found


def newest_round(session: Session, project_id: str) -> Round:
    return session.scalars(
        select(Round).where(Round.project_id == project_id).order_by(Round.position.desc()).limit(1)
    ).one()


def rounds_of(session: Session, project_id: str) -> list[Round]:
    """Oldest first."""
    return list(session.scalars(select(Round).where(Round.project_id == project_id).order_by(Round.position)))


def assignment_of(
    session: Session, project_id: str, document_id: str, person_id: str, round_name: str | None
) -> tuple[Assignment, Round] | None:
    """This person's living assignment to the document: in `round_name`, else in the newest round that has one."""
    query = _ASSIGNED_AT_ALL if round_name is None else _ASSIGNED_IN_ROUND
    given = {"project": project_id, "document": document_id, "person": person_id, "round": round_name}
    row = session.execute(query, given).first()
    return (row[0], row[1]) if row else None


def shown_round(session: Session, project_id: str, document_id: str, round_name: str | None) -> Round:
    """The round for somebody who is not assigned: the one named, else the newest with the document, else the newest."""
    if round_name is not None:
        return find_round(session, project_id, round_name)
    return newest_assigned_round(session, project_id, Assignment.document_id == document_id)


def newest_assigned_round(session: Session, project_id: str, *conditions: ColumnElement[bool]) -> Round:
    """The newest round with an assignment (that meets the conditions), else the newest."""
    assigned = session.scalar(
        select(Round)
        .join(Assignment, (Assignment.project_id == Round.project_id) & (Assignment.round == Round.name))
        .where(Round.project_id == project_id, *conditions)
        .order_by(Round.position.desc())
        .limit(1)
    )
    return assigned or newest_round(session, project_id)


def keep_locked(session: Session, project_id: str) -> None:
    """Whoever comes to an article that is in adjudication finds it as locked as the others do."""
    other = aliased(Assignment)
    same = (
        (other.project_id == Assignment.project_id)
        & (other.round == Assignment.round)
        & (other.document_id == Assignment.document_id)
    )
    since = select(func.min(other.locked_at)).where(same).scalar_subquery()
    here = (Assignment.project_id == project_id, Assignment.locked_at.is_(None))
    session.execute(update(Assignment).where(*here, since.is_not(None)).values(locked_at=since))


def scheme_source(session: Session, project_id: str, number: int) -> str:
    return session.scalars(_SCHEME, {"project": project_id, "number": number}).one()


def scheme_of(session: Session, round: Round) -> Scheme:
    return parse_scheme_once(scheme_source(session, round.project_id, round.scheme_number))


def guide_source(session: Session, project_id: str, number: int) -> str:
    return session.scalars(
        select(GuideVersion.source).where(GuideVersion.project_id == project_id, GuideVersion.number == number)
    ).one()
