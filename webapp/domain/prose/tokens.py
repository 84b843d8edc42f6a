"""Tokens: the words and marks of a text, for formats that know no other places. Offsets are code points."""

from bisect import bisect_right
from collections.abc import Sequence

import regex

from webapp.domain.text import SPACES

Span = tuple[int, int]

_LETTERS = r"(?:[0-9A-Za-z_]++(?![^\x00-\x7f])|(?=\w)\X)"  # whole clusters; the first branch is only for speed
_TOKEN = regex.compile(rf"{_LETTERS}++(?:['’\-]{_LETTERS}++)*+|(?![{SPACES}])\X")


def tokens(text: str) -> list[Span]:
    """Words, with inner apostrophes and hyphens, and single other clusters; all of `text` but its spaces."""
    return [token.span() for token in _TOKEN.finditer(text)]


def tokens_in_sentences(text: str, sentences: Sequence[Span]) -> list[list[Span]]:
    """The tokens of each sentence, none empty; what stands outside of sentences goes line by line."""
    starts, breaks = [start for start, _ in sentences], [n for n, c in enumerate(text) if c == "\n"]
    found: list[list[Span]] = []
    last = None
    for token in tokens(text):
        n = bisect_right(starts, token[0]) - 1
        inside = n >= 0 and token[0] < sentences[n][1]
        place = (n, -1 if inside else bisect_right(breaks, token[0]))
        if place != last:
            found.append([])
        found[-1].append(token)
        last = place
    return found
