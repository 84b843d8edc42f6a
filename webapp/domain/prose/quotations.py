"""Quotations, found with a stack of open marks. Offsets are code points of the text, end exclusive."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from webapp.domain.text import is_space, trim_whole

Span = tuple[int, int]

# An apostrophe between two word characters is never a mark, so it is not even looked at.
_SIGN = re.compile(r"[\"＂“”„«»‹›「」『』]|(?<!\w)['‘’‚]|['‘’‚](?!\w)")
_SIGNS = frozenset("\"＂“”„«»‹›「」『』'‘’‚")
_FAMILY = {
    **dict.fromkeys('"＂“”„', "double"),
    **dict.fromkeys("'‘’‚", "single"),
    **dict.fromkeys("«»", "guillemet"),
    **dict.fromkeys("‹›", "angle"),
    **dict.fromkeys("「」", "corner"),
    **dict.fromkeys("『』", "white corner"),
}
INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_STOPS = frozenset(".,!?…。！？")
_BEFORE_OPENING = frozenset("([{<¿¡（")
_BEHIND_CLOSING = frozenset(".,;:!?…)]}>—–-/。、，）")
_ELISION = re.compile(r"(?:(?:tis|twas|em|til|cause|\d\ds?)\b(?!['’])|n\b)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?<=[sS])['’]\s+[^\W\d_A-Z]")
_INCHES = re.compile(r'(?<=\d)" [^\W\d_A-Z]')
_FURTHEST_PARTNER = 64  # marks; this and the next keep a text full of lone marks linear
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Quotation:
    """One quotation: `start` and `end` with its marks, `depth` 1 outermost, `parts` one a paragraph without the marks.

    Where no mark closes it, `end` is the end of the last paragraph that it reaches.
    """

    start: int
    end: int
    depth: int
    closed: bool
    parts: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotations of a text by start, the marks that open one or open it again, and those that close one, each with
    the place where it was opened.
    """

    quotations: tuple[Quotation, ...]
    opening: frozenset[int]
    closing: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Mark:
    at: int
    sign: str
    family: str
    opens: bool
    closes: bool
    leading: bool  # nothing but marks before it in its paragraph
    firm: bool  # surely a closing mark, even where no mark has opened


@dataclass(slots=True)
class _Open:
    mark: _Mark
    inside: int  # where the part in this paragraph begins
    partner: int | None = None  # of a single mark: where its partner stands
    running: bool = False  # goes on into later paragraphs that do not open again
    parts: list[Span] = field(default_factory=list)


def read_quotations(text: str, blocks: Sequence[Sequence[Span]], cuts: frozenset[int]) -> Quotes:
    """The quotations of `text`. `blocks` are its paragraphs, a new block behind every excluded region: no quotation
    reaches from one block into another. `cuts` are the offsets inside grapheme clusters.
    """
    reader = _Reader(text, cuts)
    for paragraphs in blocks:
        reader.read_block(paragraphs)
    found = sorted(reader.found, key=lambda q: (q.start, -q.end))
    return Quotes(tuple(found), frozenset(reader.opening), reader.closing)


