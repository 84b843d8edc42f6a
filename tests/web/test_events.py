"""/p/<slug>/events: who changed what and when, on the page and as JSON lines."""

import json
from typing import Any

import pytest

from tests.web.pages import main, rows, words
from tests.world import OTHER_WORDS, Visitor, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

ADDRESS = "/p/letter/events"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def lines(visitor: Visitor) -> list[dict[str, Any]]:
    answer = visitor.get(f"{ADDRESS}.jsonl")
    assert answer.status_code == 200 and answer.content_type.startswith("application/jsonl")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_newest_first_on_the_page_and_oldest_first_in_the_file(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "000", finish())
    curt = world.visitor("Curt")
    told = lines(curt)
    assert all(list(event) == ["at", "who", "action", "document", "detail"] for event in told)
    assert [(event["who"], event["action"], event["document"]) for event in told[-2:]] == [
        ("Alice", "label-added", "000"),
        ("Alice", "finished", "000"),
    ]
    listed = rows(curt.get(ADDRESS))[1:]
    assert len(listed) == len(told)
    assert "Alice finished 000 round main" in listed[0] and "Alice label added 000" in listed[1]
    assert "operator" in listed[-1] and "project created" in listed[-1]


def test_what_a_curator_does_leaves_a_line(world: World) -> None:
    curt = world.visitor("Curt")
    curt.post("/p/letter/rounds", data={"name": "second"})
    curt.post("/p/letter/people", data={"name": "Dora", "roles": ["annotator"]})
    assert [(event["who"], event["action"]) for event in lines(curt)[-2:]] == [
        ("Curt", "round-added"),
        ("Curt", "person-invited"),
    ]
    assert lines(curt)[-1]["detail"] == {"person": "Dora", "roles": ["annotator"]}


@pytest.mark.parametrize(
    ("search", "found"),
    [("alice", 2), ("label 000", 1), ("ALICE finished", 1), ("zz", 0), ("100%", 0), ("operator created", 1)],
)
def test_search(world: World, search: str, found: int) -> None:
    world.stored("Alice")
    world.operate("Alice", "000", finish())
    world.change("DELETE FROM event WHERE action = 'reopened'")
    page = world.visitor("Curt").get(ADDRESS, query_string={"q": search})
    assert len(rows(page)[1:]) == found
    assert found or f"Nothing has “{search}” in it" in words(page.text)


def test_other_projects_events_stay_there(curt: Visitor, sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "other", "Another one")
    assert "other" not in json.dumps(lines(curt))


def test_pages(curt: Visitor, sqlite_only: World) -> None:
    for number in range(60):
        managing.set_settings(sqlite_only.db, OPERATOR, "letter", title=f"Title {number}")
    first = curt.get(ADDRESS)
    assert len(rows(first)) == 51 and "title Title 59" in words(first.text)
    assert "Title 9;" not in main(curt.get(f"{ADDRESS}?page=2")) and "title Title 0" in words(
        curt.get(f"{ADDRESS}?page=2").text
    )


def test_markup_in_details_is_text(curt: Visitor, sqlite_only: World) -> None:
    managing.set_settings(sqlite_only.db, OPERATOR, "letter", title="<script>alert(1)</script>")
    assert "<script>alert" not in curt.get(ADDRESS).text
    assert "<script>alert(1)</script>" in words(curt.get(ADDRESS).text)


def test_a_curator_who_annotates_sees_no_labelling_of_others_before_finishing(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Curt", frozenset({"annotator", "curator"}))
    world.assign("Curt", documents=["000"])
    world.stored("Alice")
    elsewhere = world.document("001")
    sentence = next(unit for unit in elsewhere.units if unit["kind"] == "sentence")
    world.stored("Alice", elsewhere.text[sentence["start"] : sentence["end"]], "001")
    world.stored("Curt", OTHER_WORDS)
    curt = world.visitor("Curt")
    seen = [(e["who"], e["document"]) for e in lines(curt) if e["action"] == "label-added"]
    assert seen == [("Alice", "001"), ("Curt", "000")]
    assert sum("label added" in one for one in rows(curt.get(ADDRESS))) == 2
    world.operate("Curt", "000", finish())
    assert sum("label added" in one for one in rows(curt.get(ADDRESS))) == 3


def test_annotators_may_not(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    assert alice.get(ADDRESS).status_code == 403
    refused = alice.get(f"{ADDRESS}.jsonl")
    assert refused.status_code == 403 and refused.content_type == "application/problem+json"
