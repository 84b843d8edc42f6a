"""A bundle's files as records that can be trusted; what cannot be is refused with its file, line and reason."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from webapp.domain.annotations import AssignmentRecord, DocumentRecord, LabelRecord, Records, RoundRecord
from webapp.domain.errors import Invalid

FILES = ("documents.jsonl", "labels.jsonl", "assignments.jsonl", "rounds.jsonl")
NEEDED = FILES[:3]

_LONGEST_SHOWN = 80  # of a value in a message
_TEXT_FREE = "this export is text-free; join it with its texts first"

Row = TypeVar("Row")


class _Region(msgspec.Struct, frozen=True):
    start: int
    end: int


class _DocumentLine(msgspec.Struct, frozen=True):
    id: str
    text: str
    excluded: tuple[_Region | tuple[int, int], ...] = ()
    text_sha256: str | None = None


def read_records(
    files: Mapping[str, bytes], round: str | None = None, texts: Mapping[str, str] | None = None
) -> Records:
    """The records of all rounds in files given by name; `round` is the one that will be looked at.

    `texts` are words, by document, that stand in for those left out of a text-free export. Raises Invalid.
    """
    for name in NEEDED:
        if name not in files:
            raise Invalid(f"There is no {name} in it. A bundle, as stancemark export writes it, is expected.")
    rounds = [row for _, row in _rounds(files)]
    names = {row.name for row in rounds}
    documents = {row.id: row for _, row in _documents(files, texts or {})}
    return Records(
        documents=list(documents.values()),
        labels=list(_labels(files, documents, names, bool(texts))),
        assignments=list(_assignments(files, documents, names, one_round=not names and round is None)),
        rounds=rounds,
    )


def input_sha256(files: Mapping[str, bytes]) -> str:
    """The hash that reports give of a bundle: over FILES in their order, each as name, NUL, length, NUL, bytes."""
    digest = hashlib.sha256()
    for name in FILES:
        if name in files:
            digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


def own_scheme(files: Mapping[str, bytes], records: Records, round: str | None) -> bytes | None:
    """A bundle's scheme: with a round the version that rounds.jsonl names, where it is there; else scheme.toml."""
    numbers = {row.name: row.scheme for row in records.rounds}
    version = files.get(f"schemes/{numbers.get(round)}.toml") if round is not None else None
    return files.get("scheme.toml") if version is None else version


def _shown(value: object) -> str:
    """A value of a file on one line of a message."""
    return " ".join(str(value).split())[:_LONGEST_SHOWN]


def _refusal(name: str, line: int, reason: str) -> Invalid:
    return Invalid(f"{name}, line {line}: {reason}")


def _rows(files: Mapping[str, bytes], name: str, shape: type[Row]) -> Iterator[tuple[int, Row]]:
    """Each line that is not blank, with its number from 1."""
    decoder = msgspec.json.Decoder(shape)
    for number, raw in enumerate(files.get(name, b"").removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if raw and not raw.isspace():
            try:
                yield number, decoder.decode(raw)
            except msgspec.ValidationError as why:
                raise _refusal(name, number, _shown(why)) from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
                raise _refusal(name, number, f"this is not JSON ({_shown(why)})") from None


def _once(name: str, line: int, seen: set[Any], key: Any, what: str) -> None:
    if key in seen:
        shown = ", ".join(_shown(part) for part in key if part) if isinstance(key, tuple) else _shown(key)
        raise _refusal(name, line, f"the {what} “{shown}” is there twice")
    seen.add(key)


def _rounds(files: Mapping[str, bytes]) -> Iterator[tuple[int, RoundRecord]]:
    seen: set[str] = set()
    for line, row in _rows(files, "rounds.jsonl", RoundRecord):
        _once("rounds.jsonl", line, seen, row.name, "round")
        yield line, row


def _documents(files: Mapping[str, bytes], texts: Mapping[str, str]) -> Iterator[tuple[int, DocumentRecord]]:
    seen: set[str] = set()
    for line, row in _rows(files, "documents.jsonl", _DocumentLine):
        _once("documents.jsonl", line, seen, row.id, "document")
        text = row.text or texts.get(row.id, "")
        if not text and row.text_sha256:
            raise _refusal("documents.jsonl", line, _TEXT_FREE)
        yield line, DocumentRecord(row.id, text, tuple(_region(given, line, len(text)) for given in row.excluded))


def _region(given: _Region | tuple[int, int], line: int, length: int) -> tuple[int, int]:
    start, end = given if isinstance(given, tuple) else (given.start, given.end)
    if reason := _misplaced(start, end, length):
        raise _refusal("documents.jsonl", line, f"excluded: {reason}")
    return start, end


def _misplaced(start: int, end: int, length: int) -> str | None:
    """Why [start, end) is no stretch of a text of that many code points; None if it is one."""
    if not 0 <= start <= length or not 0 <= end <= length:
        return f"start {_shown(start)} and end {_shown(end)} are not both in the text (0 to {length})"
    return None if start < end else f"start {start} is not before end {end}"


def _placed(
    name: str, line: int, row: LabelRecord | AssignmentRecord, documents: Mapping[str, Any], rounds: set[str]
) -> None:
    """Raises Invalid where a row names a document or a round that is not there."""
    if row.document not in documents:
        raise _refusal(name, line, f"there is no document “{_shown(row.document)}” in documents.jsonl")
    if rounds and row.round not in rounds:
        raise _refusal(name, line, f"rounds.jsonl does not list the round “{_shown(row.round)}”")


def _labels(
    files: Mapping[str, bytes], documents: Mapping[str, DocumentRecord], rounds: set[str], is_joined: bool
) -> Iterator[LabelRecord]:
    seen: set[str] = set()
    for line, row in _rows(files, "labels.jsonl", LabelRecord):
        _once("labels.jsonl", line, seen, row.id, "label")
        _placed("labels.jsonl", line, row, documents, rounds)
        text = documents[row.document].text
        if reason := _misplaced(row.start, row.end, len(text)):
            raise _refusal("labels.jsonl", line, reason)
        if not row.quote and row.quote_sha256:
            if not is_joined:
                raise _refusal("labels.jsonl", line, _TEXT_FREE)
            row = msgspec.structs.replace(row, quote=text[row.start : row.end])
        yield row


def _assignments(
    files: Mapping[str, bytes], documents: Mapping[str, DocumentRecord], rounds: set[str], one_round: bool
) -> Iterator[AssignmentRecord]:
    """Where nothing tells rounds apart, `one_round`, nobody may have a document twice."""
    seen: set[tuple[str, str, str]] = set()
    for line, row in _rows(files, "assignments.jsonl", AssignmentRecord):
        _placed("assignments.jsonl", line, row, documents, rounds)
        key = ("", row.document, row.annotator) if one_round else (row.round, row.document, row.annotator)
        _once("assignments.jsonl", line, seen, key, "assignment")
        yield row
