"""What the annotation page's template and its scripts are given: the drawn article, the cards, the data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from flask import render_template
from markupsafe import Markup, escape

from webapp.domain.schemes import ClaimType, Scheme, Stance
from webapp.views.article_html import Drawing, Label, Span, by_place
from webapp.views.moments import published

Page = Mapping[str, Any]
# what a card says beside speaker, stance and claim type: the field, its value that is worth a word, the word
_TAGS = (
    ("on_target", False, "off target"),
    ("ascribed", True, "ascribed"),
    ("unsure", True, "unsure"),
    ("origin", "simulated", "simulated"),
)
# there is a drawing in static/img/signs.svg for these glyphs; any other stands as it is
_SIGNS = {"©": "g-copyright", "⇄": "g-exchange", "○": "g-ring"}
# what the scripts get as it is
_GIVEN = ("person_id", "person", "state", "addresses", "next_href", "voice", "preferences")


def context(page: Page) -> dict[str, Any]:
    """`page` as annotating.py puts it together, and what is drawn from it."""
    words = Words(page["scheme"], page["speakers"])
    document, labels = page["document"], sorted(page["labels"], key=by_place)
    told = {label["id"]: words.of(label) for label in labels}
    link = _links(page, words) if page["state"] == "open" else lambda _number, _span: ""
    drawing = Drawing(document["text"], page["units"], labels, words.look, lambda label: told[label["id"]], link)
    return {
        "page": page,
        "words": words,
        "body": drawing.body(document["headings"], document["excluded"]),
        "cards": [_card(label, words.look, told) for label in labels],
        "plain_address": plain_address(page),
        "sentences": len(drawing.sentences),
        "published": published(document["published"]),
        "data": for_script(_data(page, words)),
    }


class Words:
    """Names and looks of what labels hold, by id."""

    def __init__(self, scheme: Scheme, speakers: Sequence[Any]) -> None:
        self.scheme = scheme
        self._names: dict[str, str] = {speaker.id: speaker.name for speaker in speakers}

    def speaker(self, id: str) -> str:
        return self._names.get(id, id)

    def affiliation(self, speaker: Any) -> str:
        """In words; the registry may hold another speaker's id there."""
        return self._names.get(speaker.affiliation, str(speaker.affiliation))

    def stance(self, label: Label) -> Stance | None:
        return self.scheme.stance(label["stance"]) if label["stance"] else None

    def claim_type(self, label: Label) -> ClaimType | None:
        return self.scheme.claim_type(label["claim_type"]) if label["claim_type"] else None

    def look(self, stance_id: str | None) -> str:
        """The classes of a stance's colour and line."""
        stance = self.scheme.stance(stance_id) if stance_id else None
        return f"color-{stance.color} mark-{stance.mark}" if stance else "off"

    def sign(self, stance: Stance) -> Markup:
        """The glyph, drawn where there is a drawing; never read aloud, since the name stands beside it."""
        drawn = _SIGNS.get(stance.glyph)
        sign = Markup('<i class="g {}" aria-hidden="true">{}</i>')
        return sign.format(drawn or "", "" if drawn else stance.glyph)

    def lower(self, name: str) -> str:
        """As the name stands in running text; an abbreviation keeps its capitals."""
        return name if name[1:2].isupper() else name[:1].lower() + name[1:]

    def of(self, label: Label) -> str:
        """A label in a few words: "OpenAI, pro-fair-use, policy"."""
        parts = (self.stance(label), self.claim_type(label))
        tags = [tag for field, value, tag in _TAGS if label[field] == value]
        return ", ".join([self.speaker(label["speaker"]), *(self.lower(part.name) for part in parts if part), *tags])


