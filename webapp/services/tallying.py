"""What people's labels are like, for planning: how many, unsure ones, notes, shares of stances and claim types."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import Session

from webapp.domain.schemes import ClaimType, Stance
from webapp.models import Assignment, Label
from webapp.services.access import Access
from webapp.services.counting import of_assignment, seen
from webapp.services.rounds import rounds_of, scheme_of

# labels that were not each made by hand at their moment tell nothing of the pace
_NOT_BY_HAND = ("simulated", "imported", "alike")
SLOT_MINUTES = 10
_SLOT = 15  # characters of a moment that name its ten minutes: 2025-04-02T10:3
_FEWEST_SLOTS = 3  # half an hour: a pace of less would be one of chance
_FEWEST_GAPS = 10
_PAUSE_SECONDS = 10 * 60  # between two labels; what is longer is no work on the second one


@dataclass(frozen=True, slots=True)
class Tally:
    """Living labels of one person. `slots`: stretches of ten minutes by the clock in which they made one by hand."""

    labels: int = 0
    unsure: int = 0
    notes: int = 0
    simulated: int = 0
    by_hand: int = 0
    slots: int = 0

    @property
    def hours(self) -> float:
        """Hours worked: ten minutes for each stretch with a label."""
        return self.slots * SLOT_MINUTES / 60

    @property
    def pace(self) -> float | None:
        """Labels by hand in an hour worked; None under half an hour of work."""
        return self.by_hand / self.hours if self.slots >= _FEWEST_SLOTS else None


def tallies(session: Session, access: Access, *conditions: ColumnElement[bool]) -> dict[str, Tally]:
    """By the person's id, of standing assignments under `conditions`; blindness holds as in `counting`."""
    by_hand = Label.origin.not_in(_NOT_BY_HAND)
    counts = (
        func.count(),
        func.sum(case((Label.unsure, 1), else_=0)),
        func.sum(case((Label.note != "", 1), else_=0)),
        func.sum(case((Label.origin == "simulated", 1), else_=0)),
        func.sum(case((by_hand, 1), else_=0)),
        func.count(distinct(case((by_hand, func.substr(Label.created_at, 1, _SLOT))))),
    )
    query = select(Assignment.person_id, *counts).where(*_standing(session, access), *conditions)
    joined = query.join_from(Assignment, Label, of_assignment()).group_by(Assignment.person_id)
    return {person: Tally(*found) for person, *found in session.execute(joined)}


@dataclass(frozen=True, slots=True)
class Shares:
    """Labels of one person by the value of a field, None for those off target; how many of all are `simulated`."""

    counts: Counter[str | None] = field(default_factory=Counter)
    simulated: int = 0

    @property
    def labels(self) -> int:
        return self.counts.total()

    def percent(self, value: str | None) -> float:
        """Of all labels, from 0 to 100."""
        return 100 * self.counts[value] / self.labels if self.labels else 0.0


def shares(session: Session, access: Access, column: Any, *conditions: ColumnElement[bool]) -> dict[str, Shares]:
    """By the person's id: how often `column`, Label.stance or Label.claim_type, has which value."""
    simulated = Label.origin == "simulated"
    query = select(Assignment.person_id, column, simulated, func.count()).join_from(Assignment, Label, of_assignment())
    grouped = query.where(*_standing(session, access), *conditions).group_by(Assignment.person_id, column, simulated)
    counts: dict[str, Counter[str | None]] = defaultdict(Counter)
    made_up: Counter[str] = Counter()
    for person, value, is_made_up, count in session.execute(grouped):
        counts[person][value] += count
        made_up[person] += count if is_made_up else 0
    return {person: Shares(counts[person], made_up[person]) for person in counts}


def _standing(session: Session, access: Access) -> list[ColumnElement[bool]]:
    here = Assignment.project_id == access.project_id
    return [here, Assignment.state != "withdrawn", Label.deleted_at.is_(None), *seen(session, access)]


def values(session: Session, access: Access) -> tuple[list[Stance], list[ClaimType]]:
    """Stances and claim types of all rounds, those of the newest one first."""
    stances: dict[str, Stance] = {}
    claim_types: dict[str, ClaimType] = {}
    for round in reversed(rounds_of(session, access.project_id)):
        scheme = scheme_of(session, round)
        stances = stances | {s.id: s for s in scheme.stances if s.id not in stances}
        claim_types = claim_types | {c.id: c for c in scheme.claim_types if c.id not in claim_types}
    return list(stances.values()), list(claim_types.values())


def seconds_a_label(session: Session, access: Access, person_id: str) -> float | None:
    """Median time from one label made by hand to the next one, pauses of ten minutes and more left out; None of few."""
    query = select(Label.created_at).join_from(Assignment, Label, of_assignment())
    by_hand = (Assignment.person_id == person_id, Label.origin.not_in(_NOT_BY_HAND))
    ordered = query.where(*_standing(session, access), *by_hand).order_by(Label.created_at)
    moments = [moment for moment in session.scalars(ordered) if "T" in moment]  # labels of a release have only days
    gaps = _gaps([datetime.fromisoformat(moment) for moment in moments])
    return median(gaps) if len(gaps) >= _FEWEST_GAPS else None


def _gaps(moments: Sequence[datetime]) -> list[float]:
    seconds = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return [gap for gap in seconds if gap < _PAUSE_SECONDS]
