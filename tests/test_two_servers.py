"""Two servers, as of two machines, in front of one PostgreSQL database: what one did the other knows."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import psycopg
import pytest

from tests.databases import Postgres
from tests.releases import settle
from tests.servers import Client, Server, children_of, new_folder, serving
from tests.world import SECRET, SLUG, Visitor, World, build, delete, put
from webapp import migrations
from webapp.services import lacking
from webapp.services.accounts import MOST_WRONG_PER_NAME
from webapp.services.releases import Wanted

PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 120
ARTICLE = f"/p/{SLUG}/documents/000"
WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO release_file%'"


@dataclass(frozen=True)
class Pair:
    """Both servers, and what a test may ask the database beside them."""

    servers: tuple[Server, Server]
    world: World
    postgres: Postgres

    def ask(self, which: int, who: Visitor, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON that one of the servers answers to a person; `body` is JSON, or a form where it is a text."""
        cookie = who.client.get_cookie("stancemark")
        assert cookie is not None
        is_form = isinstance(body, str)
        headers = {"Cookie": f"stancemark={cookie.value}", "X-CSRFToken": who.token}
        headers["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
        connection = HTTPConnection(self.servers[which].address.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body if is_form or body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if "json" in answer.headers["Content-Type"] else None
        finally:
            connection.close()

    def save(self, which: int, who: Visitor, *operations: dict[str, Any]) -> list[dict[str, Any]]:
        status, answer = self.ask(which, who, "POST", f"{ARTICLE}/operations", {"operations": operations})
        assert status == 200, answer
        results: list[dict[str, Any]] = answer["results"]
        return results

    def events(self) -> Counter[str]:
        """How often each event is in the logs of both."""
        lines = "".join(server.printed() for server in self.servers).splitlines()
        return Counter(json.loads(line)["event"] for line in lines if line.startswith("{"))


@pytest.fixture(scope="module")
def pair(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both are started at the same moment, on a database without tables; the small world comes later."""
    name = postgres.create()
    settings = {"DATABASE_URL": postgres.url(name), "STANCEMARK_SECRET_KEY": SECRET, "STANCEMARK_WORKERS": "1"}
    with ExitStack() as stack:

        def start(folder: str) -> Server:
            return stack.enter_context(serving(new_folder(tmp_path_factory.mktemp(folder)), **settings))

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(start, ("first", "second"))
        build(postgres.url(name))
        world = World(postgres.url(name))
        yield Pair((first, second), world, postgres)
        world.close()
    postgres.drop(name)


def wait_for(is_so: Callable[[], Any], pair: Pair) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < limit, [server.printed()[-2000:] for server in pair.servers]
        time.sleep(0.05)


def test_both_make_one_database(pair: Pair) -> None:
    assert migrations.current(pair.world.db) == migrations.head()
    printed = [server.printed() for server in pair.servers]
    assert sum("Made postgresql+psycopg://" in said for said in printed) == 1, printed
    assert not any("Upgraded" in said or "error" in said or "Traceback" in said for said in printed), printed
    seeds = pair.world.rows(
        "SELECT id FROM document WHERE project_id IN (SELECT id FROM project WHERE slug <> 'letter')"
    )
    assert sorted(row.id for row in seeds) == [f"00{number}" for number in range(5)]
    assert len(pair.world.rows("SELECT id FROM person WHERE name = 'curator'")) == 1


def test_who_signs_in_at_one_works_at_the_other_until_signed_out_everywhere(pair: Pair) -> None:
    first, second = pair.servers
    # each start makes a link, and a newer one ends the older
    tries = {server: Client(server).post(server.first_link(), password=PASSWORD)[0] for server in pair.servers}
    assert sorted(tries.values()) == [200, 404]
    client = Client(first)
    assert client.post("/sign-in", name="curator", password=PASSWORD)[0] == 200
    for server in (second, first, second):
        client.server = server
        assert "curator" in client.get("/account")[1]
    here, there = pair.world.visitor("Bob"), pair.world.visitor("Bob")
    assert [pair.ask(n, who, "GET", f"{ARTICLE}.json")[0] for n, who in ((0, here), (1, there))] == [200, 200]
    assert pair.ask(1, there, "POST", "/sign-out", "everywhere=1")[0] == 303
    assert [pair.ask(n, who, "GET", f"{ARTICLE}.json")[0] for n, who in ((0, here), (1, there))] == [401, 401]


def test_wrong_passwords_count_at_both_together(pair: Pair) -> None:
    clients = [Client(server) for server in pair.servers]
    tries = [
        clients[n % 2].post("/sign-in", name="Carol", password="not the one")[0] for n in range(MOST_WRONG_PER_NAME)
    ]
    assert set(tries) == {422}
    assert [client.post("/sign-in", name="Carol", password="not the one")[0] for client in clients] == [429, 429]


def test_what_one_has_saved_the_other_repeats_and_does_not_overwrite(pair: Pair) -> None:
    alice, label = pair.world.visitor("Alice"), pair.world.label()
    first = put(label)
    results = [pair.save(n, alice, first)[0] for n in (0, 1, 0)]
    assert [(one["status"], one["revision"]) for one in results] == [("stored", 1), ("repeated", 1), ("repeated", 1)]
    changes = [put(label | {"base": 1, "note": note}) for note in ("here", "there")]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda n: pair.save(n, alice, changes[n])[0], (0, 1)))
    assert sorted((one["status"], one["code"] or "") for one in both) == [("refused", "conflict"), ("stored", "")]
    kept = [pair.ask(n, alice, "GET", f"{ARTICLE}.json")[1]["labels"] for n in (0, 1)]
    assert kept[0] == kept[1] and [one["revision"] for one in kept[0]] == [2]
    assert pair.save(0, alice, delete(label["id"], 2))[0]["status"] == "stored"


def test_a_job_is_done_once_though_its_process_is_killed(pair: Pair) -> None:
    """Both servers look for work. The process that has it is killed while it stores the release's files."""
    settle(pair.world)
    with psycopg.connect(pair.world.url.replace("+psycopg", "")) as stranger:
        stranger.execute("LOCK TABLE release_file IN ACCESS EXCLUSIVE MODE")
        lacking.ask(pair.world.db, pair.world.actor("Curt"), SLUG, Wanted())
        wait_for(lambda: pair.world.rows(WAITS), pair)
        doing = [id for server in pair.servers for id in children_of(server.job_process() or 0)]
        assert len(doing) == 1, "the other server left it alone"
        os.kill(doing[0], signal.SIGKILL)
        wait_for(lambda: pair.events()["job lost with its process"], pair)
        stranger.rollback()
    wait_for(lambda: pair.events()["job done"], pair)
    told = {event: number for event, number in pair.events().items() if event.startswith("job ")}
    assert told == {"job begun": 1, "job lost with its process": 1, "job begun again": 1, "job done": 1}
    assert [row.number for row in pair.world.rows("SELECT number FROM release")] == [1]
    curt = pair.world.visitor("Curt")
    assert [pair.ask(n, curt, "GET", "/p/letter/releases/1/manifest.json")[0] for n in (0, 1)] == [200, 200]
