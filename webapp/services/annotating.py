"""Labelling one document: its page for one annotator, and the operations that change their labels."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.exc import IntegrityError

from webapp.database import Database, now, session_on, unanswered
from webapp.domain import labels as rules
from webapp.domain.labels import Delete, Finish, NewSpeaker, Operation, Put, Refusal, Surroundings
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Label, Round
from webapp.services import saving
from webapp.services.access import EVENT, enter_article, event_row
from webapp.services.rounds import parse_scheme_once
from webapp.services.speakers import find_named, propose

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_NAMED = 30_000  # in one request: so many parameters every database takes

# what a label carries on the wire, in this order
LABEL_FIELDS = (
    *("id", "start", "end", "quote", "origin", "speaker", "speaker_origin", "chain", "stance", "on_target"),
    *("ascribed", "claim_type", "unsure", "note", "revision"),
)
_COLUMNS = {"start": "start_at", "end": "end_at", "speaker": "speaker_id"}
_columns = attrgetter(*(_COLUMNS.get(field, field) for field in LABEL_FIELDS))
# a row of these has the values of a label_record
label_columns = [getattr(Label, _COLUMNS.get(field, field)) for field in LABEL_FIELDS]


class _LabelRow(Protocol):
    """A label, as an ORM object or as a row of a Core select."""

    id: str
    revision: int
    deleted_at: str | None


def label_record(label: object) -> dict[str, Any]:
    """A label as the page and the JSON address carry it (contract, section 4)."""
    return dict(zip(LABEL_FIELDS, _columns(label), strict=True))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one operation: stored, repeated or refused."""

    id: str
    status: str
    revision: int | None = None
    refusal: Refusal | None = None
    label: dict[str, Any] | None = None

    def record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "revision": self.revision,
            "code": self.refusal.code if self.refusal else None,
            "field": self.refusal.field if self.refusal else None,
            "message": self.refusal.message if self.refusal else None,
            "label": self.label,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of a request in the order of its operations; state is that after the last one."""

    results: list[Result]
    state: str


def state_of(assignment: Assignment, round: Round) -> str:
    """open, done or locked."""
    return "locked" if round.closed_at or assignment.locked_at else assignment.state


def operate(
    db: Database,
    actor: Actor,
    slug: str,
    document_id: str,
    operations: Sequence[Operation],
    round_name: str | None = None,
) -> Answer:
    """Store or refuse each operation for itself, in order, in one transaction. Raises NotFound, Unavailable."""

    def take(connection: Connection) -> Answer:
        desk = _Desk(connection, actor, slug, document_id, round_name)
        desk.prefetch(operations)
        results = [desk.take(operation) for operation in operations]
        desk.keep()
        return Answer(results, desk.state)

    try:
        return db.write(take)
    except IntegrityError:
        # the same id was stored by another request at this very moment: now it is there to be seen
        return db.write(take)


class _Desk:
    """One request of one annotator on one document.

    What it needs is fetched once, then operations are taken in order, and at last what they change is written.
    """

    def __init__(
        self, connection: Connection, actor: Actor, slug: str, document_id: str, round_name: str | None
    ) -> None:
        self._connection, self._execute = connection, connection.execute
        self.access, self.document = enter_article(connection, slug, document_id, actor)
        self._here = {"project": self.access.project_id, "document": document_id, "person": actor.person_id}
        self.assigned = self._assigned(round_name)
        self._state = self.assigned.state if self.assigned else ""
        self._around: Surroundings | None = None
        self._named: list[str] = []
        self._stored: dict[str, int | None] = {}
        self._labels: dict[str, Any] = {}
        self._changes: list[tuple[Executable, dict[str, Any]]] = []

    def _assigned(self, round_name: str | None) -> Row[str, str, str | None, str | None, str] | None:
        if self.access.actor.person_id is None or not self.access.allows("label"):
            return None
        query = saving.ASSIGNED if round_name is None else saving.ASSIGNED_IN_ROUND
        return self._execute(query, self._here | {"round": round_name}).one_or_none()

    @property
    def state(self) -> str:
        if self.assigned is None or self.assigned.closed_at or self.assigned.locked_at:
            return "locked"
        return self._state

    def prefetch(self, operations: Iterable[Operation]) -> None:
        """Results of operations stored before, the labels that are spoken of or may be in the way, and who is named."""
        ids = [o.id.lower() for o in operations if _UUID.fullmatch(o.id)]
        self._stored = dict(self._execute(saving.RESULTS, self._here | {"ids": ids}).all())
        puts = [o.label for o in operations if isinstance(o, Put)]
        named = (name for label in puts for name in (label.speaker, *label.chain) if isinstance(name, str))
        self._named = list(dict.fromkeys(named))[:_MOST_NAMED]
        spoken_of = [
            o.label.id.lower() for o in operations if isinstance(o, Put | Delete) and _UUID.fullmatch(o.label.id)
        ]
        if spoken_of:
            inside = range(len(self.document.text))  # any number may come, too large a one for the database too
            asked = {"ids": spoken_of, "starts": [label.start for label in puts if label.start in inside]}
            round = self.assigned.round if self.assigned else None
            found = self._execute(saving.LABELS, self._here | asked | {"round": round}).mappings()
            self._labels = {row["id"]: SimpleNamespace(**row) for row in found}

    def keep(self) -> None:
        """Write what was changed, in its order."""
        with unanswered(self._connection):
            for statement, values in self._changes:
                self._execute(statement, values)

    def _later(self, statement: Executable, values: dict[str, Any]) -> None:
        self._changes.append((statement, values))

    def take(self, operation: Operation) -> Result:
        if not _UUID.fullmatch(operation.id):
            return Result(operation.id, "refused", refusal=rules.BAD_ID)
        key = operation.id.lower()
        if key in self._stored:
            return Result(operation.id, "repeated", revision=self._stored[key])
        result = self._take_new(operation)
        if result.status == "stored":
            self._remember(key, result.revision)
        return result

    def _take_new(self, operation: Operation) -> Result:
        if isinstance(operation, Put):
            return self._put(operation)
        if isinstance(operation, Delete):
            return self._delete(operation)
        return self._turn(operation.id, "done" if isinstance(operation, Finish) else "open")

    def _remember(self, operation_id: str, revision: int | None) -> None:
        self._stored[operation_id] = revision
        here = {"project_id": self.access.project_id, "document_id": self.document.id, "at": now()}
        done = {"person_id": self.access.person_id, "id": operation_id, "revision": revision}
        self._later(saving.REMEMBER, here | done)

    def _closed(self) -> Refusal | None:
        """Why nothing can be changed here."""
        if self.assigned is None:
            return rules.NOT_ASSIGNED
        if self.assigned.closed_at:
            return rules.LOCKED
        return rules.IN_ADJUDICATION if self.assigned.locked_at else None

    def _finished(self) -> Refusal | None:
        return rules.FINISHED if self._state == "done" else None

    def _turn(self, operation_id: str, state: str) -> Result:
        """Finish or reopen; without effect where the state is already so."""
        if refusal := self._closed():
            return Result(operation_id, "refused", refusal=refusal)
        if self._state != state:
            self._state = state
            its = {f"its_{name}": value for name, value in self._home().items()}
            self._later(saving.TURN, its | {"state": state, "finished_at": now() if state == "done" else None})
            self._record("finished" if state == "done" else "reopened")
        return Result(operation_id, "stored")

    def _record(self, action: str, **detail: Any) -> None:
        where = (self.access.project_id, self.document.id)
        self._later(EVENT, event_row(self.access.actor, action, *where, {"round": self._round, **detail}))

    @property
    def _round(self) -> str:
        """The name of the round; where something can be changed there is one."""
        assert self.assigned is not None
        return str(self.assigned.round)

    def _existing(self, id: str, base: int) -> tuple[Any, Refusal | None]:
        """The stored label of that id, or why not: one answer for not a UUID, unknown, and somebody else's."""
        if not _UUID.fullmatch(id):
            return None, rules.BAD_ID
        label = self._labels.get(id.lower())
        if label is None:
            return None, rules.BAD_ID if base != 0 else None
        here = (label.person_id, label.document_id) == (self.access.actor.person_id, self.document.id)
        if not here or (self.assigned is not None and label.round != self.assigned.round):
            return None, rules.BAD_ID
        return label, None

    # ---- delete ----

    def _delete(self, operation: Delete) -> Result:
        label, refusal = self._existing(operation.label.id, operation.label.base)
        if label is None:
            refusal = rules.BAD_ID
        refusal = refusal or self._closed() or self._finished()
        if refusal:
            return Result(operation.id, "refused", refusal=refusal)
        if label.deleted_at:
            return Result(operation.id, "stored", revision=label.revision)
        if label.revision != operation.label.base:
            return self._conflict(operation.id, label)
        moment = now()
        self._change(label, {"revision": label.revision + 1, "updated_at": moment, "deleted_at": moment})
        self._record("label-deleted", label=label.id, revision=label.revision + 1)
        return Result(operation.id, "stored", revision=label.revision + 1)

    def _conflict(self, operation_id: str, label: _LabelRow) -> Result:
        shown = label_record(label) | {"deleted": label.deleted_at is not None}
        return Result(operation_id, "refused", refusal=rules.CONFLICT, label=shown)

    def _change(self, label: _LabelRow, values: dict[str, Any]) -> None:
        self._later(saving.CHANGE, values | {"project": self.access.project_id, "label": label.id})
        self._labels[label.id] = SimpleNamespace(**vars(label) | values)

    # ---- put ----

    def _put(self, operation: Put) -> Result:
        label = operation.label
        existing, refusal = self._existing(label.id, label.base)
        refusal = refusal or self._closed() or self._finished() or self._field_refusal(label, existing)
        if refusal:
            return Result(operation.id, "refused", refusal=refusal)
        known = self._known_speaker(label)
        if known and self._is_duplicate(label, known):
            return Result(operation.id, "refused", refusal=rules.DUPLICATE)
        if existing is not None and existing.revision != label.base:
            return self._conflict(operation.id, existing)
        values = self._values(label, known or self._propose(label), existing)
        if existing is None:
            self._insert(label.id.lower(), values)
        else:
            self._change(existing, values)
        self._record(
            "label-added" if existing is None else "label-changed", label=label.id.lower(), revision=values["revision"]
        )
        return Result(operation.id, "stored", revision=values["revision"])

    def _field_refusal(self, label: rules.LabelInput, existing: Any) -> Refusal | None:
        around = self._surroundings()
        if existing is not None and isinstance(label.speaker, str) and label.speaker == existing.speaker_id:
            # a label may keep a speaker that was merged into another since
            around = replace(around, speakers=around.speakers | {existing.speaker_id})
        return rules.refusal_of(label, around)

    def _surroundings(self) -> Surroundings:
        if self._around is None:
            assert self.assigned is not None
            query = saving.ALL_SPEAKERS if self.access.allows("adjudicate") else saving.SPEAKERS
            speakers = self._execute(query, self._here | {"ids": self._named}).all()
            self._around = Surroundings(
                text=self.document.text,
                text_sha256=self.document.text_sha256,
                excluded=[(region["start"], region["end"]) for region in self.document.excluded],
                scheme=parse_scheme_once(self.assigned.source),
                speakers=frozenset(id for id, merged_into in speakers if merged_into is None),
                merged=frozenset(id for id, merged_into in speakers if merged_into is not None),
            )
        return self._around

    def _known_speaker(self, label: rules.LabelInput) -> str | None:
        """The id of the speaker named; None where a new name stands for nobody yet."""
        if isinstance(label.speaker, NewSpeaker):
            with session_on(self._connection) as session:
                found = find_named(session, self.access, label.speaker)
                return found.id if found else None
        return label.speaker

    def _is_duplicate(self, label: rules.LabelInput, speaker_id: str) -> bool:
        """Whether another living label of theirs stands on the same words with the same speaker."""
        span = {"start_at": label.start, "end_at": label.end, "speaker_id": speaker_id, "deleted_at": None}
        twin = (self._home() | span).items()
        others = (other for id, other in self._labels.items() if id != label.id.lower())
        return any(all(getattr(other, name) == value for name, value in twin) for other in others)

    def _home(self) -> dict[str, str]:
        """Whose labels, where."""
        here = {"project_id": self.access.project_id, "document_id": self.document.id}
        return here | {"round": self._round, "person_id": self.access.person_id}

    def _propose(self, label: rules.LabelInput) -> str:
        assert isinstance(label.speaker, NewSpeaker)
        with session_on(self._connection) as session:
            return propose(session, self.access, label.speaker).id

    def _values(self, label: rules.LabelInput, speaker_id: str, existing: Any) -> dict[str, Any]:
        same_speaker = existing is not None and existing.speaker_id == speaker_id
        return {
            "start_at": label.start,
            "end_at": label.end,
            "quote": label.quote,
            "origin": _kept(label.origin, existing.origin if existing is not None else None),
            "speaker_id": speaker_id,
            "speaker_origin": _kept(label.speaker_origin, existing.speaker_origin if same_speaker else None),
            "chain": rules.stored_chain(label.chain, speaker_id, isinstance(label.speaker, NewSpeaker)),
            "stance": label.stance,
            "on_target": label.on_target,
            "ascribed": label.ascribed,
            "claim_type": label.claim_type,
            "unsure": label.unsure,
            "note": label.note,
            "revision": (0 if existing is None else existing.revision) + 1,
            "updated_at": now(),
            "deleted_at": None,
        }

    def _insert(self, id: str, values: dict[str, Any]) -> None:
        row = {"id": id, "created_at": values["updated_at"]} | self._home() | values
        self._later(saving.ADD, row)
        self._labels[id] = SimpleNamespace(**row)


def _kept(sent: str, stored: str | None) -> str:
    """A label that came in by import or simulation stays marked as such when somebody changes it."""
    return stored if stored in ("imported", "simulated") else sent
