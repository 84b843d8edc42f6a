"""/p/<slug>/people: members, invitations, links, roles, taking articles back."""

import re

import pytest
from werkzeug.test import TestResponse

from tests.web.pages import main, notice, row, rows, why, words
from tests.world import WORDS, Visitor, World, finish, put
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, managing

ADDRESS = "/p/letter/people"


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Curt")


def key(world: World, name: str) -> str:
    (found,) = world.rows(
        "SELECT pseudonym FROM membership WHERE person_id = (SELECT id FROM person WHERE name = :name)"
        " AND project_id = (SELECT id FROM project WHERE slug = 'letter')",
        name=name,
    )
    return str(found.pseudonym)


def token(answer: TestResponse) -> str:
    (found,) = re.findall(r"http://localhost/welcome/(\S+?)</code>", answer.text)
    return str(found)


def lets_in(world: World, link: str) -> bool:
    return world.app.test_client().get(f"/welcome/{link}").status_code == 200


# ---- the list ----


def test_everybody_with_roles_and_progress(world: World) -> None:
    world.stored("Alice")
    world.operate("Alice", "000", finish())
    page = world.visitor("Curt").get(ADDRESS)
    assert row(page, "Alice") == "Alice invited annotator 1 of 3 1 0 0 0.2 – never"
    assert row(page, "Curt").startswith("Curt invited curator – 0 ")
    assert "4 in The Hollywood letter" in words(page.text)


def test_who_left_stands_last_and_who_was_removed_under_the_pseudonym(sqlite_only: World, curt: Visitor) -> None:
    managing.set_roles(sqlite_only.db, OPERATOR, "letter", "Alice", frozenset())
    sqlite_only.change("UPDATE person SET removed_at = created_at WHERE name = 'Bob'")
    listed = rows(curt.get(ADDRESS))
    assert listed[-1].startswith("Alice invited none any more")
    assert any(one.startswith(f"{key(sqlite_only, 'Bob')} removed") for one in listed)
    assert "Bob" not in words(curt.get(ADDRESS).text)


def spread(world: World, name: str, labels: int, minutes: float) -> None:
    """That many labels of the person on 000, one every so many minutes; every fourth neutral, every fifth unsure."""
    text = world.document("000").text
    start = text.index(WORDS)
    for number in range(labels):
        quote = text[start : start + 5 + number].rstrip()
        stance = "neutral" if number % 4 == 0 else "pro-copyright"
        more = {"unsure": number % 5 == 0, "note": "why" if number == 1 else "", "claim_type": "POLICY"}
        fields = {"start": start, "end": start + len(quote), "quote": quote, "stance": stance, **more}
        label = world.label(WORDS) | fields | {"speaker": ("openai", "google")[number % 2]}
        if world.operate(name, "000", put(label))[0]["status"] == "stored":
            at = f"2025-04-02T{10 + int(number * minutes) // 60:02}:{int(number * minutes) % 60:02}:00Z"
            world.change("UPDATE label SET created_at = :at WHERE quote = :quote", at=at, quote=quote)


def test_what_peoples_labels_are_like(world: World) -> None:
    spread(world, "Alice", 20, 2)
    world.stored("Bob", stance=None, on_target=False, claim_type=None)
    curt = world.visitor("Curt")
    # twenty labels in forty minutes: four stretches of ten minutes, that is 30 an hour
    assert row(curt.get(ADDRESS), "Alice") == "Alice invited annotator 0 of 3 20 4 1 0.7 30 never"
    assert row(curt.get(ADDRESS), "Bob").endswith("0 of 2 1 0 0 0.2 – never"), "no pace of so little"
    stances = curt.get(f"{ADDRESS}?show=stances")
    assert rows(stances)[0] == "Name Labels pro-copyright pro-fair-use neutral off target"
    assert row(stances, "Alice") == "Alice invited 20 75 % 0 % 25 % 0 %"
    assert row(stances, "Bob") == "Bob invited 1 0 % 0 % 0 % 100 %"
    claims = curt.get(f"{ADDRESS}?show=claims")
    assert row(claims, "Alice").startswith("Alice invited 20 100 %") and row(claims, "Carol").startswith(
        "Carol invited 0 –"
    )


def test_one_persons_labels(world: World) -> None:
    spread(world, "Alice", 20, 2)
    page = words(main(world.visitor("Curt").get(f"{ADDRESS}/{key(world, 'Alice')}")))
    assert "20 labels 4 unsure 1 with a note 30 an hour worked 0.7 hours worked" in page
    assert "Half of the labels took 120 seconds or less" in page
    assert "pro-copyright 15 75 %" in page and "policy 20 100 %" in page


