"""What goes wrong around a server while people save: nothing acknowledged is lost, nothing is stored twice.

Eight clients save label after label as the page does: each is sent again, with the same id, until it is acknowledged.
`make test` does it in short; `make soak` saves 2,000 labels under each fault.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.crowd import spans_of
from tests.databases import Postgres
from tests.servers import STANCEMARK, Server, free_port, new_folder, serving, without_settings
from tests.world import SECRET, Visitor, World, build, finish, put, uid
from webapp import migrations
from webapp.database import Database, before_now
from webapp.models import SignInAttempt
from webapp.services import doctor

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
EACH = 250 if SOAK else 15  # labels of each client
CLIENTS = 8
PATIENCE_SECONDS = 240 if SOAK else 90


class Saver(threading.Thread):
    """One client. `acknowledged` are the labels that it was told are stored; `answers` what it was told else."""

    def __init__(self, port: int, visitor: Visitor, labels: Sequence[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        cookie = visitor.client.get_cookie("stancemark")
        assert cookie is not None
        self._headers = {"Cookie": f"stancemark={cookie.value}", "X-CSRFToken": visitor.token}
        self._port, self._labels = port, labels
        self.acknowledged: set[str] = set()
        self.answers = Counter[str]()
        self.given_up = threading.Event()

    def run(self) -> None:
        for label in self._labels:
            operation = put(label)
            while label["id"] not in self.acknowledged and not self.given_up.is_set():
                self._send(operation)

    def _send(self, operation: dict[str, Any]) -> None:
        try:
            status, body = self._post(json.dumps({"operations": [operation]}))
        except (OSError, HTTPException):
            self.answers["cut off"] += 1
            time.sleep(0.05)
            return
        result = json.loads(body)["results"][0]["status"] if status == 200 else str(status)
        self.answers[result] += 1
        if result in ("stored", "repeated"):
            self.acknowledged.add(operation["label"]["id"])
        else:
            time.sleep(0.05)

    def _post(self, body: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            headers = self._headers | {"Content-Type": "application/json"}
            connection.request("POST", "/p/letter/documents/000/operations", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class Site:
    """A server on one port and one database, and eight clients who save there."""

    def __init__(self, url: str, folder: Path, stack: ExitStack) -> None:
        self.url, self._folder, self._stack, self._port = url, folder, stack, free_port()
        self.savers = self._savers()

    def _savers(self) -> list[Saver]:
        world = World(self.url)
        document, visitors = world.document("000"), [world.visitor("Alice") for _ in range(CLIENTS)]
        label, text = world.label(), document.text
        spans = spans_of(text, document.excluded)[: EACH * CLIENTS]
        labels = [label | {"id": uid(), "start": s, "end": e, "quote": text[s:e]} for s, e in spans]
        world.close()
        return [Saver(self._port, visitor, labels[n::CLIENTS]) for n, visitor in enumerate(visitors)]

    def start(self, *limits: str) -> Server:
        """The server, anew on the same port; `limits` come before its command."""
        environment = {"DATABASE_URL": self.url, "STANCEMARK_SECRET_KEY": SECRET, "STANCEMARK_PORT": str(self._port)}
        command = [*limits, str(STANCEMARK), "serve"]
        self.server = self._stack.enter_context(serving(self._folder, command=command, **environment))
        return self.server

    def kill(self) -> None:
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

    def wait_for_share(self, share: float) -> None:
        """Until so much of all labels is acknowledged."""
        self.wait_for(lambda: sum(len(saver.acknowledged) for saver in self.savers) >= share * EACH * CLIENTS)

    def answers(self) -> Counter[str]:
        return sum((saver.answers for saver in self.savers), Counter[str]())

    def check(self) -> None:
        """All labels were acknowledged in the end, and each is there once, with its event, its result and its words."""
        self.wait_for_share(1)
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
        assert set(self.answers()) <= {"stored", "repeated", "cut off", "503"}, self.answers()


@contextmanager
def site_on(url: str, folder: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        site = Site(url, new_folder(folder), stack)
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


def test_workers_and_whole_servers_are_killed(site: Site) -> None:
    site.start()
    site.begin()
    for share in (0.1, 0.2, 0.3) if SOAK else (0.2,):
        site.wait_for_share(share)
        os.kill(site.server.workers()[0], signal.SIGKILL)
    for share in (0.4, 0.5, 0.6, 0.7, 0.8) if SOAK else (0.5,):
        site.wait_for_share(share)
        site.kill()
        site.start()
    site.check()
    assert site.answers()["cut off"]


def test_the_disk_is_full_and_a_stranger_holds_the_database(site: Site) -> None:
    """No file may grow beyond what it has and a little: what is acknowledged until then is kept, the rest refused."""
    size = Path(site.url.removeprefix("sqlite:///")).stat().st_size
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    site.start(sys.executable, "-c", f"import os, resource, sys; {limit}; os.execv(sys.argv[1], sys.argv[1:])")
    site.begin()
    site.wait_for(lambda: site.answers()["503"] >= CLIENTS)
    assert site.answers()["stored"], "until it was full"
    site.kill()
    site.start()
    site.wait_for_share(0.7)
    with sqlite3.connect(site.url.removeprefix("sqlite:///"), isolation_level=None) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        time.sleep(7 if SOAK else 1)  # the first is longer than anybody waits
        stranger.execute("ROLLBACK")
    stranger.close()
    site.check()


def test_postgresql_crashes_while_people_save(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="stancemark-") as folder:
        postgres = Postgres(Path(folder), settings=["max_connections=200"])
        try:
            url = postgres.url(postgres.create())
            db = Database(url)
            migrations.upgrade(db)
            db.close()
            build(url)
            with site_on(url, tmp_path) as site:
                site.start()
                site.begin()
                for share in (0.2, 0.4, 0.6, 0.8) if SOAK else (0.4,):
                    site.wait_for_share(share)
                    postgres.crash_and_start()
                os.kill(site.server.workers()[0], signal.SIGKILL)
                site.check()
        finally:
            postgres.stop()


# ---- other days ----


def test_a_start_that_was_killed_is_made_good_by_the_next(tmp_path: Path) -> None:
    """At any moment: while the tables are made, while the seeds come in."""
    url = f"sqlite:///{tmp_path / 'annotations.db'}"
    for number in range(40 if SOAK else 3):
        for path in tmp_path.glob("annotations.db*"):
            path.unlink()
        start = subprocess.Popen([STANCEMARK, "init"], env=without_settings() | {"DATABASE_URL": url})
        time.sleep(0.5 + number * (0.05 if SOAK else 0.5))
        start.kill()
        start.wait()
        done = _init(url)
        assert done.returncode == 0, done.stderr
        world = World(url)
        assert migrations.current(world.db) == migrations.head()
        assert [row.id for row in world.rows("SELECT id FROM document ORDER BY id")] == [f"00{n}" for n in range(5)]
        assert [found.what for found in doctor.examine(world.db) if not found.ok] == []
        world.close()


def _init(url: str) -> subprocess.CompletedProcess[str]:
    environment = without_settings() | {"DATABASE_URL": url}
    return subprocess.run([STANCEMARK, "init"], env=environment, capture_output=True, text=True, timeout=60)


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
