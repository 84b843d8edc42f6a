"""Operations on labels: their shape on the wire, and the refusals of the contract (section 4) that need no database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from webapp.domain import text as texts
from webapp.domain.schemes import LONGEST_NAME, SPEAKER_KINDS, Scheme

LONGEST_SPAN, LONGEST_NOTE, LONGEST_CHAIN = 10_000, 2_000, 8
MOST_OPERATIONS = 100

Origin = Literal["marked", "repeated", "alike", "suggested"]
SpeakerOrigin = Literal["picked", "typed", "confirmed", "carried", "repeated", "alike"]


class NewSpeaker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is not in the registry yet; becomes a proposal."""

    name: str = ""
    kind: str = ""
    affiliation: str = ""


class LabelInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label as a client sends it; `base` is the revision it saw. Offsets are code points, end exclusive."""

    id: str
    text_sha256: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    origin: Origin = "marked"
    speaker: str | NewSpeaker | None = None
    speaker_origin: SpeakerOrigin = "picked"
    chain: tuple[str, ...] = ()
    stance: str | None = None
    on_target: bool = True
    ascribed: bool = False
    claim_type: str | None = None
    unsure: bool = False
    note: str = ""
    base: int = 0


class LabelReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The label that a delete is about."""

    id: str
    base: int = 0


class Put(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="put"):
    id: str
    label: LabelInput


class Delete(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="delete"):
    id: str
    label: LabelReference


class Finish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="finish"):
    id: str


class Reopen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", tag="reopen"):
    id: str


Operation = Put | Delete | Finish | Reopen


class OperationsRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST …/operations."""

    operations: Annotated[list[Operation], msgspec.Meta(min_length=1, max_length=MOST_OPERATIONS)]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an operation was not stored: a code of the contract, the field it is about, words for the annotator."""

    code: str
    field: str
    message: str