def test_what_was_not_made_by_hand_is_no_work(world: World) -> None:
    spread(world, "Alice", 20, 2)
    world.change("UPDATE label SET origin = 'simulated'")
    assert row(world.visitor("Curt").get(ADDRESS), "Alice").endswith("0 of 3 20 simulated 4 1 – – never")


def test_withdrawn_work_is_not_counted(world: World) -> None:
    spread(world, "Alice", 20, 2)
    assigning.unassign(world.db, OPERATOR, "letter", "Alice", documents=["000"], with_begun=True, reason="Left")
    curt = world.visitor("Curt")
    assert row(curt.get(ADDRESS), "Alice").endswith("0 of 2 0 0 0 – – never")
    assert row(curt.get(f"{ADDRESS}?show=stances"), "Alice").startswith("Alice invited 0 – –")
    assert "Withdrawn work (1)" in words(curt.get(ADDRESS).text)


def test_who_also_annotates_learns_nothing_of_what_is_in_work(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Bob", frozenset({"curator", "annotator"}))
    spread(world, "Alice", 20, 2)
    bob, alice = world.visitor("Bob"), f"{ADDRESS}/{key(world, 'Alice')}"
    for address in (ADDRESS, f"{ADDRESS}?show=stances", f"{ADDRESS}?show=claims", f"{ADDRESS}?sort=-labels"):
        page = bob.get(address)
        assert not {"20", "75", "30", "100"} & set(row(page, "Alice").split()), address
        assert "You annotate some articles yourself." in words(page.text)
    assert "120 seconds" not in words(bob.get(alice).text) and "75 %" not in words(bob.get(alice).text)
    assert f"{alice.removeprefix(ADDRESS)}/articles/000" not in bob.get(alice).text
    assert "yours to finish" in rows(bob.get(alice))[1]
    world.operate("Bob", "000", finish())
    assert "75 %" in row(bob.get(f"{ADDRESS}?show=stances"), "Alice") and "120 seconds" in words(bob.get(alice).text)


def test_people_are_found_and_sorted(world: World) -> None:
    spread(world, "Bob", 3, 1)
    curt = world.visitor("Curt")

    def names(query: str) -> list[str]:
        return [one.split()[0] for one in rows(curt.get(f"{ADDRESS}?{query}"))[1:]]

    assert names("") == ["Alice", "Bob", "Carol", "Curt"] and names("sort=-name") == ["Curt", "Carol", "Bob", "Alice"]
    assert names("sort=-labels")[0] == "Bob" and names("sort=-finished")[0] == "Alice"
    assert names("show=stances&sort=-of-pro-copyright")[0] == "Bob" and names("q=AL") == ["Alice"]
    assert names("sort=nonsense") == names("")
    assert "Nobody’s name has “zz” in it" in words(curt.get(f"{ADDRESS}?q=zz").text)


def test_one_round_alone(world: World) -> None:
    world.stored("Alice")
    managing.add_round(world.db, OPERATOR, "letter", "second")
    world.assign("Bob", documents=["004"], round="second")
    curt = world.visitor("Curt")
    assert row(curt.get(f"{ADDRESS}?round=second"), "Alice").startswith("Alice invited annotator – 0")
    assert "0 of 1 0" in row(curt.get(f"{ADDRESS}?round=second"), "Bob")
    assert "0 of 3 1" in row(curt.get(f"{ADDRESS}?round=main"), "Alice")
    assert curt.get(f"{ADDRESS}?round=no").status_code == 404


def test_many_people_come_in_pages(curt: Visitor, sqlite_only: World) -> None:
    for number in range(60):
        sqlite_only.add_person(f"Person {number:02}", "annotator")
    page = curt.get(ADDRESS)
    assert len(rows(page)) == 51 and "1 to 50 of 64 people" in words(page.text)
    assert len(rows(curt.get(f"{ADDRESS}?page=2"))) == 15


# ---- inviting ----


def test_a_new_person_gets_a_link_that_is_shown_once(world: World) -> None:
    curt = world.visitor("Curt")
    answer = curt.post(ADDRESS, data={"name": " Dora ", "roles": ["annotator", "adjudicator"]})
    assert answer.status_code == 200 and "A sign-in link for Dora" in words(answer.text)
    assert lets_in(world, token(answer))
    assert row(answer, "Dora") == "Dora invited adjudicator, annotator – 0 0 0 – – never"
    assert token(answer) not in curt.get(ADDRESS).text
    assert "welcome" not in str(world.rows("SELECT detail FROM event")), "no link in the events"


def test_the_invited_person_is_no_administrator_and_sees_this_project_only(world: World) -> None:
    managing.create_project(world.db, OPERATOR, "other", "Another one")
    curt = world.visitor("Curt")
    link = token(curt.post(ADDRESS, data={"name": "Dora", "roles": ["annotator"]}))
    dora = world.app.test_client()
    welcome = dora.get(f"/welcome/{link}")
    (csrf,) = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', welcome.text)
    dora.post(f"/welcome/{link}", data={"password": "a longer password", "csrf_token": csrf})
    assert dora.get("/p/letter/").status_code == 200 and dora.get("/p/other/").status_code == 404
    assert dora.get(ADDRESS).status_code == 403
    assert not lets_in(world, link)


def test_who_is_known_is_added_only_when_meant(world: World) -> None:
    world.add_person("Eve")
    curt = world.visitor("Curt")
    answer = curt.post(ADDRESS, data={"name": "eve", "roles": ["annotator"]})
    assert answer.status_code == 422 and "There is a person named “Eve” on this server already" in why(answer)
    assert "Eve invited" not in words(curt.get(ADDRESS).text)
    assert 'value="eve"' in answer.text, "what was typed stays"
    answer = curt.post(ADDRESS, data={"name": "eve", "roles": ["annotator"], "known": "y"})
    assert answer.status_code == 303 and "welcome" not in answer.text
    page = curt.get(ADDRESS)
    assert notice(page) == "eve is a member now and signs in as before."
    assert row(page, "Eve") == "Eve invited annotator – 0 0 0 – – never"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "", "roles": ["annotator"]}, "Enter a name."),
        ({"name": "Dora"}, "Choose at least one role."),
        ({"name": "Alice", "roles": ["annotator"]}, "belongs to this project already"),
        ({"name": "Do\nra", "roles": ["annotator"]}, "one line"),
        ({"name": "D" * 81, "roles": ["annotator"]}, "80"),
        ({"name": "Dora", "roles": ["king"]}, "not a valid choice"),
    ],
)
def test_what_cannot_be_invited(curt: Visitor, sqlite_only: World, given: dict[str, object], reason: str) -> None:
    answer = curt.post(ADDRESS, data=given)
    assert answer.status_code == 422 and reason in why(answer)
    assert sqlite_only.rows("SELECT count(*) AS n FROM person")[0].n == 4


