"""What everybody in a project may read: the guide and the scheme of a round, and the registry of speakers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.guides import mentioned_articles
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import (
    Assignment,
    Document,
    GuideVersion,
    Label,
    Membership,
    Person,
    Project,
    Round,
    SchemeVersion,
    Speaker,
)
from webapp.services.access import Access, enter
from webapp.services.members import member_name
from webapp.services.paging import Page, Wanted, ordered
from webapp.services.rounds import find_round, newest_round, parse_scheme_once
from webapp.services.speakers import may_count, visible_speakers


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
class Entry:
    """A speaker of the registry, those merged into it, and its living labels (and theirs), so far as may be told."""

    speaker: Speaker
    affiliation: str
    members: list[str]
    proposed_by: str
    merged: list[Speaker]
    labels: int
    simulated: int

    @property
    def known_as(self) -> str:
        """All that it is found by."""
        one, others = self.speaker, [other.name for other in self.merged]
        return " ".join([one.name, one.id, one.kind, self.affiliation, *one.aliases, *self.members, *others]).casefold()


@dataclass(frozen=True, slots=True)
class Registry:
    """A page of the speakers that an actor may see, by name; `counted`: with the number of their labels."""

    project: Project
    entries: list[Entry]
    page: Page
    wanted: Wanted
    in_all: int
    curates: bool
    counted: bool


def open_registry(db: Database, actor: Actor, slug: str, wanted: Wanted) -> Registry:
    """Numbers are for who adjudicates or curates and has no article left to annotate. Raises NotFound."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        seen = visible_speakers(session, access)
        counted = may_count(session, access)
        counts = _label_counts(session, access) if counted else {}
        proposers = _proposers(session, access)
        session.expunge_all()
    names = {speaker.id: speaker.name for speaker in seen}
    merged = _merged(seen)
    entries = [_entry(one, names, proposers, merged.get(one.id, []), counts) for one in seen if one.merged_into is None]
    entries.sort(key=lambda entry: entry.speaker.name.casefold())
    found = [entry for entry in entries if all(word in entry.known_as for word in wanted.words)]
    page = Page(wanted.page, len(found))
    rows = list(page.of(ordered(found, wanted.sort, _COLUMNS)))
    return Registry(access.project, rows, page, wanted, len(entries), access.allows("curate"), counted)


_COLUMNS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda one: one.speaker.name.casefold(),
    "kind": lambda one: one.speaker.kind,
    "belongs": lambda one: one.affiliation.casefold(),
    "labels": lambda one: one.labels,
}


def _entry(
    speaker: Speaker,
    names: dict[str, str],
    proposers: dict[str, str],
    merged: list[Speaker],
    counts: dict[str, tuple[int, int]],
) -> Entry:
    found = [counts.get(one.id, (0, 0)) for one in (speaker, *merged)]
    return Entry(
        speaker=speaker,
        affiliation=names.get(speaker.affiliation, speaker.affiliation),
        members=[names.get(id) or id for id in speaker.members],
        proposed_by=proposers.get(speaker.proposed_by or "", ""),
        merged=merged,
        labels=sum(labels for labels, _ in found),
        simulated=sum(simulated for _, simulated in found),
    )


def _merged(seen: list[Speaker]) -> dict[str, list[Speaker]]:
    """All that redirect to a speaker, over several steps too; merges never go in a circle."""
    into = {speaker.id: speaker.merged_into for speaker in seen}
    merged: dict[str, list[Speaker]] = {}
    for speaker in seen:
        at = speaker.id
        while (further := into.get(at)) is not None:
            at = further
        if at != speaker.id:
            merged.setdefault(at, []).append(speaker)
    return merged


def _label_counts(session: Session, access: Access) -> dict[str, tuple[int, int]]:
    """Living labels by speaker, and how many of them are simulated."""
    simulated = func.count().filter(Label.origin == "simulated")
    rows = session.execute(
        select(Label.speaker_id, func.count(), simulated)
        .where(Label.project_id == access.project_id, Label.deleted_at.is_(None))
        .group_by(Label.speaker_id)
    )
    return {id: (labels, made_up) for id, labels, made_up in rows}


def _proposers(session: Session, access: Access) -> dict[str, str]:
    rows = session.execute(
        select(Person.id, member_name())
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == access.project_id)
        .where(Person.id.in_(select(Speaker.proposed_by).where(Speaker.project_id == access.project_id)))
    )
    return dict(rows.all())
