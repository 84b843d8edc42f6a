"""Making a release: every file from one snapshot, stored in one short transaction, so that none is half there.

For the command line and the job process only: numpy comes with the figures of agreement.
"""

import hashlib
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from webapp.about import NAME, VERSION
from webapp.database import Database, new_id, now, take_turns
from webapp.domain.errors import Invalid
from webapp.domain.export import Record, jsonl
from webapp.domain.permissions import Actor
from webapp.domain.release import card, croissant, figures, manifest
from webapp.domain.release.hiding import day_of, keyed_id
from webapp.domain.release.tally import Tally, examples_of, is_taught
from webapp.domain.text import sha256_of
from webapp.models import Document, GuideVersion, Person, Project, Release, ReleaseFile, SchemeVersion
from webapp.services import jobs, outgoing, settling
from webapp.services.access import Access, enter, record
from webapp.services.jobs import Claimed
from webapp.services.outgoing import Terms
from webapp.services.releases import Wanted, check_finished, check_note, chosen_rounds, must_not_be_annotating
from webapp.services.rounds import scheme_of

Tell = Callable[[str, float], None]  # what is being done, and the share of all that is done
_MOST_NAMED = 30
_LONGEST_QUOTE = 60
# when each stage begins, as a share of the whole: measured with 100,000 labels
_SETTLING, _WRITING, _AGREEMENT, _STORING = 0.0, 0.4, 0.6, 0.98


def _quiet(_words: str, _share: float) -> None:
    pass


def release(
    db: Database, actor: Actor, slug: str, wanted: Wanted, tell: Tell = _quiet, id: str | None = None
) -> Release:
    """Freeze what the rounds hold; the new release.

    Raises NotFound, Forbidden; Invalid where something waits for somebody and `wanted` is not partial, or where the
    rounds do not go together.
    """
    with db.reading() as session:
        made = _Making(session, enter(session, slug, actor, "curate"), wanted, tell)
        made.run()
    tell("Storing it.", _STORING)
    with db.writing() as session:
        take_turns(session)
        access = enter(session, slug, actor, "curate")
        return _stored(session, access, made, id or new_id())


def make(db: Database, job: Claimed) -> None:
    """The release that a page asked for. A job that is done again after its process died makes no second one."""
    with db.reading() as session:
        if session.scalar(select(Release.number).where(Release.id == job.id)):
            return
        slug = session.get_one(Project, job.project_id).slug
        person = session.get_one(Person, job.parameters["person"])
        actor = Actor(person.id, person.name, person.is_admin)
    wanted = Wanted(tuple(job.parameters["rounds"]), job.parameters["note"], job.parameters["partial"])
    release(db, actor, slug, wanted, lambda words, share: _tell_job(db, job, words, share), job.id)


def _tell_job(db: Database, job: Claimed, words: str, share: float) -> None:
    jobs.tell(db, job, f"{words} {int(100 * share)} % is done.")


def _stored(session: Session, access: Access, made: "_Making", id: str) -> Release:
    """Raises Invalid where another release came in between: its number, and maybe its key, are taken."""
    if _next_number(session, access) != made.number or access.project.release_key not in (None, made.key.hex()):
        raise Invalid("Another release was made at the same time. Look at it, then make this one again.")
    access.project.release_key = made.key.hex()
    row = Release(
        project_id=access.project_id,
        id=id,
        person_id=access.actor.person_id,
        made_at=now(),
        **made.described(),
    )
    session.add(row)
    session.flush()
    for name, packed in made.files.items():
        values = {"name": name, "sha256": packed.sha256, "size": packed.size, "body": packed.body}
        session.execute(insert(ReleaseFile), values | {"project_id": access.project_id, "number": made.number})
    detail: dict[str, Any] = {"number": made.number, "rounds": made.names, "partial": made.is_partial}
    record(session, access.actor, "release-made", access.project_id, **detail)
    session.expunge(row)
    return row


def _refuse_lacking(settled: settling.Settled) -> None:
    """Raises Invalid, naming what waits for somebody."""
    waiting = [
        f"{one.document}, {one.start} to {one.end}: “{_short(one.quote)}” ({', '.join(one.reasons)})"
        for one in settled.waiting
    ]
    unfinished = [f"{document}, {annotator}" for document, annotator in settled.unfinished]
    told = [*_named("Waiting for a decision", waiting), *_named("Not finished", unfinished)]
    if told:
        raise Invalid(
            "\n".join(["Nothing was released.", *told, "Settle these, or make a partial release (--partial)."])
        )


def _named(what: str, those: Sequence[str]) -> list[str]:
    """Those of very many as far as one can read."""
    more = len(those) - _MOST_NAMED
    rest = [f"  and {more:,} more"] if more > 0 else []
    return [f"{what} ({len(those):,}):", *(f"  {one}" for one in those[:_MOST_NAMED]), *rest] if those else []


def _short(quote: str) -> str:
    words = " ".join(quote.split())
    return words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE].rstrip() + "…"