# ---- links ----


def test_a_lost_link_is_renewed_and_the_old_one_ends(world: World) -> None:
    curt = world.visitor("Curt")
    first = token(curt.post(ADDRESS, data={"name": "Dora", "roles": ["annotator"]}))
    answer = curt.post(f"{ADDRESS}/{key(world, 'Dora')}/link")
    assert answer.status_code == 200 and lets_in(world, token(answer)) and not lets_in(world, first)


def test_no_link_for_who_signs_in_already(world: World) -> None:
    world.change("UPDATE person SET password_hash = 'x' WHERE name = 'Alice'")
    curt = world.visitor("Curt")
    assert "Make a new link" not in curt.get(f"{ADDRESS}/{key(world, 'Alice')}").text
    assert curt.post(f"{ADDRESS}/{key(world, 'Alice')}/link").status_code == 403


@pytest.mark.parametrize("case", ["administrator", "elsewhere", "disabled", "former"])
def test_no_link_into_what_is_not_the_curators(world: World, case: str) -> None:
    world.add_person("Eve", "annotator", admin=case == "administrator")
    if case == "elsewhere":
        managing.create_project(world.db, OPERATOR, "other", "Another one")
        managing.set_roles(world.db, OPERATOR, "other", "Eve", frozenset({"curator"}))
    if case == "disabled":
        accounts.disable_person(world.db, OPERATOR, "Eve")
    if case == "former":
        managing.set_roles(world.db, OPERATOR, "letter", "Eve", frozenset())
    answer = world.visitor("Curt").post(f"{ADDRESS}/{key(world, 'Eve')}/link")
    assert answer.status_code == 403 and "Only an administrator" in words(answer.text)


# ---- roles ----


def test_several_roles_are_set_and_taken(world: World) -> None:
    curt, page = world.visitor("Curt"), f"{ADDRESS}/{key(world, 'Alice')}"
    answer = curt.post(f"{page}/roles", data={"roles": ["annotator", "curator"]})
    assert answer.status_code == 303 and answer.location == page
    assert notice(curt.get(page)) == "The roles were changed."
    assert world.visitor("Alice").get(ADDRESS).status_code == 200
    curt.post(f"{page}/roles", data={})
    assert notice(curt.get(page)) == "Alice is no member any more. The labels stay."
    assert world.visitor("Alice").get("/p/letter/").status_code == 404


