"""`jobs`: the slow work beside the web server. One light process waits; each job gets a process of its own."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from webapp import logs
from webapp.cli import console
from webapp.config import Settings
from webapp.database import Database
from webapp.domain.errors import StancemarkError, Unavailable
from webapp.services import jobs as queue
from webapp.services.jobs import Claimed

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_BETWEEN_BEATS = 5.0
_SECONDS_TO_STOP = 5.0
_NICENESS = 10  # saves come first

_log = logging.getLogger("stancemark")


@click.command()
@click.option("--once", is_flag=True, help="Do one job that waits, if any, and end.")
@click.option("--parent", type=int, hidden=True, help="The process with which this one ends.")
@click.option("--claimed", type=(str, int), hidden=True, help="Do this job, in this attempt; it is claimed already.")
@click.pass_obj
def jobs(settings: Settings, once: bool, parent: int | None, claimed: tuple[str, int] | None) -> None:
    """Do the slow work that waits (figures of agreement, releases); `serve` starts one of these itself."""
    logs.configure()
    try:
        with console.opened(settings) as db:
            if claimed or once:
                _do_one(db, queue.taken(db, *claimed) if claimed else queue.claim(db))
            else:
                _watch(db, settings, parent or os.getppid())
    except StancemarkError as why:
        _log.error(why.message)
        sys.exit(1)


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """A process beside this one. It is out of the terminal's reach: Ctrl-C is for the server, which then ends it."""
    return _process(settings, "--parent", str(os.getpid()))


def _process(settings: Settings, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "webapp.cli", "jobs", *words]
    environment = dict(os.environ) | {"DATABASE_URL": settings.database_url}
    return subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603


# ---- waiting ----


def _watch(db: Database, settings: Settings, parent: int) -> None:
    """Look for work until told to stop, or until whoever started this is gone."""
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    db.when_stuck = stop.set
    while not stop.is_set() and os.getppid() == parent:
        with suppress(Unavailable):  # it may come back
            if queue.any_to_do(db) and (job := queue.claim(db)):
                _have_done(db, settings, job, stop, parent)
        stop.wait(_SECONDS_BETWEEN_LOOKS)


def _have_done(db: Database, settings: Settings, job: Claimed, stop: threading.Event, parent: int) -> None:
    """One job in a process of its own: its memory goes with it, and what kills it does not kill this one."""
    child = _process(settings, "--claimed", job.id, str(job.attempt))
    while child.poll() is None:
        if stop.wait(0.2) or os.getppid() != parent:
            _end(child)
            queue.give_back(db, job)  # as it does itself, unless it had not come to that
            return
    if queue.lose(db, job):
        _tell(logging.ERROR, "job lost with its process", job, code=child.returncode)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


# ---- doing ----


def _do_one(db: Database, job: Claimed | None) -> None:
    if job is None:
        return
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _leave)
    os.nice(_NICENESS)
    _tell(logging.INFO, "job begun again" if job.attempt > 1 else "job begun", job)
    try:
        with _beating(db, job):
            _work(job.kind)(db, job)
        queue.finish(db, job)
        _tell(logging.INFO, "job done", job)
    except SystemExit:
        queue.give_back(db, job)
        _tell(logging.INFO, "job given back", job)
        raise
    except Unavailable:  # no fault of the job: another process begins it again
        _tell(logging.WARNING, "job interrupted", job, exc_info=True)
        sys.exit(1)
    except StancemarkError as why:
        queue.fail(db, job, why.message)
        _tell(logging.WARNING, "job refused", job)
    except Exception:
        _tell(logging.ERROR, "job failed", job, exc_info=True)
        queue.fail(db, job, "It failed by a mistake of the program. The server's log says more.")
        sys.exit(1)


def _tell(level: int, what: str, job: Claimed, *, exc_info: bool = False, **fields: Any) -> None:
    """A line of the log; subject and parameters stay out of it, people may have written them."""
    about = {"job": job.id, "kind": job.kind, "attempt": job.attempt}
    _log.log(level, what, extra={"fields": about | fields}, exc_info=exc_info)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _work(kind: str) -> Callable[[Database, Claimed], None]:
    """What a kind of job does. Imported here: the numbers' libraries are for this process only."""
    from webapp.services import agreeing, releasing

    works = {"figures": agreeing.compute_figures, "gamma": agreeing.compute_gamma, "release": releasing.make}
    return works[kind]


@contextmanager
def _beating(db: Database, job: Claimed) -> Iterator[None]:
    """Signs of life from beside the work."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_SECONDS_BETWEEN_BEATS):
            try:
                queue.tell(db, job)
            except Unavailable:
                continue

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


COMMANDS = (jobs,)
