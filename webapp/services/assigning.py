"""Handing articles out to annotators, and taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.database import Database, now
from webapp.domain import assignment as planning
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, Label, Membership, Person, Round
from webapp.services.access import Access, enter, record
from webapp.services.accounts import find_person
from webapp.services.rounds import find_round, keep_locked


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an assignment did: pairs of article and person that are new, articles chosen, the round."""

    round: str
    documents: int
    pairs: list[tuple[str, str]]


def assign(
    db: Database,
    actor: Actor,
    slug: str,
    annotators: Sequence[str],
    per_document: int,
    *,
    documents: Sequence[str] | None = None,
    share: Fraction | None = None,
    round_name: str | None = None,
    seed: int = 1,
) -> Assigned:
    """Give each chosen article `per_document` of the annotators; only adds. Raises NotFound, Forbidden, Invalid."""
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        round = _target_round(session, access, round_name)
        people = {person.id: person.name for person in _annotators(session, access, annotators)}
        chosen = _chosen(session, access, documents)
        if share is not None:
            chosen = planning.sample(chosen, share, seed)
        pairs = _plan(session, round, list(people)).add(chosen, per_document, seed)
        _store(session, round, pairs)
        named = [(document, people[person]) for document, person in pairs]
        record(session, actor, "assigned", access.project_id, round=round.name, seed=seed, pairs=named)
        return Assigned(round.name, len(chosen), named)


def _target_round(session: Session, access: Access, name: str | None) -> Round:
    if name is not None:
        round = find_round(session, access.project_id, name)
        if round.closed_at:
            raise Invalid(f"Round “{name}” is closed. Open a new one to assign articles.", "round")
        return round
    newest = session.scalars(
        select(Round)
        .where(Round.project_id == access.project_id, Round.closed_at.is_(None))
        .order_by(Round.position.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise Invalid("Every round is closed. Open a new one to assign articles.", "round")
    return newest


def _annotators(session: Session, access: Access, names: Sequence[str]) -> list[Person]:
    people = [find_person(session, name) for name in names]
    if not people or len({p.id for p in people}) < len(people):
        raise Invalid("Name each annotator once, and at least one.", "annotators")
    for person in people:
        member = session.get(Membership, (access.project_id, person.id))
        if member is None or not member.is_annotator:
            raise Invalid(f"“{person.name}” is no annotator of this project. Give them the role first.", "annotators")
        if person.disabled_at:
            raise Invalid(f"“{person.name}” is disabled and cannot sign in.", "annotators")
    return people


def _chosen(session: Session, access: Access, ids: Sequence[str] | None) -> list[str]:
    there = list(
        session.scalars(select(Document.id).where(Document.project_id == access.project_id).order_by(Document.id))
    )
    if ids is None:
        if not there:
            raise Invalid("There are no articles to assign yet. Import some first.", "documents")
        return there
    for id in ids:
        if id not in there:
            raise NotFound(f"There is no article “{id}” in this project.")
    return list(dict.fromkeys(ids))


def _plan(session: Session, round: Round, people: list[str]) -> planning.Plan:
    rows = session.execute(
        select(Assignment.document_id, Assignment.person_id, Assignment.state).where(
            Assignment.project_id == round.project_id, Assignment.round == round.name, Assignment.person_id.in_(people)
        )
    ).all()
    holders: dict[str, set[str]] = {}
    for row in rows:
        if row.state != "withdrawn":
            holders.setdefault(row.document_id, set()).add(row.person_id)
    withdrawn = frozenset((row.document_id, row.person_id) for row in rows if row.state == "withdrawn")
    return planning.Plan(people, holders, withdrawn)


def _store(session: Session, round: Round, pairs: list[tuple[str, str]]) -> None:
    moment = now()
    session.add_all(
        Assignment(
            project_id=round.project_id,
            round=round.name,
            document_id=document,
            person_id=person,
            state="open",
            assigned_at=moment,
        )
        for document, person in pairs
    )
    session.flush()
    keep_locked(session, round.project_id)


def unassign(
    db: Database,
    actor: Actor,
    slug: str,
    annotator: str,
    *,
    documents: Sequence[str] | None = None,
    with_begun: bool = False,
    reason: str = "",
) -> tuple[int, int]:
    """Take back a person's articles in open rounds: (how many went, how many were withdrawn with their labels).

    Raises Invalid where work was begun and `with_begun` is not given, or no reason comes with it.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        person = find_person(session, annotator)
        held = _held(session, access, person, documents)
        begun = [a for a in held if a.state == "done" or _has_labels(session, a)]
        _check_begun(person, begun, with_begun, reason)
        for assignment in held:
            _take_back(session, assignment, assignment in begun, reason.strip())
        detail: dict[str, Any] = {
            "person": person.name,
            "documents": [a.document_id for a in held],
            "reason": reason.strip(),
        }
        record(session, actor, "unassigned", access.project_id, **detail)
        return len(held) - len(begun), len(begun)


def _held(session: Session, access: Access, person: Person, documents: Sequence[str] | None) -> list[Assignment]:
    query = (
        select(Assignment)
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.person_id == person.id)
        .where(Assignment.state != "withdrawn", Round.closed_at.is_(None))
        .order_by(Assignment.document_id, Round.position)
    )
    held = list(session.scalars(query if documents is None else query.where(Assignment.document_id.in_(documents))))
    missing = sorted(set(documents or ()) - {a.document_id for a in held})
    if missing or not held:
        raise NotFound(f"“{person.name}” holds no {', '.join(missing) or 'article'} in an open round.")
    return held


def _has_labels(session: Session, assignment: Assignment) -> bool:
    query = select(Label.id).where(
        Label.project_id == assignment.project_id,
        Label.document_id == assignment.document_id,
        Label.round == assignment.round,
        Label.person_id == assignment.person_id,
    )
    return session.scalar(query.limit(1)) is not None


def _check_begun(person: Person, begun: list[Assignment], with_begun: bool, reason: str) -> None:
    if not begun:
        return
    if not with_begun:
        ids = ", ".join(a.document_id for a in begun)
        raise Invalid(
            f"“{person.name}” has begun {ids}. To take these back too, give a reason; "
            "their labels are then kept as withdrawn."
        )
    if not reason.strip():
        raise Invalid("Say why begun work is taken back: the reason is kept with it.", "reason")


def _take_back(session: Session, assignment: Assignment, begun: bool, reason: str) -> None:
    if begun:
        assignment.state = "withdrawn"
        assignment.withdrawn_reason = reason
        return
    session.execute(
        delete(Assignment).where(
            Assignment.project_id == assignment.project_id,
            Assignment.round == assignment.round,
            Assignment.document_id == assignment.document_id,
            Assignment.person_id == assignment.person_id,
        )
    )
