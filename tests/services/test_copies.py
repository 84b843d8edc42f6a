"""Everything into another database, into a backup and back: whole and the same, or nothing."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.databases import Postgres
from tests.decisions import cluster, decide, decision, disputed
from tests.services.test_exporting import bundle
from tests.world import SLUG, WORDS, World, delete, opened
from webapp import migrations
from webapp.database import Database
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR
from webapp.models import Base, Event, Label
from webapp.services import backup, copying, releasing, speakers
from webapp.services.releases import Wanted

Rows = dict[str, list[tuple[Any, ...]]]


def unheard(_done: int, _whole: int) -> None:
    pass


@contextmanager
def database(url: str) -> Iterator[Database]:
    with closing(Database(url)) as db:
        yield db


ENDED = ("session", "one_time_link")  # ways in, which a restore ends


def rows(db: Database) -> Rows:
    """Every row of every table, by its key."""
    with db.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def busy(world: World) -> None:
    """Something in nearly every table: refused, deleted, proposed, merged, decided, released."""
    disputed(world)
    accept = decision("accept", cluster(world, WORDS)["key"])
    assert decide(world, accept)[0]["status"] == "stored"
    label = world.stored("Bob", "Google", "001", speaker={"name": "Zoë 𝄞", "kind": "person", "affiliation": ""})
    world.operate("Bob", "001", delete(label["id"], 1))
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "joe-russo", "russo-brothers")
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "actors", "joe-russo")
    releasing.release(world.db, OPERATOR, SLUG, Wanted(partial=True))


@pytest.fixture(scope="module")
def busy_sqlite(sqlite_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "annotations.db"
    shutil.copy(sqlite_world, path)
    with opened(f"sqlite:///{path}") as world:
        busy(world)
    return path


@pytest.fixture(scope="module")
def busy_postgresql(postgres: Postgres, postgresql_world: str) -> str:
    name = postgres.create(postgresql_world)
    with opened(postgres.url(name)) as world:
        busy(world)
    return name


@pytest.fixture
def full_sqlite(busy_sqlite: Path, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "full.db"
    shutil.copy(busy_sqlite, path)
    with opened(f"sqlite:///{path}") as world:
        yield world


@pytest.fixture
def full_postgresql(postgres: Postgres, busy_postgresql: str) -> Iterator[World]:
    name = postgres.create(busy_postgresql)
    with opened(postgres.url(name)) as world:
        yield world
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(f"full_{request.param}")
    return found


# ---- from one database to another ----


def test_every_row_is_there(full: World, blank_database_url: str) -> None:
    heard = list[tuple[int, int]]()
    with database(blank_database_url) as target:
        copied = copying.copy_database(full.db, target, lambda done, whole: heard.append((done, whole)))
        there = rows(target)
        assert there == rows(full.db)
        assert copied == {name: len(found) for name, found in there.items() if found}
        assert {"decision", "release", "release_file", "operation_result", "event"} <= copied.keys()
        assert heard[-1] == (2 * sum(copied.values()),) * 2 and heard == sorted(heard)
        with pytest.raises(DBAPIError, match="a release cannot be changed"), target.writing() as session:
            session.execute(text("DELETE FROM release_file"))
    with opened(blank_database_url) as copy:
        assert bundle(copy, names=True).keys() == bundle(full, names=True).keys()
        assert copy.stored("Alice", "Google", "002")


def test_a_target_with_rows_is_left_alone(sqlite_only: World, blank_database_url: str) -> None:
    with database(blank_database_url) as target:
        copying.copy_database(sqlite_only.db, target, unheard)
        before = rows(target)
        sqlite_only.stored()
        with pytest.raises(Invalid, match=r"not empty: it has rows in .*document \(5\)"):
            copying.copy_database(sqlite_only.db, target, unheard)
        assert rows(target) == before


@pytest.mark.parametrize(("revision", "said"), [("0001", "older"), ("9999", "newer")])
def test_a_target_of_another_version_is_left_alone(
    sqlite_only: World, database_url: str, revision: str, said: str
) -> None:
    with database(database_url) as target:
        with target.writing() as session:
            session.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        with pytest.raises(Invalid, match=said):
            copying.copy_database(sqlite_only.db, target, unheard)
        assert not any(rows(target).values())


def test_a_row_that_arrives_otherwise_is_noticed_and_nothing_stays(sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.stored()
    with database(f"sqlite:///{tmp_path}/spoilt.db") as target:
        migrations.upgrade(target)
        with target.writing() as session:
            spoil = "AFTER INSERT ON label BEGIN UPDATE label SET note = 'x'; END"
            session.connection().exec_driver_sql(f"CREATE TRIGGER spoil {spoil}")
        with pytest.raises(Invalid, match="Row 1 of the table label"):
            copying.copy_database(sqlite_only.db, target, unheard)
        assert not any(rows(target).values())


def test_rows_that_point_to_nothing_are_not_copied(sqlite_only: World, blank_postgresql_url: str) -> None:
    with sqlite3.connect(str(sqlite_only.db.url.database)) as raw:
        raw.execute("DELETE FROM document WHERE id = '002'")
    raw.close()
    with database(blank_postgresql_url) as target:
        with pytest.raises(Invalid, match="point to nothing"):
            copying.copy_database(sqlite_only.db, target, unheard)
        assert not any(rows(target).values())
    with pytest.raises(Invalid, match="point to nothing"):
        backup.backup(sqlite_only.db, Path(str(sqlite_only.db.url.database)).with_name("a.backup"), unheard)


# ---- killed ----


def killed_half_way(action: str, *words: str) -> None:
    """`action` in a process of its own that is killed with SIGKILL when half of its steps are done."""
    program = f"""
