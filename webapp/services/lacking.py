"""The next release: what it would hold, what it still waits for article by article, asking for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from webapp.database import Database
from webapp.domain.errors import Invalid
from webapp.domain.permissions import Actor
from webapp.models import Job, Project, Release, Round
from webapp.services import jobs
from webapp.services.access import enter
from webapp.services.releases import JOB, Wanted, check_finished, check_note, chosen_rounds, must_not_be_annotating
from webapp.services.rounds import rounds_of
from webapp.services.standings import Queued, queue


@dataclass(frozen=True, slots=True)
class Lack:
    """An article that something waits for: so many passages for a decision, so many people who have not finished."""

    document: str
    title: str
    round: str
    waiting: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class NextRelease:
    """`rounds` are those it would be of, oldest first; `choices` all, newest first. Passages are clusters of labels."""

    project: Project
    number: int
    rounds: list[Round]
    choices: list[Round]
    articles: int
    passages: int
    lacks: list[Lack]

    @property
    def waiting(self) -> int:
        return sum(lack.waiting for lack in self.lacks)

    @property
    def unfinished(self) -> int:
        return sum(lack.unfinished for lack in self.lacks)


def next_release(db: Database, actor: Actor, slug: str, names: Sequence[str] = ()) -> NextRelease:
    """Raises NotFound; Forbidden, also for who still annotates in the rounds; Invalid for rounds that do not fit."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        rounds = chosen_rounds(session, access, names)
        must_not_be_annotating(session, access, [round.name for round in rounds])
        newest = session.scalar(select(func.max(Release.number)).where(Release.project_id == access.project_id))
        choices = rounds_of(session, access.project_id)[::-1]
        session.expunge_all()
    rows = list(_counting(db, actor, slug, rounds))
    lacks = [lack for round, row in rows if (lack := _lack(round, row)).waiting or lack.unfinished]
    finished = [row for _, row in rows if row.finished]
    passages = sum(row.clusters or 0 for row in finished)
    return NextRelease(access.project, (newest or 0) + 1, rounds, choices, len(finished), passages, lacks)


def _counting(db: Database, actor: Actor, slug: str, rounds: Sequence[Round]) -> Iterator[tuple[Round, Queued]]:
    """Each article in the latest round in which somebody finished it, and in every other that waits for somebody."""
    taken: set[str] = set()
    for round in reversed(rounds):
        for row in queue(db, actor, slug, round.name).rows:
            if row.document not in taken:
                yield round, row
            if row.finished:
                taken.add(row.document)


def _lack(round: Round, row: Queued) -> Lack:
    unfinished = 0 if round.closed_at else row.assigned - row.finished
    return Lack(row.document, row.title, round.name, row.waiting or 0, unfinished)


def ask(db: Database, actor: Actor, slug: str, wanted: Wanted) -> None:
    """Have it made by the job process.

    Raises NotFound, Forbidden; Invalid where something is missing and `wanted` is not partial, and while one is made.
    """
    check_note(wanted.note)
    coming = next_release(db, actor, slug, wanted.rounds)
    if coming.lacks and not wanted.partial:
        raise Invalid("Something is missing, as listed above. Settle it, or release what there is.", "partial")
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        if _is_under_way(jobs.newest(session, access.project_id, JOB, JOB)):
            raise Invalid("A release is being made already. Wait until it is there.")
        rounds = [round.name for round in coming.rounds]
        check_finished(session, access, rounds)
        given = {"rounds": rounds, "note": wanted.note, "partial": wanted.partial}
        jobs.want(session, access.project_id, JOB, JOB, given | {"person": access.person_id})


def _is_under_way(job: Job | None) -> bool:
    return job is not None and job.state in ("waiting", "running")
