"""Looking whether all is well: the database, its tables, and what is stored in them."""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ForeignKeyConstraint, Select, Table, exists, func, select, text
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Unavailable
from webapp.models import Base, Decision, Document, Label, Person, ReleaseFile
from webapp.services.maintenance import not_ready

# Debian's 3.40.1 is among those that can lose a checkpoint when the WAL is reset; fixed in 3.51.3
_WAL_RESET_BUG = ((3, 7, 0), (3, 51, 3))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok` or what is wrong with it."""

    what: str
    ok: bool
    detail: str


def examine(db: Database) -> Iterator[Finding]:
    """Database and tables, rows that point to nothing, each document and file of a release against its hash, each
    label and decision against its text.
    """
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
    found = sqlite3.sqlite_version_info
    low, high = _WAL_RESET_BUG
    words = f"SQLite {sqlite3.sqlite_version}"
    if low <= found < high:
        words += ": has the WAL-reset bug (rare; several processes); a newer library is better"
    yield Finding("sqlite", True, words)


def _table_findings(session: Session) -> Iterator[Finding]:
    """Whether tables, columns and indexes are those that the migrations make; a lost index doubles labels."""
    context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
    wrong = [str(difference) for difference in compare_metadata(context, Base.metadata)]
    yield Finding("tables", not wrong, f"not as they should be: {'; '.join(wrong)}" if wrong else "as they should be")


def _reference_findings(session: Session) -> Iterator[Finding]:
    """An assignment without its document, a label without its assignment, and so on."""
    wrong = []
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            if lost := session.scalar(_pointing_to_nothing(table, constraint)):
                wrong.append(f"{lost} in {table.name} have no {constraint.referred_table.name}")
    told = f"rows point to nothing: {', '.join(wrong)}" if wrong else "all rows hold together"
    yield Finding("references", not wrong, told)


def _pointing_to_nothing(table: Table, constraint: ForeignKeyConstraint) -> Select[int]:
    there = constraint.referred_table.alias("there")
    is_there = exists().where(*(element.parent == there.c[element.column.name] for element in constraint.elements))
    points = [element.parent.is_not(None) for element in constraint.elements]
    return select(func.count()).select_from(table).where(*points, ~is_there)


def _release_findings(session: Session) -> Iterator[Finding]:
    query = select(ReleaseFile.number, ReleaseFile.name, ReleaseFile.body, ReleaseFile.sha256)
    wrong, number = [], 0
    for row in session.execute(query, execution_options={"yield_per": 5}):
        number += 1
        if not _is_as_frozen(row.body, row.sha256):
            wrong.append(f"{row.name} of release {row.number}")
    if number:
        told = f"changed: {', '.join(wrong)}" if wrong else f"{number} files fit their hashes"
        yield Finding("releases", not wrong, told)


def _is_as_frozen(body: bytes, sha256: str) -> bool:
    try:
        return hashlib.sha256(zlib.decompress(body)).hexdigest() == sha256
    except zlib.error:
        return False


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
    "tables": _table_findings,
    "references": _reference_findings,
    "documents": _document_findings,
    "labels": _label_findings,
    "decisions": _decision_findings,
    "releases": _release_findings,
    "administrators": _account_findings,
}
