"""Canonical text: code points, spaces, graphemes, hashes. Offsets are code points, end exclusive."""

import hashlib
import re

import regex

# segmentation.md's list. Python's str.strip also takes U+001C–U+001F, JavaScript's trim takes U+FEFF: neither is used.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACE_SET = frozenset(SPACES)
_GRAPHEME = regex.compile(r"\X")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")


def canonical(raw: str) -> str:
    """`raw` with CRLF and CR turned into LF, and nothing else changed."""
    return raw.replace("\r\n", "\n").replace("\r", "\n")


def sha256_of(text: str) -> str:
    """Hex SHA-256 of the UTF-8 bytes of `text`."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def is_space(character: str) -> bool:
    return character in _SPACE_SET


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """`[start, end)` without the spaces at both ends; empty (start == end) if nothing else is there."""
    while start < end and text[start] in _SPACE_SET:
        start += 1
    while end > start and text[end - 1] in _SPACE_SET:
        end -= 1
    return start, end


def cuts_grapheme(text: str, offset: int) -> bool:
    """Whether `offset` lies inside an extended grapheme cluster of `text`."""
    if offset <= 0 or offset >= len(text):
        return False
    line = text.rfind("\n", 0, offset) + 1  # a cluster never spans a line feed, so look from the line's start
    return any(
        m.start() < offset < m.end()
        for m in _GRAPHEME.finditer(text, line, min(len(text), offset + 64))
        if m.end() > offset - 1
    )


def has_unstorable(text: str) -> str | None:
    """Why `text` cannot be stored ("a NUL character", "half a surrogate pair"), or None."""
    if "\x00" in text:
        return "a NUL character"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "half a surrogate pair"
    return None


def slug(words: str, longest: int = 64) -> str:
    """An id of `[A-Za-z0-9][A-Za-z0-9._-]*` made from any words; "document" where nothing is left."""
    made = _NOT_IN_ID.sub("-", words).strip("-._")[:longest].rstrip("-._")
    return made or "document"
