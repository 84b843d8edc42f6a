"""Counting votes: who leads, what is tied, and when a person must decide."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from webapp.domain.schemes import Scheme

LEAST_POSTERIOR = 0.80
SLACK = 1e-9  # what rounding may take from a posterior

Gold = dict[str, Any]
Opposed = frozenset[frozenset[str]]


def opposed_stances(scheme: Scheme) -> Opposed:
    """Pairs of stances of which one lists the other in `opposes`."""
    return frozenset(frozenset((stance.id, other)) for stance in scheme.stances for other in stance.opposes)


def is_opposed(values: Iterable[str], opposed: Opposed) -> bool:
    seen = set(values)
    return any(len(pair) == 2 and pair <= seen for pair in opposed)


def leaders(votes: Mapping[str, int]) -> list[str]:
    """The values with the most votes; several on a tie, none without votes."""
    most = max(votes.values(), default=0)
    return [value for value, count in votes.items() if count == most]


def winner(votes: Mapping[str, int]) -> str | None:
    leading = leaders(votes)
    return leading[0] if len(leading) == 1 else None


def is_low(chance: float | None) -> bool:
    return chance is not None and chance < LEAST_POSTERIOR - SLACK


def decided(rows: Sequence[Gold]) -> Gold:
    """How many a person need not see, and how many must be decided."""
    auto = sum(row["decision"] == "auto" for row in rows)
    return {"auto": auto, "human": len(rows) - auto}


def decision(reasons: Iterable[str]) -> Gold:
    listed = sorted(reasons)
    return {"decision": "human" if listed else "auto", "reasons": listed}
