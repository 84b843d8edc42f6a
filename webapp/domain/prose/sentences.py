"""Sentences of a paragraph: sentencex, and a layer for what it leaves open. Offsets are code points, end exclusive."""

import re
from collections.abc import Iterator

import regex
import sentencex

from webapp.domain.prose.quotations import INVISIBLE, Quotes, Span
from webapp.domain.prose.speech import NAME, NO_NAMES, PARTICLES, VERBS
from webapp.domain.text import SPACES, is_space

# sentencex does not look inside a quotation, so it is shown a space for every mark, one code point for one.
_MASK = {
    **dict.fromkeys(map(ord, SPACES.replace("\n", "") + '"＂“”„«»‹›「」『』‘‚`'), " "),
    **dict.fromkeys(range(0xD800, 0xE000), "x"),
}
_APOSTROPHE = re.compile(r"(?<=\w)['’]")
_STOPS = frozenset(".!?…")
_SPACELESS_STOPS = frozenset("。！？؟")
_CLOSERS = frozenset("”’\"'＂»›)]}」』）】》") | INVISIBLE

_ELLIPSIS = re.compile(r"(?:…|\.{3,}|\.(?:[ \xa0]\.){2,})[.…]*(?![!?])")
# Glued text: a stop behind a lower-case letter or two capitals, before a capital with a lower-case letter
_GLUED = regex.compile(
    r"(?:\p{Ll}\p{M}*|\p{Lu}{2})[”’\"'»)\]]*[.!?…]+(?=[\p{Pi}\p{Pf}\p{Ps}\p{Pe}\"'\u200b]*\p{Lu}\p{M}*['’]?\p{Ll})"
)
_NEVER_GLUED = re.compile(r"[/@\d]|www\.")
_TOKEN_EDGE = re.compile(r"[\s“”\"«»—–]")
_BRACKETED = re.compile(r"[.!?…][”’\"'»]*[)\]](?=\s)")
# Words that sentencex takes for shortened ones: no., me., art.
_PLAIN_WORD = regex.compile(
    r"(?<![\w.])(?:art|con|exp|fed|fig|id|ill|may|me|med|miss|[Nn]o|ok|ore)\.(?=[\p{Pi}\p{Pf}\p{Ps}\p{Pe}\p{Cf}\"'\s]+\p{Lu})"
)
_LONG_WORD = regex.compile(r"\p{Ll}{3}\.")
# Behind a possible end: what shows that the sentence goes on
_GOES_ON = re.compile(r"[,;:、，；：]|[.…!?](?:[.…!? ]{0,40}[.…!?])?(?=\s|$)")
_LOWER_TAIL = regex.compile(r"(?:[–—-]\s*)?+\p{Ll}(?![\p{Ll}’'-]*\p{Lu})")
_NAMED_TAIL = regex.compile(
    rf"(?:[–—-]\s*)?+(?!(?:{NO_NAMES})\b){NAME}(?:\s+(?:(?:{PARTICLES})\s+)?{NAME}){{0,7}}+(?:\s+\p{{Ll}}+){{0,2}}?"
    rf"(?:,[^,.!?]{{1,80}},)?\s+(?:\p{{Ll}}+ly\s+|then\s+|also\s+)?(?:{VERBS})\b"
    r"(?!\s+(?:that|nothing|no|it|he|she|they|this|how|why|what|whether|so)\b|\s*:|,\s*[\"“‘']\p{Lu})"
)
_SIGNATURE = regex.compile(rf"[–—―]\s*{NAME}(?:\s+{NAME}){{0,4}}\s*(?:,|$)")
_SPACELESS_TAIL = re.compile(r"[とっ]|[^。！？「『“]{0,8}[说說道问問答喊写寫]")

