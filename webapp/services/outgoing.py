"""The records that leave a project, each kind in its stable order, and articles with the labels on them."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, exists, select, type_coerce
from sqlalchemy.orm import Session

from webapp.domain.export import Article, Record, Work
from webapp.domain.files import records
from webapp.models import Assignment, Document, Membership, Person, Speaker, label_table
from webapp.services.access import Access
from webapp.services.managing import round_record
from webapp.services.rounds import rounds_of

_AT_ONCE = 1_000  # rows fetched together: bounds the memory of an export


@dataclass(frozen=True, slots=True)
class Terms:
    """How an export is written: annotators by name or pseudonym; all articles without words, or those that must be;
    the work of all rounds, or of some with the articles that are assigned in them.
    """

    names: bool = False
    text_free: bool = False
    rounds: frozenset[str] | None = None


def _has_text_free(session: Session, access: Access, terms: Terms) -> bool:
    here = exists().where(Document.rights == "text-free", *_documents(access, terms))
    return terms.text_free or bool(session.scalar(select(here)))


def _documents(access: Access, terms: Terms) -> tuple[ColumnElement[bool], ...]:
    here = Document.project_id == access.project_id
    if terms.rounds is None:
        return (here,)
    assigned = select(Assignment.document_id).where(Assignment.project_id == access.project_id)
    return here, Document.id.in_(assigned.where(Assignment.round.in_(terms.rounds)))


def document_records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By id."""
    columns = [getattr(Document, name) for name in records.DOCUMENT]
    query = select(*columns).where(*_documents(access, terms)).order_by(Document.id)
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
    # by the connection: the session's own handling of rows takes longer than all the rest of the loop
    rows = session.connection().execute(_labels(access, terms), execution_options={"yield_per": _AT_ONCE})
    for *values, rights in rows:
        record = dict(zip(records.LABEL, values, strict=True))
        record["id"] = _dashed(record["id"])
        record["chain"] = _listed(record["chain"])
        if hashed:
            record["quote_sha256"] = hashlib.sha256(record["quote"].encode()).hexdigest()
        if rights == "text-free" or terms.text_free:
            record["quote"] = record["note"] = ""
        yield record


def _labels(access: Access, terms: Terms) -> Select[Any]:
    """The columns of a label and the rights of its article; ids and chains as the driver gives them (faster)."""
    label = label_table.c
    annotator = _shown_name(terms).label("annotator")
    renamed: dict[str, ColumnElement[Any]] = {
        "id": type_coerce(label.id, String),
        "state": Assignment.state.expression,
        "document": label.document_id,
        "annotator": annotator,
        "start": label.start_at,
        "end": label.end_at,
        "speaker": label.speaker_id,
        "chain": type_coerce(label.chain, String),
    }
    columns = [renamed[name] if name in renamed else label[name] for name in records.LABEL]
    return (
        select(*columns, Document.rights)
        .select_from(label_table)
        .join(Document, (Document.project_id == label.project_id) & (Document.id == label.document_id))
        .join(
            Assignment,
            (Assignment.project_id == label.project_id)
            & (Assignment.round == label.round)
            & (Assignment.document_id == label.document_id)
            & (Assignment.person_id == label.person_id),
        )
        .join(Membership, (Membership.project_id == label.project_id) & (Membership.person_id == label.person_id))
        .join(Person, Person.id == label.person_id)
        .where(label.project_id == access.project_id, label.deleted_at.is_(None), *_within(terms, label.round))
        .order_by(label.document_id, label.start_at, label.end_at, label.round, annotator, label.id)
    )


def _dashed(id: object) -> str:
    """A UUID of either database, as text."""
    bare = str(id)
    return bare if "-" in bare else f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"


def _listed(chain: str | list[str]) -> list[str]:
    """A stored list of either database."""
    if isinstance(chain, list):
        return chain
    found: list[str] = [] if chain == "[]" else json.loads(chain)
    return found


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


Source = Callable[[Session, Access, Terms], Iterator[Record]]
SOURCES: dict[str, Source] = {"documents": document_records, "labels": label_records}
BUNDLE: dict[str, Source] = {
    **SOURCES,
    "assignments": assignment_records,
    "rounds": round_records,
    "speakers": speaker_records,
}


def columns(session: Session, access: Access, kind: str, terms: Terms) -> tuple[str, ...]:
    """The keys of the records of `documents` or `labels`, in their order."""
    if kind == "documents":
        return records.DOCUMENT
    return (*records.LABEL, "quote_sha256") if _has_text_free(session, access, terms) else records.LABEL


def in_blocks(parts: Iterable[bytes], size: int = 64 * 1024) -> Iterator[bytes]:
    """Parts put together, so that there are few."""
    block = bytearray()
    for part in parts:
        block += part
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


# ---- articles with the labels on them ----


def articles(session: Session, access: Access, terms: Terms) -> Iterator[Article]:
    """By id: every article with labels, or that somebody finished without finding any."""
    finished = _finished(session, access, terms)
    by_document = groupby(label_records(session, access, terms), itemgetter("document"))
    id, labels = next(by_document, (None, None))
    query = select(Document).where(Document.project_id == access.project_id).order_by(Document.id)
    for document in session.scalars(query.execution_options(yield_per=50)):
        works = {key: Work(*key, "done", ()) for key in finished.get(document.id, ())}
        if labels is not None and document.id == id:
            works |= _works(labels)
            id, labels = next(by_document, (None, None))
        if works:
            yield _article(document, [works[key] for key in sorted(works)])
        session.expunge(document)


def _finished(session: Session, access: Access, terms: Terms) -> dict[str, list[tuple[str, str]]]:
    """Round and annotator of finished work, by document."""
    found = defaultdict(list)
    for row in assignment_records(session, access, terms):
        if row["state"] == "done":
            found[row["document"]].append((row["round"], row["annotator"]))
    return found


def _works(labels: Iterable[Record]) -> dict[tuple[str, str], Work]:
    """The labels of one document, by round and annotator."""
    found = defaultdict(list)
    for label in labels:
        found[label["round"], label["annotator"]].append(label)
    return {key: Work(*key, own[0]["state"], sorted(own, key=_place)) for key, own in found.items()}


def _place(label: Record) -> tuple[int, int, str]:
    return label["start"], -label["end"], label["speaker"]


def _article(document: Document, works: list[Work]) -> Article:
    record = {name: getattr(document, name) for name in records.DOCUMENT}
    if document.rights == "text-free":
        return Article(record | {"text": ""}, (), works)
    sentences = [(unit["start"], unit["end"]) for unit in document.units if unit["kind"] == "sentence"]
    return Article(record, sentences, works)
