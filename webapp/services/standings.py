"""How far adjudication is in a round: of each article how many clusters wait, are decided, are stale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.adjudication import Readiness, readiness
from webapp.domain.permissions import Actor
from webapp.domain.schemes import Scheme
from webapp.models import Assignment, Document, Project, Round
from webapp.services.access import Access, enter
from webapp.services.clustering import Coins, cases_of, coins_of, finished, in_parts, patterns_of
from webapp.services.counting import assigned_by, still_annotating
from webapp.services.listing import shown_title_column
from webapp.services.rounds import find_round, newest_round, rounds_of, scheme_of
from webapp.services.sheets import Sheet, sheets


@dataclass(frozen=True, slots=True)
class Queued:
    """An article of the round. Counts are of clusters; None where the actor annotates it and has not finished.

    `hardness`: how many reasons there are for a person to decide.
    """

    document: str
    title: str
    assigned: int
    finished: int
    readiness: Readiness
    clusters: int | None
    waiting: int | None
    stale: int | None
    decided: int | None
    hardness: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The articles of a round, hardest first: those to be decided, those that are done, those not ready."""

    project: Project
    round: Round
    rounds: list[Round]
    rows: list[Queued]


def queue(db: Database, actor: Actor, slug: str, round_name: str | None = None) -> Queue:
    """Of the round named, else the newest. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "adjudicate")
        here = access.project_id
        round = find_round(session, here, round_name) if round_name else newest_round(session, here)
        rows = sorted(_rows(session, access, round), key=_hardest_first)
        made = Queue(access.project, round, rounds_of(session, here)[::-1], rows)
        session.expunge_all()
        return made


def _hardest_first(row: Queued) -> tuple[bool, bool, int, str]:
    return not row.readiness.ready, not row.waiting, -row.hardness, row.document


def _rows(session: Session, access: Access, round: Round) -> Iterator[Queued]:
    scheme = scheme_of(session, round)
    assigned = assigned_by(session, access, [Assignment.document_id], Assignment.round == round.name)
    titles = select(Document.id, shown_title_column()).where(Document.project_id == access.project_id)
    blind = {document for _, document in still_annotating(session, access)}
    found = coins(session, access.project_id, round.name, scheme)
    for id, title in session.execute(titles.order_by(Document.id)).all():
        if (id,) in assigned:
            (one,) = sheets(session, access.project_id, round.name, [id], scheme, found)
            yield _queued(one, title, round, *assigned[id,], is_blind=id in blind)


def _queued(one: Sheet, title: str, round: Round, assigned: int, finished: int, *, is_blind: bool) -> Queued:
    state = readiness(round.closed_at is not None, assigned, finished)
    if is_blind:
        return Queued(one.document, title, assigned, finished, state, None, None, None, None, 0)
    clusters = one.clusters()
    waiting = [cluster for cluster in clusters if cluster["waiting"]]
    return Queued(
        document=one.document,
        title=title,
        assigned=assigned,
        finished=finished,
        readiness=state,
        clusters=len(clusters),
        waiting=len(waiting),
        stale=sum(cluster["stale"] for cluster in clusters),
        decided=sum(cluster["decision_row"] is not None and not cluster["stale"] for cluster in clusters),
        hardness=sum(max(1, len(cluster["reasons"])) for cluster in waiting),
    )


# ---- how right each annotator is ----


def coins(session: Session, project_id: str, round: str, scheme: Scheme) -> Coins:
    """How right each annotator of the round is, by all its finished work."""
    stance, claim_type = patterns_of([])
    for part in in_parts(finished_documents(session, project_id, round)):
        for document in finished(session, project_id, round, part).documents:
            more = patterns_of(cases_of(document))
            stance.update(more[0])
            claim_type.update(more[1])
    return coins_of((stance, claim_type), scheme)


def finished_documents(session: Session, project_id: str, round: str) -> Sequence[str]:
    """Those that somebody finished, by id."""
    here = (Assignment.project_id == project_id, Assignment.round == round, Assignment.state == "done")
    return session.scalars(
        select(Assignment.document_id).where(*here).distinct().order_by(Assignment.document_id)
    ).all()
