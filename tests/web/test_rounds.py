"""/p/<slug>/rounds: opening and closing rounds, handing articles out."""

import re

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, row, rows, why, words
from tests.world import Visitor, World, put
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, managing

ADDRESS = "/p/letter/rounds"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def assign(visitor: Visitor, **given: object) -> TestResponse:
    asked = {"annotators": ["Alice", "Bob", "Carol"], "per_document": "2", "which": "all", "seed": "1", "round": "main"}
    return visitor.post(f"{ADDRESS}/assign", data=asked | given)


def pairs(world: World, round: str = "main") -> list[tuple[str, str]]:
    found = world.rows(
        "SELECT document_id, name FROM assignment JOIN person ON person.id = person_id"
        " WHERE round = :round ORDER BY 1, 2",
        round=round,
    )
    return [(one.document_id, one.name) for one in found]


# ---- opening and closing ----


def test_rounds_with_their_versions_and_progress(world: World) -> None:
    world.stored("Alice")
    page = world.visitor("Curt").get(ADDRESS)
    assert row(page, "main").startswith("main open version 1 version 1 0 of 6 1 Close …")


def test_a_round_is_opened_under_the_newest_guide(world: World) -> None:
    managing.set_guide(world.db, OPERATOR, "letter", "# New")
    curt = world.visitor("Curt")
    answer = curt.post(ADDRESS, data={"name": " second one "})
    assert answer.status_code == 303 and answer.location == ADDRESS
    page = curt.get(ADDRESS)
    assert notice(page) == "Round second one is open, under the newest scheme and guide."
    assert row(page, "second one").startswith("second one open version 1 version 2 0 of 0 0")


@pytest.mark.parametrize(
    ("name", "reason"), [("", "Enter a name"), ("main", "already"), ("a/b", "letters"), ("é", "letters")]
)
def test_a_name_that_cannot_be(curt: Visitor, sqlite_only: World, name: str, reason: str) -> None:
    answer = curt.post(ADDRESS, data={"name": name})
    assert answer.status_code == 422 and reason in why(answer)
    assert len(sqlite_only.rows("SELECT 1 FROM round")) == 1


def test_closing_locks_the_labels(world: World) -> None:
    world.stored("Alice")
    curt = world.visitor("Curt")
    assert "Nobody can change a label in it after that" in words(curt.get(ADDRESS).text)
    assert curt.post(f"{ADDRESS}/close", data={"name": "main"}).status_code == 303
    page = curt.get(ADDRESS)
    assert notice(page) == "Round main is closed; its labels stand still."
    assert row(page, "main").startswith("main closed ") and "Close …" not in row(page, "main")
    (result,) = world.visitor("Alice").results("000", put(world.label(note="late")))
    assert (result["status"], result["code"]) == ("refused", "locked")
    assert "Round main is closed; its labels stand still." in world.visitor("Alice").get("/p/letter/documents/000").text
    answer = curt.post(f"{ADDRESS}/close", data={"name": "main"})
    assert answer.status_code == 422 and "closed already" in why(answer)
    assert curt.post(f"{ADDRESS}/close", data={"name": "no such"}).status_code == 422


# ---- assigning ----


def test_all_articles_to_some_of_the_people(world: World) -> None:
    curt = world.visitor("Curt")
    answer = assign(curt)
    assert answer.status_code == 303
    assert notice(curt.get(ADDRESS)) == "5 new assignments on 5 articles in round main."
    assert [sum(1 for document, _ in pairs(world) if document == id) for id in ("000", "001", "002", "003", "004")] == [
        3,
        2,
        2,
        2,
        2,
    ]
    assign(curt)
    assert notice(curt.get(ADDRESS)) == "0 new assignments on 5 articles in round main.", "again adds nothing"


def test_a_sample_is_rounded_up_and_repeatable(world: World) -> None:
    curt = world.visitor("Curt")
    for name in ("one", "two", "three"):
        managing.add_round(world.db, OPERATOR, "letter", name)
    for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        assert assign(curt, which="sample", sample="30", round=name, seed=seed).status_code == 303
    assert len({document for document, _ in pairs(world, "one")}) == 2
    assert pairs(world, "one") == pairs(world, "two") != pairs(world, "three")


