"""A million labels, in one project and in ten: the size of the database, and what saves, pages and exports cost then.

Forty annotators; 10,000 articles of 600 words, each finished by four of them with 25 labels. What counts is the time of
the processor, of the program and of PostgreSQL, since it is the same on a busy machine. Prints a table and writes
bench/results/scale.json. `python -m bench.scale sqlite` measures one of the two databases, `… 100000` fewer labels.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import make_url, text

from bench.browser import Figure
from bench.load import databases
from tests.crowd import add_articles, add_labels
from tests.world import SLUG, World, build, put
from webapp import migrations
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

LABELS, READERS, EACH, WORDS = 1_000_000, 4, 25, 600
PEOPLE = [f"Reader {n:02}" for n in range(40)]
ROUNDS = 3  # the cheapest counts
RESULTS = Path(__file__).parent / "results" / "scale.json"
PAGES = (
    ("annotation page", "Alice", f"/p/{SLUG}/documents/000"),
    ("first page of an annotator", PEOPLE[0], "/"),
    ("own articles", PEOPLE[0], f"/p/{SLUG}/documents"),
    ("first page of the curator", "Curt", "/"),
    ("overview", "Curt", f"/p/{SLUG}/"),
    ("articles", "Curt", f"/p/{SLUG}/documents"),
    ("articles by number of labels", "Curt", f"/p/{SLUG}/documents?sort=-labels"),
    ("people", "Curt", f"/p/{SLUG}/people"),
    ("speakers", "Curt", f"/p/{SLUG}/speakers"),
    ("events", "Curt", f"/p/{SLUG}/events"),
    ("adjudication queue", "Curt", f"/p/{SLUG}/adjudicate"),
    ("adjudication of an article", "Curt", f"/p/{SLUG}/adjudicate/past-7"),
)
COMMANDS = (
    ("export of its labels", ("export", "labels", "--project", SLUG, "--out", "labels.jsonl")),
    ("backup", ("backup", "all.backup")),
    ("agreement without γ", ("agreement", "--project", SLUG, "--no-gamma", "--json")),
)


def fill(world: World, labels: int, projects: int) -> None:
    """So many labels in all, in projects of equal size, of which the first is measured."""
    migrations.upgrade(world.db)
    build(world.url)
    for number in range(projects):
        slug = f"{SLUG}-{number}" if number else SLUG
        if number:
            managing.create_project(world.db, OPERATOR, slug, slug)
        articles = labels // projects // READERS // EACH
        add_articles(world, articles, PEOPLE, READERS, WORDS, slug)
        add_labels(world, articles, EACH, slug=slug)
    managing.set_roles(world.db, OPERATOR, SLUG, "Curt", frozenset({"curator", "adjudicator"}))
    if not world.db.is_sqlite:
        with world.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as its own caretaker would do in a while


# ---- what it takes ----


class Clock:
    """Seconds of the processor that this process and PostgreSQL have used."""

    def __init__(self, world: World) -> None:
        self._server = None if world.db.is_sqlite else _parent(world.rows("SELECT pg_backend_pid()")[0][0])

    def now(self) -> float:
        return time.process_time() + (_ticks(self._server) / os.sysconf("SC_CLK_TCK") if self._server else 0)

    def cheapest(self, action: Callable[[], object]) -> float:
        """In milliseconds, once everything is warm."""
        action()
        found = []
        for _ in range(ROUNDS):
            begin = self.now()
            action()
            found.append((self.now() - begin) * 1000)
        return min(found)


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _parent(process: int) -> int:
    return int(_stat(process)[1])


def _ticks(server: int) -> int:
    """Of the server, of its processes, and of those that have ended."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return sum(map(int, _stat(server)[11:15])) + sum(sum(map(int, _stat(int(one))[11:13])) for one in children)


def of_the_database(world: World) -> Iterator[Figure]:
    if world.db.is_sqlite:
        size = Path(make_url(world.url).database or "").stat().st_size
    else:
        size = world.rows("SELECT pg_database_size(current_database())")[0][0]
    yield Figure("size of the database", size / 1e6, "MB")


def of_saves(world: World, clock: Clock) -> Iterator[Figure]:
    alice, label = world.visitor("Alice"), world.label()
    bases = iter(range(1_000))

    def save() -> None:
        (result,) = alice.results("000", put(label | {"base": next(bases)}))
        assert result["status"] == "stored", result

    times = [clock.cheapest(lambda: [save() for _ in range(50)]) / 50 for _ in range(ROUNDS)]
    yield Figure("save", median(times), "ms")


def of_pages(world: World, clock: Clock) -> Iterator[Figure]:
    people = {name: world.visitor(name) for name in {name for _, name, _ in PAGES}}
    begin = clock.now()
    while people["Curt"].get(f"/p/{SLUG}/adjudicate").status_code == 202:
        pass
    yield Figure("reading all labels for the adjudication queue, once", clock.now() - begin, "s")
    for what, name, address in PAGES:
        answer = people[name].get(address)
        assert answer.status_code == 200, answer.text
        yield Figure(what, clock.cheapest(lambda: people[name].get(address).data), "ms")  # noqa: B023


@dataclass
class Used:
    """What a command took: seconds of the processor, and megabytes at most."""

    seconds: float
    memory: float


def of_commands(world: World, folder: Path) -> Iterator[Figure]:
    for what, words in COMMANDS:
        clock = Clock(world)
        begin = clock.now()
        used = _run(world.url, folder, *words)
        yield Figure(what, used.seconds + clock.now() - begin, "s")
        yield Figure(f"{what}, most memory", used.memory, "MB")


# started by a small process: a command's memory begins with that of whoever starts it
_STARTER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""


def _run(url: str, folder: Path, *words: str) -> Used:
    command = [sys.executable, "-c", _STARTER, sys.executable, "-m", "webapp.cli", "--database", url, *words]
    place = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=folder, env=place, stdout=subprocess.PIPE, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    return Used(seconds, memory)


def measured(world: World, folder: Path) -> Iterator[Figure]:
    clock = Clock(world)
    yield from of_the_database(world)
    yield from of_saves(world, clock)
    yield from of_pages(world, clock)
    yield from of_commands(world, folder)


def main(*wanted: str) -> None:
    kinds = [kind for kind in ("SQLite", "PostgreSQL") if kind.lower() in wanted] or ["SQLite", "PostgreSQL"]
    labels = next((int(word) for word in wanted if word.isdigit()), LABELS)
    found = []
    for projects in (1, 10):
        with tempfile.TemporaryDirectory() as name, databases(kinds, Path(name)) as urls:
            for kind, url in urls.items():
                with closing(World(url)) as world:
                    fill(world, labels, projects)
                    where = f"{kind}, {labels:,} labels in {projects} project{'s' * (projects > 1)}"
                    for figure in measured(world, Path(name)):
                        print(f"{where}: {figure}", flush=True)
                        found.append({"where": where, **figure.record()})
                for file in Path(name).glob("*.*"):
                    file.unlink()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
