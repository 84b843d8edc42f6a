"""/p/<slug>/speakers/…: taking proposals in, merging after a look at both, undoing that."""

import pytest

from tests.web.pages import main, rows, why, words
from tests.world import Visitor, World, finish, put
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

ADDRESS = "/p/letter/speakers"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def speaker(world: World, id: str) -> tuple[object, object]:
    found = world.rows("SELECT proposed_by, merged_into FROM speaker WHERE id = :id", id=id)[0]
    return found.proposed_by, found.merged_into


def proposed(world: World, name: str = "Alice") -> str:
    label = world.label(speaker={"name": "A <new> one", "kind": "person", "affiliation": ""})
    assert world.operate(name, "000", put(label))[0]["status"] == "stored"
    return str(world.rows("SELECT id FROM speaker WHERE name = 'A <new> one'")[0].id)


def test_a_proposal_is_taken_in(world: World) -> None:
    id = proposed(world)
    answer = world.visitor("Curt").post(f"{ADDRESS}/{id}/take-in")
    assert answer.status_code == 303 and answer.location == ADDRESS
    assert speaker(world, id) == (None, None)
    assert "A <new> one" in words(world.visitor("Bob").get(ADDRESS).text)


def test_search_order_and_pages(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.stored("Alice", speaker="google")

    def names(query: str) -> list[str]:
        return [one.split()[0] for one in rows(curt.get(f"{ADDRESS}?{query}"))[1:]]

    assert "Google" in names("q=GOOG") and 1 < len(names("q=organisation")) < len(names(""))
    assert names("sort=-labels")[0] == "Google" and names("sort=-name") == names("")[::-1]
    assert "Nobody is called “zz”" in words(curt.get(f"{ADDRESS}?q=zz").text)
    one = {"kind": "person", "affiliation": "", "members": "[]", "aliases": "[]"}
    for number in range(60):
        sqlite_only.change(
            "INSERT INTO speaker (project_id, id, name, kind, affiliation, members, aliases)"
            " SELECT id, :id, :id, :kind, :affiliation, :members, :aliases FROM project",
            id=f"zed-{number:02}",
            **one,
        )
    assert len(names("q=zed")) == 50 and names("q=zed&page=2")[0] == "zed-50"


def test_who_has_articles_in_work_is_told_no_numbers(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Bob", frozenset({"curator", "annotator"}))
    world.stored("Alice")
    bob = world.visitor("Bob")
    assert "Labels" not in rows(bob.get(ADDRESS))[0] and rows(bob.get(f"{ADDRESS}?sort=-labels")) == rows(
        bob.get(ADDRESS)
    )
    merging = words(main(bob.get(f"{ADDRESS}/openai/merge?into=google")))
    assert "All its labels will count for Google" in merging and "Labels 1" not in merging
    for document in ("000", "001"):
        world.operate("Bob", document, finish())
    assert "1 label will count for Google" in words(main(bob.get(f"{ADDRESS}/openai/merge?into=google")))


def test_both_stand_side_by_side_before_a_merge(world: World) -> None:
    world.stored("Alice")
    world.stored("Bob")
    world.change("UPDATE label SET origin = 'simulated' WHERE person_id = (SELECT id FROM person WHERE name = 'Bob')")
    curt = world.visitor("Curt")
    first = curt.get(f"{ADDRESS}/openai/merge")
    assert first.status_code == 200 and "Merge them" not in first.text
    assert 'value="openai"' not in main(first), "not into itself"
    page = curt.get(f"{ADDRESS}/openai/merge?into=google")
    assert [one for one in rows(page) if one.startswith(("Labels", "Id"))] == [
        "Labels 2 1 simulated",
        "Id openai",
        "Labels 0",
        "Id google",
    ]
    assert "2 labels will count for Google" in words(page.text)
    assert speaker(world, "openai") == (None, None), "looking changes nothing"


def test_merge_and_undo(world: World) -> None:
    curt = world.visitor("Curt")
    world.stored("Alice")
    answer = curt.post(f"{ADDRESS}/openai/merge", data={"into": "google"})
    assert answer.status_code == 303 and answer.location == ADDRESS
    assert speaker(world, "openai") == (None, "google")
    assert world.rows("SELECT speaker_id FROM label")[0].speaker_id == "openai", "labels keep what was stored"
    assert curt.post(f"{ADDRESS}/openai/unmerge").status_code == 303
    assert speaker(world, "openai") == (None, None)
    assert curt.post(f"{ADDRESS}/openai/unmerge").status_code == 422


@pytest.mark.parametrize(
    ("into", "reason"),
    [("", "Choose a speaker."), ("openai", "one speaker already"), ("nobody", "There is no speaker")],
)
def test_what_cannot_be_merged(curt: Visitor, sqlite_only: World, into: str, reason: str) -> None:
    answer = curt.post(f"{ADDRESS}/openai/merge", data={"into": into})
    assert answer.status_code == 422 and reason in why(answer)
    assert speaker(sqlite_only, "openai") == (None, None)


def test_a_proposal_is_no_target(curt: Visitor, sqlite_only: World) -> None:
    id = proposed(sqlite_only)
    assert f'value="{id}"' not in main(curt.get(f"{ADDRESS}/openai/merge"))
    assert curt.post(f"{ADDRESS}/openai/merge", data={"into": id}).status_code == 422
    assert curt.post(f"{ADDRESS}/{id}/merge", data={"into": "openai"}).status_code == 303
    assert "A <new> one" not in main(curt.get(f"{ADDRESS}/google/merge")), "its name is escaped, and it is merged"


def test_who_is_not_there(curt: Visitor) -> None:
    assert curt.get(f"{ADDRESS}/nobody/merge").status_code == 404
    assert curt.post(f"{ADDRESS}/nobody/take-in").status_code == 404
    assert curt.post(f"{ADDRESS}/nobody/unmerge").status_code == 404


def test_annotators_may_not(sqlite_only: World) -> None:
    id, alice = proposed(sqlite_only), sqlite_only.visitor("Alice")
    assert alice.get(f"{ADDRESS}/openai/merge").status_code == 403
    for action in ("take-in", "merge", "unmerge"):
        assert alice.post(f"{ADDRESS}/{id}/{action}", data={"into": "openai"}).status_code == 403
    assert speaker(sqlite_only, id)[0] is not None
