"""Engine and transactions: `reading()` is one snapshot, `writing()` one immediate transaction; on both databases."""

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import msgspec
import uuid_utils
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from webapp.domain.errors import Unavailable

Result = TypeVar("Result")

PATIENCE_SECONDS = 10
_ADVISORY_LOCK = 7_305_110  # any number will do as long as every server of one PostgreSQL uses the same
# Python's sqlite3 tells the result code: busy, locked, read-only, I/O error, damaged, full, cannot open, no database
_AWAY = {5, 6, 8, 10, 11, 13, 14, 26}
_READ_ONLY = 8
_READ_ONLY_STATE = "25006"  # PostgreSQL, where it stands by for another, or was told to


def now() -> str:
    """This moment as stored: UTC, to the second, `2025-04-02T09:01:00Z`. Sorts as text."""
    return moment(datetime.now(UTC))


def moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def before_now(**ago: float) -> str:
    """The stored form of the moment so long `ago` (keywords of timedelta; negative ones lie ahead)."""
    return moment(datetime.now(UTC) - timedelta(**ago))


def new_id() -> str:
    """A fresh UUIDv7."""
    return str(uuid_utils.uuid7())


class Database:
    """One database: its engine and the two ways to use it. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        looks = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._looking = self.engine.execution_options(**looks)
        self.when_stuck: Callable[[], object] = lambda: None  # called where only a new process can write again
        if self.is_sqlite:
            event.listen(self.engine, "handle_error", self._look_whether_stuck)
        self._changing = self.engine.execution_options(immediate=True)
        self._queue = _WritersQueue(self.url.database if self.is_sqlite else None)
        self._shared = _SharedCommits(self)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; nothing it does is kept. Raises Unavailable."""
        with _translated(), Session(self._looking) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The same without a session, for what every request asks: it takes half the time. Raises Unavailable."""
        with _translated(), self._looking.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one immediate transaction, committed at the end of the block. Raises Unavailable."""
        with _translated(), self._queue.turn(), Session(self._changing) as session:
            with session.begin():
                yield session

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` gives, once it is committed: for the many small changes of many people at once.

        On SQLite those that wait in one process share a transaction and its commit, each in a savepoint of its own.
        Raises what the work raises, of which nothing is kept then, or Unavailable. The work asks no other transaction.
        """
        if self.is_sqlite:
            return self._shared.run(work)
        with self._immediate() as connection:
            return work(connection)

    @contextmanager
    def _immediate(self) -> Iterator[Connection]:
        """A connection in one immediate transaction, committed at the end of the block. Raises Unavailable."""
        with _translated(), self._queue.turn(), self._changing.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _look_whether_stuck(self, context: ExceptionContext) -> None:
        """A process that found its file read-only keeps finding it so: what its connections share of the file is opened
        once and closed with the last of them."""
        code, file = getattr(context.original_exception, "sqlite_errorcode", 0), Path(self.url.database or "")
        needed = (file.parent, *file.parent.glob(f"{file.name}*"))
        if code & 0xFF == _READ_ONLY and all(os.access(path, os.W_OK) for path in needed):
            self.when_stuck()


def session_on(connection: Connection) -> Session:
    """A session in the transaction of `connection`, which stays in charge of what is kept: flush before its end."""
    return Session(connection, join_transaction_mode="rollback_only")


@contextmanager
def unanswered(connection: Connection) -> Iterator[None]:
    """Statements in the block, none of which has rows, go to PostgreSQL without a wait for its word on each.

    What is wrong with one is raised at a later one or at the end, as SQLAlchemy's.
    """
    driver = connection.connection.driver_connection
    if connection.dialect.name != "postgresql" or driver is None:
        yield
        return
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            yield
    except errors as why:
        raise DBAPIError.instance("", {}, why, errors, dialect=connection.dialect) from why


def take_turns(session: Session) -> None:
    """Wait until no other writing transaction that called this is under way; SQLite's writers take turns anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # an error in the log tells no label, name or hash
        json_serializer=_json,
        json_deserializer=msgspec.json.decode,  # an article's units are long
        pool_size=16,
        max_overflow=16,
        connect_args={"timeout": 5},
    )

    @event.listens_for(engine, "do_connect")
    def keep_private(_dialect: Any, _record: Any, where: list[Any], _how: Any) -> None:
        with suppress(OSError):  # it is there already, is no file, or the folder says why it cannot be made
            if not where[0].startswith((":memory:", "file:")):
                os.close(os.open(where[0], os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says so, in `begin` below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-8000",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgresql_engine(url: str) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        json_serializer=_json,
        pool_size=16,
        max_overflow=16,
        pool_pre_ping=True,
        pool_timeout=PATIENCE_SECONDS,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn "the database is away, busy or full" into Unavailable; a mistake of ours stays what it is."""
    try:
        yield
    except PoolTimeout as why:
        raise Unavailable("The database is busy. Try again in a moment; nothing was changed.") from why
    except DBAPIError as why:
        if not _is_away(why):
            raise
        words = "The database cannot be used just now{}. Nothing was changed."
        raise Unavailable(words.format(f" ({_first_line(why.orig)})"), words.format("")) from why


def _is_away(why: DBAPIError) -> bool:
    code = getattr(why.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _AWAY
    return isinstance(why, OperationalError | InterfaceError) or _state_of(why) == _READ_ONLY_STATE


def _state_of(why: DBAPIError) -> str | None:
    return getattr(why.orig, "sqlstate", None)


def _first_line(why: BaseException | None) -> str:
    return str(why).strip().split("\n")[0]


class _Waiting(Generic[Result]):
    """Work that somebody waits for: called when it is done, or when it is their turn to do all that waits."""

    def __init__(self, work: Callable[[Connection], Result]) -> None:
        self._work = work
        self._result: Result | None = None
        self._failure: BaseException | None = None
        self._called = threading.Event()
        self.leads = False

    def do(self, connection: Connection) -> None:
        """In a savepoint: what fails leaves nothing, and harms nobody else's work."""
        try:
            with connection.begin_nested():
                self._result = self._work(connection)
        except Exception as why:
            if isinstance(why, DBAPIError) and _is_away(why):
                raise  # then the others' work cannot be kept either
            driver = connection.connection.dbapi_connection
            if driver is None or not driver.in_transaction:  # SQLite gave the transaction up: full
                raise Unavailable("The database gave up what was being written. Nothing was changed.") from why
            self._failure = why

    def call(self, failure: BaseException | None = None, *, leads: bool = False) -> None:
        self._failure, self.leads = self._failure or failure, leads
        self._called.set()

    def wait(self) -> None:
        self._called.wait()

    def result(self) -> Result:
        if self._failure is not None:
            raise self._failure
        return cast(Result, self._result)


class _SharedCommits:
    """Small changes of the threads of a process in one transaction: whoever comes first does what came meanwhile.

    Taking turns with the other processes, and the commit itself, then cost once what they cost each otherwise; under
    load most of a save is waiting for them. Nobody is answered before the commit.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._waiting: list[_Waiting[Any]] = []
        self._is_led = False

    def run(self, work: Callable[[Connection], Result]) -> Result:
        mine = _Waiting(work)
        with self._guard:
            self._waiting.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            mine.wait()
        if mine.leads:
            self._lead()
        return mine.result()

    def _lead(self) -> None:
        """Do all that waits, then let the first of those who came meanwhile lead."""
        batch: list[_Waiting[Any]] = []
        failure: BaseException | None = None
        try:
            with self._database._immediate() as connection:
                batch = self._taken()
                for waiting in batch:
                    waiting.do(connection)
        except BaseException as why:
            failure = why
        for waiting in batch or self._taken():
            waiting.call(failure)
        with self._guard:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].call(leads=True)

    def _taken(self) -> list[_Waiting[Any]]:
        with self._guard:
            taken, self._waiting = self._waiting, []
        return taken


class _WritersQueue:
    """Writers take turns: threads on a lock, processes on a file lock beside the database.

    SQLite's own waiting polls, and starves some writers; a file lock wakes them one by one. A process that
    dies lets go of it.
    """

    def __init__(self, database_file: str | None) -> None:
        in_memory = not database_file or database_file == ":memory:"
        self._path = None if in_memory else f"{database_file}.lock"
        self._threads = threading.Lock() if self._path else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        if self._path is None or self._threads is None:
            yield
            return
        if not self._threads.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("Too many people are saving at this moment. Try again; nothing was changed.")
        try:
            with _locked(self._path):
                yield
        finally:
            self._threads.release()


@contextmanager
def _locked(path: str) -> Iterator[None]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as why:
        raise Unavailable(f"The database's folder cannot be written ({why.strerror}). Nothing was changed.") from why
    try:
        _take_turn(handle)
        yield
    finally:
        os.close(handle)  # lets go of the lock, also of one that a given-up waiter gets later


def _take_turn(handle: int) -> None:
    """Wait for the file lock, which knows no time limit of its own. Raises Unavailable beyond patience."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiter = threading.Thread(target=fcntl.flock, args=(handle, fcntl.LOCK_EX), daemon=True)
        waiter.start()
        waiter.join(PATIENCE_SECONDS)
        if waiter.is_alive():
            raise Unavailable("Another process has been writing for long. Try again; nothing was changed.") from None
