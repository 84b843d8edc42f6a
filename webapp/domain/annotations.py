"""From records to what is compared: whose work counts, in offsets with excluded regions cut out."""

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

import msgspec

from webapp.domain.errors import Invalid

FIELDS = ("speaker", "stance", "claim_type", "on_target", "ascribed")  # in the order of Label.values
OWN_ORIGINS = ("picked", "typed")  # of a speaker that no proposal suggested
UNAIDED = "unaided"  # agreement on the speakers that no proposal can have flattered


# ---- records, as a bundle's files or a database give them ----


class DocumentRecord(msgspec.Struct, frozen=True, gc=False):
    """A document; `excluded` are [start, end) in code points, and may overlap."""

    id: str
    text: str
    excluded: tuple[tuple[int, int], ...] = ()


class LabelRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One label of one annotator; offsets are code points of the document's text, end exclusive."""

    id: str
    document: str
    annotator: str
    start: int
    end: int
    quote: str
    round: str = "main"
    speaker: str | None = None
    speaker_origin: str = "picked"
    chain: tuple[str, ...] = ()
    stance: str | None = None
    on_target: bool = True
    ascribed: bool = False
    claim_type: str | None = None
    unsure: bool = False
    quote_sha256: str | None = None
    created_at: object = ""  # RFC 3339; no figure needs it, so whatever else a file has there is let be


class AssignmentRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who was to label what, and how far they are."""

    document: str
    annotator: str
    state: Literal["open", "done", "withdrawn"]
    round: str = "main"


class RoundRecord(msgspec.Struct, frozen=True, gc=False):
    """A round, later ones further down; `scheme` is the number of its version."""

    name: str
    scheme: int | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """What is there, in any round; each sequence in the order of its file. Without rounds all rows are one round."""

    documents: Sequence[DocumentRecord]
    labels: Sequence[LabelRecord]
    assignments: Sequence[AssignmentRecord]
    rounds: Sequence[RoundRecord] = ()


# ---- what counts ----


class Label(msgspec.Struct, frozen=True, gc=False):
    """A label that counts. `start`, `end` are closed-up; `values` are those of FIELDS as compared, "" is missing."""

    id: str
    annotator: str
    start: int
    end: int
    values: tuple[str, str, str, str, str]
    given: LabelRecord
    place: int  # among the labels of its document, in the order of the file


@dataclass(frozen=True, slots=True)
class Annotated:
    """A document that at least one person finished; `annotators` are all who did, sorted, with labels or without."""

    id: str
    text: str
    excluded: tuple[tuple[int, int], ...]  # sorted, apart from one another
    length: int  # closed-up code points
    annotators: tuple[str, ...]
    labels: tuple[Label, ...]  # in the order of the file
    single_by_plan: bool  # one annotator, and nobody else was meant to do it


@dataclass(frozen=True, slots=True)
class Annotations:
    """Documents by id; `ignored` counts the labels left out: not_done, withdrawn, other_round, excluded."""

    documents: tuple[Annotated, ...]
    ignored: Mapping[str, int]

    @property
    def compared(self) -> tuple[Annotated, ...]:
        """The documents that two or more finished."""
        return tuple(document for document in self.documents if len(document.annotators) > 1)

    @property
    def annotators(self) -> frozenset[str]:
        return frozenset(name for document in self.documents for name in document.annotators)


def annotations(records: Records, round: str | None = None) -> Annotations:
    """What counts of trusted records: of one round, or of each person's latest finished one.

    Raises Invalid for a round that is not there.
    """
    if round is not None and not _has_round(records, round):
        raise Invalid(f"There is no round “{round}” here.")
    plan = _Plan(records, round)
    ignored = Counter(not_done=0, withdrawn=0, other_round=0, excluded=0)
    counted: dict[str, list[LabelRecord]] = defaultdict(list)
    for label in records.labels:
        if reason := plan.dropped(label):
            ignored[reason] += 1
        else:
            counted[label.document].append(label)
    documents = sorted((d for d in records.documents if d.id in plan.finished), key=lambda d: d.id)
    made = tuple(_annotated(document, plan, counted[document.id]) for document in documents)
    ignored["excluded"] = sum(map(len, counted.values())) - sum(len(document.labels) for document in made)
    return Annotations(made, ignored)


def _has_round(records: Records, round: str) -> bool:
    rows: Iterable[LabelRecord | AssignmentRecord] = (*records.labels, *records.assignments)
    return any(r.name == round for r in records.rounds) or any(row.round == round for row in rows)


class _Plan:
    """The assignments that are read, and the round that counts for each document and annotator."""

    def __init__(self, records: Records, round: str | None) -> None:
        self.only = round
        self.one_round = round is None and not records.rounds
        self.withdrawn: set[tuple[str, str, str]] = set()
        self.assigned: dict[tuple[str, str], set[str]] = defaultdict(set)  # (round, document): whom, not withdrawn
        self.counting: dict[tuple[str, str], str] = {}  # (document, annotator): the round
        self.finished: dict[str, set[str]] = defaultdict(set)  # document: by whom
        place = {r.name: number for number, r in enumerate(records.rounds)}
        for row in sorted(self._read(records.assignments), key=lambda row: place.get(row.round, 0)):
            self._add(row)

    def _read(self, rows: Iterable[AssignmentRecord]) -> Iterable[AssignmentRecord]:
        return (row for row in rows if self.only in (None, row.round))

    def _round_of(self, row: LabelRecord | AssignmentRecord) -> str:
        return "" if self.one_round else row.round

    def _add(self, row: AssignmentRecord) -> None:
        """One more assignment; rounds come in their order, so that a later finished one takes the place."""
        if row.state == "withdrawn":
            self.withdrawn.add((self._round_of(row), row.document, row.annotator))
            return
        self.assigned[self._round_of(row), row.document].add(row.annotator)
        if row.state == "done":
            self.counting[row.document, row.annotator] = self._round_of(row)
            self.finished[row.document].add(row.annotator)

    def dropped(self, label: LabelRecord) -> str | None:
        """Why a label does not count; None if it does."""
        round = self._round_of(label)
        if self.only not in (None, round):
            return "other_round"
        if (round, label.document, label.annotator) in self.withdrawn:
            return "withdrawn"
        counting = self.counting.get((label.document, label.annotator))
        if counting is None:
            return "not_done"
        return None if counting == round else "other_round"

    def is_single(self, document: str) -> bool:
        """Whether one person finished it and, in the round that counts for them, nobody else was to do it."""
        if len(self.finished[document]) != 1:
            return False
        (annotator,) = self.finished[document]
        return self.assigned[self.counting[document, annotator], document] == {annotator}


def _annotated(document: DocumentRecord, plan: _Plan, counted: Iterable[LabelRecord]) -> Annotated:
    excluded = _joined(document.excluded)
    cut = _Cut(excluded)
    labels = (_label(record, cut, place) for place, record in enumerate(counted))
    return Annotated(
        id=document.id,
        text=document.text,
        excluded=excluded,
        length=cut.position(len(document.text)),
        annotators=tuple(sorted(plan.finished[document.id])),
        labels=tuple(label for label in labels if label.start < label.end),
        single_by_plan=plan.is_single(document.id),
    )


# ---- offsets ----


def _joined(regions: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same code points as sorted regions that neither touch nor overlap."""
    made: list[tuple[int, int]] = []
    for start, end in sorted(regions):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return tuple(made)


class _Cut:
    """Original to closed-up offsets."""

    def __init__(self, excluded: Sequence[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in excluded]
        self.ends = [end for _, end in excluded]
        self.gone = [0, *accumulate(end - start for start, end in excluded)]  # code points in the regions before

    def position(self, offset: int) -> int:
        """How many code points before `offset` lie in no excluded region."""
        before = bisect_right(self.starts, offset)  # regions that begin at or before it
        inside = max(0, self.ends[before - 1] - offset) if before else 0
        return offset - self.gone[before] + inside


# ---- values ----


def _label(given: LabelRecord, cut: _Cut, place: int) -> Label:
    start, end = (cut.position(given.start), cut.position(given.end)) if cut.starts else (given.start, given.end)
    stance, claim_type = (given.stance or "", given.claim_type or "") if given.on_target else ("", "")
    speaker = normalised(given.speaker) if given.speaker else ""
    values = (speaker, stance, claim_type, _flag(given.on_target), _flag(given.ascribed))
    return Label(given.id, given.annotator, start, end, values, given, place)


def _flag(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=10_000)
def normalised(speaker: str) -> str:
    """A speaker as compared: NFC, case-folded, runs of white space to one space, trimmed."""
    return " ".join(unicodedata.normalize("NFC", speaker).casefold().split())