def _links(page: Page, words: Words) -> Callable[[int, Span], str]:
    """Behind each sentence, for browsers without scripts: the way to its form, or the form itself."""
    plain, address = page["plain"], escape(plain_address(page))
    form = render_template("annotate/_plain.html", page=page, plain=plain, words=words) if plain else ""

    def link(number: int, span: Span) -> str:
        if plain and span[0] <= plain["start"] < span[1]:
            return f"<noscript>{form}</noscript>"
        href = f"{address}sentence={number + 1}#plain"
        return f'<noscript><a class="plain" href="{href}" aria-label="Label sentence {number + 1}">Label</a></noscript>'

    return link


def plain_address(page: Page) -> str:
    """Where plain forms are asked for, up to and with the "?" or "&" of what follows."""
    address: str = page["addresses"]["plain"]
    return address + ("&" if "?" in address else "?")


def _card(label: Label, look: Callable[[str | None], str], told: Mapping[str, str]) -> dict[str, str]:
    """A label for the list that browsers without scripts show."""
    return {"id": label["id"], "look": look(label["stance"]), "words": told[label["id"]], "note": label["note"]}


def _data(page: Page, words: Words) -> dict[str, Any]:
    """For the scripts; everything that the drawn page does not hold."""
    document = page["document"]
    return {
        **{name: page[name] for name in _GIVEN},
        # the quote is the article's words between start and end, which the page holds
        "labels": [{name: value for name, value in label.items() if name != "quote"} for label in page["labels"]],
        **material(words, page["units"], document["text_sha256"], document["excluded"], page["speakers"]),
    }


def material(
    words: Words, units: Sequence[Mapping[str, Any]], sha: str, excluded: Sequence[Label], speakers: Sequence[Any]
) -> dict[str, Any]:
    """What a script needs of an article and its scheme to label in it; `sha` is of the text."""
    return {
        "document": {"text_sha256": sha},
        "stances": [_stance(stance, words) for stance in words.scheme.stances],
        "claim_types": [_named(claim, words) for claim in words.scheme.claim_types],
        "defaults": {flag.id: flag.default for flag in words.scheme.flags},
        "pieces": _pieces(units),
        "excluded": [[region["start"], region["end"]] for region in excluded],
        "speakers": [_speaker(speaker, words) for speaker in speakers],
    }


def for_script(data: Any) -> Markup:
    """For a script element: nothing in it can end the element."""
    text = msgspec.json.encode(data).decode()
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def _named(part: Stance | ClaimType, words: Words) -> dict[str, str]:
    return {"id": part.id, "name": part.name, "word": words.lower(part.name)}


def _stance(stance: Stance, words: Words) -> dict[str, str]:
    drawn = _SIGNS.get(stance.glyph, "")
    look = {"look": words.look(stance.id), "sign": drawn, "glyph": "" if drawn else stance.glyph}
    return _named(stance, words) | look


def _speaker(speaker: Any, words: Words) -> dict[str, Any]:
    return {
        **{name: getattr(speaker, name) for name in ("id", "name", "kind", "aliases")},
        "affiliation": words.affiliation(speaker),
        "document_of": speaker.affiliation if speaker.kind == "document" else "",
        "gone": speaker.merged_into is not None,
    }


def _pieces(units: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each piece with the run and the proposed speaker of the innermost quotation that holds it.

    `said`: it belongs to somebody's speech, and lies in no other piece that does.
    """
    found: list[dict[str, Any]] = []
    quotations: list[Mapping[str, Any]] = []
    nothing: Mapping[str, Any] = {}
    said_to = 0
    for unit in units:  # by start, longer first: what holds a piece comes before it
        start, end = unit["start"], unit["end"]
        if unit["kind"] == "quotation":
            quotations = [*(q for q in quotations if start < q["end"]), unit]
        elif unit["kind"] == "piece":
            inner = next((q for q in reversed(quotations) if end <= q["end"]), nothing)
            run, proposal = inner.get("run"), inner.get("proposal")
            said = bool(run) and end > said_to
            said_to = end if said else said_to
            found.append({"start": start, "end": end, "run": run, "proposal": proposal, "said": said})
    return found
