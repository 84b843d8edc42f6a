"""A project that never was: articles whose true labels are known, and people who find these more or less well.

Everything follows from numbers and names, so that two runs hold the same words, people and mistakes.
"""

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

STANCES = ("pro-copyright", "pro-fair-use", "neutral")
CLAIM_TYPES = ("POLICY", "CONSEQUENCE", "DEFINITION", "POSITION", "TESTIMONY", "FACT", "VALUE", "OTHER")
# of the registry in seeds/, as the articles call them, and through whom they are heard
SPEAKERS = {
    "openai": ("OpenAI", ("letter-openai", "openai")),
    "google": ("Google", ("letter-google", "google")),
    "hollywood-coalition": ("the coalition", ("letter-coalition", "hollywood-coalition")),
    "sag-aftra": ("SAG-AFTRA", ()),
    "duvernay": ("Ava DuVernay", ("deadline", "duvernay")),
    "ruffalo": ("Mark Ruffalo", ()),
    "crabtree-ireland": ("Duncan Crabtree-Ireland", ("unnamed-reports", "crabtree-ireland")),
    "asteria": ("Asteria", ()),
}
OUTLETS = ("The Daily Ledger", "Variété", "Fox News", "A Weekly of Law, Letters and the Applied Arts")
_WHO = ("the studios", "writers and composers", "every laboratory", "Congress", "a court in Delaware", "small labels")
_DOES = ("must not take", "may learn from", "owe us for", "lost a third of", "would never copy", "should license")
_WHAT = ("films and songs", "what others wrote", "the naïve reader’s novels", "ten million pages", "our voices 🎬")
_WHY = ("without asking", "since fair use allows it", "before the year ends", "and nobody is worse off", "by law")
_FILLER = (
    "The hearing went on",
    "It rained in Los Angeles",
    "A spokesperson left early",
    "Shares fell",
    "Trucks waited",
)
_TAIL = ("for an hour or two", "as the third week began", "while the café filled", "– nobody knew why", "on Tuesday")
_NAMES = (
    *("Ada", "Ben", "Cem", "Dana", "Elif", "Finn", "Gül", "Hugo", "Ines", "Jan", "Kofi", "Lena", "Mara", "Nils"),
    *("Olga", "Paul", "Quyên", "Rosa", "Sven", "Tara"),
)
_LONG = "Wilhelmina Alexandrina Featherstonehaugh-Cholmondeley of St John"  # names are long somewhere


@dataclass(frozen=True)
class Truth:
    """What an ideal annotator would mark. Offsets are code points, end exclusive."""

    start: int
    end: int
    speaker: str
    chain: tuple[str, ...]
    stance: str | None
    on_target: bool
    ascribed: bool
    claim_type: str | None

    def fields(self) -> dict[str, Any]:
        return asdict(self) | {"chain": list(self.chain)}


@dataclass(frozen=True)
class Article:
    id: str
    title: str
    outlet: str
    text: str
    truths: tuple[Truth, ...]
    excluded: tuple[tuple[int, int], ...] = ()

    def words_around(self, start: int, end: int) -> list[tuple[int, int]]:
        """The words of the paragraph in which a span lies."""
        first, last = self.text.rfind("\n", 0, start) + 1, self.text.find("\n", end)
        at, found = first, []
        for word in self.text[first : last if last >= 0 else len(self.text)].split(" "):
            found.append((at, at + len(word)))
            at += len(word) + 1
        return found

    def record(self) -> dict[str, Any]:
        """As a line of documents.jsonl."""
        said = {"id": self.id, "title": self.title, "outlet": self.outlet, "text": self.text}
        regions = [{"start": s, "end": e, "kind": "caption", "why": "a caption"} for s, e in self.excluded]
        return said | ({"excluded": regions} if regions else {})


def article(number: int) -> Article:
    dice = Random(f"article {number}")
    text, truths, excluded = "", [], []
    for paragraph in range(dice.randint(7, 11)):
        text += "\n\n" if text else ""
        if paragraph == 4 and number % 10 == 0:
            caption = f"Photograph {number}: {dice.choice(_WHO)} in the hall."
            excluded.append((len(text), len(text) + len(caption)))
            text += caption
            continue
        for sentence in range(dice.randint(2, 4)):
            text += " " if sentence else ""
            if dice.random() < 0.42:
                said, truth = _claim(dice, len(text))
                truths.append(truth)
            else:
                said = f"{dice.choice(_FILLER)} {dice.choice(_TAIL)}, page {dice.randint(2, 99)}."
            text += said
    title = f"{_capital(dice.choice(_WHO))} and {dice.choice(_WHAT)}, part {number}"
    title += ": " + "a long story about a title that does not end " * 3 if number % 97 == 0 else ""
    return Article(f"a-{number:04}", title.strip(), dice.choice(OUTLETS), text, tuple(truths), tuple(excluded))


