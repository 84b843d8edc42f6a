"""What is settled in one round or several: the gold records, and all that a release waits for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.gold.records import gold_records
from webapp.models import Assignment, Decision, Document, Membership, Person, Round, Speaker
from webapp.services.access import Access
from webapp.services.briefs import coins, finished_documents
from webapp.services.members import member_name
from webapp.services.rounds import find_round, scheme_of
from webapp.services.sheets import Cluster, DecisionRow, Sheet, sheets


@dataclass(frozen=True, slots=True)
class Waiting:
    """A cluster for which somebody must decide; `stale` is a reason too."""

    document: str
    start: int
    end: int
    quote: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """`gold`: records with the keys of gold.jsonl but `release`. `waiting`: clusters that nobody has settled yet.

    `unfinished`: open assignments of open rounds, as (article, annotator's name). `decisions`: one record for each
    decision that stands, stale ones among them, `by` being a pseudonym and `labels` the ids that were seen.
    """

    gold: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    unfinished: list[tuple[str, str]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)


def settled(session: Session, access: Access, rounds: Sequence[str], secret: bytes) -> Settled:
    """All of the rounds named; where several have finished work on an article, the latest of them counts for it.

    `secret` is what the ids of gold records are made with. Raises NotFound.
    """
    found = Settled(unfinished=_unfinished(session, access, rounds))
    for round, documents in _documents(session, access, rounds):
        _add(session, access, round, documents, secret, found)
    for rows in (found.gold, found.decisions):
        rows.sort(key=lambda row: row["document"])  # in each article as they were
    found.waiting.sort(key=lambda one: one.document)
    return found


def _add(
    session: Session, access: Access, round: Round, documents: Sequence[str], secret: bytes, into: Settled
) -> None:
    here, scheme = access.project_id, scheme_of(session, round)
    speakers, redirections = _speakers(session, here)
    hashes = dict(session.execute(select(Document.id, Document.text_sha256).where(Document.project_id == here)).all())
    for one in sheets(session, here, round.name, documents, scheme, coins(session, round)):
        clusters = one.clusters()
        into.gold.extend(gold_records(clusters, hashes[one.document], round.name, speakers, redirections, secret))
        into.waiting.extend(_waiting(cluster) for cluster in clusters if cluster["waiting"])
        into.decisions.extend(_decisions(one, round.name))


def _documents(session: Session, access: Access, rounds: Sequence[str]) -> Iterator[tuple[Round, list[str]]]:
    """Each round with the articles for which it is the latest with finished work, or with decisions."""
    named = [find_round(session, access.project_id, name) for name in dict.fromkeys(rounds)]
    taken: set[str] = set()
    for round in sorted(named, key=lambda round: -round.position):
        there = {*finished_documents(session, access.project_id, round.name), *_decided(session, round)}
        mine = sorted(there - taken)
        taken.update(mine)
        yield round, mine


def _decided(session: Session, round: Round) -> Sequence[str]:
    """Articles with decisions that stand; in a closed round also where nobody finished."""
    here = (Decision.project_id == round.project_id, Decision.round == round.name, Decision.action != "clear")
    return session.scalars(select(Decision.document_id).where(*here).distinct()).all()


def _speakers(session: Session, project_id: str) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Name and kind by id; and who stands for those that were merged."""
    query = select(Speaker.id, Speaker.name, Speaker.kind, Speaker.merged_into).where(Speaker.project_id == project_id)
    rows = session.execute(query).all()
    return {row.id: (row.name, row.kind) for row in rows}, {row.id: row.merged_into for row in rows if row.merged_into}


def _waiting(cluster: Cluster) -> Waiting:
    reasons = [*cluster["reasons"], *(["stale"] if cluster["stale"] else [])]
    return Waiting(cluster["document"], cluster["start"], cluster["end"], cluster["quote"], reasons)


def _decisions(one: Sheet, round: str) -> Iterator[dict[str, Any]]:
    for place in one.places():
        decision = one.decisions[place.decision.id] if place.decision else None
        if decision is not None and (shown := decision.shown()):
            yield _record(decision, shown, round, is_stale=place.is_stale)


def _record(decision: DecisionRow, shown: dict[str, Any], round: str, *, is_stale: bool) -> dict[str, Any]:
    row = decision.row
    return {
        "id": row.id,
        "round": round,
        "document": row.document_id,
        "labels": sorted(row.seen),
        **{name: shown[name] for name in ("action", "gold", "note")},
        "by": decision.pseudonym,
        "at": row.at,
        "revision": row.revision,
        "stale": is_stale,
    }


def _unfinished(session: Session, access: Access, rounds: Sequence[str]) -> list[tuple[str, str]]:
    member = (Membership.project_id == Assignment.project_id) & (Membership.person_id == Assignment.person_id)
    query = (
        select(Assignment.document_id, member_name())
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .join(Membership, member)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.project_id == access.project_id, Assignment.round.in_(rounds))
        .where(Assignment.state == "open", Round.closed_at.is_(None))
    )
    return sorted({(document, name) for document, name in session.execute(query)})
