"""Who marked what in the documents that two or more finished: the data of every span measure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One on-target label. `start`, `end` are closed-up code points (excluded regions cut out), end exclusive."""

    start: int
    end: int
    category: str  # its stance
    original_start: int  # in the document's text
    original_end: int


@dataclass(frozen=True, slots=True)
class Continuum:
    """A compared document: its length L_d in closed-up code points, and the units of everyone who finished it."""

    document: str
    text: str
    excluded: tuple[tuple[int, int], ...]  # original offsets
    length: int
    units: Mapping[str, tuple[Unit, ...]]  # by annotator, sorted; somebody without labels has an empty tuple


@dataclass(frozen=True, eq=False)
class Spans:
    """All compared documents, by id: the data of a span measure."""

    continua: tuple[Continuum, ...]
    seed: int = 0  # of the chance samples
    progress: Callable[[float], None] = field(default=lambda share: None)  # told of slow work, from 0 to 1