class _Reader:
    def __init__(self, text: str, cuts: frozenset[int]) -> None:
        self.text, self.cuts = text, cuts
        self.stack: list[_Open] = []
        self.found: list[Quotation] = []
        self.opening: set[int] = set()
        self.closing: dict[int, int] = {}

    def read_block(self, paragraphs: Sequence[Span]) -> None:
        marks = [list(_marks(self.text, start, end, self.cuts)) for start, end in paragraphs]
        left_over = cache(partial(_left_over, marks))  # by family, and only if asked for
        for number, (start, end) in enumerate(paragraphs):
            if self.stack:
                kept = self._opened_again(start, marks[number])
                if not kept and left_over(self.stack[0].mark.family)[number]:
                    kept = self._run_on(start)
                self._give_up(kept)
            for index, mark in enumerate(marks[number]):
                if mark.at not in self.opening:
                    self._take(mark, marks[number], index)
            self._pause(end)
        self._give_up(0)

    def _opened_again(self, start: int, marks: list[_Mark]) -> int:
        """How many open quotations go on in the paragraph at `start` because its first marks open them again."""
        leading = [mark for mark in reversed(marks) if mark.leading]
        kept = 0
        for quotation in self.stack:
            quotation.inside = start
            if not quotation.running:
                if not leading or not _opens_again(quotation.mark, leading[-1]):
                    break
                quotation.inside = leading[-1].at + 1
                self.opening.add(leading.pop().at)
            kept += 1
        return kept

    def _run_on(self, start: int) -> int:
        """Let the outermost quotation, and no other, go on in the paragraph at `start` without being opened again."""
        self.stack[0].running, self.stack[0].inside = True, start
        return 1

    def _pause(self, end: int) -> None:
        """Close the parts of all open quotations at the end of a paragraph."""
        for quotation in self.stack:
            self._add_part(quotation, end)

    def _add_part(self, quotation: _Open, end: int) -> None:
        start, end = trim_whole(self.text, quotation.inside, end, self.cuts)
        if start < end:
            quotation.parts.append((start, end))

    def _give_up(self, kept: int) -> None:
        """Record as not closed every open quotation but the outermost `kept`."""
        while len(self.stack) > kept:
            depth = len(self.stack)
            quotation = self.stack.pop()
            end = quotation.parts[-1][1] if quotation.parts else quotation.inside
            self._record(quotation, end, depth, closed=False)

    def _record(self, quotation: _Open, end: int, depth: int, *, closed: bool) -> None:
        crossed = quotation.partner is not None and not closed
        if quotation.parts and not crossed:
            self.found.append(Quotation(quotation.mark.at, end, depth, closed, tuple(quotation.parts)))

    def _take(self, mark: _Mark, marks: list[_Mark], index: int) -> None:
        opened = self._opened_for(mark)
        if opened is not None:
            if not self._is_inches(marks[index : index + 2]):
                self._close(opened, mark)
        elif len(self.stack) == _DEEPEST:
            return
        elif mark.opens and mark.family != "single":
            self._open(mark)
        elif mark.opens:
            partner = self._partner(marks, index)
            if partner is not None or (mark.sign == "‘" and not self.stack):
                self._open(mark, partner)

    def _opened_for(self, mark: _Mark) -> int | None:
        """The place in the stack of the quotation that `mark` closes, or None."""
        for place in reversed(range(len(self.stack))):
            quotation = self.stack[place]
            if quotation.mark.family != mark.family or not mark.closes:
                continue
            if mark.family != "single" or quotation.partner == mark.at or (quotation.partner is None and mark.firm):
                return place
        return None

    def _is_inches(self, marks: list[_Mark]) -> bool:
        """Whether the first mark is that of `6" wide`: behind a figure, before lower case, and the next one closes."""
        if len(marks) < 2 or marks[0].sign != '"' or marks[0].sign != marks[1].sign or marks[1].opens:
            return False
        return bool(_INCHES.match(self.text, marks[0].at))

    def _open(self, mark: _Mark, partner: int | None = None) -> None:
        self.opening.add(mark.at)
        self.stack.append(_Open(mark, mark.at + 1, partner))

    def _close(self, place: int, mark: _Mark) -> None:
        for quotation in self.stack[place:]:
            self._add_part(quotation, mark.at)
        self._give_up(place + 1)
        quotation = self.stack.pop()
        self.closing[mark.at] = quotation.mark.at
        self._record(quotation, mark.at + 1, place + 1, closed=True)

    def _partner(self, marks: list[_Mark], index: int) -> int | None:
        """Where the single mark at `index` closes in its paragraph: at a plural's apostrophe only if nowhere else."""
        depth, doubtful = 0, None
        for mark in marks[index + 1 : index + _FURTHEST_PARTNER]:
            if mark.family != "single":
                depth += 1 if mark.opens and not mark.closes else -1
                if depth < 0:
                    break
            elif depth == 0 and mark.closes:
                if not _POSSESSIVE.match(self.text, mark.at):
                    return mark.at
                doubtful = mark.at if doubtful is None else doubtful
            elif depth == 0:
                break
        return doubtful


