"""GET …/documents/<doc>.json: one article with one's own labels."""

import pytest

from tests.world import OTHER_WORDS, WORDS, World, delete, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import managing, speakers

KEYS = ["id", "title", "text", "text_sha256", "excluded", "units", "round", "state", "labels", "person", "csrf_token"]


def test_it_holds_the_article_and_ones_own_labels(world: World) -> None:
    mine = world.stored("Alice", chain=["voice-000", "openai"])
    first = world.stored("Alice", "Ben Stiller")
    gone = world.stored("Alice", OTHER_WORDS)
    world.operate("Alice", "000", delete(gone["id"], 1))
    world.stored("Bob")
    found = world.visitor("Alice").article("000")
    assert sorted(found) == sorted(KEYS)
    assert (found["id"], found["round"], found["state"], found["person"]) == ("000", "main", "open", "Alice")
    assert found["title"] == "Stars sign open letter on AI and copyright (untitled, 000)"
    assert [label["id"] for label in found["labels"]] == [first["id"], mine["id"]]
    sent = {name: value for name, value in mine.items() if name not in ("base", "text_sha256")}
    assert found["labels"][1] == sent | {"revision": 1}


def test_units_lie_outside_of_what_is_excluded_and_are_ordered(sqlite_only: World) -> None:
    found = sqlite_only.visitor("Alice").article("001")
    assert [set(region) for region in found["excluded"]] == [{"start", "end", "kind", "why"}] * 4
    for unit in found["units"]:
        assert all(unit["end"] <= region["start"] or unit["start"] >= region["end"] for region in found["excluded"])
        if unit["kind"] == "quotation":
            assert {"kind", "start", "end", "depth", "closed", "proposal", "run"} == set(unit)
    places = [(unit["start"], -unit["end"]) for unit in found["units"]]
    assert places == sorted(places) and {unit["kind"] for unit in found["units"]} >= {"paragraph", "sentence"}


def test_its_token_is_good_for_operations(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    alice.token = alice.article("000")["csrf_token"]
    assert alice.operate("000", finish()).status_code == 200
    assert alice.article("000")["state"] == "done"


def test_the_state_of_a_closed_round_is_locked(sqlite_only: World) -> None:
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    assert sqlite_only.visitor("Alice").article("000")["state"] == "locked"


def test_the_newest_round_of_ones_own_counts(world: World) -> None:
    world.stored("Alice")
    managing.add_round(world.db, OPERATOR, "letter", "second")
    world.assign("Bob", documents=["000"], round="second")
    alice, bob = world.visitor("Alice"), world.visitor("Bob")
    assert (alice.article("000")["round"], bob.article("000")["round"]) == ("main", "second")
    assert (bob.article("000", "?round=main")["round"], len(alice.article("000")["labels"])) == ("main", 1)
    world.assign("Alice", documents=["000"], round="second")
    assert (alice.article("000")["round"], alice.article("000")["labels"]) == ("second", [])
    assert len(alice.article("000", "?round=main")["labels"]) == 1
    assert alice.get("/p/letter/documents/000.json?round=third").status_code == 403
    assert world.visitor("Curt").get("/p/letter/documents/000.json?round=third").status_code == 404


def test_a_curator_reads_without_labels(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    found = sqlite_only.visitor("Curt").article("000")
    assert (found["labels"], found["state"], found["round"]) == ([], "locked", "main")


def test_proposals_of_speakers_can_be_switched_off_and_follow_merges(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")

    def proposed() -> set[str | None]:
        return {unit["proposal"] for unit in alice.article("000")["units"] if unit["kind"] == "quotation"}

    before = proposed() - {None}
    assert before
    one = sorted(id for id in before if id)[0]
    speakers.merge_speaker(sqlite_only.db, OPERATOR, "letter", one, "iatse")
    assert proposed() - {None} == before - {one} | {"iatse"}
    managing.set_settings(sqlite_only.db, OPERATOR, "letter", proposals_on=False)
    assert proposed() == {None}


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [
        ("Alice", "/p/letter/documents/003.json", 403),
        ("Alice", "/p/letter/documents/no-such.json", 404),
        ("Alice", "/p/no-such/documents/000.json", 404),
        ("Stranger", "/p/letter/documents/000.json", 404),
    ],
)
def test_refusals_are_problems(sqlite_only: World, name: str, address: str, status: int) -> None:
    sqlite_only.add_person("Stranger")
    answer = sqlite_only.visitor(name).get(address)
    assert answer.status_code == status and answer.content_type == "application/problem+json"
    assert answer.json["status"] == status and WORDS not in answer.text


def test_nothing_of_it_is_kept_in_a_cache(sqlite_only: World) -> None:
    assert sqlite_only.visitor("Alice").get("/p/letter/documents/000.json").headers["Cache-Control"] == "no-store"