def _claim(dice: Random, at: int) -> tuple[str, Truth]:
    speaker = dice.choice(list(SPEAKERS))
    name, chain = SPEAKERS[speaker]
    words = _capital(f"{dice.choice(_WHO)} {dice.choice(_DOES)} {dice.choice(_WHAT)} {dice.choice(_WHY)}")
    on_target = dice.random() > 0.08
    form = dice.choice(("“{}”, said {}.", "“{}”, {} wrote.", "{}, according to {}."))
    start = at + form.index("{}")
    made = Truth(
        start,
        start + len(words),
        speaker,
        chain if dice.random() < 0.4 else (),
        dice.choices(STANCES, (4, 3, 2))[0] if on_target else None,
        on_target,
        on_target and dice.random() < 0.1,
        dice.choice(CLAIM_TYPES) if on_target or dice.random() < 0.5 else None,
    )
    return form.format(words, name), made


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def files(articles: Sequence[Article]) -> Iterator[tuple[str, bytes]]:
    """The articles as they come to a lab: most in one .jsonl, some in a .csv from Windows, some as .txt in a .zip."""
    plain = [one for n, one in enumerate(articles) if n % 10 == 7]
    table = [one for n, one in enumerate(articles) if n % 10 == 8]
    rest = [one for n, one in enumerate(articles) if n % 10 not in (7, 8)]
    yield "articles.jsonl", "".join(json.dumps(one.record(), ensure_ascii=False) + "\n" for one in rest).encode()
    cells = io.StringIO(newline="")
    writer = csv.writer(cells)
    writer.writerow(("id", "title", "outlet", "text"))
    writer.writerows((one.id, one.title, one.outlet, one.text.replace("\n", "\r\n")) for one in table)
    yield "articles.csv", cells.getvalue().encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in plain:
            archive.writestr(f"texts/{one.id}.txt", "\ufeff" + one.text)
    yield "articles.zip", packed.getvalue()


# ---- people ----


@dataclass(frozen=True)
class Person:
    """How well somebody labels: shares of right values, of slipped edges, of passages missed or marked for nothing."""

    name: str
    accuracy: float
    slip: float
    miss: float
    extra: float

    def labels(self, article: Article) -> list[dict[str, Any]]:
        """What they would mark, each as a client sends it, but for `id` and `base`."""
        dice = Random(f"{self.name} {article.id}")
        seen = [truth for truth in article.truths if dice.random() >= self.miss]
        if dice.random() < self.extra and not article.excluded:
            seen.append(_nothing(dice, article))
        return [self._label(dice, article, truth) for truth in seen]

    def _label(self, dice: Random, article: Article, truth: Truth) -> dict[str, Any]:
        found = self._mistaken(dice, self._slipped(dice, article, truth))
        typed = dice.random() < 0.004
        return {
            **found.fields(),
            "quote": article.text[found.start : found.end],
            "origin": dice.choices(("marked", "repeated", "alike"), (20, 2, 1))[0],
            "speaker": _new_name(dice) if typed else found.speaker,
            "speaker_origin": "typed" if typed else dice.choice(("picked", "confirmed", "carried")),
            "chain": [] if typed else list(found.chain),
            "unsure": dice.random() < 0.03,
            "note": f"Compare page {dice.randint(1, 99)} – „so“ 🤔" if dice.random() < 0.05 else "",
        }

    def _slipped(self, dice: Random, article: Article, truth: Truth) -> Truth:
        """An edge a word or two off."""
        if dice.random() >= self.slip:
            return truth
        words = [word for word in article.words_around(truth.start, truth.end) if word[0] < word[1]]
        inside = [word for word in words if truth.start <= word[0] and word[1] <= truth.end]
        more = dice.randint(1, 2)
        if dice.random() < 0.5:
            return replace(truth, start=inside[min(more, len(inside) - 1)][0])
        return replace(truth, end=inside[-min(more + 1, len(inside))][1])

    def _mistaken(self, dice: Random, truth: Truth) -> Truth:
        if not truth.on_target:
            return truth if dice.random() < self.accuracy else replace(truth, on_target=True, **_guess(dice))
        if dice.random() > self.accuracy:
            truth = replace(truth, stance=dice.choice(STANCES))
        if dice.random() > self.accuracy:
            truth = replace(truth, claim_type=dice.choice(CLAIM_TYPES))
        if dice.random() > (1 + self.accuracy) / 2:
            truth = replace(truth, ascribed=not truth.ascribed)
        if dice.random() > (2 + self.accuracy) / 3:
            truth = replace(truth, speaker=dice.choice(list(SPEAKERS)), chain=())
        return truth


def _guess(dice: Random) -> dict[str, str]:
    return {"stance": dice.choice(STANCES), "claim_type": dice.choice(CLAIM_TYPES)}


def _new_name(dice: Random) -> dict[str, str]:
    return {"name": f"{dice.choice(_NAMES)} Unheard-of", "kind": "person", "affiliation": ""}


def _nothing(dice: Random, article: Article) -> Truth:
    """The first words of the article, whatever they say."""
    end = article.text.find(" ", 12)
    return Truth(0, end, dice.choice(list(SPEAKERS)), (), dice.choice(STANCES), True, False, dice.choice(CLAIM_TYPES))


def people(number: int) -> list[Person]:
    dice = Random("people")
    names = [f"{name} {rank}" for rank in ("A.", "B.", "C.") for name in _NAMES][: number - 1]
    uniform = dice.uniform
    shares = [(uniform(0.72, 0.96), uniform(0.04, 0.2), uniform(0.03, 0.16), uniform(0.0, 0.3)) for _ in range(number)]
    return [Person(name, *share) for name, share in zip([*names, _LONG], shares, strict=True)]


def new_uuid(dice: Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
