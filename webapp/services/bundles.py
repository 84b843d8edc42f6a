"""Taking a bundle in: documents, speakers, rounds, assignments and labels, all or nothing."""

from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from webapp.database import Database, new_id, now
from webapp.domain import labels as rules
from webapp.domain.errors import Invalid
from webapp.domain.files.bundle_files import (
    AssignmentLine,
    Bundle,
    LabelLine,
    Problems,
    RoundLine,
    SpeakerLine,
    unzipped,
)
from webapp.domain.foreign import reader_of
from webapp.domain.permissions import Actor
from webapp.models import (
    Assignment,
    Document,
    GuideVersion,
    Label,
    Membership,
    Person,
    Round,
    SchemeVersion,
    Speaker,
    label_table,
)
from webapp.services.access import Access, enter, record
from webapp.services.accounts import insert_person, name_key
from webapp.services.foreign import bundle_of
from webapp.services.importing import document_row, known_speakers, units_of
from webapp.services.managing import add_version, member_row
from webapp.services.rounds import keep_locked, rounds_of, scheme_of


def read_bundle(path: Path) -> dict[str, bytes]:
    """The files of a bundle by name: of a folder, of a zip, or a lone labels.jsonl. Raises Invalid."""
    try:
        if path.is_dir():
            return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
        return read_uploaded(path.name, path.read_bytes())
    except OSError as why:
        raise Invalid(f"{path} cannot be read: {why.strerror}.") from None


def read_uploaded(name: str, content: bytes) -> dict[str, bytes]:
    """The files of a zip, another program's file under its name, or a labels.jsonl of whatever name. Raises Invalid."""
    if name.lower().endswith(".zip"):
        return unzipped(name, content)
    return {name: content} if reader_of({name: content}) else {"labels.jsonl": content}


def import_bundle(db: Database, actor: Actor, slug: str, files: dict[str, bytes]) -> dict[str, int]:
    """Take a bundle, or labels of another program, in; how many of what are new.

    Raises NotFound, Forbidden, Invalid with every bad line.
    """
    bundle = bundle_of(db, actor, slug, files)
    with db.reading() as session:
        speakers = known_speakers(session, enter(session, slug, actor, "curate").project_id)
    units = {document.id: units_of(document, speakers) for _, document in bundle.documents}
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        taken: dict[str, Any] = _Intake(session, access, bundle).run(units)
        record(session, actor, "labels-imported", access.project_id, **taken)
        return taken


