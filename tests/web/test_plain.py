"""Labelling by plain forms: what is sent to the page's own address."""

from typing import Any

import pytest

from tests.world import WORDS, Visitor, World

ADDRESS = "/p/letter/documents/000"


@pytest.fixture
def alice(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Alice")


def form(world: World, **changes: str) -> dict[str, str]:
    text = world.document("000").text
    start = text.index(WORDS)
    given = {
        "do": "save",
        "start": str(start),
        "end": str(start + len(WORDS)),
        "text_sha256": world.document("000").text_sha256,
        "speaker": "openai",
        "stance": "neutral",
        "claim_type": "FACT",
        "on_target": "1",
        "note": "Two\r\nlines",
    }
    return {name: value for name, value in (given | changes).items() if value}


def test_a_form_stands_below_the_sentence_that_was_asked_for(alice: Visitor) -> None:
    assert 'name="do" value="save"' in alice.get(f"{ADDRESS}?sentence=1").text
    for number in ("0", "9999", "x", "-1"):
        assert 'name="do" value="save"' not in alice.get(f"{ADDRESS}?sentence={number}").text


def test_a_label_is_stored_changed_and_deleted(sqlite_only: World, alice: Visitor) -> None:
    assert alice.post(ADDRESS, data=form(sqlite_only)).status_code == 303
    (label,) = alice.article("000")["labels"]
    assert (label["quote"], label["note"], label["on_target"]) == (WORDS, "Two\nlines", True)
    assert f'value="{label["id"]}"' in alice.get(f"{ADDRESS}?label={label['id']}").text

    known = {"label_id": label["id"], "base": "1"}
    off = form(sqlite_only, on_target="", ascribed="1", **known)
    assert alice.post(ADDRESS, data=off).status_code == 303
    (label,) = alice.article("000")["labels"]
    assert (label["stance"], label["on_target"], label["ascribed"], label["revision"]) == (None, False, True, 2)

    stale = alice.post(ADDRESS, data=form(sqlite_only, **known))
    assert stale.status_code == 422 and "changed in another window" in stale.text
    assert alice.post(ADDRESS, data={"do": "delete", "label_id": label["id"], "base": "2"}).status_code == 303
    assert alice.article("000")["labels"] == []


def test_finishing_and_reopening(sqlite_only: World, alice: Visitor) -> None:
    for do, state in (("finish", "done"), ("finish", "done"), ("reopen", "open")):
        assert alice.post(ADDRESS, data={"do": do}).status_code == 303
        assert alice.article("000")["state"] == state
    alice.post(ADDRESS, data={"do": "finish"})
    refused = alice.post(ADDRESS, data=form(sqlite_only))
    assert refused.status_code == 422 and "You finished this article" in refused.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speaker": ""}, "Who is speaking?"),
        ({"stance": ""}, "Choose a stance."),
        ({"claim_type": ""}, "Choose a claim type."),
        ({"speaker": "nobody"}, "not in the registry"),
        ({"stance": "furious"}, "no such stance"),
        ({"start": ""}, "Mark them again"),
        ({"start": "-5"}, "Mark them again"),
        ({"end": "99999999"}, "outside the article"),
        ({"start": "9" * 400}, "Mark them again"),
        ({"text_sha256": "0" * 64}, "text changed"),
        ({"note": "x" * 2001}, "longer than 2,000"),
        ({"label_id": "no id", "base": "1"}, "not known here"),
    ],
)
def test_what_is_refused_comes_back_with_the_reason(
    sqlite_only: World, alice: Visitor, changes: dict[str, str], words: str
) -> None:
    answer = alice.post(ADDRESS, data=form(sqlite_only, **changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert alice.article("000")["labels"] == []


def test_others_and_the_signed_out_cannot(sqlite_only: World) -> None:
    data: dict[str, Any] = form(sqlite_only)
    assert sqlite_only.visitor("Carol").post("/p/letter/documents/001", data=data).status_code == 403
    assert sqlite_only.app.test_client().post(ADDRESS, data=data).status_code == 303
    alice = sqlite_only.visitor("Alice")
    assert alice.client.post(ADDRESS, data=data).status_code == 400, "no token"
    assert alice.article("000")["labels"] == []
