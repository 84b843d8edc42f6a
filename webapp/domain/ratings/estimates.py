"""What a measure of agreement says of its data, before anybody asks how certain it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

THIN = 10  # a pair with fewer jackknife clusters in common says little


@dataclass(frozen=True, slots=True)
class Pair:
    """The value of two annotators, a < b; `thin` below ten common jackknife clusters."""

    a: str
    b: str
    value: float | None
    units: int
    thin: bool
    reason: str | None = None  # of a null value


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a measure says of its data: a value, or None and the reason in a short sentence."""

    value: float | None
    reason: str | None = None
    pairs: tuple[Pair, ...] | None = None  # of a measure that is a mean over pairs
    details: Mapping[str, float | int | None] = field(default_factory=dict)  # further keys of its JSON object
