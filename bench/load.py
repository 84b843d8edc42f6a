"""Saving labels and loading pages against the real server, 2 workers × 8 threads, with 1, 8 and 32 clients.

Beside each in the same run: a request through the same middleware, session and CSRF check that answers 204 (a setting
of the pages that is so already), and raw SQLite commits of one row with synchronous=FULL. With 200 labels in one
database and 100,000 in another, each with a server of its own, by turns in short drives, so that what else the machine
does meets all alike; on SQLite and PostgreSQL. Prints a table and writes bench/results/load.json.
`python -m bench.load sqlite` measures one of the two, `… 200` one history.
"""

import itertools
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.driver import Drive, Requests, drive
from tests.crowd import add_articles, add_labels, spans_of
from tests.databases import Postgres
from tests.servers import Server, serving
from tests.world import SECRET, SLUG, Visitor, World, uid
from webapp import migrations
from webapp.domain.permissions import OPERATOR
from webapp.places import place
from webapp.services import importing, managing

RESULTS = Path(__file__).with_name("results") / "load.json"
CLIENTS = (1, 8, 32)
HISTORIES = (200, 100_000)
ARTICLES = 200  # on which the history is
SECONDS = 1.5  # of each drive
ROUNDS = 4  # the best of each figure counts: whatever else the machine does can only add to it
# contract, section 7: of the rate of the 204 request
LEAST = {1: 0.35, 32: 0.19}


@dataclass
class Annotator:
    """One client: who it is, and the article that they label."""

    visitor: Visitor
    document: str
    sha: str
    text: str
    spans: Iterator[tuple[int, int]]

    def request(self, method: str, address: str, body: bytes = b"") -> bytes:
        cookie = self.visitor.client.get_cookie("stancemark")
        assert cookie is not None
        lines = [
            f"{method} {address} HTTP/1.1",
            "Host: localhost",
            f"Cookie: stancemark={cookie.value}",
            f"X-CSRFToken: {self.visitor.token}",
            "Sec-Fetch-Site: same-origin",
            "Content-Type: application/json",
            "Accept-Encoding: gzip",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def saves(self) -> Iterator[bytes]:
        for start, end in self.spans:
            label = {
                "id": uid(),
                "text_sha256": self.sha,
                "start": start,
                "end": end,
                "quote": self.text[start:end],
                "speaker": "openai",
                "chain": [],
                "stance": "pro-fair-use",
                "claim_type": "POLICY",
                "base": 0,
            }
            body = json.dumps({"operations": [{"id": uid(), "action": "put", "label": label}]}).encode()
            yield self.request("POST", f"/p/{SLUG}/documents/{self.document}/operations", body)

    def no_ops(self) -> Iterator[bytes]:
        body = json.dumps({"name": "letters", "value": True}).encode()
        return itertools.repeat(self.request("POST", "/account/preferences", body))

    def pages(self) -> Iterator[bytes]:
        other = f"00{(int(self.document) + 1) % 5}"  # without labels of theirs, so that each round is the same
        return itertools.repeat(self.request("GET", f"/p/{SLUG}/documents/{other}"))


def make_world(url: str) -> World:
    world = World(url)
    migrations.upgrade(world.db)
    managing.create_project(world.db, OPERATOR, SLUG, "Load")
    articles = place("seeds") / "articles.jsonl"
    importing.import_documents(world.db, OPERATOR, SLUG, [(articles.name, articles.read_bytes())])
    add_articles(world, ARTICLES)
    names = [f"Annotator {n}" for n in range(max(CLIENTS))]
    for name in names:
        world.add_person(name, "annotator")
    world.assign(*names, documents=["000", "001", "002", "003", "004"])
    return world


def annotators(world: World, random: random.Random) -> list[Annotator]:
    made = []
    for n in range(max(CLIENTS)):
        visitor, document = world.visitor(f"Annotator {n}"), world.document(f"00{n % 5}")
        visitor.post("/account/preferences", json={"name": "letters", "value": True})
        spans = spans_of(document.text, document.excluded)
        random.shuffle(spans)
        made.append(Annotator(visitor, document.id, document.text_sha256, document.text, iter(spans)))
    return made


# ---- measuring ----


@dataclass(frozen=True)
class Figure:
    """A figure, as a ratio to a peer of the same run too; `limit` is what the contract asks of it, and `kept` if so."""

    what: str
    value: float
    unit: str
    ratio: float | None = None
    peer: str = ""
    limit: str = ""
    kept: bool = True

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.3g} × {self.peer}"
        return f"{self.what:58}{self.value:9.1f} {self.unit:4}{ratio:24}{self.limit}{'' if self.kept else '  MISSED'}"