BAD_ID = Refusal("bad-id", "id", "This label is not known here. Reload the page; nothing else is lost.")
NOT_ASSIGNED = Refusal("not-assigned", "", "This article is not assigned to you any more.")
LOCKED = Refusal("locked", "", "This round is closed; its labels stand still.")
FINISHED = Refusal("finished", "", "You finished this article. Reopen it to change labels.")
DUPLICATE = Refusal(
    "duplicate-label", "speaker", "This speaker already has a label on exactly these words. Enter opens it."
)
IN_ADJUDICATION = Refusal(
    "locked", "", "This article is in adjudication; its labels stand still. The curator can give it back to you."
)
NOTE_TOO_LONG = Refusal("too-long", "note", "The note is longer than 2,000 characters. Shorten it.")
CONFLICT = Refusal("conflict", "", "This label was changed in another window. Yours is below, the other above.")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a label is checked against: the document, the round's scheme, and the speakers this annotator may name.

    `speakers` are ids that may be chosen; `merged` are ids that were merged into others since.
    """

    text: str
    text_sha256: str
    excluded: Sequence[tuple[int, int]]
    scheme: Scheme
    speakers: frozenset[str]
    merged: frozenset[str] = frozenset()


def refusal_of(label: LabelInput, around: Surroundings) -> Refusal | None:
    """The first refusal from `missing-field` to `too-long`, in the order of the contract; None if there is none."""
    checks: tuple[Callable[[LabelInput, Surroundings], Refusal | None], ...] = (
        _missing, _text_changed, _out_of_range, _empty, _quote, _edge_space, _grapheme, _excluded,
        _speaker, _new_speaker, _stance, _off_target, _claim_type, _chain, _too_long,
    )  # fmt: skip
    return next((refusal for check in checks if (refusal := check(label, around))), None)


_MISSING = {
    "text_sha256": "Which text was marked is missing. Reload the page; nothing is lost.",
    "start": "The marked words are missing. Mark them again.",
    "end": "The marked words are missing. Mark them again.",
    "quote": "The marked words are missing. Mark them again.",
    "speaker": "Who is speaking? Choose a speaker.",
    "stance": "Choose a stance.",
    "claim_type": "Choose a claim type.",
}


def needed_fields(on_target: bool) -> tuple[str, ...]:
    """The fields without which a label is not stored."""
    always = ("text_sha256", "start", "end", "quote", "speaker")
    return (*always, "stance", "claim_type") if on_target else always


def _missing(label: LabelInput, _around: Surroundings) -> Refusal | None:
    return missing_field(label)


def missing_field(label: LabelInput) -> Refusal | None:
    """The refusal for the first field that is needed and not there."""
    missing = next((field for field in needed_fields(label.on_target) if getattr(label, field) is None), None)
    return Refusal("missing-field", missing, _MISSING[missing]) if missing else None


def _span(label: LabelInput) -> tuple[int, int]:
    assert label.start is not None and label.end is not None
    return label.start, label.end


def _text_changed(label: LabelInput, around: Surroundings) -> Refusal | None:
    if label.text_sha256 == around.text_sha256:
        return None
    words = "The article text changed since you opened it. Reload the page; nothing is lost."
    return Refusal("text-changed", "text_sha256", words)


def _out_of_range(label: LabelInput, around: Surroundings) -> Refusal | None:
    start, end = _span(label)
    if 0 <= start <= end <= len(around.text):
        return None
    return Refusal("out-of-range", "start", "The marked place lies outside the article. Mark it again.")


def _empty(label: LabelInput, _around: Surroundings) -> Refusal | None:
    return Refusal("empty-span", "start", "Nothing is marked. Mark some words.") if label.start == label.end else None


def _quote(label: LabelInput, around: Surroundings) -> Refusal | None:
    start, end = _span(label)
    if around.text[start:end] == label.quote:
        return None
    return Refusal("quote-mismatch", "quote", "The marked words do not match the stored article. Mark them again.")


def _edge_space(label: LabelInput, around: Surroundings) -> Refusal | None:
    start, end = _span(label)
    if not texts.is_space(around.text[start]) and not texts.is_space(around.text[end - 1]):
        return None
    return Refusal("edge-space", "start", "A mark cannot begin or end with a space.")


def _grapheme(label: LabelInput, around: Surroundings) -> Refusal | None:
    if not any(texts.cuts_grapheme(around.text, offset) for offset in _span(label)):
        return None
    return Refusal("cut-grapheme", "start", "A mark cannot cut a character in two.")


def _excluded(label: LabelInput, around: Surroundings) -> Refusal | None:
    start, end = _span(label)
    if not any(start < e and s < end for s, e in around.excluded):
        return None
    words = "This place is not part of the article (a caption, a copy of the text). Mark it elsewhere."
    return Refusal("excluded-region", "start", words)


def _speaker(label: LabelInput, around: Surroundings) -> Refusal | None:
    if isinstance(label.speaker, NewSpeaker) or label.speaker in around.speakers:
        return None
    if label.speaker in around.merged:
        words = "This speaker was merged with another one. Pick the speaker again."
    else:
        words = "This speaker is not in the registry. Pick the speaker again."
    return Refusal("unknown-speaker", "speaker", words)


def _new_speaker(label: LabelInput, _around: Surroundings) -> Refusal | None:
    if not isinstance(label.speaker, NewSpeaker):
        return None
    if not is_name(label.speaker.name):
        return Refusal("bad-speaker", "speaker", "A new speaker needs a name in one line.")
    if label.speaker.kind not in SPEAKER_KINDS:
        return Refusal("bad-speaker", "speaker", f"A new speaker is one of these: {', '.join(SPEAKER_KINDS)}.")
    return None


def is_name(words: str) -> bool:
    """Whether `words` can name somebody: something to see, in one line."""
    return bool(words.strip(texts.SPACES)) and words.isprintable()


def _stance(label: LabelInput, around: Surroundings) -> Refusal | None:
    if label.stance is None or label.stance in around.scheme.stance_ids:
        return None
    return Refusal("unknown-stance", "stance", "The scheme has no such stance. Choose one of those shown.")


def _off_target(label: LabelInput, _around: Surroundings) -> Refusal | None:
    if label.on_target or label.stance is None:
        return None
    return Refusal(
        "off-target-stance", "stance", "Off target means no stance. Leave the stance empty, or switch off target off."
    )


def _claim_type(label: LabelInput, around: Surroundings) -> Refusal | None:
    if label.claim_type is None or label.claim_type in around.scheme.claim_type_ids:
        return None
    return Refusal("unknown-claim-type", "claim_type", "The scheme has no such claim type. Choose one of those shown.")


def _chain(label: LabelInput, around: Surroundings) -> Refusal | None:
    chain, named = label.chain, isinstance(label.speaker, NewSpeaker)
    if chain and not named and chain[-1] != label.speaker:
        return Refusal("chain-mismatch", "chain", "The last link must be the speaker. Change one of the two.")
    if any(link not in around.speakers and link not in around.merged for link in chain):
        return Refusal(
            "chain-mismatch", "chain", "A link of the chain is not in the registry. Take it out or choose another."
        )
    return None


def _too_long(label: LabelInput, _around: Surroundings) -> Refusal | None:
    start, end = _span(label)
    new = label.speaker if isinstance(label.speaker, NewSpeaker) else NewSpeaker()
    chain = stored_chain(label.chain, "", label.speaker is new)
    for field, length, most, words in (
        ("end", end - start, LONGEST_SPAN, "The mark is longer than 10,000 characters. Mark fewer words."),
        ("note", len(label.note), LONGEST_NOTE, NOTE_TOO_LONG.message),
        (
            "speaker",
            max(len(new.name), len(new.affiliation)),
            LONGEST_NAME,
            "The name is longer than 200 characters. Shorten it.",
        ),
        ("chain", len(chain), LONGEST_CHAIN, "The chain has more than 8 links. Take some out."),
    ):
        if length > most:
            return Refusal("too-long", field, words)
    return None


def stored_chain(chain: Iterable[str], speaker_id: str, is_new: bool) -> list[str]:
    """The chain as kept: a proposal's id is added behind its links; an empty chain stays empty."""
    links = list(chain)
    return [*links, speaker_id] if links and is_new else links
