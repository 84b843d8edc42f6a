"""What leaves the project: documents, labels and whole bundles, streamed, equal data giving equal bytes."""

import hashlib
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.about import NAME, VERSION
from webapp.database import Database
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.export import Files, Format, formats, jsonl
from webapp.domain.permissions import Actor
from webapp.domain.release import manifest
from webapp.models import Assignment, GuideVersion, Label, Round, SchemeVersion
from webapp.services import golden, outgoing
from webapp.services.access import Access, enter
from webapp.services.outgoing import Terms as Terms
from webapp.services.releases import newest_release
from webapp.services.rounds import newest_round

PLAIN = Terms()  # everything, under pseudonyms
_RECORDS = {**outgoing.SOURCES, "gold": golden.records}
_ARTICLES = {"labels": outgoing.articles, "gold": golden.articles}


def stream(
    db: Database, actor: Actor, slug: str, kind: str, format_name: str = "jsonl", terms: Terms = PLAIN
) -> tuple[Format, Iterator[bytes]]:
    """`documents`, `labels` or `gold` in a format of one file. Nothing is written before what can be refused is.

    Raises NotFound for an unknown kind or format, Forbidden, and Invalid where the format cannot hold it.
    """
    format = _format_of(db, actor, slug, kind, format_name, terms)
    return format, _streamed(db, actor, slug, kind, format, terms)


def files(db: Database, actor: Actor, slug: str, kind: str, format_name: str, terms: Terms = PLAIN) -> Files:
    """The same in a format of many files; each content is to be read before the next file is asked for."""
    return _filed(db, actor, slug, kind, _format_of(db, actor, slug, kind, format_name, terms), terms)


def _format_of(db: Database, actor: Actor, slug: str, kind: str, format_name: str, terms: Terms) -> Format:
    format = formats().get(format_name)
    if format is None or kind not in _RECORDS:
        raise NotFound(f"There is no export “{kind}.{format_name}”. Formats are: {', '.join(formats())}.")
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        if kind == "labels":
            _must_not_be_annotating(session, access)
        if kind == "gold":
            newest_release(session, access)
    if not format.holds(kind):
        able = ", ".join(other.name for other in formats().values() if other.holds(kind))
        raise Invalid(f"The format {format.name} holds labels on their words, and no {kind} alone. Choose: {able}.")
    if terms.text_free and not format.rows:
        able = ", ".join(other.name for other in formats().values() if other.rows)
        raise Invalid(f"The format {format.name} holds the articles’ words. Without words there are: {able}.")
    return format


def _streamed(db: Database, actor: Actor, slug: str, kind: str, format: Format, terms: Terms) -> Iterator[bytes]:
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        if format.rows:
            columns = golden.columns if kind == "gold" else partial(outgoing.columns, kind=kind)
            parts = format.rows(columns(session, access, terms=terms), _RECORDS[kind](session, access, terms))
        else:
            assert format.stream is not None
            parts = format.stream(_ARTICLES[kind](session, access, terms))
        yield from outgoing.in_blocks(parts)


def _filed(db: Database, actor: Actor, slug: str, kind: str, format: Format, terms: Terms) -> Files:
    with db.reading() as session:
        assert format.files is not None
        yield from format.files(_ARTICLES[kind](session, enter(session, slug, actor, "curate"), terms))


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


# ---- bundles ----


def bundle(db: Database, actor: Actor, slug: str, terms: Terms = PLAIN) -> Files:
    """The files of a bundle as (name, content); each content is to be read before the next file is asked for.

    Raises NotFound, Forbidden.
    """
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        _must_not_be_annotating(session, access)
        watch = _Watch()
        for name, content in chain(_record_files(session, access, terms), _version_files(session, access)):
            yield name, watch.watched(name, content)
        yield manifest.NAME, iter([watch.manifest(session, access)])


def _record_files(session: Session, access: Access, terms: Terms) -> Files:
    for name, source in outgoing.BUNDLE.items():
        yield f"{name}.jsonl", outgoing.in_blocks(jsonl.write((), source(session, access, terms)))


def _version_files(session: Session, access: Access) -> Files:
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


class _Watch:
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

    def manifest(self, session: Session, access: Access) -> bytes:
        said = {
            "release": None,
            "when": last_change(session, access.project_id),
            "software": {"name": NAME, "version": VERSION},
            "project": {"slug": access.project.slug, "title": access.project.title},
            "counts": self.counts,
            "files": dict(sorted(self.files.items())),
        }
        return manifest.written(said)


def last_change(session: Session, project_id: str) -> str:
    """The moment of the newest change of a label or an assignment: the same for equal data, unlike the clock."""
    changed = session.scalar(select(func.max(Label.updated_at)).where(Label.project_id == project_id)) or ""
    finished = session.scalar(select(func.max(Assignment.finished_at)).where(Assignment.project_id == project_id)) or ""
    created = session.scalar(select(func.max(Round.created_at)).where(Round.project_id == project_id)) or ""
    return max(changed, finished) or created


def write_folder(files: Files, folder: Path) -> None:
    """The files below a new folder."""
    folder.mkdir()
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            handle.writelines(content)


def write_zip(files: Files, handle: IO[bytes]) -> None:
    """The files as a zip without clock times, so that equal files give equal bytes."""
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as target:
                for block in content:
                    target.write(block)
