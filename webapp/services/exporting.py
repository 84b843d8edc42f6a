"""What leaves the project: documents, labels and whole bundles, streamed, equal data giving equal bytes."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from webapp.about import NAME, VERSION
from webapp.database import Database
from webapp.domain import records
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.export import Format, Record, formats
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Document, GuideVersion, Label, Membership, Person, Round, SchemeVersion, Speaker
from webapp.services.access import Access, enter
from webapp.services.managing import round_record
from webapp.services.rounds import newest_round, rounds_of

_AT_ONCE = 1_000  # rows fetched together: bounds the memory of an export


@dataclass(frozen=True, slots=True)
class Terms:
    """How an export is written: annotators by name or pseudonym; all articles without words, or those that must be;
    the work of all rounds or of some.
    """

    names: bool = False
    text_free: bool = False
    rounds: frozenset[str] | None = None


def stream(
    db: Database, actor: Actor, slug: str, kind: str, format_name: str = "jsonl", terms: Terms = Terms()
) -> tuple[Format, Iterator[bytes]]:
    """`documents` or `labels` in a format. Raises NotFound for an unknown one, Forbidden; nothing is written before."""
    format = formats().get(format_name)
    source = SOURCES.get(kind)
    if format is None or source is None:
        raise NotFound(f"There is no export “{kind}.{format_name}”. Formats are: {', '.join(formats())}.")
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        if kind == "labels":
            _must_not_be_annotating(session, access)
    return format, _streamed(db, actor, slug, source, format, terms)


def _streamed(db: Database, actor: Actor, slug: str, source: "Source", format: Format, terms: Terms) -> Iterator[bytes]:
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        yield from _in_blocks(format.write(source(session, access, terms)))


def _must_not_be_annotating(session: Session, access: Access) -> None:
    """Who also annotates sees others' labels only after finishing. Raises Forbidden."""
    waiting = session.scalar(
        select(Assignment.document_id)
        .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
        .where(Assignment.project_id == access.project_id, Assignment.person_id == access.actor.person_id)
        .where(Assignment.state == "open", Round.closed_at.is_(None))
        .order_by(Assignment.document_id)
        .limit(1)
    )
    if waiting is not None:
        raise Forbidden(f"You annotate here too: others' labels are open to you once you finished “{waiting}”.")


def _in_blocks(parts: Iterable[bytes], size: int = 64 * 1024) -> Iterator[bytes]:
    block = bytearray()
    for part in parts:
        block += part
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


# ---- records, each kind in its stable order ----

Source = Callable[[Session, Access, Terms], Iterator[Record]]


def _has_text_free(session: Session, access: Access, terms: Terms) -> bool:
    here = exists().where(Document.project_id == access.project_id, Document.rights == "text-free")
    return terms.text_free or bool(session.scalar(select(here)))


def document_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By id."""
    columns = [getattr(Document, name) for name in records.DOCUMENT]
    query = select(*columns).where(Document.project_id == access.project_id).order_by(Document.id)
    for row in session.execute(query, execution_options={"yield_per": 50}):
        record = dict(row._mapping)
        if terms.text_free or row.rights == "text-free":
            record["text"] = ""
        yield record


def _shown_name(terms: Terms) -> ColumnElement[str]:
    """How an annotator is called in the export; who was removed has only a pseudonym left."""
    if not terms.names:
        return Membership.pseudonym.expression
    return case((Person.removed_at.is_not(None), Membership.pseudonym), else_=Person.name)


def label_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By document, place, round, annotator and id; deleted ones stay behind."""
    hashed = _has_text_free(session, access, terms)
    annotator = _shown_name(terms).label("annotator")
    renamed: dict[str, Any] = {
        "state": Assignment.state,
        "document": Label.document_id,
        "annotator": annotator,
        "start": Label.start_at,
        "end": Label.end_at,
        "speaker": Label.speaker_id,
    }
    columns: list[ColumnElement[object]] = [
        (renamed[name] if name in renamed else getattr(Label, name)).label(name) for name in records.LABEL
    ]
    query = (
        select(*columns, Document.rights.label("rights"))
        .join(Document, (Document.project_id == Label.project_id) & (Document.id == Label.document_id))
        .join(
            Assignment,
            (Assignment.project_id == Label.project_id)
            & (Assignment.round == Label.round)
            & (Assignment.document_id == Label.document_id)
            & (Assignment.person_id == Label.person_id),
        )
        .join(Membership, (Membership.project_id == Label.project_id) & (Membership.person_id == Label.person_id))
        .join(Person, Person.id == Label.person_id)
        .where(Label.project_id == access.project_id, Label.deleted_at.is_(None), *_within(terms, Label.round))
        .order_by(Label.document_id, Label.start_at, Label.end_at, Label.round, annotator, Label.id)
    )
    for row in session.execute(query, execution_options={"yield_per": _AT_ONCE}):
        record = dict(row._mapping)
        without_words = record.pop("rights") == "text-free" or terms.text_free
        if hashed:
            record["quote_sha256"] = hashlib.sha256(record["quote"].encode()).hexdigest()
        if without_words:
            record["quote"] = record["note"] = ""
        yield record


