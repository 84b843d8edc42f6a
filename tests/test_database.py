"""Transactions: nothing lost among many writers, readers on one snapshot, and refusals instead of errors."""

import fcntl
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.databases import Postgres
from webapp import database as module
from webapp.database import Database, before_now, moment, new_id, now, unanswered
from webapp.domain.errors import Unavailable

ADD = text("INSERT INTO person (id, name, name_key, is_admin, created_at) VALUES (:id, :name, :name, :no, '0')")


def add(db: Database, name: str) -> None:
    with db.writing() as session:
        session.execute(ADD, {"id": new_id().replace("-", ""), "name": name, "no": False})


def names(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(text("SELECT name FROM person ORDER BY name")))


@pytest.fixture
def db(database_url: str) -> Database:
    return Database(database_url)


@pytest.fixture(autouse=True)
def _all_closed(monkeypatch: pytest.MonkeyPatch) -> object:
    """Every database that a test opens is closed behind it."""
    opened: list[Database] = []
    begin = Database.__init__

    def noted(self: Database, url: str) -> None:
        begin(self, url)
        opened.append(self)

    monkeypatch.setattr(Database, "__init__", noted)
    yield
    for database in opened:
        database.close()


# ---- moments and ids ----


def test_moments_are_utc_to_the_second_and_sort_as_text() -> None:
    assert len(now()) == 20 and now()[10] == "T" and now().endswith("Z")
    assert before_now(days=1) < before_now(seconds=5) < now() < before_now(hours=-1)
    assert moment(module.datetime(2031, 2, 3, 4, 5, 6, 999_999, module.UTC)) == "2031-02-03T04:05:06Z"


def test_ids_are_uuid_7() -> None:
    ids = [new_id() for _ in range(100)]
    assert len(set(ids)) == 100 and {id[14] for id in ids} == {"7"}


# ---- SQLite is set up for safety ----


def test_sqlite_keeps_what_it_acknowledged(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    for opened in (db.reading, db.writing):
        with opened() as session:
            found = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
            assert found == {"journal_mode": "wal", "synchronous": 2}
            assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_new_file_is_its_owners_only(tmp_path: Path) -> None:
    """Whoever else has an account on the machine reads no labels, and no password's hash."""
    db = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with db.writing() as session:
        session.execute(text("CREATE TABLE words (word TEXT)"))
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == dict.fromkeys(
        ("new.db", "new.db-wal", "new.db-shm", "new.db.lock"), "0o600"
    )


def test_a_writing_transaction_is_immediate_a_reading_one_is_not(sqlite_url: str) -> None:
    db, other = Database(sqlite_url), Database(sqlite_url)
    with db.reading() as session:
        session.execute(text("SELECT 1 FROM person"))
        add(other, "Ada")  # a reader is in nobody's way
    with db.writing() as session, other.engine.connect() as connection:
        session.execute(text("SELECT 1"))
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        with pytest.raises(Exception, match="locked"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("ROLLBACK")


# ---- transactions ----


def test_what_is_written_stays(db: Database, database_url: str) -> None:
    add(db, "Ada")
    assert names(Database(database_url)) == ["Ada"]


def test_a_block_that_fails_leaves_nothing(db: Database) -> None:
    def fail() -> None:
        with db.writing() as session:
            session.execute(ADD, {"id": new_id().replace("-", ""), "name": "Ada", "no": False})
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        fail()
    assert names(db) == []
    add(db, "Bob")
    assert names(db) == ["Bob"]


def test_a_reader_sees_one_snapshot(db: Database, database_url: str) -> None:
    add(db, "Ada")
    with db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM person")) == 1
        add(Database(database_url), "Bob")
        assert session.scalar(text("SELECT count(*) FROM person")) == 1
    assert names(db) == ["Ada", "Bob"]


def test_nothing_that_a_reader_does_is_kept(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with db.reading() as session:
        session.execute(ADD, {"id": new_id().replace("-", ""), "name": "Ada", "no": False})
    assert names(db) == []


def test_foreign_keys_hold(db: Database) -> None:
    with pytest.raises(IntegrityError):
        with db.writing() as session:
            session.execute(text("INSERT INTO preference (person_id, name, value) VALUES (:id, 'x', '1')"),
                            {"id": new_id().replace("-", "")})  # fmt: skip


def test_a_mistake_of_ours_is_not_called_the_databases(db: Database) -> None:
    with pytest.raises(Exception, match="no_such_table") as why:
        with db.reading() as session:
            session.execute(text("SELECT * FROM no_such_table"))
    assert db.is_sqlite or not isinstance(why.value, Unavailable)


# ---- many writers ----


COUNT_UP = """
import sys
from sqlalchemy import text
from webapp.database import Database
db = Database(sys.argv[1])
for _ in range(20):
    with db.writing() as session:
        found = session.scalar(text("SELECT value FROM preference"))
        session.execute(text("UPDATE preference SET value = :next"), {"next": str(int(found) + 1)})
"""


def test_six_processes_lose_no_update(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    add(db, "Ada")
    with db.writing() as session:
        session.execute(text("INSERT INTO preference (person_id, name, value) SELECT id, 'count', '0' FROM person"))
    writers = [subprocess.Popen([sys.executable, "-c", COUNT_UP, sqlite_url]) for _ in range(6)]
    assert [writer.wait() for writer in writers] == [0] * 6
    with db.reading() as session:
        assert session.scalar(text("SELECT value FROM preference")) == 120


def test_sixteen_threads_lose_no_row(db: Database) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: add(db, f"{n:03}"), range(160)))
    assert names(db) == [f"{n:03}" for n in range(160)]


def test_writers_of_two_processes_wait_for_each_other(sqlite_url: str) -> None:
    """Seen from a second open file, as another process would have it."""
    first, second = Database(sqlite_url), Database(sqlite_url)
    done: list[str] = []

    def later() -> None:
        add(second, "second")
        done.append("second")

    with first.writing():
        thread = threading.Thread(target=later)
        thread.start()
        time.sleep(0.1)
        done.append("first")
    thread.join()
    assert done == ["first", "second"]


# ---- away, busy, full ----


def test_a_lock_that_never_comes_is_unavailable(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    db = Database(sqlite_url)
    with Path(sqlite_url.removeprefix("sqlite:///") + ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="nothing was changed"):
            add(db, "Ada")
    add(db, "Bob")
    assert names(db) == ["Bob"]


def test_threads_do_not_wait_for_ever_either(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    db = Database(sqlite_url)
    with db.writing(), ThreadPoolExecutor(1) as pool:
        with pytest.raises(Unavailable):
            pool.submit(add, db, "Ada").result()
    assert names(db) == []


def test_a_full_disk_is_unavailable(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with db.reading() as session:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count={pages}"))

    def fill() -> None:
        for n in range(1_000):
            add(db, f"{n}" * 100)

    with pytest.raises(Unavailable, match="full"):
        fill()


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/no/such/folder/annotations.db")
    for opened in (db.reading, db.writing):
        with pytest.raises(Unavailable):
            with opened() as session:
                session.execute(text("SELECT 1"))


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "annotations.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable):
        names(Database(f"sqlite:///{tmp_path}/annotations.db"))


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        names(Database(f"postgresql+psycopg://tester@/none?host={tmp_path}"))


def test_a_server_that_takes_no_changes_is_unavailable(postgresql_url: str) -> None:
    """As one that stands by for another."""
    db = Database(postgresql_url)
    with pytest.raises(Unavailable), db.writing() as session:
        session.execute(text("SET TRANSACTION READ ONLY; DELETE FROM person"))
    db.close()


def test_connections_that_were_cut_are_replaced(postgres: Postgres, postgresql_url: str) -> None:
    db, other = Database(postgresql_url), Database(postgresql_url)
    add(db, "Ada")
    with other.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid() "
                             "AND datname = current_database()"))  # fmt: skip
    assert names(db) == ["Ada"]


# ---- small changes that share a commit ----


def added(db: Database, name: str) -> str:
    def work(connection: Connection) -> str:
        connection.execute(ADD, {"id": new_id().replace("-", ""), "name": name, "no": False})
        return name

    return db.write(work)


def test_many_small_changes_at_once_are_each_kept_and_answered(db: Database) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda n: added(db, f"{n:03}"), range(160))) == [f"{n:03}" for n in range(160)]
    assert names(db) == [f"{n:03}" for n in range(160)]


def test_a_small_change_that_fails_harms_no_other(db: Database) -> None:
    """In the same transaction, where they waited for one another."""
    found: list[str] = []

    def change(number: int) -> None:
        try:
            found.append(added(db, "the same" if number % 2 else f"{number:03}"))
        except IntegrityError:
            found.append("refused")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(40)))
    assert found.count("refused") == 19
    assert names(db) == sorted([*(f"{n:03}" for n in range(0, 40, 2)), "the same"])


