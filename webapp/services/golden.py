"""The gold of the newest release as an export has it: its records, and articles with them."""

from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.export import Article, Record, Work
from webapp.domain.files import records as columns_of
from webapp.domain.text import sha256_of
from webapp.models import Document, Release
from webapp.services.access import Access
from webapp.services.outgoing import Terms
from webapp.services.releases import newest_release, records_of

ANNOTATOR = "gold"  # whose work it is, in formats that are about annotators


def columns(session: Session, access: Access, terms: Terms) -> tuple[str, ...]:
    """Raises NotFound where there is no release, Forbidden."""
    first = next(records_of(session, newest_release(session, access), "gold"), {})
    hashed = terms.text_free or "quote_sha256" in first
    return (*columns_of.GOLD, "quote_sha256") if hashed else columns_of.GOLD


def records(session: Session, access: Access, terms: Terms) -> Iterator[Record]:
    """By document, place, speaker and id, as they were frozen. Raises NotFound, Forbidden."""
    for row in records_of(session, newest_release(session, access), "gold"):
        if terms.text_free:
            row.setdefault("quote_sha256", sha256_of(row["quote"]))
            row["quote"] = ""
        yield row


def articles(session: Session, access: Access, _terms: Terms) -> Iterator[Article]:
    """By id: every article of the release with gold, or finished without any."""
    release = newest_release(session, access)
    works = _finished(session, release)
    for row in records_of(session, release, "gold"):
        works[row["document"]].setdefault(row["round"], []).append(row)
    for document in records_of(session, release, "documents"):
        found = works.get(document["id"])
        if found is not None:
            made = [Work(round, ANNOTATOR, "done", sorted(found[round], key=_place)) for round in sorted(found)]
            yield Article(document, _sentences(session, access, document), made)


def _place(row: Record) -> tuple[int, int, str]:
    return row["start"], -row["end"], row["speaker"]


def _finished(session: Session, release: Release) -> dict[str, dict[str, list[Record]]]:
    """The latest round in which somebody finished, by document."""
    found: dict[str, dict[str, list[Record]]] = defaultdict(dict)
    rows = [row for row in records_of(session, release, "assignments") if row["state"] == "done"]
    for row in sorted(rows, key=lambda row: release.rounds.index(row["round"])):
        found[row["document"]] = {row["round"]: []}
    return found


def _sentences(session: Session, access: Access, document: Record) -> list[tuple[int, int]]:
    if not document["text"]:
        return []
    here = (Document.project_id == access.project_id, Document.id == document["id"])
    units = session.scalar(select(Document.units).where(*here, Document.text_sha256 == document["text_sha256"])) or ()
    return [itemgetter("start", "end")(unit) for unit in units if unit["kind"] == "sentence"]
