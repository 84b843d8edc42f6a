"""Files that bring documents: .txt, .md, .jsonl, .csv, and .zip of those. Pure: bytes in, documents or problems out."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files import strict_json
from webapp.domain.files.documents import DocumentInput, check_text, document_from
from webapp.domain.text import canonical

MOST_MEMBERS = 10_000
LARGEST_UNPACKED = 256 * 1024 * 1024  # bytes, of all members of a zip together
_HEADING = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A document at a line of a file (1 where the file is one document)."""

    line: int
    document: DocumentInput


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line, or with line 0 a whole file, cannot be taken."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What one file holds; with any problem in it none of its documents is taken."""

    name: str
    found: list[Found]
    problems: list[Problem]


def read_files(name: str, content: bytes) -> Iterator[ReadFile]:
    """The file itself, or each member of a zip as a file of its own."""
    if _ending(name) == ".zip":
        yield from _members(name, content)
    else:
        yield read_file(name, content)


def read_file(name: str, content: bytes) -> ReadFile:
    """One file by the ending of its name."""
    reader = _READERS.get(_ending(name))
    if reader is None:
        return _refused(name, f"only {', '.join(_READERS)} and .zip can be imported")
    try:
        return reader(name, _decoded(content))
    except StancemarkError as why:
        return _refused(name, why.message)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _refused(name: str, reason: str) -> ReadFile:
    return ReadFile(name, [], [Problem(0, reason)])


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        raise Invalid(f"the file is not UTF-8 (byte {why.start}); save it as UTF-8") from None
    if "\x00" in text:
        raise Invalid(f"the file holds a NUL character (character {text.index(chr(0))})")
    return text


# ---- one document a file ----


def _read_text(name: str, text: str) -> ReadFile:
    return ReadFile(name, [Found(1, document_from({"id": _stem(name), "text": text}, _stem(name)))], [])


def _read_markdown(name: str, raw: str) -> ReadFile:
    """The text stays as it is; its headings are noted, and the first one is the title."""
    text = canonical(raw)
    check_text(text)
    matches = list(_HEADING.finditer(text))
    kinds = ["title" if len(m[1]) == 1 and i == 0 else "section" for i, m in enumerate(matches)]
    record = {
        "id": _stem(name),
        "title": matches[0][2].rstrip(" #") if matches else "",
        "text": text,
        "headings": [
            {"start": m.start(), "end": m.end(), "kind": kind} for m, kind in zip(matches, kinds, strict=True)
        ],
    }
    return ReadFile(name, [Found(1, document_from(record, _stem(name)))], [])


# ---- many documents a file ----


def _read_jsonl(name: str, text: str) -> ReadFile:
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return _collected(name, ((number, partial(strict_json.parse, line)) for number, line in lines))


def _read_csv(name: str, text: str) -> ReadFile:
    return _collected(name, _csv_records(text))


def _csv_records(text: str) -> Iterator[tuple[int, Callable[[], object]]]:
    """Rows as records, each with the line it begins in. Raises Invalid where the heading cannot be used."""
    csv.field_size_limit(LARGEST_UNPACKED)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = next(reader, [])
        names = [name.strip().lower() for name in heading]
        if "text" not in names or len(set(names)) < len(names):
            raise Invalid("the first line must name the columns, each once, with text among them")
        line = reader.line_num + 1
        for row in reader:
            if row:
                yield line, partial(_csv_record, names, row)
            line = reader.line_num + 1
    except csv.Error as why:
        raise Invalid(f"line {reader.line_num} is not valid CSV: {why}") from None


def _csv_record(names: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(names):
        raise Invalid(f"{len(row)} cells, but {len(names)} columns")
    return {name: cell for name, cell in zip(names, row, strict=True) if cell or name == "text"}


def _collected(name: str, records: Iterator[tuple[int, Callable[[], object]]]) -> ReadFile:
    found: list[Found] = []
    problems: list[Problem] = []
    for line, record in records:
        try:
            found.append(Found(line, document_from(record(), f"{_stem(name)}-{line}")))
        except StancemarkError as why:
            problems.append(Problem(line, why.message))
    if not found and not problems:
        problems.append(Problem(0, "there are no documents in it"))
    return ReadFile(name, found, problems)


_READERS: dict[str, Callable[[str, str], ReadFile]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
}


# ---- zips ----


def _members(name: str, content: bytes) -> Iterator[ReadFile]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        yield _refused(name, "this is no zip file, or a damaged one")
        return
    with archive:
        members = [m for m in archive.infolist() if _is_file(m) and not m.filename.startswith("__MACOSX/")]
        if reason := _too_much(members):
            yield _refused(name, reason)
            return
        left = LARGEST_UNPACKED
        for member in members:
            read, left = _member(archive, member, f"{name}/{member.filename}", left)
            yield read


def _is_file(member: zipfile.ZipInfo) -> bool:
    return not member.filename.endswith("/")  # is_dir() fails on a damaged, empty name


def _too_much(members: list[zipfile.ZipInfo]) -> str | None:
    if len(members) > MOST_MEMBERS:
        return f"it holds more than {MOST_MEMBERS:,} files"
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        return f"unpacked it has more than {LARGEST_UNPACKED // 1024**2} MB"
    return None if members else "there are no files in it"


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, left: int) -> tuple[ReadFile, int]:
    """One member, never unpacking more than `left` bytes: what a zip says of its sizes need not be true."""
    if _ending(name) == ".zip":
        return _refused(name, "a zip inside a zip is not unpacked"), left
    if _ending(name) not in _READERS:
        return read_file(name, b""), left
    try:
        with archive.open(member) as handle:
            content = handle.read(left + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
        return _refused(name, "it is damaged or encrypted"), left
    except Exception as why:  # zlib.error and lzma's have no common root
        return _refused(name, f"it is damaged ({type(why).__name__})"), left
    if len(content) > left:
        return _refused(name, f"unpacked it has more than {LARGEST_UNPACKED // 1024**2} MB"), left
    return read_file(name, content), left - len(content)
