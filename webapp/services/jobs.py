"""The queue of slow work: whoever wants some adds a row, a job process takes it. A restart loses nothing."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.database import Database, before_now, new_id, now
from webapp.models import Job

SECONDS_OF_SILENCE = 30  # after which a process that took a job counts as dead
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in the hands of a process. `attempt` counts from 1."""

    project_id: str
    id: str
    kind: str
    subject: str
    parameters: dict[str, Any]
    attempt: int


def want(session: Session, project_id: str, kind: str, subject: str, parameters: dict[str, Any]) -> None:
    """See to it that such a job waits or runs; the traces of ended ones of the same subject go."""
    same = (Job.project_id == project_id, Job.kind == kind, Job.subject == subject)
    if session.scalar(select(Job.id).where(*same, _is_living())):
        return
    row = {"project_id": project_id, "id": new_id(), "kind": kind, "subject": subject, "parameters": parameters}
    try:
        with session.begin_nested():
            session.execute(delete(Job).where(*same, ~_is_living()))
            session.add(Job(**row, state="waiting", progress="", created_at=now()))
    except IntegrityError:  # somebody else wanted it in this moment
        pass


def newest(session: Session, project_id: str, kind: str, subject: str) -> Job | None:
    """The job of that subject that was wanted last: waiting, running, done or failed."""
    same = (Job.project_id == project_id, Job.kind == kind, Job.subject == subject)
    return session.scalar(select(Job).where(*same).order_by(Job.created_at.desc(), Job.id.desc()).limit(1))


def any_to_do(db: Database) -> bool:
    """Whether a job waits, or stands still because its process died."""
    with db.reading() as session:
        return session.scalar(select(Job.id).where(_is_to_do()).limit(1)) is not None


def count_living(db: Database) -> dict[str, int]:
    """How many jobs wait, and how many are being done."""
    with db.reading() as session:
        states = Counter(session.scalars(select(Job.state).where(_is_living())))
    return {state: states[state] for state in ("waiting", "running")}


def claim(db: Database) -> Claimed | None:
    """Take the oldest job that is to be done; of several processes each gets another one."""
    with db.writing() as session:
        query = select(Job).where(_is_to_do()).order_by(Job.created_at, Job.id).limit(1)
        job = session.scalar(query.with_for_update(skip_locked=True))
        if job is None:
            return None
        if job.attempts >= MOST_ATTEMPTS:
            _end(
                job,
                "failed",
                f"Its process ended {MOST_ATTEMPTS} times before it was done.",
            )
            return None
        job.state, job.attempts, job.started_at, job.seen_at = "running", job.attempts + 1, now(), now()
        return Claimed(job.project_id, job.id, job.kind, job.subject, job.parameters, job.attempts)


def tell(db: Database, job: Claimed, progress: str | None = None) -> bool:
    """A sign of life, with or without news; False where the job is no longer this process's."""
    with db.writing() as session:
        values: dict[str, Any] = {"seen_at": now()} | ({} if progress is None else {"progress": progress})
        return bool(session.execute(update(Job).where(*_still(job)).values(values)).rowcount)  # type: ignore[attr-defined]


def finish(db: Database, job: Claimed) -> None:
    _leave(db, job, "done", "")


def fail(db: Database, job: Claimed, reason: str) -> None:
    """`reason` is shown to whoever waits."""
    _leave(db, job, "failed", reason)


def give_back(db: Database, job: Claimed) -> None:
    """For a process that is asked to stop: the next one begins again."""
    with db.writing() as session:
        values = {"state": "waiting", "attempts": job.attempt - 1, "seen_at": None, "progress": ""}
        session.execute(update(Job).where(*_still(job)).values(values))


def _leave(db: Database, claimed: Claimed, state: str, progress: str) -> None:
    with db.writing() as session:
        job = session.scalar(select(Job).where(*_still(claimed)))
        if job is not None:
            _end(job, state, progress)


def _end(job: Job, state: str, progress: str) -> None:
    job.state, job.progress, job.finished_at = state, progress, now()


def _is_living() -> ColumnElement[bool]:
    return Job.state.in_(("waiting", "running"))


def _is_to_do() -> ColumnElement[bool]:
    silent = (Job.state == "running") & (Job.seen_at < before_now(seconds=SECONDS_OF_SILENCE))
    return or_(Job.state == "waiting", silent)


def _still(job: Claimed) -> tuple[ColumnElement[bool], ...]:
    """The row, as long as this attempt has it: one that was given up for dead may be another's by now."""
    return (Job.project_id == job.project_id, Job.id == job.id, Job.state == "running", Job.attempts == job.attempt)
