"""Who marked what in the documents that two or more finished: the data of every span measure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from webapp.domain.annotations import Annotated, Annotations, Label


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


def spans_of(annotations: Annotations, seed: int = 0, progress: Callable[[float], None] = lambda share: None) -> Spans:
    """The on-target labels of the compared documents."""
    return Spans(tuple(map(_continuum, annotations.compared)), seed, progress)


def _continuum(document: Annotated) -> Continuum:
    units: dict[str, list[Unit]] = {name: [] for name in document.annotators}
    for label in document.labels:
        if label.given.on_target:
            units[label.annotator].append(_unit(label))
    by_place = attrgetter("start", "end", "category", "original_start", "original_end")
    ordered = {name: tuple(sorted(own, key=by_place)) for name, own in units.items()}
    return Continuum(document.id, document.text, document.excluded, document.length, ordered)


def _unit(label: Label) -> Unit:
    return Unit(label.start, label.end, label.given.stance or "", label.given.start, label.given.end)
