"""Bringing articles in: files are read, cut into units, and stored all or nothing each."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database import Database, now
from webapp.domain.files.document_files import Found, ReadFile, read_files
from webapp.domain.files.documents import DocumentInput
from webapp.domain.permissions import Actor
from webapp.domain.prose.attribution import KnownSpeaker, attribute
from webapp.domain.prose.segments import Unit, segment
from webapp.models import Document, Speaker
from webapp.services.access import Access, enter, record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file or of one line of it: `added`, `there` (the same text) or `refused`, and why."""

    file: str
    line: int
    status: str
    document: str = ""
    reason: str = ""


def import_documents(db: Database, actor: Actor, slug: str, files: Iterable[tuple[str, bytes]]) -> list[Outcome]:
    """Take in files given as (name, content). Good ones stay in when others are refused. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        speakers = known_speakers(session, access.project_id)
    outcomes: list[Outcome] = []
    for name, content in files:
        for read in read_files(name, content):
            outcomes += _take_in(db, actor, slug, read, speakers)
    return outcomes


def known_speakers(session: Session, project_id: str) -> list[KnownSpeaker]:
    """The registry without proposals and merged ones, for the attribution of quotations."""
    rows = session.scalars(
        select(Speaker)
        .where(Speaker.project_id == project_id, Speaker.proposed_by.is_(None), Speaker.merged_into.is_(None))
        .order_by(Speaker.id)
    )
    return [
        KnownSpeaker(id=s.id, name=s.name, kind=s.kind, aliases=tuple(s.aliases), affiliation=s.affiliation)
        for s in rows
    ]


def units_of(document: DocumentInput, speakers: list[KnownSpeaker]) -> list[dict[str, Any]]:
    """The selectable units as stored and as the page has them; quotations with their run and proposed speaker."""
    units = segment(document.text, document.excluded_spans)
    attributed = attribute(document.text, units, speakers)
    return [_unit_record(unit) | _attribution(unit, attributed) for unit in units]


def _unit_record(unit: Unit) -> dict[str, Any]:
    return {name: value for name, value in asdict(unit).items() if value is not None}


def _attribution(unit: Unit, attributed: dict[tuple[int, int], Any]) -> dict[str, Any]:
    if unit.kind != "quotation":
        return {}
    found = attributed.get((unit.start, unit.end))
    return {"proposal": found.proposal if found else None, "run": found.run if found else ""}


def _take_in(db: Database, actor: Actor, slug: str, read: ReadFile, speakers: list[KnownSpeaker]) -> list[Outcome]:
    if read.problems:
        return [Outcome(read.name, p.line, "refused", reason=p.reason) for p in read.problems]
    prepared = [(found, units_of(found.document, speakers)) for found in read.found]
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        shelf = _Shelf(session, access, read.name)
        outcomes = [shelf.put(found, units) for found, units in prepared]
        refused = [outcome for outcome in outcomes if outcome.status == "refused"]
        if refused:
            session.rollback()
            return refused
        added = [outcome.document for outcome in outcomes if outcome.status == "added"]
        if added:
            record(session, actor, "documents-imported", access.project_id, file=read.name, documents=added)
        return outcomes


class _Shelf:
    """The documents of a project while one file is taken in."""

    def __init__(self, session: Session, access: Access, file: str) -> None:
        self.session, self.access, self.file = session, access, file
        rows = session.execute(
            select(Document.id, Document.text_sha256, Document.extra)
            .where(Document.project_id == access.project_id)
            .order_by(Document.id)
        ).all()
        self.hashes = {row.id: row.text_sha256 for row in rows}
        self.ids = {row.text_sha256: row.id for row in reversed(rows)}
        self.sources = {source: row.id for row in rows if (source := _source_id(row.extra))}

    def put(self, found: Found, units: list[dict[str, Any]]) -> Outcome:
        document = found.document
        held = self._held(document)
        if held is not None and self.hashes[held] != document.text_sha256:
            reason = f"“{document.source_id or held}” is there with another text"
            return Outcome(self.file, found.line, "refused", held, reason)
        if document.text_sha256 in self.ids:
            return Outcome(self.file, found.line, "there", held or self.ids[document.text_sha256])
        id = self._free_id(document.id) if document.made_id else document.id
        self.session.add(document_row(self.access.project_id, document, units, id))
        self.session.flush()
        self.hashes[id], self.ids[document.text_sha256] = document.text_sha256, id
        if document.source_id:
            self.sources[document.source_id] = id
        return Outcome(self.file, found.line, "added", id)

    def _held(self, document: DocumentInput) -> str | None:
        """The id of the stored document that came under the same id as this one."""
        if document.made_id:
            return self.sources.get(document.source_id)
        return document.id if document.id in self.hashes else None

    def _free_id(self, id: str) -> str:
        """A made id may meet another one: then it is counted up."""
        number, free = 1, id
        while free in self.hashes:
            number += 1
            free = f"{id}-{number}"
        return free


def _source_id(extra: str) -> str:
    """The id that a stored document came with, where that could not be one; else ""."""
    return str(json.loads(extra).get("source_id", "")) if '"source_id"' in extra else ""


def document_row(project_id: str, document: DocumentInput, units: list[dict[str, Any]], id: str) -> Document:
    fields = asdict(document)
    del fields["source_id"], fields["made_id"]
    return Document(**fields | {"project_id": project_id, "id": id, "units": units, "created_at": now()})
