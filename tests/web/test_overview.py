"""/p/<slug>/: articles × people for the curator; for annotators their own work and nothing of others'."""

import re

import pytest

from tests.web.pages import main, row, rows, words
from tests.world import OTHER_WORDS, Visitor, World, finish
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

ADDRESS = "/p/letter/"
WHO = "(SELECT id FROM person WHERE name = :name)"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def title(world: World, id: str) -> str:
    document = world.document(id)
    return document.display_title or document.title or id


def test_the_matrix_tells_state_and_labels(world: World) -> None:
    world.stored("Alice")
    world.stored("Alice", OTHER_WORDS)
    world.operate("Bob", "000", finish())
    page = world.visitor("Curt").get(ADDRESS)
    assert page.status_code == 200
    assert row(page, title(world, "000")).endswith("begun, labels: 2 finished, labels: 0 not begun, labels:")
    assert row(page, "Article") == "Article Alice Bob Carol"
    assert row(page, "Finished") == "Finished 0 /3 1 /2 0 /1"
    assert row(page, "main") == "main open 1 6 2"


def test_who_has_an_article_is_not_mixed_up(curt: Visitor, sqlite_only: World) -> None:
    cells = main(curt.get(ADDRESS)).split(title(sqlite_only, "002"))[-1].split("</tr>")[0]
    assert cells.count('class="m-new"') == 1 and cells.count("<td></td>") == 2


