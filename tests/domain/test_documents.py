"""One document from one record."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid
from webapp.domain.files.documents import DocumentInput, document_from, is_id
from webapp.domain.text import sha256_of

WORDS = ("title", "display_title", "outlet", "byline", "published", "url", "language")


def read(**record: Any) -> DocumentInput:
    return document_from({"id": "a", "text": "Some words."} | record, "fallback")


def test_text_is_all_that_is_needed() -> None:
    found = document_from({"text": "Some words."}, "fallback")
    assert (found.id, found.text, found.rights, found.extra) == ("fallback", "Some words.", "open", "")
    assert found.text_sha256 == sha256_of("Some words.")
    assert {getattr(found, name) for name in WORDS} == {""}


def test_line_ends_become_lf_and_nothing_else_changes() -> None:
    raw = " \ufeffa\r\nb\rc\n\r\n\td\u2028e\x85\u00a0 \x0b"
    assert read(text=raw).text == " \ufeffa\nb\nc\n\n\td\u2028e\x85\u00a0 \x0b"


def test_a_hash_counts_for_the_text_as_kept() -> None:
    assert read(text="a\r\nb", text_sha256=sha256_of("a\nb")).text == "a\nb"
    with pytest.raises(Invalid, match="text_sha256"):
        read(text="a\r\nb", text_sha256=sha256_of("a\r\nb"))


@pytest.mark.parametrize("id", ["a", "0", "a.b", "A-b_c.1", "x" * 64, 7])
def test_good_ids_stay(id: str | int) -> None:
    assert read(id=id).id == str(id)
    assert read(id=id).extra == ""


@pytest.mark.parametrize(
    ("given_id", "made"),
    [("a b", "a-b"), ("a.json", "a-json"), ("é", "document"), ("../x", "x"), ("-a", "a"), ("x" * 65, "x" * 58),
     ("a/b\nc", "a-b-c"), ("ä.json", "json"), ("x.json.json", "x.json-json"), ("a\n", "a")],
)  # fmt: skip
def test_other_ids_get_a_slug_and_are_kept(given_id: str, made: str) -> None:
    found = read(id=given_id)
    assert found.id == made and is_id(found.id)
    assert json.loads(found.extra) == {"source_id": given_id}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=100))
def test_every_id_gets_one_that_can_stand_in_an_address(given_id: str) -> None:
    found = read(id=given_id)
    assert is_id(found.id)
    assert found.id == given_id or json.loads(found.extra)["source_id"] == given_id


def test_without_an_id_the_title_makes_one() -> None:
    assert document_from({"text": "Words.", "title": "On AI: a letter"}, "x").id == "On-AI-a-letter"


def test_unknown_keys_are_kept_in_their_order() -> None:
    found = read(zeta=1, alpha={"b": [None, 1.5, "é"]}, outlet="The Paper")
    assert found.extra == '{"zeta":1,"alpha":{"b":[null,1.5,"é"]}}'


def test_what_an_export_kept_comes_back_before_new_keys() -> None:
    found = read(extra='{"zeta":1,"alpha":2}', alpha=3, beta=4)
    assert json.loads(found.extra) == {"zeta": 1, "alpha": 3, "beta": 4}


@pytest.mark.parametrize("extra", ["{", "[]", "1", 2, [], '{"a":NaN}', '{"a":1,"a":2}', '"x"'])
def test_extra_that_is_no_object_is_refused(extra: object) -> None:
    with pytest.raises(Invalid, match="extra"):
        read(extra=extra)


def test_regions_are_sorted_and_keep_what_else_they_say() -> None:
    last, first = {"start": 5, "end": 7, "kind": "caption"}, {"start": 0, "end": 4, "why": "a copy", "mirror": [1]}
    found = read(excluded=[last, first])
    assert found.excluded == [
        {"start": 0, "end": 4, "kind": "", "why": "a copy"},
        {"start": 5, "end": 7, "kind": "caption", "why": ""},
    ]
    assert json.loads(found.extra) == {"excluded": [last, first]}
    assert json.loads(read(headings=[first | {"level": 2}]).extra)["headings"][0]["level"] == 2
    assert found.excluded_spans == [(0, 4), (5, 7)]


@pytest.mark.parametrize("name", ["excluded", "headings"])
@pytest.mark.parametrize(
    "regions",
    [[{"start": -1, "end": 2}], [{"start": 0, "end": 12}], [{"start": 2, "end": 2}], [{"start": 3, "end": 2}],
     [{"start": 0}], [{"end": 1}], [{"start": "0", "end": 1}], [{"start": True, "end": 2}], [{"start": 0.0, "end": 1}],
     [{"start": 0, "end": 3}, {"start": 2, "end": 4}], [[0, 1]], {"start": 0, "end": 1}, "0:1", [None],
     [{"start": 0, "end": 1, "kind": 5}], [{"start": 0, "end": 10**30}]],
)  # fmt: skip
def test_regions_that_are_none_are_refused(name: str, regions: object) -> None:
    with pytest.raises(Invalid, match=name if "kind" not in str(regions) else "kind"):
        read(**{name: regions})


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "text is missing"),
        ({"text": None}, "text is missing"),
        ({"text": 5}, "text"),
        ({"text": ""}, "empty"),
        ({"text": " \n\u3000\r\n"}, "empty"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "a\ud800b"}, "surrogate"),
        ({"text": "x" * 2_000_001}, "more than"),
        ({"text": "a", "title": 5}, "title"),
        ({"text": "a", "title": "x\0"}, "title"),
        ({"text": "a", "url": ["x"]}, "url"),
        ({"text": "a", "outlet": "x" * 2_001}, "outlet"),
        ({"text": "a", "rights": "closed"}, "rights"),
        ({"text": "a", "id": 1.5}, "id"),
        ({"text": "a", "id": True}, "id"),
        ({"text": "a", "text_sha256": "0" * 64}, "text_sha256"),
        ({"text": "a", "text_sha256": 5}, "text_sha256"),
        ([], "object"),
        ("text", "object"),
        (None, "object"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason(record: object, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        document_from(record, "fallback")
