"""Making and upgrading the database, and loading the seeds."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp import migrations
from webapp.database import Database, take_turns
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR
from webapp.models import Document, Project
from webapp.places import place
from webapp.services import accounts, managing
from webapp.services.importing import import_documents

SEED_PROJECT = "hollywood-letter"
SEED_TITLE = "Hollywood letter on AI and copyright"
FIRST_CURATOR = "curator"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a start did to the database; nothing, where all was in place."""

    is_new: bool
    upgraded: tuple[str, str] | None  # from which revision of the tables to which
    project: str | None  # of the seeds, where it was made
    articles: int  # of the seeds that were loaded


def prepare(db: Database) -> Prepared:
    """Make or upgrade the tables, and load the seeds into a new database.

    Raises Unavailable, Invalid (a newer program made it).
    """
    found, head = migrations.current(db), migrations.head()
    if found is not None and not migrations.knows(found):
        raise Invalid(f"The database was made by a newer version (its tables are at {found}). Install that version.")
    is_new = False
    if found != head:
        found = migrations.upgrade(db)  # another server may have been quicker
        is_new = found is None
    project, articles = load_seeds(db)
    return Prepared(is_new, (found, head) if found not in (None, head) else None, project, articles)


def load_seeds(db: Database) -> tuple[str | None, int]:
    """The project `hollywood-letter` with the five articles, and its first curator, where there is no project yet.

    A start that was killed half-way is made good by the next one. The project if it was made here, and how many
    articles were loaded.
    """
    project = SEED_PROJECT if _make_seed_project(db) else None
    with suppress(IntegrityError):  # another server on the same database was quicker
        return project, _import_seed_articles(db)
    return project, 0


def _make_seed_project(db: Database) -> bool:
    with db.writing() as session:
        take_turns(session)
        if session.scalar(select(func.count()).select_from(Project)):
            return False
        person = accounts.insert_person(session, FIRST_CURATOR, admin=True)
        project = managing.insert_project(session, OPERATOR, SEED_PROJECT, SEED_TITLE, None)
        managing.member_row(session, project.id, person.id).is_curator = True
        return True


def _import_seed_articles(db: Database) -> int:
    if not _waits_for_articles(db):
        return 0
    articles = place("seeds") / "articles.jsonl"
    outcomes = import_documents(db, OPERATOR, SEED_PROJECT, [(articles.name, articles.read_bytes())])
    return sum(outcome.status == "added" for outcome in outcomes)


def _waits_for_articles(db: Database) -> bool:
    with db.reading() as session:
        documents = select(Document.id).where(Document.project_id == Project.id)
        return bool(session.scalar(select(Project.id).where(Project.slug == SEED_PROJECT, ~documents.exists())))


def not_ready(db: Database) -> str | None:
    """Why this server cannot work with the database as it is, or None. Raises Unavailable."""
    found = migrations.current(db)
    return None if found == migrations.head() else "The database's tables are not those of this program."


def was_left_open(db: Database) -> bool:
    """Whether a process or the machine ended while it had the SQLite file open; to be asked before it is opened.

    Whoever closes the file last takes its log away. Where one is left and nobody has the file open, SQLite brings back
    what was committed, here, on being asked anything.
    """
    path = db.url.database if db.is_sqlite else None
    log = Path(f"{path}-wal")
    if not path or not Path(path).exists() or not log.exists() or not log.stat().st_size:
        return False
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("SELECT 1 FROM sqlite_master")
        except sqlite3.Error:  # somebody has it open; or it is damaged, which is for the doctor to find
            return False
    return True