def test_simulated_labels_are_marked(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    sqlite_only.stored("Bob")
    sqlite_only.change(f"UPDATE label SET origin = 'simulated' WHERE person_id = {WHO}", name="Bob")
    page = curt.get(ADDRESS)
    assert row(page, "Article") == "Article Alice Bob simulated Carol"
    assert row(page, "main").endswith("2 1 simulated")


def test_a_round_is_chosen_and_the_newest_is_shown(curt: Visitor, sqlite_only: World) -> None:
    managing.add_round(sqlite_only.db, OPERATOR, "letter", "second")
    sqlite_only.assign("Carol", documents=["004"], round="second")
    assert row(curt.get(ADDRESS), "Article") == "Article Carol"
    assert row(curt.get(f"{ADDRESS}?round=main"), "Article") == "Article Alice Bob Carol"
    assert curt.get(f"{ADDRESS}?round=third").status_code == 404


def test_what_is_withdrawn_is_no_progress(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.stored("Carol")
    sqlite_only.change(f"UPDATE assignment SET state = 'withdrawn' WHERE person_id = {WHO}", name="Carol")
    page = curt.get(ADDRESS)
    assert "Carol" not in row(page, "Article")
    assert row(page, "main") == "main open 0 5 0"


def test_a_long_list_comes_in_pages(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring(*({"id": f"x{number:03}", "text": f"Number {number}."} for number in range(70)))
    sqlite_only.assign("Alice", documents=["x069"])
    first, second = curt.get(ADDRESS), curt.get(f"{ADDRESS}?page=2")
    assert "1 to 50 of 75 articles" in words(first.text) and "x069" not in main(first)
    assert "51 to 75 of 75 articles" in words(second.text)
    assert row(second, "x069") == "x069 not begun, labels:"
    assert rows(curt.get(f"{ADDRESS}?page=9")) == rows(second)
    assert curt.get(f"{ADDRESS}?page=x").status_code == 200


def test_articles_are_found(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring(*({"id": f"x{number:03}", "text": f"Number {number}."} for number in range(20)))
    page = curt.get(f"{ADDRESS}?q=x007")
    assert row(page, "x007") and "x008" not in main(page) and "25 articles" in words(page.text)
    assert "Nothing has “zz” in it" in words(curt.get(f"{ADDRESS}?q=zz").text)


def test_markup_in_titles_and_names_is_text(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring({"id": "bad", "title": "<script>alert(1)</script>", "text": "Words."})
    sqlite_only.add_person("<b>Zed</b>", "annotator")
    sqlite_only.assign("<b>Zed</b>", documents=["bad"])
    page = curt.get(ADDRESS)
    assert "<script>alert" not in page.text and "<b>Zed" not in page.text
    assert "<script>alert(1)</script>" in words(page.text) and "<b>Zed</b>" in words(page.text)


def test_labels_in_the_table_lead_to_be_read(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    (address,) = re.findall(r'href="(/p/letter/people/[^"]+/articles/000[^"]*)"', main(curt.get(ADDRESS)))
    assert "1 label, not finished" in words(curt.get(address).text)


# ---- the way around ----


def ways(visitor: Visitor, address: str = ADDRESS) -> list[str]:
    """The pages that the header leads to."""
    found = re.search(r'<div id="pages".*?</div>', visitor.get(address).text, re.DOTALL)
    assert found
    return re.findall(r">([A-Z][a-z]+)</a>", found[0])


def test_everybody_is_led_to_what_is_open_to_them(curt: Visitor, sqlite_only: World) -> None:
    own = ["Overview", "Articles", "Guide", "Scheme", "Speakers"]
    alice = sqlite_only.visitor("Alice")
    assert ways(alice) == own
    results = ["Agreement", "Adjudicate", "Releases"]
    assert ways(curt) == [*own[:2], *results, *own[2:], "People", "Rounds", "Settings", "Events"]
    managing.set_settings(sqlite_only.db, OPERATOR, "letter", agreement_open=True)
    assert ways(alice) == [*own[:2], "Agreement", *own[2:]]
    sqlite_only.add_person("Dora", "adjudicator")
    for visitor in (curt, alice, sqlite_only.visitor("Dora")):
        addresses = re.findall(r'href="(/p/letter/[^"]*)"', visitor.get(ADDRESS).text.split("<main")[0])
        assert addresses and {visitor.get(address).status_code for address in addresses} == {200}


def test_the_switcher_names_ones_own_projects_only(sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "other", "Another one")
    alice = sqlite_only.visitor("Alice")
    assert "Another one" not in alice.get("/").text and 'popovertarget="projects"' not in alice.get("/").text
    managing.set_roles(sqlite_only.db, OPERATOR, "other", "Alice", frozenset({"annotator"}))
    assert re.search(r'id="projects".*href="/p/letter/".*href="/p/other/">Another one', alice.get("/").text, re.DOTALL)


# ---- what to do next ----


def test_an_empty_project_says_what_to_do(sqlite_only: World) -> None:
    managing.create_project(sqlite_only.db, OPERATOR, "new", "A new one")
    sqlite_only.add_person("Ada", admin=True)
    ada = sqlite_only.visitor("Ada")
    assert "No articles yet" in words(ada.get("/p/new/").text)
    sqlite_only.bring({"id": "one", "text": "Words."}, slug="new")
    assert "Nobody annotates yet" in words(ada.get("/p/new/").text)
    managing.set_roles(sqlite_only.db, OPERATOR, "new", "Alice", frozenset({"annotator"}))
    assert "Nothing is assigned yet" in words(ada.get("/p/new/").text)
    managing.close_round(sqlite_only.db, OPERATOR, "new", "main")
    assert "Every round is closed" in words(ada.get("/p/new/").text)


def test_when_all_is_finished_the_round_may_be_closed(curt: Visitor, sqlite_only: World) -> None:
    assert "Everything assigned is finished" not in curt.get(ADDRESS).text
    sqlite_only.change("UPDATE assignment SET state = 'done', finished_at = assigned_at")
    assert "Everything assigned is finished" in curt.get(ADDRESS).text


# ---- blindness ----


def test_an_annotator_sees_own_work_only(world: World) -> None:
    world.stored("Alice")
    alice = world.visitor("Alice")
    before = {address: alice.get(address) for address in (ADDRESS, "/p/letter/documents")}
    assert row(before[ADDRESS], title(world, "000")).endswith("1 begun")
    assert len(rows(before[ADDRESS])) == 4
    assert "0 articles; 3 to go. Your work 0 finished 3 to finish 1 label Your" in words(main(before[ADDRESS]))
    assert title(world, "003") not in before[ADDRESS].text
    world.stored("Bob")
    world.stored("Bob", OTHER_WORDS)
    world.operate("Bob", "000", finish())
    world.assign("Carol")
    for address, answer in before.items():
        assert main(alice.get(address)) == main(answer), "others' work may not change a word"
        assert not {"Bob", "Carol", "Curt"} & set(words(answer.text).split())


def test_a_curator_who_annotates_is_blind_until_finished(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Curt", frozenset({"annotator", "curator"}))
    world.assign("Curt", documents=["000"])
    world.stored("Alice")
    world.stored("Curt", OTHER_WORDS)
    curt = world.visitor("Curt")
    page = curt.get(ADDRESS)
    assert row(page, title(world, "000")).endswith("yours to finish in work in work in work begun, labels: 1")
    assert row(page, "main").endswith(" 1"), "only Curt's own label counts"
    assert row(curt.get("/p/letter/documents"), title(world, "000")).endswith("0 of 4 1")
    assert row(curt.get("/p/letter/people"), "Alice").split(" never")[0].endswith("0 of 3 0 0 0 – –")
    world.operate("Curt", "000", finish())
    assert row(curt.get(ADDRESS), title(world, "000")).endswith(
        "begun, labels: 1 not begun, labels: not begun, labels: finished, labels: 1"
    )
    assert row(curt.get("/p/letter/documents"), title(world, "000")).endswith("1 of 4 2")


# ---- who may ----


@pytest.mark.parametrize("page", ["", "documents", "people", "rounds", "settings", "events", "events.jsonl"])
def test_who_is_no_member_is_told_nothing(sqlite_only: World, page: str) -> None:
    sqlite_only.add_person("Mallory")
    assert sqlite_only.visitor("Mallory").get(ADDRESS + page).status_code == 404
    assert sqlite_only.app.test_client().get(ADDRESS + page).status_code in (303, 401)


def test_without_articles_an_annotator_is_told_to_wait(sqlite_only: World) -> None:
    sqlite_only.add_person("Dora", "annotator")
    dora = sqlite_only.visitor("Dora")
    assert "No articles yet" in words(dora.get(ADDRESS).text)
    assert "No articles yet" in words(dora.get(f"{ADDRESS}documents").text)


def test_of_a_closed_round_nothing_is_left_to_finish(world: World) -> None:
    world.operate("Alice", "000", finish())
    managing.close_round(world.db, OPERATOR, "letter", "main")
    managing.add_round(world.db, OPERATOR, "letter", "second")
    world.assign("Alice", documents=["000"], round="second")
    page = words(world.visitor("Alice").get(ADDRESS).text)
    assert "You have finished 1 article; 1 to go." in page
    assert "1 finished 1 to finish 0 labels" in page
