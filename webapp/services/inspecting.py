"""One person's labels on one article, for the curator to read: what stands, and what was withdrawn."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import Assignment, Document, Label, Project, Round, Speaker, label_table
from webapp.services.access import Access, enter
from webapp.services.annotating import label_record
from webapp.services.counting import still_annotating
from webapp.services.members import find_member
from webapp.services.rounds import find_round, scheme_of
from webapp.services.speakers import visible_speakers


@dataclass(frozen=True, slots=True)
class Work:
    """`key`, `name`: the person. `state`: open, done or withdrawn; `labels` are living ones, by place."""

    project: Project
    key: str
    name: str
    document: Document
    round: Round
    state: str
    reason: str
    labels: list[dict[str, Any]]
    scheme: Scheme
    speakers: list[Speaker]


def open_work(db: Database, actor: Actor, slug: str, key: str, document_id: str, round_name: str) -> Work:
    """Raises NotFound; Forbidden without the right, and while the actor still annotates that article themselves."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        person, member = find_member(session, access, key)
        work = session.get(Assignment, (access.project_id, round_name, document_id, person.id))
        if work is None:
            raise NotFound("This person has no such article in this round.")
        _check_blindness(session, access, work)
        round = find_round(session, access.project_id, round_name)
        made = Work(
            project=access.project,
            key=key,
            name=member.pseudonym if person.removed_at else person.name,
            document=session.get_one(Document, (access.project_id, document_id)),
            round=round,
            state=work.state,
            reason=work.withdrawn_reason,
            labels=_labels(session, work),
            scheme=scheme_of(session, round),
            speakers=visible_speakers(session, access),
        )
        session.expunge_all()
        return made


def _check_blindness(session: Session, access: Access, work: Assignment) -> None:
    own = work.person_id == access.actor.person_id
    if not own and (work.round, work.document_id) in still_annotating(session, access):
        raise Forbidden(
            "You annotate this article yourself. Others’ labels on it are open to you once you finished it."
        )


def _labels(session: Session, work: Assignment) -> list[dict[str, Any]]:
    query = (
        select(label_table)
        .where(Label.project_id == work.project_id, Label.document_id == work.document_id)
        .where(Label.round == work.round, Label.person_id == work.person_id, Label.deleted_at.is_(None))
        .order_by(Label.start_at, Label.end_at.desc(), Label.id)
    )
    return [label_record(row) for row in session.execute(query)]
