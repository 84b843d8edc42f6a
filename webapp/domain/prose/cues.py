"""Verbs of saying outside the quotation marks, and whose they are. Offsets are code points, end exclusive."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from webapp.domain.prose.mentions import Mention, Names, plain
from webapp.domain.prose.speech import VERBS

QUOTED = "\0"  # stands in the place of everything quoted, and of every double mark
_MARKS = str.maketrans(dict.fromkeys('"＂“”„«»‹›「」『』', QUOTED))
_SINGLE_MARKS = frozenset("'‘‚")

_VERB = re.compile(rf"\b(?:{VERBS}|[Aa]ccording to)\b")
_MAKES_NOUN = regex.compile(r"(?r)\b(?:United|the|an?|his|her|its|their|these|those|other|\d+)\s+", regex.IGNORECASE)
_LAST_WORD = regex.compile(r"(?r)[\p{L}\p{N}'-]+")
_FILLERS = frozenset(["also", "then", "later", "once", "had", "has", "have", "who", "which", "that"])
_CLAUSE_EDGE = regex.compile(r"(?r)[\0;:—–(]")
_NOT_SUBJECT = regex.compile(
    r"(?r)(?:\b(?:of|at|from|with|against|by|to|on|and|or|about|in|than)|&|(?<!\bspokes\w+\s)\bfor)\s+(?:the\s+)?"
)
_OWN_PEOPLE = regex.compile(r"'s(?:\s+\p{Ll}+){0,3}")
_PRONOUN = regex.compile(r"(?r)\b(?:he|she|it|they)", regex.IGNORECASE)
_FIRST_PRONOUN = regex.compile(r"\s*(?:He|She|It|They)\b")
_PHRASE_EDGE = regex.compile(
    r"[\0,;:—–(?!]|\.(?=\s|$)|\sand\b(?!\s(?:the\b|\p{Lu}))"
    r"|\s(?:to|that|in|on|at|during|after|before|when|as|last|this|who|while)\b"
)
_LONGEST_CLAUSE = 300  # code points looked through for a subject


@dataclass(frozen=True, slots=True)
class Cue:
    """A verb of saying at `[start, end)`, whose subject is a mention, or a pronoun, or (neither) nobody known."""

    start: int
    end: int
    mention: Mention | None = None
    pronoun: str = ""


class Outside:
    """What stands outside the quotations of one text, with all quoted words blanked out."""

    def __init__(self, text: str, quoted: Iterable[tuple[int, int]], names: Names) -> None:
        self.text = _blanked(plain(text), quoted)
        self._mentions = list(names.mentions(self.text, 0, len(text)))
        self._starts = [mention.start for mention in self._mentions]

    def cues(self, start: int, end: int) -> list[Cue]:
        """The verbs of saying in `[start, end)`, in order, as far as they have a subject of their own."""
        verbs = [m for m in _VERB.finditer(self.text, start, end) if not _MAKES_NOUN.match(self.text, start, m.start())]
        return [self._cue(verb.start(), verb.end(), start, end) for verb in verbs]

    def mentions(self, start: int, end: int) -> list[Mention]:
        """The mentions in `[start, end)`, in order."""
        found = self._mentions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return found[:-1] if found and found[-1].end > end else found

    def _cue(self, at: int, verb_end: int, start: int, end: int) -> Cue:
        verb = self.text[at:verb_end].lower()
        subject, relative = self._subject_end(start, at)
        edge = _CLAUSE_EDGE.search(self.text, max(start, subject - _LONGEST_CLAUSE), subject)
        clause = edge.end() if edge else start
        opens = not self.text[clause:subject].strip(" ,")
        if verb.startswith("according") or (opens and edge and not verb.endswith("ing")):
            found: Mention | str = self._behind(verb_end, end)
        elif verb.endswith("ing"):
            found = self._first(start, at)
        else:
            found = self._before(clause, subject, relative)
        return Cue(at, verb_end, pronoun=found) if isinstance(found, str) else Cue(at, verb_end, found)

    def _subject_end(self, start: int, at: int) -> tuple[int, bool]:
        """Where the words before the verb at `at` end, adverbs and auxiliaries left out, and whether by "who"."""
        relative = False
        while True:
            while at > start and self.text[at - 1].isspace():
                at -= 1
            word = _LAST_WORD.match(self.text, start, at)
            if not word or not (word[0] in _FILLERS or (word[0].endswith("ly") and word[0].islower())):
                return at, relative
            relative = relative or word[0] in ("who", "which")
            at = word.start()

    def _before(self, clause: int, at: int, relative: bool) -> Mention | str:
        """The subject that ends at `at`: "Moreau", "Moreau, the director,", "OpenAI's lawyers", "she"; else ""."""
        aside = self.text[at - 1 : at] == ","
        if aside and not relative:
            return next((m for m in self.mentions(clause, at) if self._heads(m, clause)), "")
        for mention in self.mentions(clause, at):
            if self._reaches(mention, at - aside):
                return mention if relative or not self._is_object(clause, mention) else ""
        pronoun = _PRONOUN.match(self.text, clause, at)
        return pronoun[0].lower() if pronoun else ""

    def _reaches(self, mention: Mention, at: int) -> bool:
        if mention.end == at:
            return True
        people = mention.kind in ("organisation", "group") and mention.end < at
        return people and bool(_OWN_PEOPLE.fullmatch(self.text, mention.end, at))

    def _is_object(self, clause: int, mention: Mention) -> bool:
        return bool(_NOT_SUBJECT.match(self.text, clause, mention.start))

    def _heads(self, mention: Mention, clause: int) -> bool:
        """Whether the clause begins with `mention` and goes on with words between commas."""
        if self.text[mention.end : mention.end + 1] != ",":
            return False
        return "," not in self.text[clause : mention.start].lstrip(" ,") and not self._is_object(clause, mention)

    def _behind(self, at: int, end: int) -> Mention | str:
        """The subject in `said film director Moreau, who …`: a mention with which the phrase ends; else ""."""
        edge = _PHRASE_EDGE.search(self.text, at, end)
        phrase_end = edge.start() if edge else end
        return next((m for m in self.mentions(at, phrase_end) if m.end == phrase_end), "")

    def _first(self, start: int, at: int) -> Mention | str:
        """The subject of the whole sentence, for a participle: what it begins with, a mention or a pronoun; else ""."""
        pronoun = _FIRST_PRONOUN.match(self.text, start, at)
        if pronoun:
            return pronoun[0].strip().lower()
        first = next(iter(self.mentions(start, min(at, start + _LONGEST_CLAUSE))), None)
        if first is None or "," in self.text[start : first.start] or self._is_object(start, first):
            return ""
        return first


def _blanked(text: str, quoted: Iterable[tuple[int, int]]) -> str:
    """`text`, equally long, with `QUOTED` for every code point of the `quoted` spans and of the marks around them."""
    pieces, at = [], 0
    for start, end in sorted(quoted):
        start -= text[start - 1 : start] in _SINGLE_MARKS
        end += text[end : end + 1] in _SINGLE_MARKS
        if start >= at:
            pieces += [text[at:start].translate(_MARKS), QUOTED * (end - start)]
            at = end
    return "".join([*pieces, text[at:].translate(_MARKS)])
