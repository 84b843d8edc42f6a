"""Documents as they come in and go out: one record each, checked field by field."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files import strict_json
from webapp.domain.text import SPACES, canonical, has_unstorable, sha256_of, slug

LONGEST_TEXT = 2_000_000  # code points
LONGEST_WORDS = 2_000
WORDS_FIELDS = ("title", "display_title", "outlet", "byline", "published", "url", "language")
RIGHTS = ("open", "text-free")
KNOWN = frozenset({"id", "rights", "text", "text_sha256", "headings", "excluded", "extra", *WORDS_FIELDS})

_REGIONS = {"headings": ("kind",), "excluded": ("kind", "why")}  # and the words that each of them has
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document that may be stored. Regions are in code points, end exclusive; `extra` is an object as JSON text."""

    id: str
    text: str
    text_sha256: str
    source_id: str = ""  # the id it came with, where that could not be one
    made_id: bool = False  # nobody chose the id as it stands
    title: str = ""
    display_title: str = ""
    outlet: str = ""
    byline: str = ""
    published: str = ""
    url: str = ""
    rights: str = "open"
    language: str = ""
    headings: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    extra: str = ""

    @property
    def excluded_spans(self) -> list[tuple[int, int]]:
        return [(region["start"], region["end"]) for region in self.excluded]


def is_id(words: str) -> bool:
    """Whether `words` can be a document's id in an address (one in .json would be taken for its JSON form)."""
    return bool(_ID.fullmatch(words)) and not words.endswith(".json")


def document_from(record: object, fallback_id: str) -> DocumentInput:
    """The document in a record of a .jsonl or .csv file. Raises Invalid with the field and the reason."""
    if not isinstance(record, dict):
        raise Invalid("an object was expected")
    text = _text(record)
    words = {name: _words(record, name) for name in WORDS_FIELDS}
    extra = _extra(record)
    regions = {name: _regions(record, name, len(text), keys) for name, keys in _REGIONS.items()}
    for name, keys in _REGIONS.items():
        if any(set(region) - {"start", "end", *keys} for region in record.get(name) or ()):
            extra[name] = record[name]  # what a region says beyond our keys is kept as it came
    given = _given_id(record)
    source_id = "" if is_id(given) else given
    if source_id:
        extra["source_id"] = source_id
    made_id = source_id or words["title"] or fallback_id
    return DocumentInput(
        id=given if is_id(given) else _made_id(made_id),
        source_id=source_id,
        made_id=not is_id(given),
        text=text,
        text_sha256=sha256_of(text),
        rights=_rights(record),
        headings=regions["headings"],
        excluded=regions["excluded"],
        extra=json.dumps(extra, ensure_ascii=False, separators=(",", ":")) if extra else "",
        **words,
    )


def _made_id(words: str) -> str:
    """An id made of any words; short enough to take a number behind it."""
    made = slug(words, 58)
    return made[:-5] + "-json" if made.endswith(".json") else made


def _text(record: Mapping[str, Any]) -> str:
    raw = record.get("text")
    if not isinstance(raw, str):
        raise Invalid("text is missing" if raw is None else "text: words were expected", "text")
    text = canonical(raw)
    check_text(text)
    given = record.get("text_sha256")
    if given not in (None, "") and given != sha256_of(text):
        raise Invalid("text_sha256 does not fit the text", "text_sha256")
    return text


def check_text(text: str) -> None:
    """Raises Invalid for a text without words, too long, or with what cannot be stored."""
    if not text.strip(SPACES + "\n"):
        raise Invalid("the text is empty", "text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"the text has more than {LONGEST_TEXT:,} characters", "text")
    if why := has_unstorable(text):
        raise Invalid(f"the text holds {why}", "text")


def _words(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name}: words were expected", name)
    if len(value) > LONGEST_WORDS:
        raise Invalid(f"{name} has more than {LONGEST_WORDS:,} characters", name)
    if why := has_unstorable(value):
        raise Invalid(f"{name} holds {why}", name)
    return value


def _given_id(record: Mapping[str, Any]) -> str:
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _words(record, "id")


def _rights(record: Mapping[str, Any]) -> str:
    value = _words(record, "rights") or "open"
    if value not in RIGHTS:
        raise Invalid(f"rights: “{value}” is none of {', '.join(RIGHTS)}", "rights")
    return value


def _regions(record: Mapping[str, Any], name: str, length: int, words: Sequence[str]) -> list[dict[str, Any]]:
    """Regions by start; each `{"start","end"}` within the text and with the given words."""
    value = record.get(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise Invalid(f"{name}: a list was expected", name)
    made = sorted((_region(region, name, length, words) for region in value), key=lambda r: (r["start"], r["end"]))
    if any(a["end"] > b["start"] for a, b in pairwise(made)):
        raise Invalid(f"{name}: two of them overlap", name)
    return made


def _region(region: object, name: str, length: int, words: Sequence[str]) -> dict[str, Any]:
    if not isinstance(region, dict):
        raise Invalid(f"{name}: an object was expected", name)
    start, end = region.get("start"), region.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise Invalid(f"{name}: {start}–{end} is no place in the text (0 to {length})", name)
    return {"start": start, "end": end} | {word: _words(region, word) for word in words}


def _extra(record: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the record that are none of ours, behind those of an `extra` that an export wrote."""
    before = record.get("extra")
    if isinstance(before, str) and before:
        try:
            before = strict_json.parse(before)
        except StancemarkError:
            raise Invalid("extra: an object as JSON text was expected", "extra") from None
    if before not in (None, "") and not isinstance(before, dict):
        raise Invalid("extra: an object as JSON text was expected", "extra")
    return dict(before or {}) | {key: value for key, value in record.items() if key not in KNOWN}
