"""`init`, `doctor`, and the command as a process of its own: exit codes, settings, pipes."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.conftest import Stancemark
from tests.decisions import cluster, decide, decision, disputed, gold
from tests.servers import STANCEMARK, without_settings
from tests.world import SLUG, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import releasing
from webapp.services.releases import Wanted

Commands = Callable[[str], Stancemark]
# init once at a time is slow enough: the rest works on copies of a made world
DEMO_LABELS = 188


def findings(stancemark: Stancemark, code: int) -> dict[str, tuple[bool, str]]:
    done = stancemark("doctor", "--json")
    assert done.code == code, done
    found = done.json
    assert found["ok"] is (code == 0)
    return {finding["what"]: (finding["ok"], finding["detail"]) for finding in found["findings"]}


# ---- init ----


def test_init_makes_loads_and_does_no_more_the_second_time(commands: Commands, blank_database_url: str) -> None:
    stancemark = commands(blank_database_url)
    assert "Make it with: stancemark init" in stancemark.refused("user", "list")

    assert stancemark.well("init", "--demo").out.endswith(
        f"\n{DEMO_LABELS} simulated labels of alice, bob and carol added.\n"
    )
    again = stancemark.well("init", "--demo").out
    assert again.startswith("Up to date: ")
    assert again.endswith("\nNo simulated labels of alice, bob and carol added.\n")

    (project,) = stancemark.well("project", "list", "--json").json
    assert project["slug"] == "hollywood-letter"
    people = {row["name"]: (row["admin"], row["state"]) for row in stancemark.well("user", "list", "--json").json}
    assert people == {
        "curator": (True, "invited"),
        **dict.fromkeys(("alice", "bob", "carol"), (False, "invited")),
    }
    found = findings(stancemark, 0)
    assert found["documents"] == (True, "5 texts fit their hashes")
    assert found["labels"] == (True, f"{DEMO_LABELS} labels fit their texts")


def test_looking_makes_no_database(commands: Commands, tmp_path: Path) -> None:
    stancemark = commands(f"sqlite:///{tmp_path}/none.db")
    assert stancemark.refused("project", "list").startswith(
        f"There is no database at sqlite:///{tmp_path}/none.db yet."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_version_is_left_alone(stancemark: Stancemark, world: World) -> None:
    world.change("UPDATE alembic_version SET version_num = '9999'")
    assert "is of another version" in stancemark.refused("project", "list")
    assert stancemark.refused("init") == (
        "The database was made by a newer version (its tables are at 9999). Install that version.\n"
    )
    assert world.rows("SELECT version_num FROM alembic_version") == [("9999",)]


# ---- doctor ----


def test_doctor_finds_nothing_in_a_healthy_database(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    stancemark.well("user", "add", "Ada", "--admin")
    found = findings(stancemark, 0)
    assert found["labels"] == (True, "1 labels fit their texts")
    assert found["administrators"] == (True, "1 can sign in")
    lines = stancemark.well("doctor").out.splitlines()
    assert len(lines) == len(found)
    assert all(line.startswith("ok     ") for line in lines)


def test_doctor_finds_a_changed_text(stancemark: Stancemark, world: World) -> None:
    stancemark.well("user", "add", "Ada", "--admin")
    label = world.stored("Alice")
    world.change("UPDATE document SET text = 'X' || text WHERE id = '000'")
    found = findings(stancemark, 1)
    assert found["documents"] == (False, "text changed: 000")
    assert found["labels"] == (False, f"other words: {label['id']}")
    done = stancemark("doctor")
    assert done.code == 1
    assert "WRONG  documents: text changed: 000\n" in done.out


def test_doctor_finds_a_changed_label(stancemark: Stancemark, world: World) -> None:
    stancemark.well("user", "add", "Ada", "--admin")
    label = world.stored("Alice")
    world.change("UPDATE label SET end_at = end_at - 1")
    found = findings(stancemark, 1)
    assert found["documents"][0] is True
    assert found["labels"] == (False, f"other words: {label['id']}")


def test_doctor_finds_a_decision_on_other_words(stancemark: Stancemark, world: World) -> None:
    disputed(world)
    decide(world, decision("set", cluster(world)["key"], gold=gold(world)))
    assert findings(stancemark, 1)["decisions"] == (True, "1 decisions fit their texts")
    world.change("UPDATE document SET text = 'X' || text WHERE id = '000'")
    ok, told = findings(stancemark, 1)["decisions"]
    assert (ok, told.startswith("other words: ")) == (False, True)


def test_doctor_misses_an_administrator(stancemark: Stancemark) -> None:
    assert findings(stancemark, 1)["administrators"] == (False, "nobody: stancemark user add NAME --admin")


def test_doctor_finds_rows_that_point_to_nothing(stancemark: Stancemark, world: World) -> None:
    """An assignment without its article, as only a damaged or meddled-with database has one."""
    assert findings(stancemark, 1)["references"] == (True, "all rows hold together")
    lost = "DELETE FROM document WHERE id = '002'"
    if world.db.is_sqlite:
        with sqlite3.connect(str(world.db.url.database)) as raw:
            raw.execute(lost)
        raw.close()
    else:
        with world.db.writing() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text(lost))
    said = "rows point to nothing: 1 in assignment have no document"
    assert findings(stancemark, 1)["references"] == (False, said)


def test_doctor_finds_a_lost_index_and_a_strange_column(stancemark: Stancemark, world: World) -> None:
    assert findings(stancemark, 1)["tables"] == (True, "as they should be")
    world.change("DROP INDEX uq_label_span")
    world.change("ALTER TABLE speaker ADD COLUMN colour TEXT")
    ok, said = findings(stancemark, 1)["tables"]
    assert not ok and "uq_label_span" in said and "colour" in said


def test_doctor_finds_a_changed_release(on_sqlite: Stancemark, sqlite_only: World) -> None:
    sqlite_only.stored()
    sqlite_only.operate("Alice", "000", finish())
    releasing.release(sqlite_only.db, OPERATOR, SLUG, Wanted(partial=True))
    ok, said = findings(on_sqlite, 1)["releases"]
    assert ok and re.fullmatch(r"\d+ files fit their hashes", said)
    sqlite_only.change("DROP TRIGGER release_file_frozen_update")
    sqlite_only.change("UPDATE release_file SET body = x'00' WHERE name = 'gold.jsonl'")
    assert findings(on_sqlite, 1)["releases"] == (False, "changed: gold.jsonl of release 1")


def test_doctor_names_the_library(on_sqlite: Stancemark) -> None:
    assert findings(on_sqlite, 1)["sqlite"][1].startswith(f"SQLite {sqlite3.sqlite_version}")


def test_doctor_finds_a_key_that_others_may_read(on_sqlite: Stancemark, tmp_path: Path) -> None:
    secret = tmp_path / "annotations.db.secret"
    secret.write_text("x" * 43)
    secret.chmod(0o644)
    assert findings(on_sqlite, 1)["configuration"] == (False, f"others may read {secret}: chmod 600 {secret}")
    secret.chmod(0o600)
    assert findings(on_sqlite, 1)["configuration"] == (True, f"the secret key is in {secret}")


def test_doctor_on_what_is_no_database(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "note.db").write_text("This is a note, and no database at all." * 100)
    found = findings(commands(f"sqlite:///{tmp_path}/note.db"), 1)
    assert "file is not a database" in found["database"][1]
    assert "There is no database at" in findings(commands(f"sqlite:///{tmp_path}/none.db"), 1)["database"][1]


def test_doctor_on_a_damaged_file(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.close()
    path = tmp_path / "annotations.db"
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'document'").fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    found = findings(on_sqlite, 1)
    assert found["integrity"][0] is False
    assert found["documents"][0] is False


# ---- as a process ----


def process(*words: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STANCEMARK, *map(str, words)],
        cwd=folder,
        env={**without_settings(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_option_goes_before_the_environment(sqlite_only: World, tmp_path: Path) -> None:
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    done = process("--database", sqlite_only.url, "project", "list", folder=tmp_path, DATABASE_URL=elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "slug    title\nletter  The Hollywood letter\n"
    assert process("project", "list", folder=tmp_path, DATABASE_URL=sqlite_only.url).stdout == done.stdout
    done = process("project", "list", folder=tmp_path, DATABASE_URL=elsewhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"error: There is no database at sqlite:///.*/elsewhere\.db yet\. Make it with: .*\n", done.stderr
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "nonsense",
            "error: DATABASE_URL=…: sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME is allowed",
        ),
        ("postgresql+psycopg://ada:hunter2@host:port/x", "error: DATABASE_URL=…: sqlite:///FILE or"),
        ("postgresql://ada:hunter2@host/x", "error: DATABASE_URL=…: sqlite:///FILE or"),
    ],
)
def test_an_address_that_is_none(commands: Commands, url: str, said: str) -> None:
    printed = commands(url).misused("user", "list")
    assert printed.startswith(said)
    assert "hunter2" not in printed


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    done = process("--database", "postgresql+psycopg://ada:hunter2@127.0.0.1:9/x", "user", "list", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: The database cannot be used just now (")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_usage(commands: Commands, tmp_path: Path) -> None:
    done = process(folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: stancemark" in done.stderr
    stancemark = commands(f"sqlite:///{tmp_path}/none.db")
    for words in (("frobnicate",), ("user", "add"), ("user", "list", "--frob"), ("round",)):
        assert "Usage: stancemark" in stancemark.misused(*words)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_early(sqlite_only: World, tmp_path: Path) -> None:
    """As in `stancemark events … | head -1`: no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [STANCEMARK, "--database", sqlite_only.url, "events", SLUG]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=without_settings())
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_two_that_begin_at_once_make_one_project(blank_database_url: str, commands: Commands, tmp_path: Path) -> None:
    command = [STANCEMARK, "--database", blank_database_url, "init"]
    both = [
        subprocess.Popen(command, env=without_settings(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    printed = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], printed
    found = findings(commands(blank_database_url), 0)
    assert found["documents"] == (True, "5 texts fit their hashes")
    assert found["administrators"] == (True, "1 can sign in")
