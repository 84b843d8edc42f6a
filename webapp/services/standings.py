"""The articles of a round in the order in which they are best adjudicated."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.gold.adjudication import Readiness, readiness
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Decision, Document, Project, Round
from webapp.services import briefs
from webapp.services.access import Access, enter
from webapp.services.briefs import Kept, Standing, standing
from webapp.services.counting import assigned_by, still_annotating
from webapp.services.listing import shown_title_column
from webapp.services.rounds import find_round, newest_assigned_round, rounds_of, scheme_of
from webapp.services.sheets import Cluster, sheets


@dataclass(frozen=True, slots=True)
class Counts:
    """Clusters of an article, and what is to be decided about them."""

    clusters: int = 0
    waiting: int = 0
    stale: int = 0
    decided: int = 0
    hardness: int = 0


_UNSEEN = (None, None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Queued:
    """An article of the round. Counts of clusters are None where the actor annotates it and has not finished.

    `hardness`: how many reasons there are for a person to decide, in all clusters that wait.
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
    """The articles of a round: those to be decided, hardest first; those that are decided; those not ready."""

    project: Project
    round: Round
    rounds: list[Round]
    rows: list[Queued]


def queue(db: Database, actor: Actor, slug: str, round_name: str | None = None) -> Queue:
    """Of the round named, else the newest with an article assigned in it. Raises NotFound, Forbidden, Underway."""
    with briefs.reading(db) as session:
        access = enter(session, slug, actor, "adjudicate")
        here = access.project_id
        round = find_round(session, here, round_name) if round_name else newest_assigned_round(session, here)
        rows = sorted(_rows(session, access, round, standing(session, round)), key=_hardest_first)
        made = Queue(access.project, round, rounds_of(session, here)[::-1], rows)
        session.expunge_all()
    return made


def _hardest_first(row: Queued) -> tuple[bool, bool, int, str]:
    return not row.readiness.ready, not row.waiting, -row.hardness, row.document


def _rows(session: Session, access: Access, round: Round, found: Standing) -> Iterator[Queued]:
    assigned = assigned_by(session, access, [Assignment.document_id], Assignment.round == round.name)
    blind = {document for _, document in still_annotating(session, access)}
    counts = _counts(session, round, found)
    titles = select(Document.id, shown_title_column()).where(Document.project_id == access.project_id)
    for id, title in session.execute(titles):
        if (id,) in assigned:
            total, finished = assigned[id,]
            state = readiness(round.closed_at is not None, total, finished)
            shown = _UNSEEN if id in blind else astuple(counts.get(id, Counts()))
            yield Queued(id, title, total, finished, state, *shown)


def _counts(session: Session, round: Round, found: Standing) -> dict[str, Counts]:
    """By article. Where a decision does not fit a cluster as it is now, or has none, the article is read whole."""
    decided = _decided(session, round)
    whole = []
    counts = {}
    for id in found.documents.keys() | decided.keys():
        kept = found.documents.get(id)
        keys = {cluster.key for cluster in kept.clusters} if kept else set()
        if kept is None or decided[id] - keys:
            whole.append(id)
        else:
            counts[id] = _of_kept(kept, decided[id], found)
    scheme = scheme_of(session, round)
    for one in sheets(session, round.project_id, round.name, sorted(whole), scheme, found.coins):
        counts[one.document] = counts_of(one.clusters())
    return counts


def _decided(session: Session, round: Round) -> defaultdict[str, set[str]]:
    """The keys of decisions that stand, by article."""
    here = (Decision.project_id == round.project_id, Decision.round == round.name, Decision.action != "clear")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for document, key in session.execute(select(Decision.document_id, Decision.key).where(*here)):
        found[document].add(key)
    return found


def _of_kept(kept: Kept, decided: set[str], found: Standing) -> Counts:
    waiting = [n for one in kept.clusters if one.key not in decided and (n := found.reasons(one))]
    return Counts(len(kept.clusters), len(waiting), 0, len(decided), sum(waiting))


def counts_of(clusters: Sequence[Cluster]) -> Counts:
    """Of one article's clusters as its page has them."""
    waiting = [cluster for cluster in clusters if cluster["waiting"]]
    return Counts(
        clusters=len(clusters),
        waiting=len(waiting),
        stale=sum(cluster["stale"] for cluster in clusters),
        decided=sum(cluster["decision_row"] is not None and not cluster["stale"] for cluster in clusters),
        hardness=sum(max(1, len(cluster["reasons"])) for cluster in waiting),
    )
