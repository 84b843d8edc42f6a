"""Labels that other programs made: one file a format, registered here by being there."""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from webapp.domain.export.labelstudio import OFF_TARGET
from webapp.domain.files.bundle_files import AssignmentLine, Bundle, LabelLine, Problems
from webapp.domain.text import canonical, sha256_of

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the project has, to be matched with."""

    articles: Mapping[str, str]  # the text's hash, by id
    speakers: Mapping[str, str]  # ids, by id and by name


@dataclass(frozen=True, slots=True)
class Reader:
    """Files by name, where they are of this format (`fits`), are read into what is given."""

    name: str
    fits: Callable[[Mapping[str, bytes]], bool]
    read: Callable[[Mapping[str, bytes], "Intake"], None]


@dataclass(slots=True)
class Intake:
    """Labels and assignments as they are found, each with the place that a message names."""

    shelf: Shelf
    problems: Problems = field(default_factory=Problems)
    labels: list[tuple[int, LabelLine]] = field(default_factory=list)
    assignments: list[tuple[int, AssignmentLine]] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)
    _works: set[tuple[str, str, str]] = field(default_factory=set)

    def article(self, place: str, raw: str, id: str) -> str | None:
        """The id of the article with that text, the given one before others; None, and a problem, where none has it."""
        digest = sha256_of(canonical(raw))
        if self.shelf.articles.get(id) == digest:
            return id
        same = [other for other, its in self.shelf.articles.items() if its == digest]
        if len(same) == 1:
            return same[0]
        self.problem(place, f"{len(same) or 'no'} article{'s' * bool(same)} here with this text")
        return None

    def problem(self, place: str, reason: str) -> None:
        self.problems.found.append(f"{place}: {reason}")

    def work(self, place: str, given: Mapping[str, Any]) -> None:
        """Somebody's work on an article, with or without labels; the first state of each counts."""
        for line in self._read(place, given, AssignmentLine):
            key = (line.round, line.document, line.annotator)
            if key not in self._works:
                self._works.add(key)
                self.assignments.append((self._numbered(place), line))

    def label(self, place: str, given: Mapping[str, Any]) -> None:
        """A label with the keys of labels.jsonl; what is missing has its default, a speaker's name may be the id."""
        speaker = given.get("speaker")
        known = self.shelf.speakers.get(speaker, speaker) if isinstance(speaker, str) else speaker
        for line in self._read(place, {**given, "speaker": known}, LabelLine):
            self.labels.append((self._numbered(place), line))

    def _read(self, place: str, given: Mapping[str, Any], shape: type[Line]) -> Iterator[Line]:
        """The one line, or none and a problem."""
        try:
            yield msgspec.convert({key: value for key, value in given.items() if value is not None}, shape)
        except msgspec.ValidationError as why:
            self.problem(place, str(why))

    def _numbered(self, place: str) -> int:
        self.places[len(self.places) + 1] = place
        return len(self.places)


def readers() -> list[Reader]:
    return [import_module(f"{__name__}.{module.name}").READER for module in pkgutil.iter_modules(__path__)]


def reader_of(files: Mapping[str, bytes]) -> Reader | None:
    """The format of the files; None for a bundle or a labels.jsonl of ours."""
    if "documents.jsonl" in files:
        return None
    return next((reader for reader in readers() if reader.fits(files)), None)


def read(reader: Reader, files: Mapping[str, bytes], shelf: Shelf) -> Bundle:
    """The files as a bundle of labels and assignments. Raises Invalid with every place that cannot be matched."""
    intake = Intake(shelf)
    reader.read(files, intake)
    intake.problems.raise_any()
    return Bundle([], intake.labels, intake.assignments, [], [], {}, {}, intake.places)


def decoded(name: str, content: bytes, intake: Intake) -> str | None:
    """A file's words; None, and a problem, where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as why:
        intake.problem(name, f"the file is not UTF-8 (byte {why.start})")
        return None


def offset_in(raw: str, offset: int) -> int:
    """An offset into a text as it came, CR LF and all, as one into the canonical text."""
    return len(canonical(raw[:offset])) + max(0, offset - len(raw)) if "\r" in raw and offset > 0 else offset


def stance_of(word: str | None) -> dict[str, Any]:
    """The fields behind a word for a stance."""
    return {"on_target": word != OFF_TARGET, "stance": None if word == OFF_TARGET else word}
