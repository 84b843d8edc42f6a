"""Decisions on clusters of labels: their shape on the wire, what they were made about, and whether that still stands.

A decision saw certain labels in certain revisions. Once one of them is changed, gone, elsewhere or has company it is
stale: it is shown with the cluster that holds most of its labels, and asked again; it is never dropped.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec

from webapp.domain import labels as rules
from webapp.domain.labels import MOST_OPERATIONS, LabelInput, NewSpeaker, Refusal, Surroundings

GOLD_FIELDS = ("start", "end", "quote", "speaker", "chain", "stance", "on_target", "ascribed", "claim_type")


class GoldInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a span is decided to be. Offsets are code points, end exclusive; a chain ends with the speaker."""

    start: int | None = None
    end: int | None = None
    quote: str | None = None
    speaker: str | NewSpeaker | None = None
    chain: tuple[str, ...] = ()
    stance: str | None = None
    on_target: bool = True
    ascribed: bool = False
    claim_type: str | None = None


class DecisionInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision as a client sends it: about the cluster of that `key`; `base` is the decision's revision it saw.

    `clear` takes a decision back: the cluster is as if nobody had decided it.
    """

    id: str
    action: Literal["accept", "set", "reject", "add", "clear"]
    key: str = ""
    base: int = 0
    gold: GoldInput | None = None
    note: str = ""


class DecisionsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST …/decisions."""

    decisions: Annotated[list[DecisionInput], msgspec.Meta(min_length=1, max_length=MOST_OPERATIONS)]


NOT_READY = Refusal("not-ready", "", "This article cannot be decided yet. Reload the page to see who is at work.")
STALE = Refusal("stale", "key", "The labels changed since you saw them. Reload the page and decide again.")
CONFLICT = Refusal("conflict", "", "Somebody else decided this meanwhile. Reload the page to see what they chose.")
NO_ASCRIBED = Refusal("missing-field", "ascribed", "Is it the speaker's own stance, or ascribed by another? Choose.")


# ---- when an article can be decided ----


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an article can be decided; if not, `why` in words."""

    ready: bool
    why: str


def readiness(closed: bool, assigned: int, finished: int) -> Readiness:
    """Of an article with so many standing assignments in a round."""
    if closed or (assigned and finished == assigned):
        return Readiness(True, "")
    if not assigned:
        return Readiness(False, "Nobody annotates this article in this round.")
    some = f"{finished} of {assigned} annotators have finished this article"
    return Readiness(False, f"{some}. It can be decided when all have, or when the round is closed.")


def letter(number: int) -> str:
    """A, B … Z, AA, AB … for 0, 1 …"""
    before, last = divmod(number, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


# ---- what a decision was made about ----

Seen = Mapping[str, int]  # labels by id, with the revision that was seen


def key_of(seen: Seen) -> str:
    """Names the labels and revisions of a cluster."""
    listed = "\n".join(f"{id}:{revision}" for id, revision in sorted(seen.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:32]


def own_key(decision_id: str) -> str:
    """Names a span without labels: one that was added, or whose labels are all elsewhere."""
    return f"decision-{decision_id}"


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that was made. `seen` is empty for an added span; `former` are labels that it saw earlier."""

    id: str
    seen: Seen
    former: frozenset[str]
    is_living: bool  # not taken back

    @property
    def touched(self) -> frozenset[str]:
        return self.former | self.seen.keys()


@dataclass(slots=True)
class Place:
    """A cluster by its labels (none: a span of a decision's own), with the decision that is shown with it.

    `earlier` are decisions shown elsewhere that saw some of its labels.
    """

    seen: Seen
    decision: Made | None = None
    is_stale: bool = False
    earlier: list[Made] = field(default_factory=list)

    @property
    def key(self) -> str:
        return key_of(self.seen) if self.seen else own_key(self.decision.id if self.decision else "")


def placed(clusters: Sequence[Seen], made: Sequence[Made]) -> list[Place]:
    """Each cluster with its decision, in their order; then the spans without labels, in the order of decisions.

    Every living decision is shown exactly once.
    """
    places = [Place(seen) for seen in clusters]
    by_labels = {frozenset(place.seen.items()): place for place in places}
    waiting = []
    for one in made:
        place = by_labels.get(frozenset(one.seen.items()))
        if place is not None:
            place.decision = one
        elif one.is_living:
            waiting.append(one)
    own = [Place({}, one, is_stale=bool(one.seen)) for one in _unplaced(places, waiting)]
    _mark(places, made)
    return places + own


def _unplaced(places: Sequence[Place], waiting: Sequence[Made]) -> list[Made]:
    """Put each decision that waits to the free cluster with most of its labels; those for which there is none."""
    pairs = [
        (-shared, number, n)
        for number, one in enumerate(waiting)
        for n, place in enumerate(places)
        if (place.decision is None or not place.decision.is_living) and (shared := len(one.seen & place.seen.keys()))
    ]
    left = dict(enumerate(waiting))
    for _, number, n in sorted(pairs):
        if number in left and not places[n].is_stale:
            places[n].decision, places[n].is_stale = left.pop(number), True
    return list(left.values())


def _mark(places: Sequence[Place], made: Sequence[Made]) -> None:
    """A cluster without a decision of its own that holds labels of another one is asked again too."""
    touching: dict[str, list[Made]] = defaultdict(list)
    for one in made:
        if one.is_living:
            for label in one.touched:
                touching[label].append(one)
    for place in places:
        own = place.decision
        if own is not None and own.is_living and not place.is_stale:
            continue
        found = {one.id: one for label in place.seen for one in touching.get(label, ()) if one is not own}
        place.earlier = [found[id] for id in sorted(found)]
        place.is_stale = place.is_stale or bool(found)


def former_of(made: Made, now_seen: Seen) -> frozenset[str]:
    """The labels that the decision saw and leaves to other clusters when it is made anew about `now_seen`."""
    return made.touched - now_seen.keys()


def waits(cluster: Mapping[str, Any]) -> bool:
    """Whether a person must decide (or decide again) a cluster of the page."""
    if cluster["stale"]:
        return True
    return cluster["decision"] == "human" and cluster["decision_row"] is None


# ---- what is decided ----


def proposed(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a proposal, in the order of gold."""
    return {name: cluster[name] for name in GOLD_FIELDS}


def refusal_of(decision: DecisionInput, cluster: Mapping[str, Any] | None, around: Surroundings) -> Refusal | None:
    """The first refusal from `missing-field` to `too-long`, in the order of the contract; None if there is none.

    `cluster` is the one decided about, whose proposal `accept` takes.
    """
    if decision.action in ("reject", "clear"):
        return rules.NOTE_TOO_LONG if len(decision.note) > rules.LONGEST_NOTE else None
    gold = taken(decision, cluster)
    label = LabelInput(id=decision.id, text_sha256=around.text_sha256, note=decision.note, **_fields(gold))
    missing = rules.missing_field(label)
    if missing is None and gold["ascribed"] is None:
        return NO_ASCRIBED
    return missing or rules.refusal_of(label, around)


def taken(decision: DecisionInput, cluster: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the decision says: its own fields, or those of the proposal."""
    if decision.action in ("set", "add"):
        gold = decision.gold or GoldInput()
        return {name: getattr(gold, name) for name in GOLD_FIELDS}
    return proposed(cluster or {})


def _fields(gold: Mapping[str, Any]) -> dict[str, Any]:
    return {**gold, "chain": tuple(gold["chain"]), "ascribed": bool(gold["ascribed"])}
