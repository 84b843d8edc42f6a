"""Decisions about an article's clusters: each stored or refused for itself, none over another that was not seen."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.database import Database, new_id, now
from webapp.domain.errors import Forbidden
from webapp.domain.gold import adjudication as rules
from webapp.domain.gold.adjudication import DecisionInput, Place, readiness
from webapp.domain.labels import BAD_ID, NewSpeaker, Refusal, Surroundings, stored_chain
from webapp.domain.permissions import Actor
from webapp.models import Assignment, Decision, Document, OperationResult, Round, Speaker
from webapp.services.access import Access, enter, record
from webapp.services.rounds import scheme_of
from webapp.services.sheets import Cluster, DecisionRow, Sheet, entered, hold, sheet
from webapp.services.speakers import find_named, propose

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_OF_PERSON = uuid.UUID("6f0d5a1e-6d53-4c0e-9a5e-0d3f6d1f7c11")  # names what ids of added spans are made for


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one decision: stored, repeated or refused. `key` names its cluster from now on."""

    id: str
    status: str
    revision: int | None = None
    refusal: Refusal | None = None
    key: str = ""
    current: dict[str, Any] | None = None

    def record(self) -> dict[str, Any]:
        """`decision_row` is the current decision, with a conflict only."""
        return {
            "id": self.id,
            "status": self.status,
            "revision": self.revision,
            "code": self.refusal.code if self.refusal else None,
            "field": self.refusal.field if self.refusal else None,
            "message": self.refusal.message if self.refusal else None,
            "key": self.key,
            "decision_row": self.current,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The results in the order of the decisions; state is open where the article can be decided, else locked."""

    results: list[Result]
    state: str


def decide(
    db: Database,
    actor: Actor,
    slug: str,
    document_id: str,
    given: Sequence[DecisionInput],
    round_name: str | None = None,
) -> Answer:
    """Store or refuse each decision for itself, in order, in one transaction. Raises NotFound, Forbidden."""
    try:
        return _decide(db, actor, slug, document_id, given, round_name)
    except IntegrityError:
        # the same id was stored by another request at this very moment: now it is there to be seen
        return _decide(db, actor, slug, document_id, given, round_name)


def _decide(
    db: Database, actor: Actor, slug: str, document_id: str, given: Sequence[DecisionInput], round_name: str | None
) -> Answer:
    with db.writing() as session:
        access = enter(session, slug, actor, "adjudicate")
        if actor.person_id is None:
            raise Forbidden("A decision is somebody's: sign in to decide.")
        document, round = entered(session, access, document_id, round_name)
        desk = _Desk(session, access, document, round)
        desk.prefetch(given)
        results = [desk.take(one) for one in given]
        if any(result.status == "stored" for result in results):
            desk.lock()
        return Answer(results, "open" if desk.readiness.ready else "locked")


class _Desk:
    """One request of one adjudicator on one article: what it needs is fetched once, then decisions taken in order."""

    def __init__(self, session: Session, access: Access, document: Document, round: Round) -> None:
        self.session, self.access, self.document, self.round = session, access, document, round
        self.here = (
            Assignment.project_id == access.project_id,
            Assignment.round == round.name,
            Assignment.document_id == document.id,
        )
        standing = [state for state in hold(session, access, document.id, round) if state != "withdrawn"]
        self.readiness = readiness(round.closed_at is not None, len(standing), standing.count("done"))
        self.scheme = scheme_of(session, round)
        self.sheet: Sheet = sheet(session, access.project_id, round.name, document.id, self.scheme, None)
        self._stored: dict[str, int | None] = {}
        self._speakers: dict[str, str | None] | None = None

    def prefetch(self, given: Sequence[DecisionInput]) -> None:
        ids = [one.id.lower() for one in given if _UUID.fullmatch(one.id)]
        mine = (OperationResult.person_id == self.access.person_id, OperationResult.id.in_(ids))
        self._stored = dict(
            self.session.execute(select(OperationResult.id, OperationResult.revision).where(*mine)).all()
        )

    def take(self, given: DecisionInput) -> Result:
        if not _UUID.fullmatch(given.id):
            return Result(given.id, "refused", refusal=BAD_ID, key=given.key)
        id = given.id.lower()
        if id in self._stored:
            return Result(given.id, "repeated", self._stored[id], key=given.key or self._added_key(id))
        if refusal := self._early_refusal(given):
            return Result(given.id, "refused", refusal=refusal, key=given.key)
        if given.action == "add":
            return self._add(given)
        found = self._find(given.key)
        if found is None:
            return Result(given.id, "refused", refusal=rules.STALE, key=given.key)
        return self._about(given, *found)

    def _early_refusal(self, given: DecisionInput) -> Refusal | None:
        if given.action == "add" and (given.key or given.base):
            return replace(BAD_ID, field="key", message="A new span has neither key nor base. Reload the page.")
        return None if self.readiness.ready else replace(rules.NOT_READY, message=self.readiness.why)

    def _find(self, key: str) -> tuple[Place, Cluster] | None:
        """The cluster of that key, or the span of a decision that was taken back."""
        for number, place in enumerate(self.sheet.places()):
            if place.key == key:
                return place, self.sheet.cluster(place, number)
        for decision in self.sheet.decisions.values():
            if rules.own_key(decision.row.id) == key and decision.row.action == "clear":
                place = Place({}, decision.made)
                return place, self.sheet.cluster(place, 0)
        return None

    # ---- a cluster ----

    def _about(self, given: DecisionInput, place: Place, cluster: Cluster) -> Result:
        if refusal := rules.refusal_of(given, cluster, self._surroundings(cluster)):
            return Result(given.id, "refused", refusal=refusal, key=given.key)
        stored = self.sheet.decisions[place.decision.id].row if place.decision else None
        if given.base not in _bases(stored):
            return self._conflict(given, place)
        if stored is None and given.action == "clear":
            return self._remembered(given, given.key, 0)
        row = stored or Decision(id=new_id(), revision=0, seen={}, former=[], **self._home())
        if place.seen:
            row.former = sorted(rules.former_of(_made(row), place.seen))
            self._make_room(row, place.key)
        row.key, row.seen = place.key, dict(place.seen)
        return self._store(given, row, cluster)

    def _make_room(self, row: Decision, key: str) -> None:
        """Another decision about the very same labels, taken back, goes."""
        for id, other in list(self.sheet.decisions.items()):
            if other.row.key == key and id != row.id:
                self.session.delete(self.sheet.decisions.pop(id).row)
                self.session.flush()

    def _conflict(self, given: DecisionInput, place: Place) -> Result:
        shown = self.sheet.decisions[place.decision.id].shown() if place.decision else None
        return Result(given.id, "refused", refusal=rules.CONFLICT, key=given.key, current=shown)

    # ---- an added span ----

    def _add(self, given: DecisionInput) -> Result:
        if refusal := rules.refusal_of(given, None, self._surroundings(None)):
            return Result(given.id, "refused", refusal=refusal)
        if same := self._same_span(rules.taken(given, None)):
            return Result(given.id, "refused", refusal=rules.CONFLICT, current=same.shown())
        id = self._added_id(given.id.lower())
        row = Decision(id=id, key=rules.own_key(id), revision=0, seen={}, former=[], **self._home())
        return self._store(given, row, None)

    def _same_span(self, gold: dict[str, Any]) -> DecisionRow | None:
        """A span that was added with the very same words and speaker."""
        names = ("start", "end", "speaker")
        return next(
            (
                decision
                for decision in self.sheet.decisions.values()
                if not decision.row.seen
                and decision.row.action not in ("reject", "clear")
                and all(decision.row.gold[name] == gold[name] for name in names)
            ),
            None,
        )

    def _added_id(self, operation_id: str) -> str:
        """The same for the same operation of the same person."""
        return str(uuid.uuid5(_OF_PERSON, f"{self.access.person_id} {operation_id}"))

    def _added_key(self, operation_id: str) -> str:
        return rules.own_key(self._added_id(operation_id))

    # ---- storing ----

    def _home(self) -> dict[str, Any]:
        return {
            "project_id": self.access.project_id,
            "round": self.round.name,
            "document_id": self.document.id,
        }

    def _store(self, given: DecisionInput, row: Decision, cluster: Cluster | None) -> Result:
        row.gold = self._gold(given, row, cluster)
        row.action, row.note, row.at = given.action, given.note, now()
        row.person_id, row.revision = self.access.person_id, row.revision + 1
        self.session.add(row)
        self.session.flush()
        self.sheet.decisions[row.id] = DecisionRow(row, self.access.actor.name)
        detail = {"decision": row.id, "decided": row.action, "revision": row.revision}
        record(self.session, self.access.actor, "decision-made", self.access.project_id, self.document.id,
               round=self.round.name, **detail)  # fmt: skip
        return self._remembered(given, row.key, row.revision)

    def _gold(self, given: DecisionInput, row: Decision, cluster: Cluster | None) -> dict[str, Any]:
        """What is stored: of a rejection what was proposed, of a decision taken back what it was."""
        if given.action == "clear":
            return dict(row.gold)
        if given.action == "reject":
            return rules.proposed(cluster or {})
        gold = rules.taken(given, cluster)
        speaker, is_new = gold["speaker"], isinstance(gold["speaker"], NewSpeaker)
        if is_new:
            self._speakers = None  # the registry grows
            speaker = (find_named(self.session, self.access, speaker) or propose(self.session, self.access, speaker)).id
        return gold | {"speaker": speaker, "chain": stored_chain(gold["chain"], speaker, is_new)}

    def lock(self) -> None:
        """Labels stand still from the first decision on, and no longer when all are taken back."""
        living = any(decision.row.action != "clear" for decision in self.sheet.decisions.values())
        values = {"locked_at": now() if living else None}
        those = Assignment.locked_at.is_(None) if living else Assignment.locked_at.is_not(None)
        self.session.execute(update(Assignment).where(*self.here, those).values(values))

    def _remembered(self, given: DecisionInput, key: str, revision: int) -> Result:
        self._stored[given.id.lower()] = revision
        done = {"person_id": self.access.person_id, "id": given.id.lower(), "revision": revision, "at": now()}
        self.session.add(OperationResult(project_id=self.access.project_id, document_id=self.document.id, **done))
        self.session.flush()
        return Result(given.id, "stored", revision, key=key)

    def _surroundings(self, cluster: Cluster | None) -> Surroundings:
        """Speakers that labels of the cluster name may be taken even where they were merged since."""
        if self._speakers is None:
            query = select(Speaker.id, Speaker.merged_into).where(Speaker.project_id == self.access.project_id)
            self._speakers = dict(self.session.execute(query).all())
        speakers = self._speakers
        named = {label["speaker"] for label in cluster["labels_full"]} if cluster else set()
        return Surroundings(
            text=self.document.text,
            text_sha256=self.document.text_sha256,
            excluded=[(region["start"], region["end"]) for region in self.document.excluded],
            scheme=self.scheme,
            speakers=frozenset({id for id, into in speakers.items() if into is None} | named),
            merged=frozenset(id for id, into in speakers.items() if into is not None),
        )


def _made(row: Decision) -> rules.Made:
    return rules.Made(row.id, row.seen, frozenset(row.former), True)


def _bases(stored: Decision | None) -> tuple[int, ...]:
    """What a client may have seen: of a decision that was taken back also that there is none."""
    if stored is None:
        return (0,)
    return (0, stored.revision) if stored.action == "clear" else (stored.revision,)