_TITLE = re.compile(
    r"(?:Adm|Asst|Atty|Capt|Cmdr|Col|Drs?|Gens?|Govs?|Hon|Lt|Messrs|Mlle|Mme|Mrs?|Ms|Mx|Pres|Profs?|Reps?|Rev|Sens?|Sgt"
    r"|Supt|e\.g|i\.e|cf|viz)\."
)
_BEFORE_FIGURES = re.compile(r"(?:approx|ca|ch|ed|est|ext|incl|max|min|nr|para|pt|resp|sec|tel|vol)\.", re.IGNORECASE)
_TIME = re.compile(r"[AaPp]\.?[Mm]\.\s+(?:[ECMP][SD]?T|GMT|UTC|BST|CES?T)\b")
_INITIALS = regex.compile(r"(?:\p{Lu}\p{M}*\.-)*\p{Lu}\p{M}*\.")
_NUMERAL = re.compile(r"[\"'“‘(\[]*(?:\d{1,3}(?:\.\d{1,3})*|[ivxIVX]{1,5})[.)]{1,2}")
_WORD = re.compile(r"[^\W_]")


class SentenceReader:
    """Reads the sentences of one text, a paragraph at a time."""

    def __init__(self, text: str, quotes: Quotes, cuts: frozenset[int]) -> None:
        self.text, self.quotes, self.cuts = text, quotes, cuts
        self.masked = _masked(text)

    def sentences(self, start: int, end: int) -> list[Span]:
        """The sentences of the paragraph `[start, end)`, which has no space at its edges; only spaces lie between."""
        glued = {self._behind_closers(at, end) for at in self._glued_ends(start, end)}
        spaced = {self._behind_closers(at, end) for at in self._spaced_ends(start, end)}
        spans, first = [], start
        for stop in sorted(glued | spaced):
            behind = self._visible(stop, end)
            if first < stop and behind < end and self._ends(first, stop, behind, end, stop in glued):
                spans.append((first, stop))
                first = behind
        return self._joined([*spans, (first, end)])

    def _spaced_ends(self, start: int, end: int) -> Iterator[int]:
        """Where sentences may end before a space (or in a script without spaces): offsets directly behind a stop."""
        at = start
        for sentence in sentencex.segment("en", self.masked[start:end]):
            yield at + len(sentence.rstrip(" "))
            at += len(sentence)
        if at != end:
            raise AssertionError(f"{end - start} code points went to sentencex, {at - start} came back")
        yield from (m.end() for m in _ELLIPSIS.finditer(self.text, start, end) if self._omission_ends(m, start, end))
        yield from (m.end() for m in _PLAIN_WORD.finditer(self.text, start, end))
        yield from (m.start() + 1 for m in _BRACKETED.finditer(self.text, start, end) if self._bracket_ends(m, start))

    def _glued_ends(self, start: int, end: int) -> Iterator[int]:
        for found in _GLUED.finditer(self.text, start, end):
            at = found.end()
            token = _TOKEN_EDGE.split(self.text[max(start, at - 100) : at])[-1]
            token += _TOKEN_EDGE.split(self.text[at : min(end, at + 100)])[0]
            if not _NEVER_GLUED.search(token) and not self._is_abbreviation(start, at, "A"):
                yield at

    def _visible(self, at: int, end: int) -> int:
        while at < end and is_space(self.text[at]):
            at += 1
        return at

    def _behind_closers(self, at: int, end: int) -> int:
        """`at` moved behind the closing marks and brackets that follow, and behind spaces before a mark that closes."""
        while at < end:
            beyond = self._visible(at, end)
            if beyond in self.quotes.closing:
                at = beyond + 1
            elif at in self.cuts or self._is_closer(at, end):
                at += 1
            else:
                break
        return at

    def _is_closer(self, at: int, end: int) -> bool:
        """Whether a sign that closes no quotation goes with the stop before it; not an apostrophe before a word."""
        if self.text[at] not in _CLOSERS or at in self.quotes.opening:
            return False
        return self.text[at] not in "\"'’" or at + 1 == end or not self.text[at + 1].isalnum()

    def _omission_ends(self, ellipsis: re.Match[str], start: int, end: int) -> bool:
        """Three dots end a sentence before a capital, but not where a quotation or the paragraph begins with them."""
        before = ellipsis.start() - 1
        while before >= start and (is_space(self.text[before]) or self.text[before] in "([{"):
            before -= 1
        behind = self._visible(self._behind_closers(ellipsis.end(), end), end)
        while behind < end and behind in self.quotes.opening:
            behind = self._visible(behind + 1, end)
        begins = before < start or before in self.quotes.opening
        return not begins and behind < end and self.text[behind].isupper()

    def _bracket_ends(self, found: re.Match[str], start: int) -> bool:
        """Whether a stop before a closing bracket ends a sentence: the bracket's own, or else the one that holds it."""
        text, at = self.text, found.start()
        opened = text.rfind("[" if found[0][-1] == "]" else "(", max(start, at - 2000), at)
        if opened < 0 or _LONG_WORD.match(text, max(start, at - 3), at + 1):
            return opened >= 0
        before = text[max(start, opened - 8) : opened].rstrip(SPACES).rstrip("".join(_CLOSERS))
        return opened == start or before[-1:] in _STOPS

    def _ends(self, first: int, stop: int, behind: int, end: int, glued: bool) -> bool:
        """Whether the sentence from `first` ends at `stop`; the next visible character stands at `behind`."""
        if stop in self.cuts or behind in self.cuts or _GOES_ON.match(self.text, behind, end):
            return False
        if stop == behind and not glued and not self._needs_no_space(first, stop):
            return False
        if stop - 1 in self.quotes.closing:
            return not self._has_tail(first, stop, behind, end)
        in_brackets = self.text[stop - 1] in ")]" and self.text[behind].islower()
        return not in_brackets and not self._is_abbreviation(first, stop, self.text[behind])

    def _needs_no_space(self, first: int, stop: int) -> bool:
        if stop - 1 in self.quotes.closing and stop in self.quotes.opening:
            return True
        while stop > first and self.text[stop - 1] in _CLOSERS:
            stop -= 1
        return self.text[stop - 1] in _SPACELESS_STOPS

    def _has_tail(self, first: int, stop: int, behind: int, end: int) -> bool:
        """Whether an attribution stands behind the quotation that closes at `stop`; a name only if no words lead in."""
        if _LOWER_TAIL.match(self.text, behind, end):
            return True
        if stop == behind and _SPACELESS_TAIL.match(self.text, behind, end):
            return True
        led_in = first < self.quotes.closing[stop - 1]
        return not led_in and any(tail.match(self.text, behind, end) for tail in (_NAMED_TAIL, _SIGNATURE))

    def _is_abbreviation(self, first: int, stop: int, following: str) -> bool:
        """Whether the stop before `stop` is that of a title, of initials, or of a short word before a figure."""
        start = stop
        while start > max(first, stop - 24) and not is_space(self.text[start - 1]):
            start -= 1
        word = self.text[start:stop].lstrip("\"'“‘([—–")
        if _INITIALS.fullmatch(word):
            return "-" in word or not word.isascii()  # sentencex knows the plain ones
        if _TIME.match(self.text, start):
            return True
        if following.isdigit() or following.islower():
            return bool(_BEFORE_FIGURES.fullmatch(word) or _TITLE.fullmatch(word))
        return bool(_TITLE.fullmatch(word))

    def _joined(self, spans: list[Span]) -> list[Span]:
        """`spans` with every run without letter or digit, and every bare numeral, joined to its neighbour."""
        joined: list[Span] = []
        for start, end in spans:
            if joined and (not _WORD.search(self.text, start, end) or self._only_begins(joined)):
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return joined

    def _only_begins(self, joined: list[Span]) -> bool:
        """Whether the last of `joined` is no sentence yet: a numeral, or at the start of a paragraph no word at all."""
        start, end = joined[-1]
        if len(joined) == 1 and not _WORD.search(self.text, start, end):
            return True
        if not _NUMERAL.fullmatch(self.text, start, end):
            return False
        return len(joined) == 1 or (self.text[end - 2].isdigit() and self.text[joined[-2][1] - 1] != "?")


def _masked(text: str) -> str:
    """`text` as sentencex is to see it, equally long: without marks and three dots, and with one kind of space."""
    masked = _APOSTROPHE.sub("x", text.translate(_MASK)).replace("’", " ").replace("'", " ")
    return _ELLIPSIS.sub(lambda dots: "x" * len(dots[0]), masked)
