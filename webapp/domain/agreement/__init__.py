"""Measures of agreement: one pure file each, registered by being there. Undefined is a reason, never a number."""

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, Literal, TypeVar

from webapp.domain.ratings.estimates import Estimate, Pair

__all__ = ["Estimate", "Measure", "Pair", "measures"]

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Measure(Generic[Data]):
    """A measure as it is listed, computed and explained; `Data` is Ratings or Spans."""

    name: str  # its key in JSON
    title: str
    definition: str  # a sentence or two for the page, in plain words
    source: str  # the paper
    applies_to: Literal["ratings", "spans"]
    rank: int  # its place in lists
    lowest: float  # its range, to which intervals are clipped
    highest: float
    estimate: Callable[[Data], Estimate]
    # the value without each jackknife cluster in turn, in their order; None where it is undefined
    leave_one_out: Callable[[Data], Sequence[float | None]]


def measures(applies_to: Literal["ratings", "spans"]) -> tuple[Measure, ...]:  # type: ignore[type-arg]
    """All registered measures for that kind of data, by rank."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [measure for module in modules for measure in getattr(module, "MEASURES", ())]
    return tuple(sorted((m for m in found if m.applies_to == applies_to), key=lambda m: m.rank))


def described(applies_to: Literal["ratings", "spans"]) -> list[dict[str, str]]:
    """Name, title, definition and source of each, for readers who need not load what computes them."""
    return [
        {key: getattr(one, key) for key in ("name", "title", "definition", "source")} for one in measures(applies_to)
    ]
