"""Releases as pages show them: which there are, their files, asking for the next one.

Web workers read this; making one, with its numbers' libraries, is releasing.py's.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.export import Files, Record
from webapp.domain.permissions import Actor
from webapp.domain.release.comparison import Comparison, compare
from webapp.domain.release.wordless import wordless
from webapp.domain.text import has_unstorable
from webapp.models import Assignment, Job, Project, Release, ReleaseFile, Round
from webapp.services import jobs
from webapp.services.access import Access, enter
from webapp.services.counting import still_annotating
from webapp.services.reports import Waiting
from webapp.services.rounds import find_round, newest_round, parse_scheme_once, rounds_of, scheme_of

LONGEST_NOTE = 2_000
JOB = "release"
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release as it is asked for: of which rounds (none: the newest), and whether something may be missing."""

    rounds: tuple[str, ...] = ()
    note: str = ""
    partial: bool = False


# ---- what can go into one ----


def chosen_rounds(session: Session, access: Access, names: Sequence[str]) -> list[Round]:
    """The rounds of those names, oldest first; the newest for none.

    Raises NotFound; Invalid where their schemes offer different values.
    """
    project_id = access.project_id
    wanted = {find_round(session, project_id, name).name for name in names} or {newest_round(session, project_id).name}
    rounds = [round for round in rounds_of(session, project_id) if round.name in wanted]
    first, *others = [(scheme_of(session, round), round.name) for round in rounds]
    for scheme, name in others:
        if (scheme.stance_ids, scheme.claim_type_ids) != (first[0].stance_ids, first[0].claim_type_ids):
            which = f"Rounds “{first[1]}” and “{name}”"
            raise Invalid(f"{which} offer different values. Release each for itself.", "rounds")
    return rounds


def check_finished(session: Session, access: Access, rounds: Sequence[str]) -> None:
    """Raises Invalid where there is nothing to release."""
    here = (Assignment.project_id == access.project_id, Assignment.round.in_(rounds), Assignment.state == "done")
    if not session.scalar(select(exists().where(*here))):
        named = f"round “{rounds[0]}”" if len(rounds) == 1 else "these rounds"
        raise Invalid(f"There is nothing to release: nobody has finished an article in {named} yet.", "rounds")


def check_note(note: str) -> None:
    """Raises Invalid."""
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"A note has at most {LONGEST_NOTE:,} characters.", "note")
    if why := has_unstorable(note):
        raise Invalid(f"The note holds {why}.", "note")


# ---- which there are ----


def visible(session: Session, access: Access) -> list[Release]:
    """Those that the actor may know of, newest first. Raises Forbidden for annotators until they are opened."""
    if not access.allows("adjudicate") and not access.project.releases_open:
        raise Forbidden("The curator has not opened the releases to annotators.")
    query = select(Release).where(Release.project_id == access.project_id).order_by(Release.number.desc())
    closed = {round.name for round in rounds_of(session, access.project_id) if round.closed_at}
    sees_all = access.allows("adjudicate")
    return [one for one in session.scalars(query) if sees_all or closed.issuperset(one.rounds)]


def find_release(session: Session, access: Access, number: int) -> Release:
    """One to look into. Raises NotFound; Forbidden, also for who still annotates in its rounds."""
    found = next((one for one in visible(session, access) if one.number == number), None)
    if found is None:
        raise NotFound(f"There is no release {number}.")
    must_not_be_annotating(session, access, found.rounds)
    return found


def must_not_be_annotating(session: Session, access: Access, rounds: Sequence[str]) -> None:
    """Who annotates too sees others' labels only after finishing. Raises Forbidden."""
    if access.actor.is_operator:
        return
    waiting = sorted(document for round, document in still_annotating(session, access) if round in rounds)
    if waiting:
        raise Forbidden(f"You annotate here too: others’ labels are open to you once you finished “{waiting[0]}”.")


@dataclass(frozen=True, slots=True)
class ReleasesPage:
    """All releases, newest first; `waiting`: the one that is being made, or why it could not be."""

    project: Project
    releases: list[Release]
    waiting: Waiting | None
    may_make: bool
    annotates: bool
    sees_all: bool  # annotators see those of closed rounds


def open_releases(db: Database, actor: Actor, slug: str) -> ReleasesPage:
    """Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        page = ReleasesPage(
            project=access.project,
            releases=visible(session, access),
            waiting=_waiting(session, access) if access.allows("adjudicate") else None,
            may_make=access.allows("curate"),
            annotates=access.allows("label"),
            sees_all=access.allows("adjudicate"),
        )
        session.expunge_all()
        return page


def _waiting(session: Session, access: Access) -> Waiting | None:
    """A failure is told until the next release is there."""
    job = jobs.newest(session, access.project_id, JOB, JOB)
    if job is None or job.state == "done":
        return None
    if job.state != "failed":
        return Waiting(job.progress, None)
    return None if _is_old(session, access, job) else Waiting("", job.progress)


def _is_old(session: Session, access: Access, job: Job) -> bool:
    newest = session.scalar(select(func.max(Release.made_at)).where(Release.project_id == access.project_id))
    return newest is not None and newest > (job.finished_at or "")


# ---- one of them ----


@dataclass(frozen=True, slots=True)
class FileRow:
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """A release with its files, by name; `others` are the ones it can be compared with, newest first."""

    project: Project
    release: Release
    files: list[FileRow]
    card: str
    others: list[Release]
    annotates: bool
    may_export: bool  # its gold is what an export of gold gives


def open_release(db: Database, actor: Actor, slug: str, number: int) -> ReleasePage:
    """Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        release = find_release(session, access, number)
        others = [one for one in visible(session, access) if one.number != number]
        page = ReleasePage(
            project=access.project,
            release=release,
            files=_files(session, release),
            card=b"".join(_content(session, release, "README.md")).decode(),
            others=others,
            annotates=access.allows("label"),
            may_export=access.allows("curate") and all(one.number < number for one in others),
        )
        session.expunge_all()
        return page


