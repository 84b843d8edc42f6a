"""Making and upgrading the database, loading the seeds, and looking whether all is well."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp import migrations
from webapp.database import Database, take_turns
from webapp.domain.errors import Invalid, Unavailable
from webapp.domain.permissions import OPERATOR
from webapp.models import Decision, Document, Label, Person, Project
from webapp.places import place
from webapp.services import accounts, managing
from webapp.services.importing import import_documents

SEED_PROJECT = "hollywood-letter"
SEED_TITLE = "Hollywood letter on AI and copyright"
FIRST_CURATOR = "curator"

# Debian's 3.40.1 is among those that can lose a checkpoint when the WAL is reset; fixed in 3.51.3
_WAL_RESET_BUG = ((3, 7, 0), (3, 51, 3))


def prepare(db: Database) -> bool:
    """Make or upgrade the tables, and load the seeds into a new database; whether it was new.

    Raises Unavailable, Invalid (a newer program made it).
    """
    found = migrations.current(db)
    if found is not None and not migrations.knows(found):
        raise Invalid(f"The database was made by a newer version (its tables are at {found}). Install that version.")
    if found != migrations.head():
        migrations.upgrade(db)
    load_seeds(db)
    return found is None


def load_seeds(db: Database) -> None:
    """The project `hollywood-letter` with the five articles, and its first curator, where there is no project yet.

    A start that was killed half-way is made good by the next one.
    """
    _make_seed_project(db)
    with suppress(IntegrityError):  # another server on the same database was quicker
        _import_seed_articles(db)


def _make_seed_project(db: Database) -> None:
    with db.writing() as session:
        take_turns(session)
        if session.scalar(select(func.count()).select_from(Project)):
            return
        person = accounts.insert_person(session, FIRST_CURATOR, admin=True)
        project = managing.insert_project(session, OPERATOR, SEED_PROJECT, SEED_TITLE, None)
        managing.member_row(session, project.id, person.id).is_curator = True


def _import_seed_articles(db: Database) -> None:
    if _waits_for_articles(db):
        articles = place("seeds") / "articles.jsonl"
        import_documents(db, OPERATOR, SEED_PROJECT, [(articles.name, articles.read_bytes())])


def _waits_for_articles(db: Database) -> bool:
    with db.reading() as session:
        documents = select(Document.id).where(Document.project_id == Project.id)
        return bool(session.scalar(select(Project.id).where(Project.slug == SEED_PROJECT, ~documents.exists())))


def not_ready(db: Database) -> str | None:
    """Why this server cannot work with the database as it is, or None. Raises Unavailable."""
    found = migrations.current(db)
    return None if found == migrations.head() else "The database's tables are not those of this program."


# ---- doctor ----


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok` or what is wrong with it."""

    what: str
    ok: bool
    detail: str


def examine(db: Database) -> Iterator[Finding]:
    """Database, schema, SQLite's version, each document against its hash, each label and decision against its text."""
    try:
        reason = not_ready(db)
    except Unavailable as why:
        reason = why.message
    yield Finding("database", reason is None, reason or str(db.url.set(password=None)))
    if reason is not None:
        return
    for what, look in _LOOKS.items():
        try:
            with db.reading() as session:
                yield from look(session)
        except Unavailable as why:  # a damaged file cannot be read to its end
            yield Finding(what, False, why.message)


def _sqlite_findings(session: Session) -> Iterator[Finding]:
    if session.get_bind().dialect.name != "sqlite":
        return
    answer = session.scalars(text("PRAGMA integrity_check(20)")).all()
    yield Finding("integrity", list(answer) == ["ok"], "; ".join(answer))
    broken = session.execute(text("PRAGMA foreign_key_check")).all()
    yield Finding(
        "references", not broken, f"{len(broken)} rows point to nothing" if broken else "all rows hold together"
    )
    found = sqlite3.sqlite_version_info
    low, high = _WAL_RESET_BUG
    words = f"SQLite {sqlite3.sqlite_version}"
    if low <= found < high:
        words += ": has the WAL-reset bug (rare; several processes); a newer library is better"
    yield Finding("sqlite", True, words)


def _document_findings(session: Session) -> Iterator[Finding]:
    wrong, number = [], 0
    for row in session.execute(
        select(Document.id, Document.text, Document.text_sha256), execution_options={"yield_per": 50}
    ):
        number += 1
        if hashlib.sha256(row.text.encode()).hexdigest() != row.text_sha256:
            wrong.append(row.id)
    yield Finding(
        "documents", not wrong, f"text changed: {', '.join(wrong)}" if wrong else f"{number} texts fit their hashes"
    )


def _label_findings(session: Session) -> Iterator[Finding]:
    query = (
        select(Label.id, Label.start_at, Label.end_at, Label.quote, Document.text)
        .join(Document, (Document.project_id == Label.project_id) & (Document.id == Label.document_id))
        .where(Label.deleted_at.is_(None))
        .order_by(Label.project_id, Label.document_id)
    )
    wrong, number = [], 0
    for row in session.execute(query, execution_options={"yield_per": 500}):
        number += 1
        if row.text[row.start_at : row.end_at] != row.quote:
            wrong.append(row.id)
    yield Finding(
        "labels", not wrong, f"other words: {', '.join(wrong)}" if wrong else f"{number} labels fit their texts"
    )


def _decision_findings(session: Session) -> Iterator[Finding]:
    query = (
        select(Decision.id, Decision.gold, Document.text)
        .join(Document, (Document.project_id == Decision.project_id) & (Document.id == Decision.document_id))
        .order_by(Decision.project_id, Decision.document_id)
    )
    wrong, number = [], 0
    for id, gold, words in session.execute(query, execution_options={"yield_per": 500}):
        number += 1
        if words[gold["start"] : gold["end"]] != gold["quote"]:
            wrong.append(id)
    if number:
        told = f"other words: {', '.join(wrong)}" if wrong else f"{number} decisions fit their texts"
        yield Finding("decisions", not wrong, told)


def _account_findings(session: Session) -> Iterator[Finding]:
    admins = session.scalar(
        select(func.count()).where(Person.is_admin, Person.removed_at.is_(None), Person.disabled_at.is_(None))
    )
    yield Finding(
        "administrators",
        bool(admins),
        f"{admins} can sign in" if admins else "nobody: stancemark user add NAME --admin",
    )


_LOOKS: dict[str, Callable[[Session], Iterator[Finding]]] = {
    "integrity": _sqlite_findings,
    "documents": _document_findings,
    "labels": _label_findings,
    "decisions": _decision_findings,
    "administrators": _account_findings,
}