def _marks(text: str, start: int, end: int, cuts: frozenset[int]) -> Iterator[_Mark]:
    """The quotation marks of one paragraph, each read by what stands on both sides of it."""
    for found in _SIGN.finditer(text, start, end):
        at, sign = found.start(), found[0]
        if at in cuts or at + 1 in cuts:
            continue
        left, right = _beside(text, at, -1, start, end), _beside(text, at, 1, start, end)
        opens, closes = _single_role(text, at, left, right) if sign in "'‘’‚" else _role(text, at, left, right, end)
        if opens or closes:
            family = _FAMILY[sign]
            firm = left in _STOPS if family == "single" else not left.isdigit()  # no apostrophe, no inches
            yield _Mark(at, sign, family, opens, closes, left == "", firm and closes and not opens)


def _beside(text: str, at: int, step: int, start: int, end: int) -> str:
    """The next character on one side that is neither a mark nor invisible; "" at the edge of the paragraph."""
    for place in range(at + step, at + 9 * step, step):
        if not start <= place < end:
            return ""
        if text[place] not in _SIGNS and text[place] not in INVISIBLE:
            return text[place]
    return text[at]


def _is_blank(character: str) -> bool:
    return character == "" or is_space(character)


def _role(text: str, at: int, left: str, right: str, end: int) -> tuple[bool, bool]:
    """Whether a mark other than a single one can open, and whether it can close."""
    opening = (_is_blank(left) or left in _BEFORE_OPENING) and not _is_blank(right)
    closing = not _is_blank(left) and (_is_blank(right) or right in _BEHIND_CLOSING)
    match text[at]:
        case "„" | "「" | "『":
            return True, False
        case "」" | "』":
            return False, True
        case "“":
            return not closing, closing
        case "«" | "‹":
            return True, closing
        case "”" | "»" | "›":
            return opening, True
    if opening or closing:
        return opening, not opening
    # a straight mark with spaces or letters on both sides opens only what another one closes
    paired = text.find(text[at], at + 1, end) >= 0
    return not left.isdigit() and (paired or not (_is_blank(left) or left.isalnum())), True


def _single_role(text: str, at: int, left: str, right: str) -> tuple[bool, bool]:
    before_word = not _is_blank(right) and right not in _STOPS
    behind_word = not _is_blank(left) and left not in _BEFORE_OPENING and left not in "—–"
    opens = before_word and not _ELISION.match(text, at + 1) and text[at] != "’" and not left.isalnum()
    if text[at] != "‘":
        opens = opens and not behind_word
    return opens, behind_word and not opens and not right.isalnum() and text[at] != "‚"


def _opens_again(first: _Mark, mark: _Mark) -> bool:
    """Whether `mark`, at the start of a paragraph, continues what `first` opened. French repeats the closing sign."""
    return mark.family == first.family and (mark.opens or mark.family == "guillemet")


def _left_over(marks: list[list[_Mark]], family: str) -> list[bool]:
    """For each paragraph whether from there on a closing mark stands that no mark there has opened."""
    unpaired: list[Span] = []
    open_before = False
    for own in ([mark for mark in paragraph if mark.family == family] for paragraph in marks):
        again = open_before and bool(own) and own[0].leading and own[0].opens
        closing, opening = _unpaired(own[1:] if again else own)
        unpaired.append((closing, opening))
        open_before = opening > 0 or (again and not closing)
    answers, rest = [], 0
    for closing, opening in reversed(unpaired):
        rest = closing + max(0, rest - opening)
        answers.append(rest > 0)
    return answers[::-1]


def _unpaired(marks: list[_Mark]) -> tuple[int, int]:
    """How many of `marks` close without an opening one before them, and how many open without a closing one behind."""
    closing = opening = 0
    for mark in marks:
        if mark.closes and opening:
            opening -= 1
        elif mark.opens:
            opening += 1
        elif mark.firm:
            closing += 1
    return closing, opening
