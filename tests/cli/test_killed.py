"""Starts, upgrades and releases that are killed in their middle: nothing is half there; the next tells what it did."""

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import Table, column, inspect, select, table

from tests.cli.conftest import Stancemark
from tests.killed import killed
from tests.releases import settle
from tests.servers import STANCEMARK, without_settings
from tests.working import do_all_jobs
from tests.world import SLUG, World
from webapp import migrations
from webapp.cli import starting
from webapp.database import Database, before_now
from webapp.models import Base, Project
from webapp.services import doctor, jobs, lacking
from webapp.services.releases import Wanted

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
Commands = Callable[[str], Stancemark]
RECOVERED = "The database file was not closed last time: "


def points(few: list[int], many: int, step: int) -> list[int]:
    """How many statements are let through before the kill."""
    return list(range(0, many, step)) if SOAK else few


def said(err: str) -> list[str]:
    """What a start said on standard error, less what SQLite did, which hangs on how the last process ended."""
    return [line for line in err.splitlines() if not line.startswith(RECOVERED)]


# ---- starts ----


@pytest.mark.parametrize(
    ("before", "others", "loaded"),
    [
        ("INSERT INTO person", 0, "project hollywood-letter and 5 articles"),
        ("INSERT INTO document", 0, "5 articles"),
        *(("", others, None) for others in points([], 400, 8)),
    ],
)
def test_a_start_completes_what_a_killed_one_had_not_come_to(
    blank_database_url: str, commands: Commands, before: str, others: int, loaded: str | None
) -> None:
    was_killed = killed(blank_database_url, "init", before=before, others=others)
    stancemark = commands(blank_database_url)
    first = stancemark.well("init")
    if loaded:
        assert was_killed
        assert said(first.err) == [f"Loaded what an earlier start had not come to: {loaded}."]
        assert first.err.startswith(RECOVERED) == blank_database_url.startswith("sqlite")
    check_seeds(blank_database_url)
    assert stancemark.well("init").err == "", "there is nothing left to do"


def check_seeds(url: str) -> None:
    world = World(url)
    assert migrations.current(world.db) == migrations.head()
    assert [row.id for row in world.rows("SELECT id FROM document ORDER BY id")] == [f"00{n}" for n in range(5)]
    assert [found.what for found in doctor.examine(world.db) if not found.ok] == []
    world.close()


# ---- upgrades ----

OLD = "0001"


@pytest.mark.parametrize("others", points([0], 90, 3))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_that_is_killed_leaves_the_old_tables_with_their_rows(
    request: pytest.FixtureRequest, kind: str, commands: Commands, others: int
) -> None:
    world: World = request.getfixturevalue(f"{kind}_only")
    url: str = request.getfixturevalue(f"blank_{kind}_url")
    world.stored("Alice")
    with closing(Database(url)) as old:
        make_old(old, world.db)
        before = kept(old)
        assert before["label"] and before["event"] and "release" not in before
        was_killed = killed(url, "init", before="" if SOAK else "TABLE release_file", others=others)
        assert was_killed or SOAK
        found = migrations.current(old)  # the new one, where it was killed behind the last step only
        assert found == OLD or (SOAK and found == migrations.head())
        assert kept(old) == before
        done = commands(url).well("init")
        if found == OLD:
            assert said(done.err) == [f"Upgraded the tables from {OLD} to {migrations.head()}."]
        after = kept(old)
        assert {name: after[name] for name in before} == before
        findings = [found for found in doctor.examine(old) if not found.ok]
        assert [found.what for found in findings] == ["administrators"], findings  # nobody is one in this world


