"""Label schemes: stance, claim types, flags and speakers are data, read from a TOML file."""

import re
import tomllib
from collections.abc import Collection, Iterable
from typing import Annotated, Literal

import msgspec

from webapp.domain.errors import Invalid
from webapp.domain.keys import PAGE_KEYS

MARKS = ("solid", "dashed", "dotted", "double", "wavy")
COLORS = ("blue", "orange", "grey", "green", "violet", "red")
SPEAKER_KINDS = ("person", "organisation", "group", "document", "outlet")
FLAG_IDS = ("on_target", "ascribed", "unsure")
LONGEST_NAME = 200

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(pattern=rf"^{_ID.pattern}\Z")]
    name: _Name


class Stance(_Part, frozen=True, kw_only=True):
    """Where a speaker stands. `mark` and `color` are of the fixed vocabulary in look.md; `opposes` names stances."""

    definition: _Words
    key: str
    mark: Literal["solid", "dashed", "dotted", "double", "wavy"]
    color: Literal["blue", "orange", "grey", "green", "violet", "red"]
    glyph: str = ""
    opposes: tuple[str, ...] = ()


class ClaimType(_Part, frozen=True, kw_only=True):
    """What kind of claim it is; `question` is the one that the decision tree asks, in the order of the file."""

    definition: _Words
    key: str
    question: str = ""
    order: int = 0


class Flag(_Part, frozen=True, kw_only=True):
    """A switch of every label; the fields of the same names hold it."""

    definition: _Words
    key: str
    default: bool = False


class SchemeSpeaker(_Part, frozen=True, kw_only=True):
    """A speaker that the scheme brings into the registry; `affiliation` may be words or a speaker's id."""

    kind: Literal["person", "organisation", "group", "document", "outlet"]
    affiliation: str = ""
    members: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class Scheme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a label scheme, as its TOML file has it (tables stance, claim_type, flag, speaker)."""

    schema: Literal[1]
    name: _Name
    question: _Words
    stances: tuple[Stance, ...] = msgspec.field(name="stance")
    claim_types: tuple[ClaimType, ...] = msgspec.field(name="claim_type")
    flags: tuple[Flag, ...] = msgspec.field(name="flag", default=())
    speakers: tuple[SchemeSpeaker, ...] = msgspec.field(name="speaker", default=())

    def stance(self, id: str) -> Stance | None:
        return next((s for s in self.stances if s.id == id), None)

    def claim_type(self, id: str) -> ClaimType | None:
        return next((c for c in self.claim_types if c.id == id), None)

    def flag(self, id: str) -> Flag | None:
        return next((f for f in self.flags if f.id == id), None)

    @property
    def stance_ids(self) -> frozenset[str]:
        return frozenset(s.id for s in self.stances)

    @property
    def claim_type_ids(self) -> frozenset[str]:
        return frozenset(c.id for c in self.claim_types)


def parse_scheme(source: str) -> Scheme:
    """The scheme in a TOML file's text. Raises Invalid, which names the place and what is allowed there."""
    try:
        scheme = msgspec.convert(tomllib.loads(source), Scheme, strict=True)
    except tomllib.TOMLDecodeError as why:
        raise Invalid(f"The scheme is no valid TOML: {why}.") from None
    except msgspec.ValidationError as why:
        raise Invalid(f"The scheme cannot be used: {why}.") from None
    _check(scheme)
    return scheme


def _check(scheme: Scheme) -> None:
    _between("stances", len(scheme.stances), 2, 6)
    _between("claim types", len(scheme.claim_types), 1, 12)
    for what, parts in (
        ("stance", scheme.stances),
        ("claim type", scheme.claim_types),
        ("speaker", scheme.speakers),
        ("flag", scheme.flags),
    ):
        _unique(f"{what} id", (part.id for part in parts))
    _check_keys(scheme)
    _check_references(scheme)


def _between(what: str, count: int, low: int, high: int) -> None:
    if not low <= count <= high:
        raise Invalid(f"The scheme has {count} {what}; {low} to {high} are allowed.")


def _unique(what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise Invalid(f"The scheme has the {what} “{value}” twice.")
        seen.add(value)


def _check_keys(scheme: Scheme) -> None:
    parts: tuple[Stance | ClaimType | Flag, ...] = (*scheme.stances, *scheme.claim_types, *scheme.flags)
    for part in parts:
        if not re.fullmatch(r"[a-z0-9]", part.key):
            raise Invalid(f"The key “{part.key}” of “{part.id}” is not one letter from a to z or one digit.")
        if part.key in PAGE_KEYS:
            raise Invalid(
                f"The key “{part.key}” of “{part.id}” is taken by the annotation page itself. Choose another."
            )
    _unique("key", (part.key for part in parts))


def _check_references(scheme: Scheme) -> None:
    for stance in scheme.stances:
        _known("stance", stance.id, "opposes", stance.opposes, scheme.stance_ids)
    speakers = {speaker.id for speaker in scheme.speakers}
    for speaker in scheme.speakers:
        _known("speaker", speaker.id, "members", speaker.members, speakers)
    for flag in scheme.flags:
        _known("flag", flag.id, "id", (flag.id,), FLAG_IDS)


def _known(what: str, id: str, field: str, given: Iterable[str], allowed: Collection[str]) -> None:
    for value in given:
        if value not in allowed:
            raise Invalid(f"{what.capitalize()} “{id}” names “{value}” in {field}, which the scheme does not have.")


def vanished(old: Scheme, new: Scheme, used_stances: Iterable[str], used_claim_types: Iterable[str]) -> list[str]:
    """Values in use under `old` that `new` no longer offers, as "stance pro-copyright"."""
    gone = [f"stance {id}" for id in used_stances if id in old.stance_ids - new.stance_ids]
    return gone + [f"claim type {id}" for id in used_claim_types if id in old.claim_type_ids - new.claim_type_ids]
