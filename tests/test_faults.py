"""What goes wrong around a server while people save: nothing acknowledged is lost, nothing is stored twice.

Eight clients save label after label as the page does, each over a connection that is kept alive: each label is sent
again, with the same id, until it is acknowledged. `make test` has all faults in a row; `make soak` saves 2,000 labels
under each of them, which comes again and again.
"""

import json
import math
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.crowd import spans_of
from tests.databases import Postgres
from tests.servers import STANCEMARK, Server, free_port, new_folder, serving, without_settings
from tests.world import SECRET, Visitor, World, finish, put, uid
from webapp.database import before_now
from webapp.models import SignInAttempt
from webapp.services import doctor

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
EACH = 250 if SOAK else 15  # labels of each client
CLIENTS = 8
PATIENCE_SECONDS = 240 if SOAK else 90

# For root the modes of files do not count, unless it gives up that right; what is started next has it no more.
BOUND_BY_MODES = """
import ctypes, os, sys
os.getuid() or ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Saver(threading.Thread):
    """One client. `acknowledged` are the labels that it was told are stored; `answers` what it was told else."""

    def __init__(self, port: int, visitor: Visitor, labels: Sequence[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        cookie = visitor.client.get_cookie("stancemark")
        assert cookie is not None
        self.headers = {"Cookie": f"stancemark={cookie.value}", "X-CSRFToken": visitor.token}
        self._connection, self._is_used = HTTPConnection("127.0.0.1", port, timeout=30), False
        self._labels = labels
        self.acknowledged: set[str] = set()
        self.answers = Counter[str]()
        self.given_up = threading.Event()
        self.allowed = 0  # labels

    def run(self) -> None:
        for number, label in enumerate(self._labels):
            while number >= self.allowed and not self.given_up.is_set():
                time.sleep(0.005)
            operation = put(label)
            while label["id"] not in self.acknowledged and not self.given_up.is_set():
                self._send(operation)
        self._connection.close()

    def _send(self, operation: dict[str, Any]) -> None:
        try:
            status, body = self._post(json.dumps({"operations": [operation]}))
        except (OSError, HTTPException) as why:
            self._lost(why)
            return
        result = json.loads(body)["results"][0]["status"] if status == 200 else str(status)
        self.answers[result] += 1
        if result in ("stored", "repeated"):
            self.acknowledged.add(operation["label"]["id"])
        else:
            time.sleep(0.05)

    def _lost(self, why: Exception) -> None:
        """A used connection may be closed while a request is on its way: every browser sends that again at once."""
        self._connection.close()
        is_late = self._is_used and isinstance(why, RemoteDisconnected | ConnectionResetError | BrokenPipeError)
        self.answers["late" if is_late else "cut off"] += 1
        self._is_used = False
        time.sleep(0 if is_late else 0.05)

    def _post(self, body: str) -> tuple[int, bytes]:
        headers = self.headers | {"Content-Type": "application/json"}
        self._connection.request("POST", "/p/letter/documents/000/operations", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200 or answer.headers["Content-Type"] == "application/problem+json"
        self._is_used = not answer.will_close
        return answer.status, content


class Site:
    """A server on one port and one database, and eight clients who save there."""

    def __init__(self, url: str, folder: Path, stack: ExitStack, postgres: Postgres | None) -> None:
        self.url, self.folder, self._stack, self.port, self.postgres = url, folder, stack, free_port(), postgres
        self.savers, self.stages, self._gone = self._savers(), 1, 0

    def _savers(self) -> list[Saver]:
        world = World(self.url)
        document, visitors = world.document("000"), [world.visitor("Alice") for _ in range(CLIENTS)]
        label, text = world.label(), document.text
        spans = spans_of(text, document.excluded)[: EACH * CLIENTS]
        labels = [label | {"id": uid(), "start": s, "end": e, "quote": text[s:e]} for s, e in spans]
        world.close()
        return [Saver(self.port, visitor, labels[n::CLIENTS]) for n, visitor in enumerate(visitors)]

    def start(self) -> Server:
        """The server, anew on the same port."""
        environment = {"DATABASE_URL": self.url, "STANCEMARK_SECRET_KEY": SECRET, "STANCEMARK_PORT": str(self.port)}
        command = [sys.executable, "-c", BOUND_BY_MODES, str(STANCEMARK), "serve"]
        self.server = self._stack.enter_context(serving(self.folder, command=command, **environment))
        return self.server

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def kill(self) -> None:
        """All its processes at once, as when a container is."""
        if job_process := self.server.job_process():
            os.kill(job_process, signal.SIGKILL)
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()

    def begin(self) -> None:
        for saver in self.savers:
            saver.start()

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < limit, (self.answers(), self.server.printed()[-2000:])
            time.sleep(0.01)

    def go_on(self) -> None:
        """Everybody may save some labels more."""
        self._gone += 1
        for saver in self.savers:
            saver.allowed = math.ceil(EACH * self._gone / self.stages)

    def wait_until_saved(self) -> None:
        """Until all labels that may be saved by now are acknowledged."""
        self.wait_for(lambda: all(len(saver.acknowledged) >= saver.allowed for saver in self.savers))

    def wait_for_refusals(self) -> None:
        """Until everybody is told that nothing can be saved now."""
        before = self.answers()["503"]
        self.wait_for(lambda: self.answers()["503"] >= before + CLIENTS)

    def reads(self) -> list[int]:
        """The status of the article, for everybody over a new connection."""
        found = []
        for saver in self.savers:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", "/p/letter/documents/000.json", headers=saver.headers)
            found.append(connection.getresponse().status)
            connection.close()
        return found

    def answers(self) -> Counter[str]:
        return sum((saver.answers for saver in self.savers), Counter[str]())

    def check(self) -> None:
        """All labels were acknowledged in the end, and each is there once, with its event, its result and its words."""
        self.wait_until_saved()
        world = World(self.url)
        acknowledged = {id.replace("-", "") for saver in self.savers for id in saver.acknowledged}
        rows = world.rows("SELECT id, revision FROM label")
        assert {str(row.id).replace("-", "") for row in rows} == acknowledged and len(rows) == EACH * CLIENTS
        assert {row.revision for row in rows} == {1}
        assert len(world.rows("SELECT 1 FROM event WHERE action = 'label-added'")) == len(rows)
        assert len(world.rows("SELECT 1 FROM operation_result WHERE revision = 1")) == len(rows)
        findings = [found for found in doctor.examine(world.db) if not found.ok]
        assert [found.what for found in findings] == ["administrators"], findings  # nobody is one in this world
        world.close()
        assert "Traceback" not in self.server.printed()
        assert set(self.answers()) <= {"stored", "repeated", "late", "cut off", "503"}, self.answers()


@contextmanager
def site_on(url: str, folder: Path, postgres: Postgres | None = None) -> Iterator[Site]:
    with ExitStack() as stack:
        site = Site(url, new_folder(folder), stack, postgres)
        try:
            yield site
        finally:
            for saver in site.savers:
                saver.given_up.set()


@pytest.fixture
def site(sqlite_world: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_world, tmp_path / "annotations.db")
    with site_on(f"sqlite:///{tmp_path / 'annotations.db'}", tmp_path) as made:
        yield made


# ---- the faults: each comes, and is over ----


def reload(site: Site) -> None:
    """Nobody sees that the workers are others now."""
    site.go_on()
    before, old = site.answers(), set(site.server.workers())
    site.server.process.send_signal(signal.SIGHUP)
    site.wait_for(lambda: old.isdisjoint(site.server.workers()) and len(site.server.workers()) == len(old))
    harm = site.answers() - before
    assert not harm["cut off"] and not harm["503"], harm


def kill_a_worker(site: Site) -> None:
    site.go_on()
    os.kill(site.server.workers()[0], signal.SIGKILL)


def kill_all(site: Site) -> None:
    site.go_on()
    site.kill()
    said = site.start().printed()
    assert said.startswith("The database file was not closed last time: ") == site.url.startswith("sqlite"), said


def fill_the_disk(site: Site) -> None:
    """No file may grow beyond what the database has by now, or a little more than the log."""
    limit = max(site.file.stat().st_size, site.server.log.stat().st_size + 2**16)
    limit_files(site.server, limit)
    site.go_on()
    site.wait_for_refusals()
    limit_files(site.server, resource.RLIM_INFINITY)


def limit_files(server: Server, size: int) -> None:
    for worker in server.workers():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def let_a_stranger_hold_it(site: Site) -> None:
    stranger = sqlite3.connect(site.file, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    site.go_on()
    time.sleep(7 if SOAK else 0.5)  # the first is longer than anybody waits
    stranger.execute("ROLLBACK")
    stranger.close()


def make_it_read_only(site: Site) -> None:
    """People still read, and what they save waits for a better time."""
    files = [path for path in site.file.parent.glob("annotations.db*") if not path.name.endswith("-journal")]
    modes = [(path, path.stat().st_mode) for path in (*files, site.file.parent)]
    # the folder first and last: SQLite would make a file with the modes that the database has by then
    for path, mode in reversed(modes):
        path.chmod(mode & ~0o222)
    try:
        site.go_on()
        site.wait_for_refusals()
        assert site.reads() == [200] * CLIENTS
    finally:
        for path, mode in modes:
            path.chmod(mode)


def crash_postgresql(site: Site) -> None:
    """It ends as when a machine loses its power, and recovers."""
    assert site.postgres
    site.go_on()
    site.postgres.crash_and_start()


def back_it_up(site: Site) -> None:
    """While all others save: none of them is refused, and what the copy holds fits together."""
    before, refused = acknowledged(site), site.answers()["503"]
    site.go_on()
    path = site.folder / f"{uid()}.backup"
    assert stancemark(site.url, "backup", str(path)).returncode == 0
    assert site.answers()["503"] == refused
    copy = f"sqlite:///{path.with_suffix('.db')}"
    done = stancemark(copy, "restore", str(path))
    assert done.returncode == 0, done.stderr
    world = World(copy)
    ids = {str(row.id).replace("-", "") for row in world.rows("SELECT id FROM label")}
    assert before <= ids and len(world.rows("SELECT 1 FROM event WHERE action = 'label-added'")) == len(ids)
    assert [found.what for found in doctor.examine(world.db) if not found.ok] == ["administrators"]
    world.close()


def acknowledged(site: Site) -> set[str]:
    return {id.replace("-", "") for saver in site.savers for id in list(saver.acknowledged)}


def stancemark(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = without_settings() | {"DATABASE_URL": url}
    return subprocess.run([STANCEMARK, *words], env=environment, capture_output=True, text=True, timeout=60)


Fault = Callable[[Site], None]
ON_SQLITE: list[Fault] = [reload, fill_the_disk, let_a_stranger_hold_it, make_it_read_only, kill_a_worker, kill_all]
ON_POSTGRESQL: list[Fault] = [reload, crash_postgresql, kill_a_worker]
OFTEN = 8  # in a soak


def plans(faults: Sequence[Fault]) -> list[Sequence[Fault]]:
    """What comes while the labels of one test are saved."""
    return [[fault] * OFTEN for fault in faults] if SOAK else [faults]


def suffer(site: Site, faults: Sequence[Fault]) -> None:
    """A fault is there, or comes, when saving goes on; all that was saved under the one is there before the next."""
    site.stages = len(faults)
    site.start()
    site.begin()
    for fault in faults:
        fault(site)
        site.wait_until_saved()
    site.check()
    print(f"{len(acknowledged(site))} labels, {len(faults)} faults: {dict(site.answers())}")


def named(faults: Sequence[Fault]) -> str:
    return faults[0].__name__ if SOAK else "all"


@pytest.mark.parametrize("faults", plans([*ON_SQLITE, back_it_up] if SOAK else ON_SQLITE), ids=named)
def test_nothing_is_lost_or_doubled(site: Site, faults: Sequence[Fault]) -> None:
    suffer(site, faults)


@pytest.mark.parametrize("faults", plans(ON_POSTGRESQL), ids=named)
def test_nothing_is_lost_or_doubled_on_postgresql(
    postgres: Postgres, postgresql_world: str, tmp_path: Path, faults: Sequence[Fault]
) -> None:
    name = postgres.create(postgresql_world)
    postgres.keep_commits(name)
    try:
        with site_on(postgres.url(name), tmp_path, postgres) as site:
            suffer(site, faults)
    finally:
        postgres.drop(name)


# ---- other days ----


def test_a_clock_that_was_set_back_keeps_nobody_from_work(world: World) -> None:
    """All that is stored lies ahead of the clock."""
    label, alice = world.stored("Alice"), world.visitor("Alice")
    ahead = before_now(days=-2)
    for table, column in (
        *(("label", "created_at"), ("label", "updated_at"), ("event", "at"), ("session", "seen_at")),
        *(("session", "created_at"), ("person", "seen_at"), ("assignment", "assigned_at"), ("operation_result", "at")),
    ):
        world.change(f"UPDATE {table} SET {column} = :ahead", ahead=ahead)
    with world.db.writing() as session:
        tries = [{"id": uid(), "name_key": "alice", "address": "192.0.2.1", "at": ahead} for _ in range(40)]
        session.execute(insert(SignInAttempt), tries)
    changed, done = alice.results("000", put(label | {"base": 1, "note": "later"}), finish())
    assert (changed["status"], changed["revision"], done["status"]) == ("stored", 2, "stored")
    assert alice.article("000")["labels"][0]["note"] == "later"
    client = world.app.test_client()
    form = {"name": "Alice", "password": "no matter what", "csrf_token": Visitor(client).token}
    assert client.post("/sign-in", data=form).status_code == 422, "wrong, and not throttled for two days"
    assert world.visitor("Curt").get("/p/letter/events").status_code == 200
