"""Canonical text: code points, spaces, graphemes, hashes. Offsets are code points, end exclusive."""

import hashlib
import re
from collections.abc import Iterator

import regex

# segmentation.md's list. Python's str.strip also takes U+001C–U+001F, JavaScript's trim takes U+FEFF: neither is used.
SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
_SPACE_SET = frozenset(SPACES)
_GRAPHEME = regex.compile(r"\X")
# No cluster is longer than one code point without one of these.
_JOINING = regex.compile(
    r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=L}\p{GCB=V}\p{GCB=T}\p{GCB=RI}]|\r\n"
)
# Searched backwards: no cluster goes on from before such a character to behind it, so the text is read from there.
_READ_FROM = regex.compile(r"(?r)[\n -~]")
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


def trim_whole(text: str, start: int, end: int, cuts: frozenset[int]) -> tuple[int, int]:
    """`trim`, and then past the offsets in `cuts` (of `grapheme_cuts`), so that no edge falls inside a cluster.

    A space that carries a combining mark goes together with its mark.
    """
    while start < end:
        start, end = trim(text, start, end)
        if start in cuts:
            start += 1
        elif end in cuts:
            end -= 1
        else:
            break
    return min(start, end), end


def cuts_grapheme(text: str, offset: int) -> bool:
    """Whether `offset` lies inside an extended grapheme cluster of `text`."""
    if not 0 < offset < len(text):
        return False
    anchor = _READ_FROM.search(text, 0, offset)
    return any(m.start() < offset < m.end() for m in _clusters(text, anchor.start() if anchor else 0, offset))


def grapheme_cuts(text: str) -> frozenset[int]:
    """Every offset inside an extended grapheme cluster of `text`: what `cuts_grapheme` tells of each, at once."""
    cuts: set[int] = set()
    read = 0
    while joining := _JOINING.search(text, read):
        at = max(read, text.rfind("\n", 0, joining.start()) + 1)
        read = text.find("\n", joining.end()) + 1 or len(text)
        cuts.update(i for m in _GRAPHEME.finditer(text, at, read) for i in range(m.start() + 1, m.end()))
    return frozenset(cuts)


def _clusters(text: str, start: int, offset: int) -> Iterator[regex.Match[str]]:
    """The clusters from `start` up to the one that reaches `offset`."""
    for cluster in _GRAPHEME.finditer(text, start):
        yield cluster
        if cluster.end() >= offset:
            return


def has_unstorable(text: str) -> str | None:
    """Why `text` cannot be stored ("a NUL character", "half a surrogate pair"), or None."""
    if "\x00" in text:
        return "a NUL character"
    try:
        text.encode()  # fails for nothing else, and is much quicker than looking at each character
    except UnicodeEncodeError:
        return "half a surrogate pair"
    return None


def slug(words: str, longest: int = 64) -> str:
    """An id of `[A-Za-z0-9][A-Za-z0-9._-]*` made from any words; "document" where nothing is left."""
    made = _NOT_IN_ID.sub("-", words).strip("-._")[:longest].rstrip("-._")
    return made or "document"
