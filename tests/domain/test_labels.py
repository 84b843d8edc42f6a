"""The refusals that need no database: each code, its field, and which of two comes first."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.labels import LabelInput, OperationsRequest, Surroundings, refusal_of, stored_chain
from webapp.domain.schemes import parse_scheme
from webapp.places import place

TEXT = "Alice said yes. Cafe\u0301 \U0001f469\u200d\U0001f4bb owners agree.\n\nCaption here." + " long words" * 1_000
#       0          11     15 16  20    22                26                  40
CAPTION = TEXT.index("Caption"), TEXT.index("here.") + 5
AROUND = Surroundings(
    text=TEXT,
    text_sha256="the hash",
    excluded=[CAPTION],
    scheme=parse_scheme((place("seeds") / "scheme.toml").read_text("utf-8")),
    speakers=frozenset({"openai", "google", "voice"}),
    merged=frozenset({"old"}),
)
GOOD: dict[str, Any] = {
    "id": "any",
    "text_sha256": "the hash",
    "start": 0,
    "end": 10,
    "quote": "Alice said",
    "speaker": "openai",
    "chain": ["voice", "openai"],
    "stance": "neutral",
    "claim_type": "FACT",
}
NEW = {"name": "Jane Doe", "kind": "person", "affiliation": ""}


def span(start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "quote": TEXT[start:end]}


def of(words: str) -> dict[str, Any]:
    return span(TEXT.index(words), TEXT.index(words) + len(words))


def refused(changes: dict[str, Any]) -> tuple[str, str] | None:
    fields = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    refusal = refusal_of(msgspec.convert(fields, LabelInput), AROUND)
    return (refusal.code, refusal.field) if refusal else None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"chain": []},
        {"on_target": False, "stance": None, "claim_type": None},
        {"on_target": False, "stance": None},
        {"speaker": NEW, "chain": ["voice", "openai"]},
        {"speaker": NEW, "chain": []},
        {"chain": ["old", "openai"]},
        of("Cafe\u0301"),
        of("\U0001f469\u200d\U0001f4bb"),
        span(0, len(TEXT[: CAPTION[0]].rstrip())),
        span(CAPTION[1] + 1, CAPTION[1] + 10_001),
        {"note": "x" * 2_000},
        {"chain": ["voice"] * 7 + ["openai"]},
        {"speaker": NEW, "chain": ["voice"] * 7},
        {"speaker": NEW | {"name": "n" * 200, "affiliation": "a" * 200}},
    ],
)
def test_good_labels_are_not_refused(changes: dict[str, Any]) -> None:
    assert refused(changes) is None


# Every way to be refused, in the order of the contract. The same code may stand there more than once.
WAYS: list[tuple[str, str, dict[str, Any]]] = [
    *[("missing-field", field, {field: value})
      for field in ("text_sha256", "start", "end", "quote", "speaker", "stance", "claim_type")
      for value in (None, ...)],
    ("text-changed", "text_sha256", {"text_sha256": "another"}),
    ("text-changed", "text_sha256", {"text_sha256": ""}),
    ("out-of-range", "start", {"start": -1}),
    ("out-of-range", "start", {"end": len(TEXT) + 1}),
    ("out-of-range", "start", {"start": 10, "end": 0}),
    ("out-of-range", "start", {"start": 10**40, "end": 10**40}),
    ("empty-span", "start", {"start": 5, "end": 5, "quote": ""}),
    ("empty-span", "start", {"start": 5, "end": 5, "quote": "words"}),
    ("quote-mismatch", "quote", {"quote": "Alice Said"}),
    ("quote-mismatch", "quote", {"quote": ""}),
    ("edge-space", "start", of(" said")),
    ("edge-space", "start", of("said ")),
    ("edge-space", "start", of("agree.\n\n")),
    ("cut-grapheme", "start", of("Cafe")),
    ("cut-grapheme", "start", of("\u0301 \U0001f469\u200d\U0001f4bb")),
    ("cut-grapheme", "start", of("\U0001f4bb owners")),
    ("excluded-region", "start", span(*CAPTION)),
    ("excluded-region", "start", of("agree.\n\nC")),
    ("excluded-region", "start", span(CAPTION[1] - 1, CAPTION[1] + 5)),
    ("unknown-speaker", "speaker", {"speaker": "nobody", "chain": []}),
    ("unknown-speaker", "speaker", {"speaker": "old", "chain": []}),
    ("unknown-speaker", "speaker", {"speaker": "", "chain": []}),
    ("bad-speaker", "speaker", {"speaker": NEW | {"name": ""}}),
    ("bad-speaker", "speaker", {"speaker": NEW | {"name": " \u3000"}}),
    ("bad-speaker", "speaker", {"speaker": NEW | {"name": "Two\nlines"}}),
    ("bad-speaker", "speaker", {"speaker": NEW | {"kind": "robot"}}),
    ("unknown-stance", "stance", {"stance": "for"}),
    ("unknown-stance", "stance", {"stance": ""}),
    ("unknown-stance", "stance", {"stance": "for", "on_target": False}),
    ("off-target-stance", "stance", {"stance": "neutral", "on_target": False}),
    ("unknown-claim-type", "claim_type", {"claim_type": "fact"}),
    ("unknown-claim-type", "claim_type", {"claim_type": "", "on_target": False, "stance": None}),
    ("chain-mismatch", "chain", {"chain": ["openai", "google"]}),
    ("chain-mismatch", "chain", {"chain": ["nobody", "openai"]}),
    ("chain-mismatch", "chain", {"chain": ["", "openai"]}),
    ("chain-mismatch", "chain", {"speaker": NEW, "chain": ["nobody"]}),
    ("too-long", "end", span(CAPTION[1] + 1, CAPTION[1] + 10_002)),
    ("too-long", "note", {"note": "x" * 2_001}),
    ("too-long", "speaker", {"speaker": NEW | {"name": "n" * 201}, "chain": []}),
    ("too-long", "speaker", {"speaker": NEW | {"affiliation": "n" * 201}, "chain": []}),
    ("too-long", "chain", {"chain": ["voice"] * 8 + ["openai"]}),
    ("too-long", "chain", {"speaker": NEW, "chain": ["voice"] * 8}),
]  # fmt: skip
ORDER = list(dict.fromkeys(code for code, _, _ in WAYS))


@pytest.mark.parametrize(("code", "field", "changes"), WAYS)
def test_each_refusal_names_its_code_and_field(code: str, field: str, changes: dict[str, Any]) -> None:
    assert refused(changes) == (code, field)


def test_all_codes_of_the_contract_are_tried() -> None:
    assert " ".join(ORDER) == (
        "missing-field text-changed out-of-range empty-span quote-mismatch edge-space cut-grapheme excluded-region "
        "unknown-speaker bad-speaker unknown-stance off-target-stance unknown-claim-type chain-mismatch too-long"
    )


# One label for each pair of neighbours that violates both. Where no label can, the pair stands in IMPOSSIBLE.
BOTH: dict[tuple[str, str], dict[str, Any]] = {
    ("missing-field", "text-changed"): {"stance": None, "text_sha256": "another"},
    ("text-changed", "out-of-range"): {"text_sha256": "another", "start": -1},
    # an empty span is in range, a span outside is not looked at further; these two meet in a reversed one
    ("out-of-range", "empty-span"): {"start": len(TEXT) + 1, "end": len(TEXT) + 1, "quote": ""},
    ("empty-span", "quote-mismatch"): {"start": 5, "end": 5, "quote": "words"},
    ("quote-mismatch", "edge-space"): of(" said") | {"quote": "said"},
    ("edge-space", "cut-grapheme"): of("\u0301 "),
    ("cut-grapheme", "excluded-region"): span(TEXT.index("\u0301"), CAPTION[0] + 2),
    ("excluded-region", "unknown-speaker"): span(*CAPTION) | {"speaker": "nobody"},
    ("bad-speaker", "unknown-stance"): {"speaker": NEW | {"kind": ""}, "stance": "for"},
    ("unknown-stance", "off-target-stance"): {"stance": "for", "on_target": False},
    ("off-target-stance", "unknown-claim-type"): {"stance": "neutral", "on_target": False, "claim_type": "fact"},
    ("unknown-claim-type", "chain-mismatch"): {"claim_type": "fact", "chain": ["google"]},
    ("chain-mismatch", "too-long"): {"chain": ["google"] * 9},
}
IMPOSSIBLE = {("unknown-speaker", "bad-speaker")}  # a speaker is an id or a proposal
BOTH_FURTHER: dict[tuple[str, str], dict[str, Any]] = {
    ("excluded-region", "bad-speaker"): span(*CAPTION) | {"speaker": NEW | {"name": ""}},
    ("unknown-speaker", "unknown-stance"): {"speaker": "nobody", "stance": "for"},
    ("bad-speaker", "too-long"): {"speaker": {"name": "\n" * 201, "kind": "person"}},
}


def test_every_pair_of_neighbours_is_tried() -> None:
    assert set(itertools.pairwise(ORDER)) == set(BOTH) | IMPOSSIBLE


@pytest.mark.parametrize(("pair", "changes"), [*BOTH.items(), *BOTH_FURTHER.items()])
def test_of_two_reasons_the_first_is_told(pair: tuple[str, str], changes: dict[str, Any]) -> None:
    found = refused(changes)
    assert found is not None and found[0] == pair[0]


def test_a_proposal_ends_the_chain_that_is_kept() -> None:
    assert stored_chain(["voice", "openai"], "new-1", True) == ["voice", "openai", "new-1"]
    assert stored_chain([], "new-1", True) == []
    assert stored_chain(["voice", "openai"], "openai", False) == ["voice", "openai"]


@given(start=st.integers(-5, len(TEXT) + 5), end=st.integers(-5, 200), quote=st.sampled_from(["", "Alice", None]))
def test_what_is_taken_has_its_own_words_and_no_spaces_at_its_edges(start: int, end: int, quote: str | None) -> None:
    words = TEXT[max(0, start) : max(0, end)] if quote is None else quote
    if refused({"start": start, "end": end, "quote": words, "chain": []}) is None:
        assert 0 <= start < end <= len(TEXT)
        assert TEXT[start:end] == words == words.strip()


# ---- shapes ----


def operation(**label: Any) -> dict[str, Any]:
    return {"operations": [{"id": "x", "action": "put", "label": GOOD | label}]}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "Expected `object`"),
        ({}, "operations"),
        ({"operations": []}, "$.operations"),
        ({"operations": [{"id": "x", "action": "finish"}] * 101}, "$.operations"),
        ({"operations": [{"id": "x", "action": "finish"}], "more": 1}, "more"),
        ({"operations": [{"id": "x", "action": "burn"}]}, "$.operations[0].action"),
        ({"operations": [{"id": "x"}]}, "action"),
        ({"operations": [{"action": "finish"}]}, "id"),
        ({"operations": [{"id": 7, "action": "finish"}]}, "$.operations[0].id"),
        ({"operations": [{"id": "x", "action": "finish", "label": {}}]}, "label"),
        ({"operations": [{"id": "x", "action": "delete", "label": {"id": "x", "base": "1"}}]}, "label.base"),
        (operation(start="0"), "$.operations[0].label.start"),
        (operation(start=True), "$.operations[0].label.start"),
        (operation(start=0.5), "$.operations[0].label.start"),
        (operation(on_target=None), "$.operations[0].label.on_target"),
        (operation(on_target=1), "$.operations[0].label.on_target"),
        (operation(chain="openai"), "$.operations[0].label.chain"),
        (operation(chain=["a", 1]), "$.operations[0].label.chain[1]"),
        (operation(speaker=5), "$.operations[0].label.speaker"),
        (operation(speaker={"nom": "x"}), "nom"),
        (operation(colour="red"), "colour"),
        (operation(revision=1), "revision"),
        (operation(origin="imported"), "$.operations[0].label.origin"),
        (operation(origin="simulated"), "$.operations[0].label.origin"),
        (operation(speaker_origin="imported"), "$.operations[0].label.speaker_origin"),
        (operation(note=None), "$.operations[0].label.note"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_path(body: Any, path: str) -> None:
    with pytest.raises(msgspec.ValidationError) as why:
        msgspec.convert(body, OperationsRequest)
    assert path in str(why.value)
