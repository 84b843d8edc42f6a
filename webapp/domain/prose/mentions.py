"""Where a text names the speakers of a registry. Offsets are code points, end exclusive."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"(?:the|an?) ", re.IGNORECASE)
_PRONOUNS = frozenset(["i", "we", "you", "he", "she", "it", "they"])
_ARTICLES = ("the ", "The ", "a ", "A ", "an ", "An ")


@dataclass(frozen=True, slots=True)
class KnownSpeaker:
    """A speaker of the registry. A document's `affiliation` may be the id of the speaker behind it."""

    id: str
    name: str
    kind: str
    aliases: tuple[str, ...]
    affiliation: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names a speaker who can hold a stance; `speaker` is None where it is an outlet, or may be several.

    `generic`: words like "the letter", which name somebody else in another article.
    """

    start: int
    end: int
    speaker: str | None
    kind: str
    generic: bool


@dataclass(frozen=True, slots=True)
class _Name:
    words: str
    speaker: KnownSpeaker | None  # None: an outlet, a document of nobody known, or the name of several
    kind: str
    generic: bool


class Names:
    """All names of a registry, ready to be found as whole words; the longest one wins."""

    def __init__(self, speakers: Sequence[KnownSpeaker]) -> None:
        self.kinds = {speaker.id: speaker.kind for speaker in speakers}
        by_id = {speaker.id: speaker for speaker in speakers}
        owners: dict[str, set[KnownSpeaker]] = defaultdict(set)
        for speaker in speakers:
            for words in _names_of(speaker):
                owners[plain(words)].add(speaker)
        self._by_first_word: dict[str, list[_Name]] = defaultdict(list)
        for words, known in owners.items():
            self._add(words, known, by_id)
        for names in self._by_first_word.values():
            names.sort(key=lambda name: (-len(name.words), name.words))
        self._first_word = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, self._by_first_word)))})\b")

    def _add(self, words: str, owners: Iterable[KnownSpeaker], by_id: dict[str, KnownSpeaker]) -> None:
        holders = {_holder(owner, by_id) for owner in owners}
        holder = holders.pop() if len(holders) == 1 else None
        kind = holder.kind if holder else ""
        for spelling in _spellings(words):
            first = _WORD.search(spelling)
            if first:
                self._by_first_word[first[0]].append(_Name(spelling, holder, kind, _is_generic(words)))

    def mentions(self, text: str, start: int, end: int) -> Iterator[Mention]:
        """The mentions in `[start, end)` of `text`, in order, none within another. `text` is `plain`."""
        read = start
        for word in self._first_word.finditer(text, start, end):
            at = word.start()
            for name in self._by_first_word.get(word[0], ()) if at >= read else ():
                stop = at + len(name.words)
                if text.startswith(name.words, at) and not text[stop : stop + 1].isalnum():
                    speaker = name.speaker.id if name.speaker else None
                    yield Mention(at, stop, speaker, name.kind, name.generic)
                    read = stop
                    break


def plain(text: str) -> str:
    """`text` with its curly apostrophes straight, as names are looked for; equally long."""
    return text.replace("’", "'")


def _names_of(speaker: KnownSpeaker) -> Iterator[str]:
    """The words that may stand for a speaker: no pronouns, and no lone lower-case word such as "reportedly"."""
    if "(" not in speaker.name:
        yield speaker.name
        yield from speaker.name.split()[-1:] if speaker.kind == "person" else ()
    for alias in speaker.aliases:
        if alias.lower() not in _PRONOUNS and (" " in alias or alias != alias.lower()):
            yield alias


def _holder(speaker: KnownSpeaker, by_id: dict[str, KnownSpeaker]) -> KnownSpeaker | None:
    """Who can hold a stance: not an outlet, and not a document but the known speaker behind it."""
    if speaker.kind == "document":
        behind = by_id.get(speaker.affiliation)
        return None if behind is None or behind.kind == "document" else _holder(behind, by_id)
    return None if speaker.kind == "outlet" else speaker


def _is_generic(words: str) -> bool:
    article = _ARTICLE.match(words)
    return words[article.end() if article else 0 :][:1].islower() and "'s " not in words


def _spellings(words: str) -> set[str]:
    """`words` with every article if they have one, and with a capital at the start of a sentence."""
    article = _ARTICLE.match(words)
    if article:
        return {other + words[article.end() :] for other in _ARTICLES}
    return {words, words[:1].upper() + words[1:]}