def _next_number(session: Session, access: Access) -> int:
    query = select(func.max(Release.number)).where(Release.project_id == access.project_id)
    return (session.scalar(query) or 0) + 1


@dataclass(frozen=True, slots=True)
class _Packed:
    """A file: the checksum and size of what it holds, and that compressed."""

    sha256: str
    size: int
    lines: int
    body: bytes


def _packed(parts: Iterable[bytes]) -> _Packed:
    digest, packer, body, size, lines = hashlib.sha256(), zlib.compressobj(), bytearray(), 0, 0
    for part in parts:
        digest.update(part)
        body += packer.compress(part)
        size += len(part)
        lines += part.count(b"\n")
    return _Packed(digest.hexdigest(), size, lines, bytes(body + packer.flush()))


@dataclass
class _Making:
    """One release on its way."""

    session: Session
    access: Access
    wanted: Wanted
    tell: Tell
    files: dict[str, _Packed] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    speakers: set[str] = field(default_factory=set)  # that labels or gold name
    texts: dict[str, str] = field(default_factory=dict)  # of text-free articles, whose words stay here
    languages: set[str] = field(default_factory=set)
    taught: list[str] = field(default_factory=list)

    def run(self) -> None:
        check_note(self.wanted.note)
        self.rounds = chosen_rounds(self.session, self.access, self.wanted.rounds)
        self.names = [round.name for round in self.rounds]
        must_not_be_annotating(self.session, self.access, self.names)
        check_finished(self.session, self.access, self.names)
        self.terms = Terms(rounds=frozenset(self.names))
        self.day = day_of(now())
        self.number = _next_number(self.session, self.access)
        key = self.access.project.release_key
        self.key = bytes.fromhex(key) if key else secrets.token_bytes(32)
        self.scheme = scheme_of(self.session, self.rounds[-1])
        self.tell("Looking at what is settled.", _SETTLING)
        self.settled = settling.settled(self.session, self.access, self.names, self.key)
        if not self.wanted.partial:
            _refuse_lacking(self.settled)
        self._write()

    # ---- the files ----

    def _write(self) -> None:
        self.tell("Writing the files.", _WRITING)
        compared = {
            "documents.jsonl": self._kept("documents", self._documents()),
            "labels.jsonl": self._kept("labels", self._labels()),
            "assignments.jsonl": self._kept("assignments", self._assignments()),
            "rounds.jsonl": self._kept("rounds", self._rounds()),
        }
        self._add("gold.jsonl", _lines(self._gold()))
        self._add("decisions.jsonl", _lines(self._decisions()))
        self._add("speakers.jsonl", _lines(self._speakers()))
        for name, source in self._versions():
            self._add(name, [source.encode()])
        self.tell("Computing agreement.", _AGREEMENT)
        counts = figures.counted(compared, self.names[0] if len(self.names) == 1 else None, self.texts)
        told = self._card(counts.annotators, figures.figures(counts, self.scheme), len(counts.compared))
        sums = [(name, packed.sha256) for name, packed in self.files.items()]
        self._add("croissant.json", [self._croissant(told, sums)])
        self._add("README.md", [card.card(told)])
        self._add(manifest.NAME, [self._manifest()])

    def _add(self, name: str, parts: Iterable[bytes]) -> None:
        self.files[name] = _packed(parts)

    def _kept(self, stem: str, rows: Iterable[Record]) -> bytes:
        """One of the files that agreement is computed from."""
        content = b"".join(_lines(rows))
        self._add(f"{stem}.jsonl", [content])
        return content

    def _documents(self) -> Iterator[Record]:
        examples = examples_of(source for name, source in self._versions() if name.endswith(".md"))
        here = (Document.project_id == self.access.project_id, Document.rights == "text-free")
        rows = self.session.execute(select(Document.id, Document.text).where(*here))
        self.texts = {row.id: row.text for row in rows}
        self.free: set[str] = set()
        self.hashes: dict[str, str] = {}
        for document in outgoing.document_records(self.session, self.access, self.terms):
            if document["rights"] == "text-free":
                self.free.add(document["id"])
            if document["language"]:
                self.languages.add(document["language"])
            if is_taught(document["text"] or self.texts[document["id"]], examples):
                self.taught.append(document["id"])
            yield document

    def _labels(self) -> Iterator[Record]:
        """As an export has them, with the ids and days of a release; labels of one place go by their new ids."""
        source = outgoing.label_records(self.session, self.access, self.terms)
        for _, group in groupby(source, itemgetter("document", "start", "end", "round", "annotator")):
            for label in sorted(map(self._label, group), key=itemgetter("id")):
                self.tally.add_label(label)
                self.speakers |= {label["speaker"], *label["chain"]}
                yield label

    def _label(self, label: Record) -> Record:
        days = {name: day_of(label[name]) for name in ("created_at", "updated_at")}
        return {**label, "id": keyed_id(self.key, label["id"]), **days}

    def _assignments(self) -> Iterator[Record]:
        for row in outgoing.assignment_records(self.session, self.access, self.terms):
            yield {**row, "finished_at": _day(row["finished_at"])}

    def _rounds(self) -> Iterator[Record]:
        for row in outgoing.round_records(self.session, self.access, self.terms):
            yield {**row, "closed_at": _day(row["closed_at"])}

    def _gold(self) -> Iterator[Record]:
        for settled in sorted(self.settled.gold, key=itemgetter("document", "start", "end", "speaker", "id")):
            row = settled | {"release": self.number}
            self.tally.add_gold(row)
            self.speakers |= {row["speaker"], *row["chain"]}
            if self.free:
                row["quote_sha256"] = sha256_of(row["quote"])
            if row["document"] in self.free:
                row["quote"] = ""
            yield row

    def _decisions(self) -> Iterator[Record]:
        for row in self.settled.decisions:
            labels = sorted(keyed_id(self.key, id) for id in row["labels"])
            hidden = {"id": keyed_id(self.key, row["id"]), "labels": labels, "at": day_of(row["at"])}
            yield row | hidden | (_wordless(row) if row["document"] in self.free else {})

    def _speakers(self) -> Iterator[Record]:
        """The registry, and of proposals those that are named: others may be of rounds that are still blind."""
        known = {row["id"]: row for row in outgoing.speaker_records(self.session, self.access, self.terms)}
        waiting = [id for id, row in known.items() if row["proposed_by"] is None or id in self.speakers]
        kept: set[str] = set()
        while waiting:
            id = waiting.pop()
            if id is not None and id not in kept:
                kept.add(id)
                waiting.append(known[id]["merged_into"])
        return (row for id, row in known.items() if id in kept)

    def _versions(self) -> Iterator[tuple[str, str]]:
        """The scheme and guide of the newest round at the top, those of the others under their numbers."""
        project_id = self.access.project_id
        schemes, guides = ([getattr(r, name) for r in self.rounds] for name in ("scheme_number", "guide_number"))
        for number in sorted({*schemes}):
            name = "scheme.toml" if number == schemes[-1] else f"schemes/{number}.toml"
            yield name, self.session.get_one(SchemeVersion, (project_id, number)).source
        for number in sorted({*guides}):
            name = "guide.md" if number == guides[-1] else f"guides/{number}.md"
            yield name, self.session.get_one(GuideVersion, (project_id, number)).source

    # ---- what is told of them ----

    @property
    def counts(self) -> dict[str, int]:
        lines = {name: packed.lines for name, packed in self.files.items() if name.endswith(".jsonl")}
        return {name.removesuffix(".jsonl"): count for name, count in lines.items()}

    def described(self) -> dict[str, Any]:
        """The columns of the row."""
        return {
            "number": self.number,
            "day": self.day,
            "note": self.wanted.note,
            "rounds": self.names,
            "partial": self.is_partial,
            "waiting": len(self.settled.waiting),
            "unfinished": len(self.settled.unfinished),
            "counts": self.counts,
        }

    @property
    def is_partial(self) -> bool:
        return bool(self.settled.waiting or self.settled.unfinished)

    def _card(self, annotators: Iterable[str], found: Sequence[card.Figure], compared: int) -> card.Release:
        project = self.access.project
        versions = [(round.scheme_number, round.guide_number) for round in self.rounds]
        states = ["closed" if round.closed_at else "open" for round in self.rounds]
        rows = zip(self.names, states, versions, strict=True)
        said = {name: value for name, value in self.described().items() if name != "rounds"}
        return card.Release(
            slug=project.slug,
            title=project.title,
            **said,
            rounds=[{"name": name, "state": state, "scheme": s, "guide": g} for name, state, (s, g) in rows],
            scheme=self.scheme,
            tally=self.tally,
            annotators=len(set(annotators)),
            figures=found,
            compared=compared,
            languages=sorted(self.languages),
            text_free=len(self.free),
            taught=self.taught,
            licence=project.licence,
            software=f"{NAME} {VERSION}",
        )

    def _croissant(self, told: card.Release, sums: Iterable[tuple[str, str]]) -> bytes:
        summary, citation = card.summary(told), card.citation(told)
        return croissant.croissant(told.name, summary, citation, told.licence, self.day, self.number, sums)

    def _manifest(self) -> bytes:
        said = self.described()
        counts, number = said.pop("counts"), said.pop("number")
        return manifest.written(
            {
                "release": number,
                "when": said.pop("day"),
                "software": {"name": NAME, "version": VERSION},
                "project": {"slug": self.access.project.slug, "title": self.access.project.title},
                **said,
                "counts": counts,
                "files": {name: self.files[name].sha256 for name in sorted(self.files)},
            }
        )


def _wordless(decision: Record) -> dict[str, Any]:
    """What of a decision on an article that must leave without its words is another."""
    gold = decision["gold"]
    return {"note": "", "gold": gold and {**gold, "quote": ""}}


def _lines(rows: Iterable[Record]) -> Iterator[bytes]:
    return outgoing.in_blocks(jsonl.write((), rows))


def _day(moment: str | None) -> str | None:
    return None if moment is None else day_of(moment)