class _Intake:
    """One bundle on its way into one project."""

    def __init__(self, session: Session, access: Access, bundle: Bundle) -> None:
        self.session, self.access, self.bundle = session, access, bundle
        self.project_id = access.project_id
        self.problems = Problems(places=bundle.places)
        self.people: dict[str, str] = {}
        self.moment = now()  # of everything that tells none itself

    def run(self, units: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
        if self._is_untouched() and self.bundle.rounds:
            self._clear()
        self._rounds()
        self._people()
        taken = {"documents": self._documents(units), "speakers": self._speakers()}
        self.problems.raise_any()
        taken["assignments"] = self._assignments()
        self.problems.raise_any()
        taken["labels"] = self._labels()
        self.problems.raise_any()
        return taken

    # ---- rounds with their schemes and guides ----

    def _is_untouched(self) -> bool:
        """Whether nobody has worked here yet: then the bundle's own rounds, schemes and speakers take the place."""
        held = select(func.count()).where(Document.project_id == self.project_id)
        return not self.session.scalar(held) and len(rounds_of(self.session, self.project_id)) == 1

    def _clear(self) -> None:
        tables: list[Any] = [Round, Speaker]
        if self.bundle.schemes:
            tables.append(SchemeVersion)
        if self.bundle.guides:
            tables.append(GuideVersion)
        for table in tables:
            self.session.execute(delete(table).where(table.project_id == self.project_id))
        self.session.expire_all()
        for kind, versions in ((SchemeVersion, self.bundle.schemes), (GuideVersion, self.bundle.guides)):
            for number, source in sorted(versions.items()):
                self.session.add(kind(project_id=self.project_id, number=number, source=source, created_at=self.moment))
        self.session.flush()

    def _rounds(self) -> None:
        there = {round.name: round for round in rounds_of(self.session, self.project_id)}
        position = max((round.position for round in there.values()), default=0)
        for line, given in self.bundle.rounds:
            if given.name not in there:
                position += 1
                self._add_round(line, given, position)
        wanted = {label.round for _, label in self.bundle.labels}
        closed = [name for name in sorted(wanted) if name in there and there[name].closed_at]
        if closed:
            raise Invalid(f"Round “{closed[0]}” is closed; its labels stand still.")

    def _add_round(self, line: int, given: RoundLine, position: int) -> None:
        scheme = self._version(line, SchemeVersion, given.scheme, self.bundle.schemes)
        guide = self._version(line, GuideVersion, given.guide, self.bundle.guides)
        closed_at = (given.closed_at or self.moment) if given.state == "closed" else None
        row = {"name": given.name, "position": position, "closed_at": closed_at, "created_at": self.moment}
        if scheme and guide:
            self.session.add(Round(project_id=self.project_id, scheme_number=scheme, guide_number=guide, **row))
            self.session.flush()

    def _version(self, line: int, table: Any, number: int, given: dict[int, str]) -> int:
        """The project's number for the bundle's version; 0, and a problem, where the bundle has none of that number."""
        if number not in given:
            self.problems.add("rounds.jsonl", line, f"version {number} of its scheme or guide is not in the bundle")
            return 0
        query = select(table.number).where(table.project_id == self.project_id, table.source == given[number])
        same = self.session.scalar(query.order_by((table.number == number).desc(), table.number).limit(1))
        if same:
            return int(same)
        return add_version(self.session, table, self.project_id, given[number])

    # ---- people, documents, speakers ----

    def _people(self) -> None:
        names = {label.annotator for _, label in self.bundle.labels} | {a.annotator for _, a in self.bundle.assignments}
        names |= {speaker.proposed_by for _, speaker in self.bundle.speakers if speaker.proposed_by}
        for name in sorted(names):
            query = select(Person).where(Person.name_key == name_key(name), Person.removed_at.is_(None))
            known = self.session.scalar(query)
            person = known or insert_person(self.session, name)
            if person.name != name:
                raise Invalid(
                    f"The bundle names “{name}”, but here the person is called “{person.name}”. Use one spelling."
                )
            if known:
                self._refuse_stranger(known)
            member_row(self.session, self.project_id, person.id).is_annotator = True
            self.people[name] = person.id
        self.session.flush()

    def _refuse_stranger(self, person: Person) -> None:
        """A curator cannot put labels under the name of somebody who is not in the project."""
        if self.access.actor.rules_all or self.session.get(Membership, (self.project_id, person.id)) is not None:
            return
        raise Invalid(f"“{person.name}” is known here, but no member of this project. Invite them first.")

    def _documents(self, units: dict[str, list[dict[str, Any]]]) -> int:
        query = select(Document.id, Document.text_sha256).where(Document.project_id == self.project_id)
        there = dict(self.session.execute(query).all())
        added = 0
        for line, document in self.bundle.documents:
            if there.get(document.id) == document.text_sha256:
                continue
            if document.id in there:
                self.problems.add("documents.jsonl", line, f"“{document.id}” is there with another text")
                continue
            self.session.add(document_row(self.project_id, document, units[document.id], document.id))
            there[document.id] = document.text_sha256
            added += 1
        self.session.flush()
        return added

    def _speakers(self) -> int:
        there = set(self.session.scalars(select(Speaker.id).where(Speaker.project_id == self.project_id)))
        new = [(line, speaker) for line, speaker in self.bundle.speakers if speaker.id not in there]
        known = there | {speaker.id for _, speaker in new}
        proposals = self._proposals()
        for line, s in new:
            if s.proposed_by and (self.people[s.proposed_by], s.name) in proposals:
                self.problems.add("speakers.jsonl", line, f"“{s.proposed_by}” has another proposal named “{s.name}”")
                continue
            if s.proposed_by:
                proposals.add((self.people[s.proposed_by], s.name))
            if s.merged_into is not None and s.merged_into not in known:
                self.problems.add("speakers.jsonl", line, f"merged_into names “{s.merged_into}”, which is not there")
                continue
            self.session.add(
                Speaker(
                    project_id=self.project_id,
                    **{name: getattr(s, name) for name in ("id", "name", "kind", "affiliation")},
                    members=list(s.members),
                    aliases=list(s.aliases),
                    proposed_by=self.people[s.proposed_by] if s.proposed_by else None,
                )
            )
        self.session.flush()
        self._merge(new)
        return len(new)

    def _proposals(self) -> set[tuple[str, str]]:
        """Author and name of each proposal that is there."""
        query = select(Speaker.proposed_by, Speaker.name).where(Speaker.project_id == self.project_id)
        return {(author, name) for author, name in self.session.execute(query) if author is not None}

    def _merge(self, new: list[tuple[int, SpeakerLine]]) -> None:
        """Redirections of new speakers come last: a row may point to one behind it. None may lead back to itself."""
        into = {s.id: s.merged_into for _, s in new}
        for line, s in new:
            if _leads_back(s.id, into):
                self.problems.add("speakers.jsonl", line, f"“{s.id}” is merged into itself by way of others")
        self.problems.raise_any()
        for _, s in new:
            if s.merged_into is not None:
                self.session.get_one(Speaker, (self.project_id, s.id)).merged_into = s.merged_into
        self.session.flush()

    # ---- assignments ----

    def _assignments(self) -> int:
        given = [("assignments.jsonl", line, a) for line, a in self.bundle.assignments]
        if not given:
            given = [("labels.jsonl", line, a) for line, a in _implied_assignments(self.bundle.labels)]
        documents = set(self.session.scalars(select(Document.id).where(Document.project_id == self.project_id)))
        rounds = {round.name for round in rounds_of(self.session, self.project_id)}
        added = 0
        for file, line, a in given:
            if a.document not in documents:
                self.problems.add(file, line, f"there is no document “{a.document}” in this project")
            elif a.round not in rounds:
                self.problems.add(file, line, f"there is no round “{a.round}” in this project")
            else:
                added += self._assign(a)
        self.session.flush()
        keep_locked(self.session, self.project_id)
        return added

    def _assign(self, a: AssignmentLine) -> int:
        key = (self.project_id, a.round, a.document, self.people[a.annotator])
        if self.session.get(Assignment, key) is not None:
            return 0
        finished_at = a.finished_at or self.moment if a.state == "done" else a.finished_at
        names = ("project_id", "round", "document_id", "person_id")
        row = dict(zip(names, key, strict=True)) | {"state": a.state, "finished_at": finished_at}
        self.session.add(Assignment(assigned_at=self.moment, **row))
        return 1

    # ---- labels ----

    def _labels(self) -> int:
        around = self._surroundings()
        assigned = self._assigned()
        there = self._labels_there()
        rows: list[dict[str, Any]] = []
        spans = {_span_key(row) for row in there.values()}
        for line, label in self.bundle.labels:
            row = self._row(label)
            if reason := self._label_problem(label, row, around, assigned, there, spans):
                self.problems.add("labels.jsonl", line, reason)
            elif row["id"] not in there:
                there[row["id"]] = row
                spans.add(_span_key(row))
                rows.append(row)
        self.problems.raise_any()
        for start in range(0, len(rows), 1_000):
            self.session.execute(insert(label_table), rows[start : start + 1_000])
        return len(rows)

    def _surroundings(self) -> dict[tuple[str, str], rules.Surroundings]:
        """What labels are checked against, by round and document of the bundle's labels."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for _, label in self.bundle.labels:
            wanted[label.document].add(label.round)
        columns = (Document.id, Document.text, Document.text_sha256, Document.excluded)
        speakers = frozenset(self.session.scalars(select(Speaker.id).where(Speaker.project_id == self.project_id)))
        schemes = {round.name: scheme_of(self.session, round) for round in rounds_of(self.session, self.project_id)}
        made = {}
        for row in self.session.execute(select(*columns).where(Document.project_id == self.project_id)):
            for round in wanted.get(row.id, ()):
                if round in schemes:
                    excluded = [(region["start"], region["end"]) for region in row.excluded]
                    made[round, row.id] = rules.Surroundings(
                        row.text, row.text_sha256, excluded, schemes[round], speakers
                    )
        return made

    def _assigned(self) -> set[tuple[str, str, str]]:
        query = select(Assignment.round, Assignment.document_id, Assignment.person_id)
        rows = self.session.execute(query.where(Assignment.project_id == self.project_id))
        return {(row.round, row.document_id, row.person_id) for row in rows}

    def _labels_there(self) -> dict[str, dict[str, Any]]:
        rows = self.session.execute(select(label_table).where(Label.project_id == self.project_id))
        return {row.id: dict(row._mapping) for row in rows}

    def _row(self, label: LabelLine) -> dict[str, Any]:
        moment = label.updated_at or label.created_at or self.moment
        same = ("quote", "origin", "speaker_origin", "stance", "on_target", "ascribed", "claim_type", "unsure", "note")
        return {
            **{name: getattr(label, name) for name in (*same, "round", "revision")},
            "project_id": self.project_id,
            "id": label.id or new_id(),
            "document_id": label.document,
            "person_id": self.people[label.annotator],
            "start_at": label.start,
            "end_at": label.end,
            "speaker_id": label.speaker,
            "chain": list(label.chain),
            "created_at": label.created_at or moment,
            "updated_at": moment,
            "deleted_at": None,
        }

    def _label_problem(
        self,
        label: LabelLine,
        row: dict[str, Any],
        around: dict[tuple[str, str], rules.Surroundings],
        assigned: set[tuple[str, str, str]],
        there: dict[str, dict[str, Any]],
        spans: set[tuple[Any, ...]],
    ) -> str | None:
        surroundings = around.get((label.round, label.document))
        if surroundings is None:
            return f"there is no document “{label.document}” or no round “{label.round}” in this project"
        if label.quote == "" and label.quote_sha256:
            return "this export is text-free; join it with the texts first"
        if refusal := rules.refusal_of(_as_input(label, surroundings), surroundings):
            return f"{refusal.code}: {refusal.message}"
        if (label.round, label.document, row["person_id"]) not in assigned:
            return f"“{label.annotator}” is not assigned to “{label.document}” in round “{label.round}”"
        if row["id"] in there:
            same = there[row["id"]]
            return (
                None if all(same[key] == row[key] for key in same) else f"label {row['id']} is there with other values"
            )
        return "duplicate-label: the same annotator, words and speaker" if _span_key(row) in spans else None


def _leads_back(id: str, into: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    following: str | None = id
    while following is not None and following not in seen:
        seen.add(following)
        following = into.get(following)
    return following == id


def _span_key(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["deleted_at"] is not None:
        return (row["id"],)
    return tuple(row[key] for key in ("round", "document_id", "person_id", "start_at", "end_at", "speaker_id"))


def _as_input(label: LabelLine, around: rules.Surroundings) -> rules.LabelInput:
    same = ("start", "end", "quote", "speaker", "chain", "stance", "on_target", "ascribed", "claim_type", "note")
    return rules.LabelInput(
        id=label.id or "", text_sha256=around.text_sha256, **{name: getattr(label, name) for name in same}
    )


def _implied_assignments(labels: list[tuple[int, LabelLine]]) -> list[tuple[int, AssignmentLine]]:
    """Who worked on what, from the labels alone; the state of the first line of each."""
    found: dict[tuple[str, str, str], tuple[int, Literal["open", "done", "withdrawn"]]] = {}
    last: dict[tuple[str, str, str], str] = {}
    for line, label in labels:
        key = (label.round, label.document, label.annotator)
        found.setdefault(key, (line, label.state))
        last[key] = max(last.get(key, ""), label.updated_at or "")
    return [
        (line, AssignmentLine(*key, state, (last[key] or None) if state == "done" else None))
        for key, (line, state) in found.items()
    ]