import os, sys
from pathlib import Path
from webapp.database import Database
from webapp.services import backup, copying
def tell(done, whole):
    if done >= whole / 2: os.kill(os.getpid(), 9)
a, b = sys.argv[1:]
{action}
"""
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


def test_a_copy_that_is_killed_leaves_nothing_and_can_be_made_again(
    full_sqlite: World, blank_database_url: str
) -> None:
    killed_half_way("copying.copy_database(Database(a), Database(b), tell)", full_sqlite.url, blank_database_url)
    with database(blank_database_url) as target:
        assert not any(rows(target).values())
        copying.copy_database(full_sqlite.db, target, unheard)
        assert rows(target) == rows(full_sqlite.db)


def test_a_restore_that_is_killed_changes_nothing(full: World, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    backup.backup(full.db, path, unheard)
    full.stored("Alice", "Google", "002")
    before = rows(full.db)
    killed_half_way("backup.restore(Database(a), Path(b), tell, replace=True)", full.url, str(path))
    assert rows(full.db) == before


def test_a_backup_that_is_killed_is_not_there(postgresql_only: World, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    killed_half_way("backup.backup(Database(a), Path(b), tell)", postgresql_only.url, str(path))
    assert not path.exists()
    backup.backup(postgresql_only.db, path, unheard)


# ---- backup and restore ----


def test_a_backup_goes_into_either_kind_of_database(full: World, blank_database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    full.visitor("Alice")
    assert backup.backup(full.db, path, unheard) == path.stat().st_size
    assert [one.name for one in tmp_path.glob("*a.backup*")] == ["a.backup"]
    assert path.stat().st_mode & 0o777 == 0o600
    with database(blank_database_url) as target:
        backup.restore(target, path, unheard)
        there, here = rows(target), rows(full.db)
    for table in ENDED:
        assert here.pop(table) and not there.pop(table)
    assert [row for row in there.pop("event") if "database-restored" not in row] == here.pop("event")
    assert there == here


def test_what_is_saved_meanwhile_is_wholly_in_it_or_not_at_all(world: World, tmp_path: Path) -> None:
    stop, saved = threading.Event(), list[str]()

    def save() -> None:
        while not stop.is_set():
            label = world.stored()
            saved.append(label["id"])
            world.operate("Alice", "000", delete(label["id"], 1))

    saving = threading.Thread(target=save)
    saving.start()
    try:
        while len(saved) < 3:
            stop.wait(0.01)
        before = list(saved)
        for number in range(3):
            backup.backup(world.db, tmp_path / f"{number}.backup", unheard)
        assert len(saved) > len(before), "the saves went on"
    finally:
        stop.set()
        saving.join()
    for number in range(3):
        with database(f"sqlite:///{tmp_path / f'{number}.backup'}") as copy, copy.reading() as session:
            ids = set(session.scalars(select(Label.id)))
            events = dict(session.execute(select(Event.action, func.count()).group_by(Event.action)).all())
            gone = session.scalar(select(func.count()).where(Label.deleted_at.is_not(None)))
        assert set(before) <= ids
        assert (events["label-added"], events["label-deleted"]) == (len(ids), gone)


def test_what_is_there_is_replaced_only_when_asked_for(full: World, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    backup.backup(full.db, path, unheard)
    before = rows(full.db)
    full.stored("Alice", "Google", "002")
    full.visitor("Alice")
    changed = rows(full.db)
    with pytest.raises(Invalid, match=r"is not empty\. With --replace"):
        backup.restore(full.db, path, unheard)
    with pytest.raises(Invalid, match="is there already"):
        backup.backup(full.db, path, unheard)
    assert rows(full.db) == changed
    backup.restore(full.db, path, unheard, replace=True)
    after = rows(full.db)
    assert len(after.pop("event")) == len(before.pop("event")) + 1
    assert after == before | {table: [] for table in ENDED}
    with pytest.raises(DBAPIError, match="a release cannot be changed"):
        full.change("UPDATE release SET note = 'changed'")


def damaged(content: bytes) -> dict[str, bytes]:
    note = content.index(b"a note that is there")
    return {
        "one letter": content[:note] + b"A" + content[note + 1 :],
        "cut off": content[: len(content) // 2],
        "empty": b"",
        "another file": b"This is a note, and no database at all." * 100,
        "a page": content[:4096] + b"\xff" * 4096 + content[8192:],
    }


def test_a_damaged_backup_is_refused(sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.stored(note="a note that is there")
    path = tmp_path / "a.backup"
    backup.backup(sqlite_only.db, path, unheard)
    before = rows(sqlite_only.db)
    for name, content in damaged(path.read_bytes()).items():
        path.write_bytes(content)
        with pytest.raises(Invalid, match=r"a\.backup is (damaged|no backup)"):
            backup.restore(sqlite_only.db, path, unheard, replace=True)
        assert rows(sqlite_only.db) == before, name
    with pytest.raises(Invalid, match="No such file"):
        backup.restore(sqlite_only.db, tmp_path / "none", unheard, replace=True)
    shutil.copy(str(sqlite_only.db.url.database), path)
    with pytest.raises(Invalid, match="no backup of Stancemark"):
        backup.restore(sqlite_only.db, path, unheard, replace=True)


def test_a_backup_of_a_newer_version_is_refused(sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.change("UPDATE alembic_version SET version_num = '9999'")
    backup.backup(sqlite_only.db, tmp_path / "a.backup", unheard)
    sqlite_only.change("UPDATE alembic_version SET version_num = :head", head=migrations.head())
    with pytest.raises(Invalid, match="newer version"):
        backup.restore(sqlite_only.db, tmp_path / "a.backup", unheard, replace=True)


def test_a_backup_of_an_older_version_is_upgraded(tmp_path: Path, blank_database_url: str) -> None:
    script = migrations._script()
    with database(f"sqlite:///{tmp_path}/old.db") as old:
        with old.writing() as session:
            steps = EnvironmentContext(Config(), script, fn=lambda found, _: script._upgrade_revs("0001", found))
            with steps as environment:
                environment.configure(connection=session.connection(), target_metadata=Base.metadata)
                environment.run_migrations()
            session.execute(
                text("INSERT INTO person (id, name, name_key, is_admin, created_at) VALUES (:id, 'A', 'a', 0, '')"),
                {"id": "0" * 32},
            )
        backup.backup(old, tmp_path / "a.backup", unheard)
    with database(blank_database_url) as target:
        backup.restore(target, tmp_path / "a.backup", unheard)
        assert [row[1] for row in rows(target)["person"]] == ["A"]
