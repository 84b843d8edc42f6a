"""One article as one person may see it: for the annotation page and for its JSON form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import Assignment, Document, Label, Project, Round, Speaker
from webapp.services.access import Access, enter
from webapp.services.annotating import LABEL_FIELDS, label_columns, state_of
from webapp.services.rounds import assignment_of, scheme_of, shown_round
from webapp.services.speakers import visible_speakers


@dataclass(frozen=True, slots=True)
class Article:
    """A document in a round with one person's own labels. `state`: open, done, locked, or reading (not assigned)."""

    project: Project
    document: Document
    round: Round
    state: str
    units: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    scheme: Scheme
    speakers: list[Speaker]
    position: tuple[int, int]
    next_document: str | None
    adjudicated_since: str | None  # the moment from which labels stand still for the sake of decisions

    @property
    def title(self) -> str:
        return shown_title(self.document)

    @property
    def locked_reason(self) -> str:
        """Why nothing can be changed, in words; "" where it can, or where the article is in adjudication."""
        if self.state != "locked" or self.round.closed_at is None:
            return ""
        return f"Round {self.round.name} is closed; its labels stand still."

    @property
    def voice(self) -> str:
        return own_voice(self.document, self.speakers)


def own_voice(document: Document, speakers: Sequence[Speaker]) -> str:
    """The speaker who is the article's own voice, the outermost link of a chain; "" where the registry has none."""
    outlets = [s for s in speakers if s.kind == "outlet" and s.merged_into is None]
    own = [s.id for s in outlets if s.id == f"voice-{document.id}"]
    named = [s.id for s in outlets if document.outlet and s.name == document.outlet]
    return next(iter([*own, *named]), "")


def shown_title(document: Document) -> str:
    return document.display_title or document.title or document.id


def open_article(db: Database, actor: Actor, slug: str, document_id: str, round_name: str | None = None) -> Article:
    """Raises NotFound; Forbidden for an annotator to whom it is not assigned."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        document = session.get(Document, (access.project_id, document_id))
        if document is None:
            raise NotFound("There is no such article in this project.")
        assigned = None
        if access.allows("label"):
            assigned = assignment_of(session, access.project_id, document_id, access.person_id, round_name)
        round, state = _place(session, access, document_id, round_name, assigned)
        article = Article(
            project=access.project,
            document=document,
            round=round,
            state=state,
            units=_units(document, access.project, _redirections(session, access.project_id)),
            labels=own_labels(session, access, document_id, round.name) if assigned else [],
            scheme=scheme_of(session, round),
            speakers=visible_speakers(session, access),
            position=_position(session, access, document_id, round.name),
            next_document=_next_document(session, access, document_id, round.name),
            adjudicated_since=assigned[0].locked_at if assigned else None,
        )
        session.expunge_all()
        return article


def _place(
    session: Session,
    access: Access,
    document_id: str,
    round_name: str | None,
    assigned: tuple[Assignment, Round] | None,
) -> tuple[Round, str]:
    if assigned:
        return assigned[1], state_of(*assigned)
    if not access.allows("adjudicate"):
        raise Forbidden(_not_yours(session, access, document_id))
    return shown_round(session, access.project_id, document_id, round_name), "reading"


def _not_yours(session: Session, access: Access, document_id: str) -> str:
    here = (Assignment.project_id == access.project_id, Assignment.document_id == document_id)
    if session.scalar(select(Assignment.state).where(*here, Assignment.person_id == access.actor.person_id).limit(1)):
        return "The curator took this article back. Your labels on it are kept and do not count."
    return "This article is not assigned to you. Your own are listed on the first page."


def _redirections(session: Session, project_id: str) -> dict[str, str]:
    query = select(Speaker.id, Speaker.merged_into).where(
        Speaker.project_id == project_id, Speaker.merged_into.is_not(None)
    )
    return {id: into for id, into in session.execute(query) if into is not None}


def _units(document: Document, project: Project, redirections: dict[str, str]) -> list[dict[str, Any]]:
    """The stored units; proposals follow merges, and are null where the project switched them off."""
    return [
        _unit(unit, project.proposals_on, redirections) if unit["kind"] == "quotation" else unit
        for unit in document.units
    ]


def _unit(unit: dict[str, Any], proposals_on: bool, redirections: dict[str, str]) -> dict[str, Any]:
    proposal = unit["proposal"] if proposals_on else None
    while proposal in redirections:
        proposal = redirections[proposal]
    return unit | {"proposal": proposal}


def own_labels(session: Session, access: Access, document_id: str, round_name: str) -> list[dict[str, Any]]:
    """The actor's living labels on the document in the round, by place."""
    query = (
        select(*label_columns)
        .where(Label.project_id == access.project_id, Label.document_id == document_id, Label.round == round_name)
        .where(Label.person_id == access.actor.person_id, Label.deleted_at.is_(None))
        .order_by(Label.start_at, Label.end_at.desc(), Label.id)
    )
    return [dict(zip(LABEL_FIELDS, row, strict=True)) for row in session.execute(query)]


def _mine(access: Access, round_name: str) -> Any:
    return (
        (Assignment.project_id == access.project_id)
        & (Assignment.person_id == access.actor.person_id)
        & (Assignment.round == round_name)
        & (Assignment.state != "withdrawn")
    )


def _position(session: Session, access: Access, document_id: str, round_name: str) -> tuple[int, int]:
    """Which of how many of one's own articles in the round, counted from 1; (0, 0) if it is none of them."""
    mine = select(func.count()).select_from(Assignment).where(_mine(access, round_name))
    total = session.scalar(mine) or 0
    before = session.scalar(mine.where(Assignment.document_id <= document_id)) or 0
    return before, total


def _next_document(session: Session, access: Access, document_id: str, round_name: str) -> str | None:
    """The next open article of one's own behind this one, else the first open one."""
    waiting = session.scalars(
        select(Assignment.document_id)
        .where(_mine(access, round_name), Assignment.state == "open", Assignment.document_id != document_id)
        .order_by(Assignment.document_id)
    ).all()
    return next((id for id in waiting if id > document_id), waiting[0] if waiting else None)
