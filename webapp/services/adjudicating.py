"""Settling what annotators disagree on: an article's clusters as an adjudicator sees them, and giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Invalid
from webapp.domain.gold.adjudication import Readiness, letter, readiness
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import Assignment, Document, Membership, Person, Project, Round, Speaker
from webapp.services import briefs
from webapp.services.access import Access, enter, record
from webapp.services.articles import shown_title
from webapp.services.deciding import decide as decide
from webapp.services.members import member_name
from webapp.services.rounds import scheme_of
from webapp.services.sheets import Cluster, entered, hold, locked_since, sheet
from webapp.services.speakers import visible_speakers
from webapp.services.standings import queue as queue


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody to whom the article is assigned in the round. `letter` is theirs on this article only."""

    letter: str
    name: str
    pseudonym: str
    state: str  # open, done or withdrawn


def _annotators(session: Session, access: Access, document_id: str, round: Round) -> list[Annotator]:
    """By letter. Letters follow no order of names, so that A is another person in another article."""
    member = (Membership.project_id == Assignment.project_id) & (Membership.person_id == Assignment.person_id)
    rows = session.execute(
        select(Assignment.person_id, Assignment.state, member_name(), Membership.pseudonym)
        .join(Membership, member)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.project_id == access.project_id, Assignment.round == round.name)
        .where(Assignment.document_id == document_id)
    )
    mixed = sorted(rows, key=lambda row: sha256(f"{round.name}\n{document_id}\n{row[0]}".encode()).digest())
    return [Annotator(letter(n), name, pseudonym, state) for n, (_, state, name, pseudonym) in enumerate(mixed)]


def _ready(round: Round, annotators: Sequence[Annotator]) -> Readiness:
    states = [one.state for one in annotators if one.state != "withdrawn"]
    return readiness(round.closed_at is not None, len(states), states.count("done"))


# ---- an article ----


@dataclass(frozen=True, slots=True)
class Adjudication:
    """An article to be decided. `clusters` as in the contract, `annotator` of labels_full a letter.

    `since`: the moment from which annotators cannot change their labels any more.
    """

    project: Project
    document: Document
    round: Round
    scheme: Scheme
    speakers: list[Speaker]
    readiness: Readiness
    annotators: list[Annotator]
    clusters: list[Cluster]
    since: str | None
    may_give_back: bool

    @property
    def title(self) -> str:
        return shown_title(self.document)


def open_document(
    db: Database, actor: Actor, slug: str, document_id: str, round_name: str | None = None
) -> Adjudication:
    """Raises NotFound; Forbidden for annotators, and for who has the article to annotate and has not finished it;
    Underway.
    """
    with briefs.reading(db) as session:
        access = enter(session, slug, actor, "adjudicate")
        document, round = entered(session, access, document_id, round_name)
        scheme = scheme_of(session, round)
        annotators = _annotators(session, access, document_id, round)
        known = briefs.coins(session, round)
        found = sheet(session, access.project_id, round.name, document_id, scheme, known)
        since = locked_since(session, access, document_id, round)
        made = Adjudication(
            project=access.project,
            document=document,
            round=round,
            scheme=scheme,
            speakers=visible_speakers(session, access),
            readiness=_ready(round, annotators),
            annotators=annotators,
            clusters=_lettered(found.clusters(), annotators),
            since=since,
            may_give_back=since is not None and round.closed_at is None and access.allows("curate"),
        )
        session.expunge_all()
    return made


def _lettered(clusters: Sequence[Cluster], annotators: Sequence[Annotator]) -> list[Cluster]:
    """Labels by letter in place of the pseudonym, in the order of letters."""
    letters = {one.pseudonym: one.letter for one in annotators}
    order = {one.letter: number for number, one in enumerate(annotators)}
    for one in clusters:
        labels = [label | {"annotator": letters[label["annotator"]]} for label in one["labels_full"]]
        one["labels_full"] = sorted(labels, key=lambda label: order[label["annotator"]])
    return list(clusters)


# ---- giving back ----


def give_back(db: Database, actor: Actor, slug: str, document_id: str, round_name: str | None = None) -> str:
    """Let annotators change their labels again; decisions stay. Returns the round.

    Raises NotFound, Forbidden; Invalid where the round is closed or the article is not in adjudication.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        document, round = entered(session, access, document_id, round_name)
        hold(session, access, document_id, round)
        if round.closed_at:
            raise Invalid(f"Round “{round.name}” is closed: its labels stand still.")
        if locked_since(session, access, document_id, round) is None:
            raise Invalid("This article is not in adjudication: its annotators can reopen it themselves.")
        here = (Assignment.project_id == access.project_id, Assignment.round == round.name)
        session.execute(update(Assignment).where(*here, Assignment.document_id == document.id).values(locked_at=None))
        record(session, actor, "article-given-back", access.project_id, document.id, round=round.name)
        return round.name
