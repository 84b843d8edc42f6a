"""The queue of slow work: whoever wants some adds a row, a job process takes it. A restart loses nothing."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.database import Database, before_now, new_id, now
from webapp.models import Job

SECONDS_OF_SILENCE = 30  # after which a process that took a job counts as dead
MOST_ATTEMPTS = 3
_AGAIN = "Begun again: its process had ended."


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


@dataclass(frozen=True, slots=True)
class Left:
    """Jobs that were begun and not ended: `dead` ones of silent processes, and `open` ones that may be alive."""

    dead: int
    open: int


def left(db: Database) -> Left:
    """What a start finds."""
    with db.reading() as session:
        running = select(func.count()).select_from(Job).where(Job.state == "running")
        every, dead = session.scalar(running) or 0, session.scalar(running.where(_is_silent())) or 0
        return Left(dead, every - dead)


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
        job.progress = _AGAIN if job.attempts else ""
        job.state, job.attempts, job.started_at, job.seen_at = "running", job.attempts + 1, now(), now()
        return _claimed(job)


def taken(db: Database, id: str, attempt: int) -> Claimed | None:
    """The job that another process claimed for this one; None where it is not theirs any more."""
    with db.reading() as session:
        same = (Job.id == id, Job.attempts == attempt, Job.state == "running")
        job = session.scalar(select(Job).where(*same))
        return _claimed(job) if job else None


def _claimed(job: Job) -> Claimed:
    return Claimed(job.project_id, job.id, job.kind, job.subject, job.parameters, job.attempts)


def tell(db: Database, job: Claimed, progress: str | None = None) -> bool:
    """A sign of life, with or without news; False where the job is no longer this process's."""
    if progress is not None and job.attempt > 1:
        progress = f"{progress} {_AGAIN}"
    with db.writing() as session:
        values: dict[str, Any] = {"seen_at": now()} | ({} if progress is None else {"progress": progress})
        return bool(session.execute(update(Job).where(*_still(job)).values(values)).rowcount)  # type: ignore[attr-defined]


def finish(db: Database, job: Claimed) -> None:
    _leave(db, job, "done", "")


def fail(db: Database, job: Claimed, reason: str) -> None:
    """`reason` is shown to whoever waits."""
    _leave(db, job, "failed", reason)


def give_back(db: Database, job: Claimed) -> bool:
    """For a process that is asked to stop: the next one begins again. Whether the job was still its own."""
    return _put_back(db, job, job.attempt - 1)


def lose(db: Database, job: Claimed) -> bool:
    """For who saw its process end: the next one need not wait for a long silence. Whether it had left the job."""
    return _put_back(db, job, job.attempt)


def _put_back(db: Database, job: Claimed, attempts: int) -> bool:
    with db.writing() as session:
        values = {"state": "waiting", "attempts": attempts, "seen_at": None, "progress": _AGAIN if attempts else ""}
        return bool(session.execute(update(Job).where(*_still(job)).values(values)).rowcount)  # type: ignore[attr-defined]


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
    return or_(Job.state == "waiting", (Job.state == "running") & _is_silent())


def _is_silent() -> ColumnElement[bool]:
    """Also of what lies ahead, where the clock was set back: whoever is alive says so by the clock of now."""
    past, ahead = before_now(seconds=SECONDS_OF_SILENCE), before_now(seconds=-SECONDS_OF_SILENCE)
    return or_(Job.seen_at < past, Job.seen_at > ahead)


def _still(job: Claimed) -> tuple[ColumnElement[bool], ...]:
    """The row, as long as this attempt has it: one that was given up for dead may be another's by now."""
    return (Job.project_id == job.project_id, Job.id == job.id, Job.state == "running", Job.attempts == job.attempt)