@pytest.mark.parametrize("after", [0, 1, 300])
def test_what_is_wrong_with_a_statement_sent_without_waiting_is_told(db: Database, after: int) -> None:
    """Whether the answer comes with a later statement or at the end; and the connection is good for the next."""
    add(db, "Ada")

    def work(connection: Connection) -> None:
        with unanswered(connection):
            for name in ("first", "Ada", *(f"{n}" for n in range(after))):
                connection.execute(ADD, {"id": new_id().replace("-", ""), "name": name, "no": False})

    with pytest.raises(IntegrityError):
        db.write(work)
    assert names(db) == ["Ada"]
    assert added(db, "Bob") == "Bob"


def test_changes_that_wait_share_one_commit(sqlite_url: str) -> None:
    db, commits = Database(sqlite_url), []
    event.listen(db.engine, "commit", commits.append)
    with ThreadPoolExecutor(8) as pool:
        with db.writing():
            waiting = [pool.submit(added, db, f"{n}") for n in range(8)]
            while len(db._shared._waiting) < 8:
                time.sleep(0.001)
        assert [one.result() for one in waiting] == [f"{n}" for n in range(8)]
    assert len(commits) == 1


def test_nobody_is_answered_before_the_commit(sqlite_url: str) -> None:
    """What fails at the very end is told to all, and nothing of it is there."""
    db = Database(sqlite_url)

    def fail(_connection: object) -> None:
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(db.engine, "commit", fail)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(added, db, f"{n}") for n in range(16)]
        assert all(isinstance(one.exception(), Unavailable | OperationalError) for one in waiting)
    event.remove(db.engine, "commit", fail)
    assert names(db) == []
    assert added(db, "later") == "later"


def test_a_full_disk_is_told_to_all_who_share_it(sqlite_url: str) -> None:
    db, kept = Database(sqlite_url), []
    with db.reading() as session:
        pages = session.scalar(text("PRAGMA page_count"))

    @event.listens_for(db.engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 40}")

    db.engine.dispose()

    def fill(number: int) -> None:
        try:
            kept.append(added(db, f"{number}" * 300))
        except Unavailable:
            kept.append("")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(1_000, 1_400)))
    assert kept.count("") > 10
    assert sorted(name for name in kept if name) == names(db), "what was acknowledged is there, and nothing else"
