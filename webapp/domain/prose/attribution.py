"""Runs of quotations by one speaker, and who is proposed for each: a proposal is shown, never stored by itself.

Proposed is who is named with a verb of saying outside the quotation marks, else who spoke last in the same run; where
that is in doubt, nobody.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import regex

from webapp.domain.prose.cues import QUOTED, Cue, Outside
from webapp.domain.prose.mentions import KnownSpeaker, Names, plain
from webapp.domain.prose.segments import Unit
from webapp.domain.text import SPACES

__all__ = ["Attribution", "KnownSpeaker", "attribute"]

Span = tuple[int, int]

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*")
_SELF = regex.compile(r"(?:We|I|Our), ")
_DIRECTLY = regex.compile(r"\s*(?:[,:]|that)?\s*\0+")
_NEARLY = regex.compile(r"(?:\s+[\w'-]+){0,3}\s*[,:]?\s*\0+")
_SPEECH_ENDS = frozenset(",.?!…—")
_PERSON, _BODY = frozenset(["person"]), frozenset(["organisation", "group"])
_LONGEST_TITLE = 120  # code points
_FURTHEST_ANTECEDENT = 2000


@dataclass(frozen=True, slots=True)
class Attribution:
    """The run that a quotation unit belongs to ("" for words in marks that nobody says), and whom to propose."""

    run: str
    proposal: str | None


@dataclass(slots=True)
class _Quote:
    """An outermost quotation unit: its paragraph, whether its words are speech, and the verb of saying it goes with."""

    start: int
    end: int
    paragraph: int
    speech: bool = True
    cue: Cue | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """The last quotation that was speech: by whom, and where the sentence stands that began the turn."""

    run: int
    speaker: str | None
    since: int
    quote: _Quote


def attribute(text: str, units: Sequence[Unit], speakers: Sequence[KnownSpeaker]) -> dict[Span, Attribution]:
    """The run and the proposed speaker of each quotation unit, keyed by its (start, end).

    Runs are "r1", "r2", … in the order of the text. A quotation within another one, and words in marks that are no
    speech, have the run "" and no proposal.
    """
    found = {(unit.start, unit.end): Attribution("", None) for unit in units if unit.kind == "quotation"}
    return found | _Reader(text, units, Names(speakers)).attributions()


class _Reader:
    def __init__(self, text: str, units: Sequence[Unit], names: Names) -> None:
        self.text, self.names = plain(text), names
        self.starts = [unit.start for unit in units if unit.kind == "paragraph"]
        self.ends = [unit.end for unit in units if unit.kind == "paragraph"]
        self.sentences = [(unit.start, unit.end) for unit in units if unit.kind == "sentence"]
        outermost = [unit for unit in units if unit.kind == "quotation" and unit.depth == 1]
        self.outside = Outside(text, [(unit.start, unit.end) for unit in outermost], names)
        self.quotes = [_Quote(u.start, u.end, bisect_right(self.starts, u.start) - 1) for u in outermost]
        self._worded: dict[Span, bool] = {}
        self._read_cues: tuple[Span, list[Cue]] = ((0, 0), [])
        self.by_noun: dict[str, str | None] = {}  # who was last named by "…'s letter"

    def attributions(self) -> dict[Span, Attribution]:
        for quote in self.quotes:
            self._look_around(quote)
        spoken = [quote for quote in self.quotes if quote.speech]
        self._hand_back(spoken)
        found: dict[Span, Attribution] = {}
        last: _Turn | None = None
        for quote in spoken:
            last = self._turn(quote, last)
            found[quote.start, quote.end] = Attribution(f"r{last.run}", last.speaker)
        return found

    def _hand_back(self, spoken: list[_Quote]) -> None:
        """Give a cue also to the quotations before it: in its paragraph, and parts that flow on into it."""
        first = {quote.paragraph: quote.start for quote in reversed(spoken) if quote.cue}
        for quote, following in reversed(list(pairwise(spoken))):
            attributed = first.get(quote.paragraph)
            if quote.cue or (attributed is not None and attributed < quote.start):
                continue
            if attributed is not None or self._flows_on(quote, following):
                quote.cue = following.cue

    def _sentence(self, at: int) -> Span:
        return self.sentences[bisect_right(self.sentences, (at, len(self.text))) - 1]

    def _cues(self, start: int, end: int) -> list[Cue]:
        """The cues of a sentence, read once for all quotations in it."""
        if self._read_cues[0] != (start, end):
            self._read_cues = (start, end), self.outside.cues(start, end)
        return self._read_cues[1]

    def _look_around(self, quote: _Quote) -> None:
        """Find the verb of saying of a quotation in its own sentences, and whether its words are speech at all."""
        start, end = self._sentence(quote.start)[0], self._sentence(quote.end - 1)[1]
        cues = self._cues(start, end)
        behind = bisect_right(cues, quote.start, key=lambda cue: cue.end)
        lead = cues[behind - 1] if behind else None
        tail = cues[behind] if behind < len(cues) else None
        if self._is_short(quote) and self._has_words(start, end):
            quote.cue = self._short_cue(quote, lead, tail)
            quote.speech = quote.cue is not None
        else:
            quote.cue = self._own_cue(quote, lead, tail)

    def _is_short(self, quote: _Quote) -> bool:
        """Whether the words may be a term, a title or a word held at arm's length instead of speech."""
        if quote.end - quote.start > _LONGEST_TITLE:
            return False
        words = _WORD.findall(self.text, quote.start, quote.end)
        return len(words) <= 3 or all(word[0].isupper() or len(word) < 4 for word in words)

    def _has_words(self, start: int, end: int) -> bool:
        if (start, end) not in self._worded:
            self._worded[start, end] = _WORD.search(self.outside.text, start, end) is not None
        return self._worded[start, end]

    def _own_cue(self, quote: _Quote, lead: Cue | None, tail: Cue | None) -> Cue | None:
        """The verb of saying right before the words, or behind them and a comma or stop; else the nearest there is."""
        if lead and self._leads_in(quote, lead, _DIRECTLY):
            return lead
        return tail if tail and self._is_tail(quote, tail) else lead or tail

    def _short_cue(self, quote: _Quote, lead: Cue | None, tail: Cue | None) -> Cue | None:
        """The verb of saying that makes speech of few words."""
        if tail and self._is_tail(quote, tail):
            return tail
        if not lead or not (lead.mention or lead.pronoun):
            return None
        if self.text[quote.end - 1] in _SPEECH_ENDS and self._leads_in(quote, lead, _DIRECTLY):
            return lead
        name = self.text[quote.start].isupper() or len(_WORD.findall(self.text, quote.start, quote.end)) == 1
        return lead if lead.mention and not name and self._leads_in(quote, lead, _NEARLY) else None

    def _leads_in(self, quote: _Quote, lead: Cue, words: regex.Pattern[str]) -> bool:
        return words.fullmatch(self.outside.text, lead.end, quote.start) is not None

    def _is_tail(self, quote: _Quote, tail: Cue) -> bool:
        between = self.outside.text[quote.end : tail.start].strip(QUOTED + " ")
        return self.text[quote.end - 1] in _SPEECH_ENDS and QUOTED not in between

    def _flows_on(self, quote: _Quote, following: _Quote) -> bool:
        """Whether `following` is the next part of the same quotation: no mark closes `quote` at its paragraph's end."""
        if following.paragraph != quote.paragraph + 1 or quote.end != self.ends[quote.paragraph]:
            return False
        return not self._has_words(self.starts[following.paragraph], following.start)

    def _turn(self, quote: _Quote, last: _Turn | None) -> _Turn:
        """Who speaks now, in the run of `last` or in a new one."""
        speaker = self._speaker(quote.cue, last) if quote.cue else self._introduced(quote, last)
        goes_on = last and not quote.cue and speaker is None and self._goes_on(last.quote, quote)
        if last and goes_on:
            return replace(last, quote=quote)
        same = last and speaker is not None and speaker == last.speaker
        run = last.run if last else 0
        return _Turn(run if same else run + 1, speaker, self._sentence(quote.start)[0], quote)

    def _goes_on(self, quote: _Quote, following: _Quote) -> bool:
        """Whether who spoke last speaks on: in the same paragraph, or in the next one if all of it is quoted."""
        if following.paragraph == quote.paragraph or self._flows_on(quote, following):
            return True
        place = following.paragraph
        return place == quote.paragraph + 1 and not self._has_words(self.starts[place], self.ends[place])

    def _speaker(self, cue: Cue, last: _Turn | None) -> str | None:
        if cue.pronoun:
            return self._antecedent(cue, last)
        mention = cue.mention
        if mention is None or mention.speaker is None:
            return None
        noun = self.outside.text[mention.start : mention.end].rsplit(" ", 1)[-1]
        if mention.generic:
            return mention.speaker if self.by_noun.get(noun, mention.speaker) == mention.speaker else None
        self.by_noun[noun] = mention.speaker
        return mention.speaker

    def _antecedent(self, cue: Cue, last: _Turn | None) -> str | None:
        """Who "he" or "it" is: the last speaker, if of that kind and if nobody else of that kind was named since."""
        if last is None or last.speaker is None or cue.start - last.quote.end > _FURTHEST_ANTECEDENT:
            return None
        kinds = _PERSON if cue.pronoun in ("he", "she") else _BODY
        since = max(last.since, cue.start - 2 * _FURTHEST_ANTECEDENT)
        named = {m.speaker for m in self.outside.mentions(since, cue.start) if m.kind in kinds and not m.generic}
        return last.speaker if self.names.kinds[last.speaker] in kinds and named <= {last.speaker} else None

    def _introduced(self, quote: _Quote, last: _Turn | None) -> str | None:
        """Who says so without a verb: in the quotation itself ("We, the members of …,"), or right before it."""
        introduction = _SELF.match(self.text, quote.start, quote.end)
        own = introduction and next(self.names.mentions(self.text, quote.start, quote.end), None)
        if introduction and own and own.start in introduction.span():
            return own.speaker
        before = self.outside.text[max(0, quote.start - 9) : quote.start].rstrip(QUOTED + SPACES)
        if before.endswith(":"):
            return self._led_in(max(0, quote.start - 9) + len(before), last)
        return self._named_before(self._sentence(quote.start)[0], self.starts[quote.paragraph])

    def _led_in(self, colon: int, last: _Turn | None) -> str | None:
        """Who says what follows the colon before `colon`: by a verb of saying, or as the only one named before it."""
        start = self._sentence(colon - 1)[0]
        cues = self._cues(start, colon)
        if cues:
            return self._speaker(cues[-1], last)
        named = {mention.speaker for mention in self.outside.mentions(start, colon)}
        return named.pop() if len(named) == 1 else None

    def _named_before(self, at: int, paragraph: int) -> str | None:
        """With whom the sentence before the one at `at` begins, if nobody else is named before in the paragraph."""
        if at == paragraph:
            return None
        named = self.outside.mentions(max(paragraph, at - _FURTHEST_ANTECEDENT), at)
        begins = bool(named) and named[-1].start == self._sentence(at - 1)[0]
        return named[-1].speaker if begins and len({mention.speaker for mention in named}) == 1 else None