def make_old(old: Database, source: Database) -> None:
    """The tables as the first version had them, with all rows of `source` that go into them."""
    script = migrations._script()
    with old.writing() as session:
        steps = EnvironmentContext(Config(), script, fn=lambda found, _: script._upgrade_revs(OLD, found))
        with steps as environment:
            environment.configure(connection=session.connection(), target_metadata=Base.metadata)
            environment.run_migrations()
    with source.reading() as there, old.writing() as here:
        for one in OLD_TABLES:
            columns = [found["name"] for found in inspect(here.connection()).get_columns(one.name)]
            rows = [dict(row._mapping) for row in there.execute(select(*[one.c[name] for name in columns]))]
            if rows:
                typed = table(one.name, *[column(name, one.c[name].type) for name in columns])
                here.execute(typed.insert(), rows)


# of a version that had no more; its table of jobs was never used
OLD_TABLES: list[Table] = [
    one
    for one in Base.metadata.sorted_tables
    if one.name not in ("job", "report", "decision", "release", "release_file")
]


def kept(db: Database) -> dict[str, list[Any]]:
    """All rows, in the columns of the first version."""
    added = {"locked_at", "release_key", "licence"}
    with db.reading() as session:
        return {
            one.name: session.execute(
                select(*[c for c in one.columns if c.name not in added]).order_by(*one.primary_key)
            ).all()
            for one in OLD_TABLES
        }


# ---- releases ----


@pytest.mark.parametrize("others", points([3], 12, 1))
def test_a_release_that_is_killed_is_not_there_and_its_number_is_free(
    stancemark: Stancemark, world: World, others: int
) -> None:
    settle(world)
    assert killed(world.url, "release", SLUG, before="INSERT INTO release_file", others=others)
    assert nothing_of_a_release(world)
    assert stancemark.well("release", SLUG).out.startswith("Made release 1 of letter: 2 gold labels, ")
    assert {row.number for row in world.rows("SELECT number FROM release_file")} == {1}


@pytest.mark.parametrize("before", ["INSERT INTO release_file", "finished_at="])
def test_a_job_that_is_killed_is_begun_again_and_makes_one_release(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], before: str
) -> None:
    """While its files are stored; and when they are, but nobody has been told yet."""
    world: World = request.getfixturevalue("postgresql_only" if before.startswith("INSERT") else "sqlite_only")
    settle(world)
    lacking.ask(world.db, world.actor("Curt"), SLUG, Wanted())
    assert killed(world.url, "jobs", "--once", before=before)
    assert nothing_of_a_release(world) == before.startswith("INSERT")
    assert jobs.left(world.db) == jobs.Left(0, 1) and not jobs.any_to_do(world.db), "it may be alive"
    world.change("UPDATE job SET seen_at = :then", then=before_now(seconds=jobs.SECONDS_OF_SILENCE + 5))
    starting.tell_of_jobs(world.db)
    assert capsys.readouterr().err == "1 job had lost the process that did it: begun again now.\n"
    assert do_all_jobs(world.db) == ["release"]
    assert [row.number for row in world.rows("SELECT number FROM release")] == [1]
    assert world.rows("SELECT state, attempts FROM job") == [("done", 2)]


def nothing_of_a_release(world: World) -> bool:
    rows = world.rows("SELECT id FROM release") + world.rows("SELECT name FROM release_file")
    return not rows and world.rows("SELECT release_key FROM project") == [(None,)]


def test_a_job_that_fails_is_told_in_the_log_without_anybodys_words(sqlite_only: World) -> None:
    with sqlite_only.db.writing() as session:
        project = session.scalars(select(Project.id)).one()
        jobs.want(session, project, "unheard of", "Xanthippe", {"note": "Xanthippe"})
    command = [STANCEMARK, "--database", sqlite_only.url, "jobs", "--once"]
    done = subprocess.run(command, env=without_settings(), capture_output=True, text=True, timeout=60)
    begun, failed = map(json.loads, done.stderr.splitlines())
    assert (begun["event"], failed["event"], failed["error"]) == ("job begun", "job failed", "KeyError")
    assert (failed["kind"], failed["attempt"], done.returncode, done.stdout) == ("unheard of", 1, 1, "")
    assert "Xanthippe" not in done.stderr
