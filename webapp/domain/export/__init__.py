"""Formats that records can leave in: one file each, registered here by being there."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """How records become bytes. `write` is lazy: it takes records as they come and gives bytes as soon as it can."""

    name: str  # also the ending of a file
    media_type: str
    write: Callable[[Iterable[Record]], Iterator[bytes]]


def formats() -> dict[str, Format]:
    """Every format by its name, jsonl first."""
    names = sorted((m.name for m in pkgutil.iter_modules(__path__)), key=lambda name: (name != "jsonl", name))
    return {name: import_module(f"{__name__}.{name}").FORMAT for name in names}
