"""`jobs`: the slow work beside the web server. One light process waits; each job gets a process of its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

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


@click.command()
@click.option("--once", is_flag=True, help="Do one job that waits, if any, and end.")
@click.option("--parent", type=int, hidden=True, help="The process with which this one ends.")
@click.pass_obj
def jobs(settings: Settings, once: bool, parent: int | None) -> None:
    """Do the slow work that waits (figures of agreement, releases); `serve` starts one of these itself."""
    with console.opened(settings) as db:
        _do_one(db) if once else _watch(db, settings, parent or os.getppid())


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """A process beside this one. It is out of the terminal's reach: Ctrl-C is for the server, which then ends it."""
    command = [sys.executable, "-m", "webapp.cli", "jobs", "--parent", str(os.getpid())]
    return subprocess.Popen(command, env=_environment(settings), start_new_session=True)  # noqa: S603


def _environment(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | {"DATABASE_URL": settings.database_url}


# ---- waiting ----


def _watch(db: Database, settings: Settings, parent: int) -> None:
    """Look for work until told to stop, or until whoever started this is gone."""
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    while not stop.is_set() and os.getppid() == parent:
        if _is_something_to_do(db):
            _run_one(settings, stop, parent)
        stop.wait(_SECONDS_BETWEEN_LOOKS)


def _is_something_to_do(db: Database) -> bool:
    try:
        return queue.any_to_do(db)
    except Unavailable:  # it may come back
        return False


def _run_one(settings: Settings, stop: threading.Event, parent: int) -> None:
    """One job in a process of its own: its memory goes with it, and what kills it does not kill this one."""
    command = [sys.executable, "-m", "webapp.cli", "jobs", "--once"]
    child = subprocess.Popen(command, env=_environment(settings), start_new_session=True)  # noqa: S603
    while child.poll() is None:
        if stop.wait(0.2) or os.getppid() != parent:
            child.terminate()
            try:
                child.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


# ---- doing ----


def _do_one(db: Database) -> None:
    job = queue.claim(db)
    if job is None:
        return
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _leave)
    os.nice(_NICENESS)
    try:
        with _beating(db, job):
            _work(job.kind)(db, job)
        queue.finish(db, job)
    except SystemExit:
        queue.give_back(db, job)
        raise
    except StancemarkError as why:
        queue.fail(db, job, why.message)
    except Exception:
        queue.fail(db, job, "It failed by a mistake of the program. The server's log says more.")
        raise


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