def _files(session: Session, release: Release) -> list[FileRow]:
    here = (ReleaseFile.project_id == release.project_id, ReleaseFile.number == release.number)
    query = select(ReleaseFile.name, ReleaseFile.sha256, ReleaseFile.size).where(*here).order_by(ReleaseFile.name)
    return [FileRow(*row) for row in session.execute(query)]


def _content(session: Session, release: Release, name: str) -> Iterator[bytes]:
    """A file block by block. Raises NotFound at once."""
    key = (ReleaseFile.project_id == release.project_id, ReleaseFile.number == release.number)
    body = session.scalar(select(ReleaseFile.body).where(*key, ReleaseFile.name == name))
    if body is None:
        raise NotFound(f"Release {release.number} has no file “{name}”.")
    return _unpacked(body)


def _unpacked(body: bytes) -> Iterator[bytes]:
    unpacker, rest = zlib.decompressobj(), body
    while rest and not unpacker.eof:
        yield unpacker.decompress(rest, _BLOCK)
        rest = unpacker.unconsumed_tail
    yield unpacker.flush()


def open_file(db: Database, actor: Actor, slug: str, number: int, name: str) -> Iterator[bytes]:
    """A file of a release as it was frozen, block by block. Raises NotFound, Forbidden."""
    with db.reading() as session:
        return _content(session, find_release(session, enter(session, slug, actor), number), name)


def bundle(db: Database, actor: Actor, slug: str, number: int, *, text_free: bool = False) -> Files:
    """All files of a release, as they were frozen or without the articles' words.

    Raises NotFound, Forbidden at once.
    """
    with db.reading() as session:
        release = find_release(session, enter(session, slug, actor), number)
        session.expunge(release)
    return wordless(_bundle(db, release)) if text_free else _bundle(db, release)


def _bundle(db: Database, release: Release) -> Files:
    with db.reading() as session:
        for row in _files(session, release):
            yield row.name, _content(session, release, row.name)


# ---- its records ----


def records_of(session: Session, release: Release, stem: str) -> Iterator[dict[str, Any]]:
    """The lines of one of its .jsonl files."""
    decoder, rest = msgspec.json.Decoder(dict[str, Any]), b""
    for block in _content(session, release, f"{stem}.jsonl"):
        *lines, rest = (rest + block).split(b"\n")
        yield from map(decoder.decode, lines)


def names_in(session: Session, release: Release) -> dict[str, str]:
    """What speakers, stances and claim types are called in it, by id."""
    scheme = parse_scheme_once(b"".join(_content(session, release, "scheme.toml")).decode())
    speakers = {row["id"]: row["name"] for row in records_of(session, release, "speakers")}
    return speakers | {part.id: part.name for part in (*scheme.stances, *scheme.claim_types)}


def newest_release(session: Session, access: Access) -> Release:
    """For its gold. Raises NotFound where there is none yet, Forbidden for who still annotates in its rounds."""
    found = visible(session, access)
    if not found:
        raise NotFound("There is no release yet, and gold is that of the newest one. Make a release first.")
    return find_release(session, access, found[0].number)


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """The later release beside an earlier one; `titles` of articles, `values` of what labels say, by id."""

    project: Project
    before: Release
    after: Release
    found: Comparison
    titles: dict[str, str]
    values: dict[str, str]
    others: list[Release]


def compare_releases(db: Database, actor: Actor, slug: str, number: int, other: int | None = None) -> ComparisonPage:
    """A release with another, else with the one before it. Raises NotFound, Forbidden."""
    with db.reading() as session:
        access = enter(session, slug, actor)
        there = [one.number for one in visible(session, access)]
        if other is None:
            other = next((n for n in there if n < number), next((n for n in there if n != number), None))
        if other is None or other == number:
            raise NotFound(f"There is no release to compare release {number} with.")
        before, after = (find_release(session, access, n) for n in sorted((number, other)))
        documents = [list(records_of(session, one, "documents")) for one in (before, after)]
        page = ComparisonPage(
            project=access.project,
            before=before,
            after=after,
            found=compare(
                list(records_of(session, before, "gold")),
                list(records_of(session, after, "gold")),
                ([row["id"] for row in documents[0]], [row["id"] for row in documents[1]]),
            ),
            titles={row["id"]: title_of(row) for rows in documents for row in rows},
            values=names_in(session, before) | names_in(session, after),
            others=[one for one in visible(session, access) if one.number != number],
        )
        session.expunge_all()
        return page


def title_of(document: Record) -> str:
    return str(document["display_title"] or document["title"] or document["id"])
