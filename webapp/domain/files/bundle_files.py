"""The files of a bundle as they are read back: shapes of their lines, and every line that does not fit named."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files import strict_json
from webapp.domain.files.document_files import LARGEST_UNPACKED, MOST_MEMBERS
from webapp.domain.files.documents import DocumentInput, document_from
from webapp.domain.schemes import LONGEST_NAME, parse_scheme
from webapp.domain.text import has_unstorable

MOST_PROBLEMS_SHOWN = 50

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
# a release gives days, which stay what they are, so that it leaves as it came
_Moment = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(-[0-9]{2}){2}(T[0-9]{2}(:[0-9]{2}){2}Z)?\Z")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
_Number = Annotated[int, msgspec.Meta(ge=1, le=999_999)]
_State = Literal["open", "done", "withdrawn"]


class LabelLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of labels.jsonl; what may be missing has its default."""

    document: str
    annotator: _Name
    start: int
    end: int
    quote: str
    speaker: str
    id: _Uuid | None = None
    round: str = "main"
    state: _State = "open"
    origin: Literal["marked", "repeated", "alike", "suggested", "imported", "simulated"] = "imported"
    speaker_origin: Literal["picked", "typed", "confirmed", "carried", "repeated", "alike", "imported"] = "imported"
    chain: tuple[str, ...] = ()
    stance: str | None = None
    on_target: bool = True
    ascribed: bool = False
    claim_type: str | None = None
    unsure: bool = False
    note: str = ""
    revision: Annotated[int, msgspec.Meta(ge=1, le=2**30)] = 1
    created_at: _Moment | None = None
    updated_at: _Moment | None = None
    quote_sha256: str | None = None


class AssignmentLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    round: str
    document: str
    annotator: _Name
    state: _State
    finished_at: _Moment | None = None


class RoundLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}\Z")]
    state: Literal["open", "closed"]
    scheme: _Number
    guide: _Number
    closed_at: _Moment | None = None


class SpeakerLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Id
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    kind: Literal["person", "organisation", "group", "document", "outlet"]
    affiliation: str = ""
    members: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    proposed_by: _Name | None = None
    merged_into: str | None = None


@dataclass(slots=True)
class Problems:
    """What is wrong, line by line, until somebody asks. A line may have a place with a better name."""

    found: list[str] = field(default_factory=list)
    places: Mapping[int, str] = field(default_factory=dict)

    def add(self, file: str, line: int, reason: str) -> None:
        self.found.append(f"{self.places.get(line) or f'{file}, line {line}'}: {reason}")

    def raise_any(self) -> None:
        """Raises Invalid with every line named (the first fifty of very many)."""
        if not self.found:
            return
        shown = self.found[:MOST_PROBLEMS_SHOWN]
        more = len(self.found) - len(shown)
        raise Invalid("\n".join(["Nothing was taken in.", *shown, *([f"and {more} more"] if more else [])]))


@dataclass(slots=True)
class Bundle:
    """A bundle's files, parsed; each line with its number in the file."""

    documents: list[tuple[int, DocumentInput]]
    labels: list[tuple[int, LabelLine]]
    assignments: list[tuple[int, AssignmentLine]]
    rounds: list[tuple[int, RoundLine]]
    speakers: list[tuple[int, SpeakerLine]]
    schemes: dict[int, str]  # by number
    guides: dict[int, str]
    places: dict[int, str] = field(default_factory=dict)  # of lines that another program wrote (domain/foreign)


Line = TypeVar("Line")


def unzipped(name: str, content: bytes) -> dict[str, bytes]:
    """The files of a zip by name. Raises Invalid for what is no zip, a damaged one, or one that grows too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > LARGEST_UNPACKED:
                raise Invalid(f"{name} is too large: unpacked at most {LARGEST_UNPACKED // 1024**2} MB are taken.")
            return {m.filename: archive.read(m) for m in members}
    except Invalid:
        raise
    except Exception as why:  # what zipfile, zlib and lzma raise of damaged files has no common root
        raise Invalid(f"{name} is no zip file, or a damaged one ({why}).") from None


def parse_bundle(files: Mapping[str, bytes]) -> Bundle:
    """The bundle in files given by name; labels.jsonl is enough. Raises Invalid with every line that does not fit."""
    if "labels.jsonl" not in files:
        raise Invalid("There is no labels.jsonl in it. A bundle, or a file labels.jsonl, is expected.")
    problems = Problems()

    def shaped(name: str, shape: type[Line]) -> list[tuple[int, Line]]:
        return list(_lines(files, name, lambda value: msgspec.convert(value, shape), problems))

    rounds = shaped("rounds.jsonl", RoundLine)
    made = Bundle(
        documents=list(_lines(files, "documents.jsonl", _document, problems)),
        labels=shaped("labels.jsonl", LabelLine),
        assignments=shaped("assignments.jsonl", AssignmentLine),
        rounds=rounds,
        speakers=shaped("speakers.jsonl", SpeakerLine),
        schemes=_versions(files, "scheme", "toml", rounds[-1][1].scheme if rounds else 1),
        guides=_versions(files, "guide", "md", rounds[-1][1].guide if rounds else 1),
    )
    _find_doubled(made, problems)
    problems.raise_any()
    for number in sorted(made.schemes):
        parse_scheme(made.schemes[number])
    return made


def _find_doubled(bundle: Bundle, problems: Problems) -> None:
    for name, keys in (
        ("documents.jsonl", [(line, document.id) for line, document in bundle.documents]),
        ("rounds.jsonl", [(line, round.name) for line, round in bundle.rounds]),
        ("speakers.jsonl", [(line, speaker.id) for line, speaker in bundle.speakers]),
        ("assignments.jsonl", [(line, f"{a.round}, {a.document}, {a.annotator}") for line, a in bundle.assignments]),
    ):
        seen: set[str] = set()
        for line, key in keys:
            if key in seen:
                problems.add(name, line, f"“{key}” is there twice")
            seen.add(key)


def _document(value: Any) -> DocumentInput:
    if isinstance(value, dict) and value.get("text") == "" and value.get("text_sha256"):
        raise Invalid("this export is text-free; join it with the texts first")
    document = document_from(value, "")
    if document.made_id:
        raise Invalid("id is missing, or no id")
    return document


def _lines(
    files: Mapping[str, bytes], name: str, read: Callable[[Any], Line], problems: Problems
) -> Iterator[tuple[int, Line]]:
    for number, raw in enumerate(files.get(name, b"").removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if raw.strip():
            try:
                yield number, read(strict_json.parse(raw))
            except StancemarkError as why:
                problems.add(name, number, why.message)
            except msgspec.ValidationError as why:
                problems.add(name, number, str(why))


def _versions(files: Mapping[str, bytes], stem: str, ending: str, current: int) -> dict[int, str]:
    """The file at the top is that of the newest round; the others are named by their number."""
    found = {}
    for name, raw in files.items():
        folder, _, file = name.rpartition("/")
        number = file.removesuffix(f".{ending}")
        if name == f"{stem}.{ending}":
            found[current] = _text(name, raw)
        elif folder == f"{stem}s" and _NUMBER.fullmatch(number):
            found[int(number)] = _text(name, raw)
    return found


def _text(name: str, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as why:
        raise Invalid(f"{name} is not UTF-8 (byte {why.start}).") from None
    if what := has_unstorable(text):
        raise Invalid(f"{name} holds {what}.")
    return text