def assignment_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By round, document and annotator."""
    annotator = _shown_name(terms).label("annotator")
    query = (
        select(
            Assignment.round,
            Assignment.document_id.label("document"),
            annotator,
            Assignment.state,
            Assignment.finished_at,
        )
        .join(
            Membership,
            (Membership.project_id == Assignment.project_id) & (Membership.person_id == Assignment.person_id),
        )
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.project_id == access.project_id, *_within(terms, Assignment.round))
        .order_by(Assignment.round, Assignment.document_id, annotator)
    )
    for row in session.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield dict(row._mapping)


def round_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """Oldest first."""
    for round in rounds_of(session, access.project_id):
        if terms.rounds is None or round.name in terms.rounds:
            yield round_record(round)


def _within(terms: Terms, round: Any) -> tuple[ColumnElement[bool], ...]:
    return () if terms.rounds is None else (round.in_(terms.rounds),)


def speaker_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By id, proposals and merged ones included."""
    proposer = _shown_name(terms).label("proposed_by")
    columns = [proposer if name == "proposed_by" else getattr(Speaker, name) for name in records.SPEAKER]
    query = (
        select(*columns)
        .outerjoin(
            Membership, (Membership.project_id == Speaker.project_id) & (Membership.person_id == Speaker.proposed_by)
        )
        .outerjoin(Person, Person.id == Speaker.proposed_by)
        .where(Speaker.project_id == access.project_id)
        .order_by(Speaker.id)
    )
    for row in session.execute(query):
        yield dict(row._mapping)


SOURCES: dict[str, Source] = {"documents": document_records, "labels": label_records}

# ---- bundles ----

_BUNDLE: dict[str, Source] = {
    "documents.jsonl": document_records,
    "labels.jsonl": label_records,
    "assignments.jsonl": assignment_records,
    "rounds.jsonl": round_records,
    "speakers.jsonl": speaker_records,
}


def bundle(db: Database, actor: Actor, slug: str, terms: Terms = Terms()) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files of a bundle as (name, content); each content is to be read before the next file is asked for.

    Raises NotFound, Forbidden.
    """
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        _must_not_be_annotating(session, access)
        manifest = _Manifest()
        for name, content in chain(_record_files(session, access, terms), _version_files(session, access)):
            yield name, manifest.watched(name, content)
        yield "manifest.json", iter([manifest.written(session, access)])


def _record_files(session: Session, access: Access, terms: Terms) -> Iterator[tuple[str, Iterator[bytes]]]:
    jsonl = formats()["jsonl"]
    for name, source in _BUNDLE.items():
        yield name, _in_blocks(jsonl.write(source(session, access, terms)))


def _version_files(session: Session, access: Access) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The newest round's scheme and guide at the top, every other version under its number."""
    newest = newest_round(session, access.project_id)
    for table, stem, ending, current in (
        (SchemeVersion, "scheme", "toml", newest.scheme_number),
        (GuideVersion, "guide", "md", newest.guide_number),
    ):
        query = select(table.number, table.source).where(table.project_id == access.project_id).order_by(table.number)
        for number, source in session.execute(query):
            name = f"{stem}.{ending}" if number == current else f"{stem}s/{number}.{ending}"
            yield name, iter([source.encode("utf-8")])


class _Manifest:
    """Counts lines and takes checksums while the files pass by."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def watched(self, name: str, content: Iterator[bytes]) -> Iterator[bytes]:
        digest, lines = hashlib.sha256(), 0
        for block in content:
            digest.update(block)
            lines += block.count(b"\n")
            yield block
        self.files[name] = digest.hexdigest()
        if name.endswith(".jsonl"):
            self.counts[name.removesuffix(".jsonl")] = lines

    def written(self, session: Session, access: Access) -> bytes:
        said = {
            "release": None,
            "when": last_change(session, access.project_id),
            "software": {"name": NAME, "version": VERSION},
            "project": {"slug": access.project.slug, "title": access.project.title},
            "counts": self.counts,
            "files": dict(sorted(self.files.items())),
        }
        return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def last_change(session: Session, project_id: str) -> str:
    """The moment of the newest change of a label or an assignment: the same for equal data, unlike the clock."""
    changed = session.scalar(select(func.max(Label.updated_at)).where(Label.project_id == project_id)) or ""
    finished = session.scalar(select(func.max(Assignment.finished_at)).where(Assignment.project_id == project_id)) or ""
    created = session.scalar(select(func.max(Round.created_at)).where(Round.project_id == project_id)) or ""
    return max(changed, finished) or created


def write_folder(files: Iterable[tuple[str, Iterator[bytes]]], folder: Path) -> None:
    """The files below a new folder."""
    folder.mkdir()
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            handle.writelines(content)


def write_zip(files: Iterable[tuple[str, Iterator[bytes]]], handle: IO[bytes]) -> None:
    """The files as a zip without clock times, so that equal files give equal bytes."""
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as target:
                for block in content:
                    target.write(block)
