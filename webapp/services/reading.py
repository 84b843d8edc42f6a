"""What everybody in a project may read: the guide and the scheme of a round, and the registry of speakers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.guides import mentioned_articles
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import Assignment, Document, GuideVersion, Project, Round, SchemeVersion, Speaker
from webapp.services.access import Access, enter
from webapp.services.rounds import find_round, newest_round, parse_scheme_once
from webapp.services.speakers import visible_speakers


@dataclass(frozen=True, slots=True)
class Rules:
    """Guide and scheme of one round. `rounds`: those the actor may choose from, oldest first.

    `articles`: ids of the articles that the guide names and the actor may open.
    """

    project: Project
    round: Round
    rounds: list[str]
    scheme: Scheme
    scheme_version: SchemeVersion
    guide_version: GuideVersion
    articles: frozenset[str]


def open_rules(db: Database, actor: Actor, slug: str, round_name: str | None = None) -> Rules:
    """For the round named, else the newest of one's own, else the newest. Raises NotFound."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        own = _own_rounds(session, access)
        round = find_round(session, access.project_id, round_name) if round_name else _default(session, access, own)
        scheme = session.get_one(SchemeVersion, (access.project_id, round.scheme_number))
        guide = session.get_one(GuideVersion, (access.project_id, round.guide_number))
        rules = Rules(
            project=access.project,
            round=round,
            rounds=_choices(session, access, own, round),
            scheme=parse_scheme_once(scheme.source),
            scheme_version=scheme,
            guide_version=guide,
            articles=_openable(session, access, mentioned_articles(guide.source)),
        )
        session.expunge_all()
        return rules


def _own_rounds(session: Session, access: Access) -> list[Round]:
    """Rounds with an article of one's own, oldest first."""
    mine = select(Assignment.round).where(*_mine(access))
    here = Round.project_id == access.project_id
    return list(session.scalars(select(Round).where(here, Round.name.in_(mine)).order_by(Round.position)))


def _mine(access: Access) -> tuple[Any, ...]:
    return (
        Assignment.project_id == access.project_id,
        Assignment.person_id == access.actor.person_id,
        Assignment.state != "withdrawn",
    )


def _default(session: Session, access: Access, own: list[Round]) -> Round:
    return own[-1] if own else newest_round(session, access.project_id)


def _choices(session: Session, access: Access, own: list[Round], round: Round) -> list[str]:
    """All rounds for those who look after them; for annotators their own, and the one shown."""
    if access.allows("adjudicate"):
        every = select(Round.name).where(Round.project_id == access.project_id)
        return list(session.scalars(every.order_by(Round.position)))
    shown = {one.position: one.name for one in [*own, round]}
    return [shown[position] for position in sorted(shown)]


def _openable(session: Session, access: Access, ids: Iterable[str]) -> frozenset[str]:
    documents = select(Document.id).where(Document.project_id == access.project_id, Document.id.in_(list(ids)))
    if not access.allows("adjudicate"):
        documents = documents.where(Document.id.in_(_own_documents(access)))
    return frozenset(session.scalars(documents))


def _own_documents(access: Access) -> Select[str]:
    return select(Assignment.document_id).where(*_mine(access))


@dataclass(frozen=True, slots=True)
class Registry:
    """The speakers an actor may see, by name, those merged into another left out; `names` of all by id."""

    project: Project
    speakers: list[Speaker]
    names: dict[str, str]
    merged: dict[str, list[str]]


def open_registry(db: Database, actor: Actor, slug: str) -> Registry:
    """`merged`: the names that were merged into a speaker, by its id. Raises NotFound."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        seen = visible_speakers(session, access)
        session.expunge_all()
    merged: dict[str, list[str]] = {}
    for speaker in seen:
        if speaker.merged_into:
            merged.setdefault(speaker.merged_into, []).append(speaker.name)
    living = sorted((s for s in seen if not s.merged_into), key=lambda s: s.name.casefold())
    return Registry(access.project, living, {s.id: s.name for s in seen}, merged)