def test_a_curator_keeps_the_own_role(curt: Visitor, sqlite_only: World) -> None:
    page = f"{ADDRESS}/{key(sqlite_only, 'Curt')}"
    answer = curt.post(f"{page}/roles", data={"roles": ["annotator"]})
    assert (
        answer.status_code == 422
        and why(answer) == "You cannot take the curator's role from yourself. Ask another curator."
    )
    assert curt.get(ADDRESS).status_code == 200


# ---- one person ----


def test_one_persons_articles(world: World) -> None:
    world.stored("Alice")
    page = world.visitor("Curt").get(f"{ADDRESS}/{key(world, 'Alice')}")
    assert [one.split()[-2:] for one in rows(page)[1:4]] == [["1", "begun"], ["0", "new"], ["0", "new"]]
    assert "0 of 3 finished. Labels: 1" in words(page.text)
    assert world.visitor("Curt").get(f"{ADDRESS}/annotator-99").status_code == 404


def take_back(world: World, name: str, **given: object) -> tuple[TestResponse, Visitor, str]:
    curt, page = world.visitor("Curt"), f"{ADDRESS}/{key(world, name)}"
    return curt.post(f"{page}/take-back", data=given), curt, page


def test_what_is_not_begun_is_taken_back(world: World) -> None:
    answer, curt, page = take_back(world, "Alice", documents=["001"])
    assert answer.status_code == 303
    assert notice(curt.get(page)) == "Taken back: 1 not begun, 0 withdrawn with their labels."
    assert len(rows(curt.get(page))) == 3
    assert world.visitor("Alice").get("/p/letter/documents/001").status_code == 403


def test_begun_work_needs_a_reason_and_is_kept_as_withdrawn(world: World) -> None:
    world.stored("Alice")
    answer, curt, page = take_back(world, "Alice", everything="y")
    assert answer.status_code == 422 and "has begun 000" in why(answer)
    assert '<details class="sure" open>' in answer.text
    answer, *_ = take_back(world, "Alice", everything="y", with_begun="y")
    assert answer.status_code == 422 and "Say why" in why(answer)
    assert len(world.rows("SELECT 1 FROM assignment WHERE state = 'open'")) == 6, "nothing half-done"
    answer, *_ = take_back(world, "Alice", everything="y", with_begun="y", reason="Left <the> team")
    assert answer.status_code == 303
    (left,) = rows(curt.get(page))[1:]
    assert left.endswith("withdrawn Left <the> team")
    assert world.rows("SELECT count(*) AS n FROM label")[0].n == 1


def test_nothing_ticked_takes_nothing_back(curt: Visitor, sqlite_only: World) -> None:
    answer, *_ = take_back(sqlite_only, "Alice")
    assert answer.status_code == 422 and why(answer) == "Tick at least one article."
    answer, *_ = take_back(sqlite_only, "Alice", documents=["004"])
    assert answer.status_code == 422 and "holds no 004" in why(answer)
    assert len(sqlite_only.rows("SELECT 1 FROM assignment")) == 6


def test_a_closed_round_is_left_alone(sqlite_only: World) -> None:
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    answer, curt, page = take_back(sqlite_only, "Alice", everything="y")
    assert answer.status_code == 422
    assert "take-back-documents" not in main(curt.get(page)) and 'name="documents"' not in main(curt.get(page))


# ---- who may ----


def test_annotators_may_not(sqlite_only: World) -> None:
    alice, own = sqlite_only.visitor("Alice"), f"{ADDRESS}/{key(sqlite_only, 'Alice')}"
    assert alice.get(ADDRESS).status_code == 403 and alice.get(own).status_code == 403
    for address, given in (
        (ADDRESS, {"name": "Dora", "roles": "curator"}),
        (ADDRESS, {}),
        (f"{own}/roles", {"roles": "curator"}),
        (f"{own}/link", {}),
        (f"{own}/take-back", {"everything": "y"}),
    ):
        assert alice.post(address, data=given).status_code == 403
    assert sqlite_only.rows("SELECT count(*) AS n FROM person")[0].n == 4
    assert sqlite_only.visitor("Alice").get(ADDRESS).status_code == 403


def test_the_token_is_asked_for(curt: Visitor) -> None:
    assert curt.client.post(ADDRESS, data={"name": "Dora", "roles": "annotator"}).status_code == 400
    assert "Dora" not in curt.get(ADDRESS).text
