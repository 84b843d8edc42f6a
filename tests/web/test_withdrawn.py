"""/p/<slug>/withdrawn: begun work that was taken back; reading it, giving it back; and what its annotator is told."""

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, row, rows, why, words
from tests.web.test_people import key
from tests.world import OTHER_WORDS, WORDS, Visitor, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, managing

ADDRESS = "/p/letter/withdrawn"


def withdraw(world: World, name: str = "Alice", reason: str = "Left <the> team", *documents: str) -> None:
    chosen = documents or ("000",)
    assigning.unassign(world.db, OPERATOR, "letter", name, documents=chosen, with_begun=True, reason=reason)


def give_back(visitor: Visitor, world: World, name: str = "Alice", **changes: str) -> TestResponse:
    return visitor.post(ADDRESS, data={"key": key(world, name), "document": "000", "round": "main"} | changes)


@pytest.fixture
def begun(world: World) -> World:
    """Alice has one label on 000, with a note, and it was withdrawn."""
    world.stored("Alice", note="A <note>", unsure=True)
    withdraw(world)
    return world


def test_what_was_withdrawn_from_whom_why_and_when(begun: World) -> None:
    begun.change("UPDATE event SET at = '2025-04-02T10:30:00Z'")
    curt = begun.visitor("Curt")
    listed = rows(curt.get(ADDRESS))
    assert len(listed) == 2
    assert listed[1].endswith("Alice main Left <the> team 2 April 2025, 10:30 1 Give back")
    assert len(rows(curt.get(f"{ADDRESS}?q=alice+team"))) == 2
    assert "Nothing has “bob” in it" in words(curt.get(f"{ADDRESS}?q=bob").text)
    assert f'href="{ADDRESS}"' in main(curt.get("/p/letter/people"))


def test_it_can_be_read(begun: World) -> None:
    page = begun.visitor("Curt").get(f"/p/letter/people/{key(begun, 'Alice')}/articles/000?round=main")
    assert "1 label, withdrawn: Left <the> team" in words(main(page))
    read = row(page, WORDS[:20])
    assert "OpenAI" in read and "pro-fair-use" in read and read.endswith("unsure A <note>")
    assert main(page).count("<mark") == 1 and WORDS.split()[-1] in words(main(page))


def test_given_back_it_is_open_and_counts_again(begun: World) -> None:
    curt = begun.visitor("Curt")
    answer = give_back(curt, begun)
    assert answer.status_code == 303
    page = curt.get(ADDRESS)
    assert notice(page) == "000 is given back to Alice; the labels on it count again."
    assert "Nothing was withdrawn" in words(main(page))
    alice = begun.visitor("Alice").article("000")
    assert alice["state"] == "open" and len(alice["labels"]) == 1
    (event,) = begun.rows("SELECT document_id, detail FROM event WHERE action = 'given-back'")
    assert event.document_id == "000" and "Alice" in str(event.detail) and "Left <the> team" in str(event.detail)
    assert give_back(curt, begun).status_code == 422, "it is not withdrawn any more"


def test_finished_work_comes_back_unfinished(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "000", finish())
    withdraw(world)
    assert give_back(world.visitor("Curt"), world).status_code == 303
    (row_,) = world.rows(
        "SELECT state, finished_at, withdrawn_reason FROM assignment WHERE document_id = '000'"
        " AND person_id = (SELECT id FROM person WHERE name = 'Alice')"
    )
    assert tuple(row_) == ("open", None, "")


@pytest.mark.parametrize("case", ["closed", "no annotator", "disabled", "unknown"])
def test_what_cannot_be_given_back(sqlite_only: World, case: str) -> None:
    sqlite_only.stored("Alice")
    withdraw(sqlite_only)
    changes = {}
    if case == "closed":
        managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    elif case == "no annotator":
        managing.set_roles(sqlite_only.db, OPERATOR, "letter", "Alice", frozenset())
    elif case == "disabled":
        accounts.disable_person(sqlite_only.db, OPERATOR, "Alice")
    else:
        changes = {"document": "003"}
    curt = sqlite_only.visitor("Curt")
    answer = give_back(curt, sqlite_only, **changes)
    assert answer.status_code == 422 and why(answer)
    assert ("Give back" in rows(curt.get(ADDRESS))[1]) == (case == "unknown")
    assert sqlite_only.rows("SELECT count(*) AS n FROM assignment WHERE state = 'withdrawn'")[0].n == 1


# ---- what its annotator is told ----


def test_the_annotator_is_told_in_a_plain_word(begun: World) -> None:
    alice, title = begun.visitor("Alice"), begun.document("000").display_title or begun.document("000").title
    told = f"Taken back by the curator: {title}. Your labels there are kept and do not count."
    for address in ("/", "/p/letter/", "/p/letter/documents"):
        page = words(main(alice.get(address)))
        assert told in page and "team" not in page, address
    refused = alice.get("/p/letter/documents/000")
    assert refused.status_code == 403
    assert "The curator took this article back. Your labels on it are kept" in words(main(refused))
    assert "Taken back" not in words(main(begun.visitor("Bob").get("/")))


# ---- who may, and blindness ----


def test_others_may_not(begun: World) -> None:
    alice, read = begun.visitor("Alice"), f"/p/letter/people/{key(begun, 'Alice')}/articles/000?round=main"
    assert alice.get(ADDRESS).status_code == 403 and alice.get(read).status_code == 403
    assert give_back(alice, begun).status_code == 403
    assert begun.rows("SELECT count(*) AS n FROM assignment WHERE state = 'withdrawn'")[0].n == 1


def test_who_also_annotates_reads_and_counts_nothing_before_finishing(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Bob", frozenset({"curator", "annotator"}))
    world.stored("Alice")
    world.stored("Alice", OTHER_WORDS)
    read = f"/p/letter/people/{key(world, 'Alice')}/articles/000?round=main"
    bob = world.visitor("Bob")
    assert bob.get(read).status_code == 403 and "once you finished it" in words(bob.get(read).text)
    withdraw(world)
    assert bob.get(read).status_code == 403
    assert "yours to finish" in rows(bob.get(ADDRESS))[1] and "– Give back" in rows(bob.get(ADDRESS))[1]
    world.operate("Bob", "000", finish())
    assert bob.get(read).status_code == 200 and " 2 Give back" in rows(bob.get(ADDRESS))[1]


def test_no_address_tells_of_what_is_not_there(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    alice = key(sqlite_only, "Alice")
    for address in (f"{alice}/articles/003?round=main", f"{alice}/articles/000?round=no", "nobody/articles/000"):
        assert curt.get(f"/p/letter/people/{address}").status_code == 404
