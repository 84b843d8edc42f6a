"""A backup is one SQLite file with all rows, whatever the database is; it can be restored into either kind."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp import migrations
from webapp.about import VERSION
from webapp.database import Database, now, take_turns
from webapp.domain.errors import Invalid, Unavailable
from webapp.domain.permissions import OPERATOR
from webapp.models import OneTimeLink, SignIn
from webapp.services import copying
from webapp.services.access import record
from webapp.services.copying import Tell


def backup(db: Database, path: Path, tell: Tell) -> int:
    """A consistent copy at `path` while work goes on; it is there whole, or not at all. Returns its size in bytes.

    Raises Invalid (something is there already, rows that point to nothing), Unavailable.
    """
    if path.exists():
        raise Invalid(f"{path} is there already. Choose another name.")
    if not path.parent.is_dir():
        raise Invalid(f"There is no folder {path.parent}. Make it first.")
    with _told(path), tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / "backup.db"
        if db.is_sqlite:
            _vacuum(str(db.url.database), draft)
        else:
            with closing(Database(f"sqlite:///{draft}")) as copy:
                copying.copy_database(db, copy, tell)
        _seal(draft)
        draft.rename(path)
        _sync(path.parent)
    return path.stat().st_size


def restore(db: Database, path: Path, tell: Tell, *, replace: bool = False) -> dict[str, int]:
    """Bring back what a backup holds, in one transaction; the number of rows by table. Everybody has to sign in again.

    `tell` hears of every row twice: written, compared. Raises Invalid (no backup, damaged, of a newer version; the
    database is not empty and `replace` is not given), Unavailable; the database is then as it was.
    """
    with _told(path), tempfile.TemporaryDirectory(prefix="stancemark-") as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(path, copy)
        _check(copy, path)
        with closing(Database(f"sqlite:///{copy}")) as source:
            _upgrade(source, path)
            copying.make_tables(db)
            with source.reading() as here, db.writing() as there:
                take_turns(there)
                _make_room(there, replace)
                copied = copying.fill(here, there, tell)
                for table in (SignIn, OneTimeLink):  # what was ended since then stays ended
                    there.execute(delete(table))
                record(there, OPERATOR, "database-restored")
            return copied


def _make_room(there: Session, replace: bool) -> None:
    if not copying.rows_in(there):
        return
    if not replace:
        raise Invalid("The database is not empty. With --replace the backup takes its place.")
    copying.clear(there)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with files, in words."""
    try:
        yield
    except sqlite3.Error as why:
        raise Unavailable(f"{path}: {why}. Nothing was changed.") from why
    except OSError as why:
        raise Invalid(f"{why.filename or path}: {why.strerror}. Nothing was changed.") from None


def _vacuum(database: str, draft: Path) -> None:
    """One snapshot; what was erased from the database is not in its free pages either."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", [str(draft)])


def _seal(draft: Path) -> None:
    """Check the copy, note what it is, and see it on the disk."""
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise Invalid("The database has rows that point to nothing: see stancemark doctor. No backup was made.")
        connection.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read where nothing may be written
        connection.execute("CREATE TABLE backup (made_at TEXT, version TEXT, digest TEXT)")
        connection.execute("INSERT INTO backup VALUES (?, ?, ?)", [now(), VERSION, _digest(connection)])
    draft.chmod(0o600)  # password hashes are in it
    _sync(draft)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(copy: Path, path: Path) -> None:
    """Raises Invalid unless every byte that counts is as it was written."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        try:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup'").fetchone():
                raise Invalid(f"{path} is no backup of Stancemark. A database is copied with stancemark copy-database.")
            (digest,) = connection.execute("SELECT digest FROM backup").fetchone()
            whole = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            if not whole or _digest(connection) != digest:
                raise Invalid(f"{path} is damaged: its rows are not those that were written. Take another backup.")
        except (sqlite3.DatabaseError, TypeError):
            raise Invalid(f"{path} is damaged, or no backup of Stancemark. Take another one.") from None


def _digest(connection: sqlite3.Connection) -> str:
    """Of every table and row, whatever the version."""
    connection.text_factory = bytes
    sha = hashlib.sha256()
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name != 'backup' ORDER BY name"
    for name, sql in connection.execute(tables).fetchall():
        sha.update(repr((name, sql)).encode())
        for row in connection.execute(f'SELECT * FROM "{name.decode()}" ORDER BY rowid'):  # noqa: S608
            sha.update(repr(row).encode())
    connection.text_factory = str
    return sha.hexdigest()


def _upgrade(source: Database, path: Path) -> None:
    found = migrations.current(source)
    if found is None or not migrations.knows(found):
        raise Invalid(f"{path} was made by a newer version (its tables are at {found}). Install that version.")
    if found != migrations.head():
        migrations.upgrade(source)
