"""Formats that records can leave in: one file each, registered here by being there."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from webapp.domain.prose.tokens import Span, tokens_in_sentences

Record = Mapping[str, Any]
Files = Iterator[tuple[str, Iterator[bytes]]]  # by path; each content is to be read before the next file is asked for


@dataclass(frozen=True, slots=True)
class Work:
    """What one annotator marked in one article in one round: records of labels, by start, longer first, speaker."""

    round: str
    annotator: str
    state: str  # of the assignment: open, done or withdrawn
    labels: Sequence[Record]


@dataclass(frozen=True)
class Article:
    """A record of a document, and everybody's work on it. Spans are code points of its text, end exclusive."""

    document: Record  # its text is "" where the words must not leave
    sentences: Sequence[Span]
    works: Sequence[Work]

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def text(self) -> str:
        return str(self.document["text"])

    @cached_property
    def tokens(self) -> list[list[Span]]:
        """Sentence by sentence."""
        return tokens_in_sentences(self.text, self.sentences)


@dataclass(frozen=True, slots=True)
class Format:
    """How records become bytes, lazily: one of `rows`, `stream` and `files` is there.

    Rows take records of any kind with the names of their columns; the other two take labels beside the words they
    mark, and give one file or many.
    """

    name: str  # as --format and addresses have it
    ending: str  # of the file's name
    media_type: str
    leaves_out: str  # a sentence on what it cannot hold; "" if nothing
    rows: Callable[[Sequence[str], Iterable[Record]], Iterator[bytes]] | None = None
    stream: Callable[[Iterable[Article]], Iterator[bytes]] | None = None
    files: Callable[[Iterable[Article]], Files] | None = None

    def holds(self, kind: str) -> bool:
        """Whether it can be a file of `documents`, `labels`, …: rows hold any, the others only labels on words."""
        return self.rows is not None or kind not in ("documents",)


def formats() -> dict[str, Format]:
    """Every format by its name, jsonl first."""
    names = sorted((m.name for m in pkgutil.iter_modules(__path__)), key=lambda name: (name != "jsonl", name))
    return {name: import_module(f"{__name__}.{name}").FORMAT for name in names}


# ---- what formats of many files share ----

LEFT_OUT = "left-out.txt"


def as_file_name(words: str) -> str:
    """`words` as one safe part of a path: what is no letter, digit, `_`, `-` or inner space becomes %HEX;."""
    last = len(words) - 1
    inner = (c.isalnum() or c in "_-" or (c == " " and 0 < n < last) for n, c in enumerate(words))
    return "".join(c if safe else f"%{ord(c):X};" for c, safe in zip(words, inner, strict=True))


def from_file_name(name: str) -> str:
    """The words behind `as_file_name`; any other name stands for itself."""
    head, *parts = name.split("%")
    return head + "".join(_decoded(part) for part in parts)


def _decoded(part: str) -> str:
    digits, end, rest = part.partition(";")
    try:
        return chr(int(digits, 16)) + rest if end else f"%{part}"
    except (ValueError, OverflowError):
        return f"%{part}"


def left_out(format: Format, articles: Sequence[str]) -> tuple[str, Iterator[bytes]]:
    """The file that says what is not in the others: fields, and the articles whose words must stay."""
    lines = [format.leaves_out, *(f"Article {id} is left out: its words may not leave." for id in articles)]
    return LEFT_OUT, iter(["".join(f"{line}\n" for line in lines).encode()])