def test_chosen_articles(world: World) -> None:
    curt = world.visitor("Curt")
    assert assign(curt, which="chosen", documents="003, 004", annotators=["Carol"], per_document="1").status_code == 303
    assert {("003", "Carol"), ("004", "Carol")} < set(pairs(world))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"annotators": []}, "Tick at least one annotator."),
        ({"annotators": ["Curt"], "per_document": "1"}, "is no annotator of this project"),
        ({"annotators": ["Nobody"], "per_document": "1"}, "There is no person named"),
        ({"per_document": "4"}, "Name more, or ask for fewer."),
        ({"per_document": "0"}, "Enter a whole number from 1."),
        ({"per_document": "two"}, "Not a valid integer"),
        ({"which": "sample"}, "Enter a share"),
        ({"which": "sample", "sample": "much"}, "Enter a share"),
        ({"which": "sample", "sample": "1e-999999999"}, "Enter a share"),
        ({"which": "sample", "sample": "1e999999999"}, "Enter a share"),
        ({"which": "sample", "sample": "0"}, "Enter a share"),
        ({"which": "sample", "sample": "101"}, "Enter a share"),
        ({"which": "sample", "sample": "NaN"}, "Enter a share"),
        ({"which": "chosen"}, "Enter at least one id"),
        ({"which": "chosen", "documents": "999"}, "There is no article “999”"),
        ({"which": "some"}, "Not a valid choice"),
        ({"seed": "x"}, "Not a valid integer"),
        ({"round": "nope"}, "There is no round “nope”"),
    ],
)
def test_what_cannot_be_assigned(curt: Visitor, sqlite_only: World, given: dict[str, object], reason: str) -> None:
    answer = assign(curt, **given)
    assert answer.status_code == 422 and reason in why(answer), why(answer)
    assert len(pairs(sqlite_only)) == 6


def test_the_refused_form_keeps_what_was_entered(curt: Visitor) -> None:
    page = main(assign(curt, annotators=["Bob"], per_document="7"))
    ticked = re.findall(r'<input checked[^>]*name="annotators"[^>]*value="(\w+)"', page)
    assert ticked == ["Bob"] and 'value="7"' in page


def test_no_closed_round_and_nobody_disabled_is_offered(curt: Visitor, sqlite_only: World) -> None:
    accounts.disable_person(sqlite_only.db, OPERATOR, "Bob")
    managing.add_round(sqlite_only.db, OPERATOR, "letter", "second")
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    page = main(curt.get(ADDRESS))
    assert 'value="second"' in page and '<option value="main">' not in page
    assert 'value="Alice"' in page and 'value="Bob"' not in page
    assert assign(curt).status_code == 422


def test_without_articles_people_or_rounds_the_page_says_what_to_do(sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "new", "A new one")
    managing.set_roles(sqlite_only.db, OPERATOR, "new", "Curt", frozenset({"curator"}))
    curt = sqlite_only.visitor("Curt")
    assert "No articles yet" in words(curt.get("/p/new/rounds").text)
    sqlite_only.bring({"id": "one", "text": "Words."}, slug="new")
    assert "Nobody annotates yet" in words(curt.get("/p/new/rounds").text)
    managing.close_round(sqlite_only.db, OPERATOR, "new", "main")
    assert "Every round is closed" in words(curt.get("/p/new/rounds").text)


# ---- who may ----


def test_annotators_may_not(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    assert alice.get(ADDRESS).status_code == 403
    assert alice.post(ADDRESS, data={"name": "mine"}).status_code == 403
    assert alice.post(f"{ADDRESS}/close", data={"name": "main"}).status_code == 403
    assert assign(alice).status_code == 403
    assert assign(alice, per_document="no number").status_code == 403
    assert len(rows(sqlite_only.visitor("Curt").get(ADDRESS))) == 2 and len(pairs(sqlite_only)) == 6