@dataclass
class Measured:
    """One kind of request by so many clients: the drive, and processor seconds of the server an answer."""

    drive: Drive
    cpu: float


class Bench:
    """One server with its annotators."""

    def __init__(self, server: Server, people: list[Annotator]) -> None:
        self._server, self._people = server, people
        self._port = int(server.address.rpartition(":")[2])

    def run(self, kind: str, clients: int) -> Measured:
        wished = {"saves": b'"status":"stored"', "no_ops": b" 204 ", "pages": b" 200 "}[kind]
        before = self._cpu()
        done = drive(self._port, [_requests(one, kind) for one in self._people[:clients]], wished, SECONDS)
        for one in self._people[:clients] if kind == "saves" else ():
            next(itertools.islice(one.spans, done.answers, None), None)  # the spans were used up in another process
        return Measured(done, (self._cpu() - before) / done.answers)

    def _cpu(self) -> float:
        ticks = 0
        for worker in self._server.workers():
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _requests(one: Annotator, kind: str) -> Requests:
    found: Requests = getattr(one, kind)
    return found


def raw_commits(folder: Path) -> float:
    """Commits of one row a second, by sqlite3 alone, as safe as ours."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS row (words TEXT)")
    begin, number = time.monotonic(), 0
    while (took := time.monotonic() - begin) < SECONDS / 2:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row VALUES (?)", ["x" * 500])
        connection.execute("COMMIT")
        number += 1
    connection.close()
    return number / took


@dataclass
class Rounds:
    """Some rounds of a 204 request and a save each, by so many clients."""

    clients: int
    pairs: list[tuple[Measured, Measured]] = field(default_factory=list)

    def add(self, bench: Bench) -> None:
        self.pairs.append((bench.run("no_ops", self.clients), bench.run("saves", self.clients)))

    def best(self, figure: Callable[[Measured], float], choose: Callable[..., float] = min) -> tuple[float, float]:
        """Of the 204 request and of the save."""
        no_ops, saves = zip(*self.pairs, strict=True)
        return choose(map(figure, no_ops)), choose(map(figure, saves))

    @property
    def fastest(self) -> tuple[float, float]:
        """Answers a second."""
        return self.best(lambda one: one.drive.rate, max)

    @property
    def cheapest(self) -> tuple[float, float]:
        """Milliseconds of the processor."""
        return self.best(lambda one: one.cpu * 1000)

    @property
    def latest(self) -> tuple[float, float]:
        """Milliseconds that one in a hundred takes longer than."""
        return self.best(lambda one: one.drive.percentile(0.99))

    def figures(self, raw: float) -> Iterator[Figure]:
        (no_op, save), (no_op_cost, cost) = self.fastest, self.cheapest
        name, least = f"{self.clients} client{'s' * (self.clients > 1)}", LEAST.get(self.clients)
        share = save / no_op
        limit = f"≥ {least}" if least else ""
        yield Figure(f"{name}: 204 request", no_op, "/s", no_op / raw, "raw commits")
        yield Figure(f"{name}: save", save, "/s", share, "204 request", limit, share >= (least or 0))
        yield Figure(f"{name}: save", save, "/s", save / raw, "raw commits")
        yield Figure(f"{name}: 204 request, processor", no_op_cost, "ms")
        share = cost / no_op_cost
        yield Figure(f"{name}: save, processor", cost, "ms", share, "204 request", "≤ 6", share <= 6)
        is_most = self.clients == max(CLIENTS)
        limit = "≤ 100 ms" if is_most else ""
        no_op_late, late = self.latest
        share = late / no_op_late
        yield Figure(f"{name}: save, p99", late, "ms", share, "204 request", limit, late <= 100 or not is_most)


def pages(bench: Bench, rounds: Rounds) -> Iterator[Figure]:
    page, name = bench.run("pages", rounds.clients), f"{rounds.clients} client{'s' * (rounds.clients > 1)}: page"
    yield Figure(name, page.drive.rate, "/s", page.drive.rate / rounds.fastest[0], "204 request")
    share = page.cpu * 1000 / rounds.cheapest[0]
    yield Figure(f"{name}, processor", page.cpu * 1000, "ms", share, "204 request")


def by_history(benches: dict[int, Bench], clients: int) -> dict[int, Rounds]:
    """The rounds of each history, by turns."""
    found = {labels: Rounds(clients) for labels in benches}
    for _ in range(ROUNDS):
        for labels, bench in benches.items():
            found[labels].add(bench)
    return found


def growth(rounds: dict[int, Rounds]) -> Iterator[Figure]:
    """The cost of a save with much history beside that with little."""
    little, *more = rounds.values()
    for much in more:
        cost, share = much.cheapest[1], much.cheapest[1] / little.cheapest[1]
        what, peer = f"{much.clients} clients: save, processor", "at little history"
        yield Figure(what, cost, "ms", share, peer, "± 20 %", 0.8 <= share <= 1.2)


def shown(where: str, figures: Iterable[Figure]) -> Iterator[dict[str, Any]]:
    for figure in figures:
        print(f"{where}, {figure}", flush=True)
        yield {"where": where, **asdict(figure)}


def on_one_database(kind: str, histories: Sequence[int], folder: Path) -> Iterator[dict[str, Any]]:
    """All figures of one kind of database, with little history and with much."""
    with ExitStack() as stack:
        benches = {labels: stack.enter_context(bench_with(labels, kind, folder / f"{labels}")) for labels in histories}
        raw = raw_commits(folder)
        yield from shown(kind, [Figure("raw SQLite commits, synchronous=FULL", raw, "/s")])
        for clients in CLIENTS:
            rounds = by_history(benches, clients)
            for labels, bench in benches.items():
                where = f"{kind}, {labels:,} labels"
                yield from shown(where, [*rounds[labels].figures(raw), *pages(bench, rounds[labels])])
            yield from shown(kind, growth(rounds))


@contextmanager
def bench_with(labels: int, kind: str, folder: Path) -> Iterator[Bench]:
    """A server on a database with so many labels."""
    folder.mkdir()
    with databases([kind], folder) as urls:
        world = make_world(urls[kind])
        add_labels(world, ARTICLES, labels // ARTICLES)
        people = annotators(world, random.Random(1))
        world.close()
        with serving(folder, DATABASE_URL=urls[kind], STANCEMARK_SECRET_KEY=SECRET) as server:
            yield Bench(server, people)


@contextmanager
def databases(kinds: Sequence[str], folder: Path) -> Iterator[dict[str, str]]:
    """The address of a fresh database of each kind; PostgreSQL as safe as it is by default."""
    with ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{folder / 'load.db'}"}
        if "PostgreSQL" in kinds:
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="stancemark-"))
            postgres = Postgres(Path(place), settings=["max_connections=200"])
            stack.callback(postgres.stop)
            urls["PostgreSQL"] = postgres.url(postgres.create())
        yield {kind: urls[kind] for kind in kinds}


def main(*wanted: str) -> None:
    kinds = [kind for kind in ("SQLite", "PostgreSQL") if kind.lower() in wanted] or ["SQLite", "PostgreSQL"]
    histories = [number for number in HISTORIES if str(number) in wanted] or list(HISTORIES)
    found: list[dict[str, Any]] = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            found += on_one_database(kind, histories, Path(folder))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
