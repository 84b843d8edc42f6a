"""While a round is open nothing tells an annotator anything of another's labels in it: a security property."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.web.addresses import PARTS, filled, rules
from tests.world import OTHER_WORDS, WORDS, Visitor, World, delete, finish, put, uid
from webapp.domain.permissions import OPERATOR
from webapp.services import managing, speakers

NEW = {"name": "Somebody Bob proposed", "kind": "person", "affiliation": ""}
DOCUMENTS = PARTS["doc"]
TOKENS = re.compile(r'(csrf-token" content="|csrf_token"[^>]*value="|"csrf_token":\s*")[^"]*')
# a page of an error tells when it was asked for, with the day
MOMENT = re.compile(r'(<time datetime="[^"]*">)?\d\d:\d\d(:\d\d)?( UTC)?')
NONCES = {"X-Request-Id", "Set-Cookie", "Date"}  # what may differ between two equal answers
# sent to with nothing in it each other address refuses; this one would end her session
SIGN_OUT = frozenset({"accounts.sign_out"})


def addresses(world: World) -> list[str]:
    """Every address that can be asked for, with all that can stand in it, and some questions behind it."""
    found = {address for rule in rules(world.app, "GET", frozenset({"static"})) for address in filled(rule)}
    asked = {f"{address}?{query}" for address in found if "/p/letter/" in address for query in _queries()}
    return sorted(found | asked)


def _queries() -> Iterator[str]:
    yield from ("round=main", "q=Bob", f"q={quote(NEW['name'])}", "page=2")


def seen_by(visitor: Visitor, all: list[str], world: World | None = None) -> dict[str, Any]:
    """What she is answered everywhere: pages, their parts, and with a world what is said to an empty change."""
    found = {address: _seen(visitor.get(address)) for address in all}
    for address in all:
        if "?" not in address:
            found[f"{address} as a part"] = _seen(visitor.get(address, headers={"HX-Request": "true"}))
    for rule in rules(world.app, "POST", SIGN_OUT) if world else ():
        found |= {f"POST {address}": _seen(visitor.post(address)) for address in filled(rule)}
    return found


def _seen(answer: TestResponse) -> Any:
    body = MOMENT.sub("now", TOKENS.sub(r"\1", answer.text))
    return answer.status_code, [header for header in answer.headers if header[0] not in NONCES], body


def work_of_others(world: World) -> list[str]:
    """What Bob and Carol do; the ids of their labels."""
    labels = [
        world.stored("Bob", note="Bob's note"),
        world.stored("Bob", OTHER_WORDS, speaker=NEW),
        world.stored("Bob", "Google", "001"),
        world.stored("Carol", stance="neutral"),
    ]
    gone = world.stored("Carol", OTHER_WORDS)
    world.operate("Carol", "000", delete(gone["id"], 1), finish())
    world.operate("Bob", "000", finish())
    return [label["id"] for label in (*labels, gone)]


def test_no_address_tells_of_others_work_in_an_open_round(sqlite_only: World) -> None:
    sqlite_only.stored("Alice", stance="pro-copyright")
    alice, all = sqlite_only.visitor("Alice"), addresses(sqlite_only)
    before = seen_by(alice, all, sqlite_only)
    assert sum(status == 200 for status, _, _ in before.values()) > 25
    work_of_others(sqlite_only)
    after = seen_by(alice, all, sqlite_only)
    assert [address for address in before if before[address] != after[address]] == []


def test_the_crawl_would_see_a_leak(sqlite_only: World) -> None:
    """Her own work changes what Alice sees, so the comparison above is no empty one."""
    alice = sqlite_only.visitor("Alice")
    hers = ["/", "/p/letter/documents/000", "/p/letter/documents/000.json", "/p/letter/documents"]
    assert set(hers) <= set(addresses(sqlite_only))
    before = seen_by(alice, hers)
    sqlite_only.stored("Alice")
    sqlite_only.operate("Alice", "001", finish())
    after = seen_by(alice, hers)
    assert [address for address in before if before[address] == after[address]] == []


def test_a_closed_round_tells_nothing_until_the_curator_opens_it(sqlite_only: World) -> None:
    work_of_others(sqlite_only)
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    alice, all = sqlite_only.visitor("Alice"), addresses(sqlite_only)
    before = seen_by(alice, all)
    bob_and_carol = "person_id IN (SELECT id FROM person WHERE name IN ('Bob', 'Carol'))"
    sqlite_only.change(f"DELETE FROM label WHERE {bob_and_carol}")
    sqlite_only.change(f"UPDATE assignment SET state = 'open', finished_at = NULL WHERE {bob_and_carol}")
    after = seen_by(alice, all)
    assert [address for address in before if before[address] != after[address]] == []


def test_no_answer_holds_a_word_of_others(sqlite_only: World) -> None:
    ids = work_of_others(sqlite_only)
    alice = sqlite_only.visitor("Alice")
    proposal = sqlite_only.rows("SELECT id FROM speaker WHERE proposed_by IS NOT NULL")[0].id
    secrets = (*ids, NEW["name"], proposal, "Bob's note", "Bob&#39;s note")
    for address in addresses(sqlite_only):
        text = alice.get(address).text.replace(quote(NEW["name"]), "")
        asked = NEW["name"] if "q=Some" in address else ""  # a search field repeats what was searched for
        assert [secret for secret in secrets if secret != asked and secret in text] == [], address


def test_labels_of_others_can_be_neither_read_nor_changed_nor_deleted(world: World) -> None:
    alice, ids = world.visitor("Alice"), work_of_others(world)
    before = [tuple(row) for row in world.rows("SELECT * FROM label ORDER BY id")]
    for id in (*ids, uid()):
        results = alice.results(
            "000", put(world.label(id=id, base=1)), delete(id, 1), delete(id, 0), put(world.label(id=id, base=2))
        )
        assert {(r["code"], r["message"], r["field"], r["label"]) for r in results} == {
            ("bad-id", results[0]["message"], "id", None)
        }
        page = alice.get(f"/p/letter/documents/000?label={id}")
        assert TOKENS.sub("", page.text.replace(id, "")) == TOKENS.sub(
            "", alice.get(f"/p/letter/documents/000?label={uid()}").text
        )
    assert [tuple(row) for row in world.rows("SELECT * FROM label ORDER BY id")] == before


def test_refusals_are_the_same_with_and_without_others(world: World) -> None:
    def tried() -> list[Any]:
        alice = world.visitor("Alice")
        found = alice.results(
            "000",
            put(world.label(stance="for")),
            put(world.label(speaker="new-000000000000")),
            put(world.label(chain=["new-000000000000", "openai"])),
            put(world.label("nothing to be found"[:0] or WORDS, quote="other")),
        )
        return [(r["code"], r["message"]) for r in found] + [alice.operate("003", finish()).json["results"][0]["code"]]

    before = tried()
    work_of_others(world)
    assert tried() == before


def test_annotators_may_not_open_what_is_the_curators(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    curators = ("people", "rounds", "settings", "events", "events.jsonl", "export/labels.jsonl", "export/bundle.zip")
    for part in (*curators, "adjudicate", "adjudicate/000", "adjudicate/000.json", "adjudicate.json"):
        assert alice.get(f"/p/letter/{part}").status_code == 403, part
    for part in ("", "documents", "speakers", "guide", "scheme"):
        assert alice.get(f"/p/letter/{part}").status_code == 200, part


def test_who_curates_and_annotates_does_not_export_others_labels_before_finishing(sqlite_only: World) -> None:
    work_of_others(sqlite_only)
    managing.set_roles(sqlite_only.db, OPERATOR, "letter", "Alice", frozenset({"curator", "annotator"}))
    alice = sqlite_only.visitor("Alice")
    for name in ("labels.jsonl", "bundle.zip"):
        answer = alice.get(f"/p/letter/export/{name}")
        assert answer.status_code == 403 and b"finished" in answer.data
    for document in ("000", "001", "002"):
        alice.operate(document, finish())
    assert alice.get("/p/letter/export/labels.jsonl").status_code == 200


def test_who_adjudicates_and_annotates_is_told_nothing_of_an_article_before_finishing_it(sqlite_only: World) -> None:
    """Neither by its clusters nor by its place or its counts in the queue."""
    managing.set_roles(sqlite_only.db, OPERATOR, "letter", "Alice", frozenset({"adjudicator", "annotator"}))
    alice = sqlite_only.visitor("Alice")
    told = [address for address in addresses(sqlite_only) if "/p/letter/adjudicate" in address]
    assert len(told) > 10
    before = seen_by(alice, told)
    work_of_others(sqlite_only)
    after = seen_by(alice, told)
    finished = re.compile(r"\d of \d (annotators have )?finished")
    differing = [a for a in told if finished.sub("", before[a][2]) != finished.sub("", after[a][2])]
    assert differing == [] and before["/p/letter/adjudicate/000.json"][0] == 403
    alice.operate("000", finish())
    assert alice.get("/p/letter/adjudicate/000.json").status_code == 200


def test_a_taken_in_proposal_is_seen_by_all(sqlite_only: World) -> None:
    sqlite_only.stored("Bob", speaker=NEW)
    alice = sqlite_only.visitor("Alice")
    assert NEW["name"] not in alice.get("/p/letter/speakers").text
    assert NEW["name"] in sqlite_only.visitor("Curt").get("/p/letter/speakers").text
    proposal = sqlite_only.rows("SELECT id FROM speaker WHERE proposed_by IS NOT NULL")[0].id
    speakers.take_in(sqlite_only.db, OPERATOR, "letter", proposal)
    assert NEW["name"] in alice.get("/p/letter/speakers").text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_article_of_others_is_as_closed_as_one_of_nobody(sqlite_only: World, document: str) -> None:
    """Carol has only 000: whether others have 001 is not hers to know."""
    carol = sqlite_only.visitor("Carol")
    found = {"000": 200, "no-such": 404}.get(document, 403)
    assert carol.get(f"/p/letter/documents/{document}.json").status_code == found
    for round in ("main", "no-such"):
        expected = found if round == "main" or found != 200 else 403
        assert carol.get(f"/p/letter/documents/{document}.json?round={round}").status_code == expected
