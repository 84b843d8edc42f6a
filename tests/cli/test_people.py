"""`user`: people, links, disabling, removing."""

import re

import pytest

from tests.cli.conftest import Stancemark
from tests.world import SLUG, WORDS, World
from webapp.domain.errors import Invalid, NotFound
from webapp.services import accounts

PASSWORD = "correct horse battery"


def token_of(printed: str) -> str:
    found = re.fullmatch(r"http://127\.0\.0\.1:8000/welcome/(\S+)\n", printed)
    assert found, printed
    return found[1]


def people(stancemark: Stancemark) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in stancemark.well("user", "list", "--json").json}


def test_a_password_from_standard_input(stancemark: Stancemark, world: World) -> None:
    done = stancemark.well("user", "add", "Dora", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (done.out, done.err) == ("Added Dora.\n", "")
    assert accounts.sign_in(world.db, "Dora", PASSWORD, "here")
    assert people(stancemark)["Dora"] == {
        "name": "Dora",
        "admin": False,
        "state": "active",
        "last_seen": world.person("Dora").seen_at,
    }


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_that_is_none(on_sqlite: Stancemark, password: str) -> None:
    assert on_sqlite.refused("user", "add", "Dora", "--password-stdin", stdin=password) == (
        "A password has 10 to 200 characters.\n"
    )
    assert "Dora" not in people(on_sqlite)


def test_without_a_password_a_link_that_works_once(stancemark: Stancemark, world: World) -> None:
    done = stancemark.well("user", "add", "Dora", "--admin")
    assert done.err == "The link works once, for 72 hours; a newer one ends it.\n"
    token = token_of(done.out)
    assert accounts.link_owner(world.db, token) == "Dora"
    assert people(stancemark)["Dora"]["admin"] is True

    accounts.use_link(world.db, token, PASSWORD)
    with pytest.raises(NotFound):
        accounts.link_owner(world.db, token)


def test_a_newer_link_ends_the_older(stancemark: Stancemark, world: World) -> None:
    first, second = (token_of(stancemark.well("user", "link", "Alice").out) for _ in range(2))
    with pytest.raises(NotFound):
        accounts.link_owner(world.db, first)
    assert accounts.link_owner(world.db, second) == "Alice"


def test_links_follow_the_settings(on_sqlite: Stancemark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCEMARK_PORT", "8123")
    assert on_sqlite.well("user", "link", "Alice").out.startswith("http://127.0.0.1:8123/welcome/")


@pytest.mark.parametrize("name", ["alice", "ＡＬＩＣＥ", " Alice "])
def test_a_name_is_one_person(on_sqlite: Stancemark, name: str) -> None:
    said = on_sqlite.refused("user", "add", name)
    assert said.startswith("There is a person named “")
    assert len(people(on_sqlite)) == 4


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "two\nlines"])
def test_what_is_no_name(on_sqlite: Stancemark, name: str) -> None:
    assert on_sqlite.refused("user", "add", name) == "A name is one line of 1 to 80 characters.\n"


@pytest.mark.parametrize("command", ["link", "disable", "remove"])
def test_nobody_of_that_name(on_sqlite: Stancemark, command: str) -> None:
    assert on_sqlite.refused("user", command, "Zoe") == "There is no person named “Zoe”.\n"


def test_disabled_until_a_new_link(stancemark: Stancemark, world: World) -> None:
    stancemark.well("user", "add", "Dora", "--password-stdin", stdin=PASSWORD)
    session = accounts.sign_in(world.db, "Dora", PASSWORD, "here")
    stancemark.well("user", "disable", "Dora")
    assert people(stancemark)["Dora"]["state"] == "disabled"
    assert accounts.who_is(world.db, session, 72, 30) is None
    with pytest.raises(Invalid):
        accounts.sign_in(world.db, "Dora", PASSWORD, "here")

    accounts.use_link(world.db, token_of(stancemark.well("user", "link", "Dora").out), PASSWORD + "!")
    assert people(stancemark)["Dora"]["state"] == "active"


def test_a_table_for_reading(on_sqlite: Stancemark) -> None:
    first, *rows = on_sqlite.well("user", "list").out.splitlines()
    assert first.split() == ["name", "admin", "state", "last_seen"]
    assert [row.split() for row in rows] == [[name, "no", "invited", "–"] for name in ("Alice", "Bob", "Carol", "Curt")]


# ---- removing ----


def names_in(world: World, name: str) -> int:
    """In how many rows of people and events the name still stands."""
    people = world.rows("SELECT name FROM person WHERE name = :name OR name_key = :name", name=name)
    return len(people) + len(world.rows("SELECT id FROM event WHERE CAST(detail AS TEXT) LIKE :like", like=f"%{name}%"))


def test_removed_under_a_pseudonym(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    assert names_in(world, "Alice") > 1
    assert stancemark.well("user", "remove", "Alice").out == "Removed Alice; the labels stay under a pseudonym.\n"

    assert names_in(world, "Alice") == 0
    assert "Alice" not in people(stancemark)
    assert world.rows("SELECT quote FROM label") == [(WORDS,)]
    events = stancemark.well("events", SLUG, "--json").json
    assert {"annotator-01"} == {e["detail"]["person"] for e in events if e["action"] == "member-removed"}
    assert ["000", "annotator-01"] in [pair for e in events for pair in e["detail"].get("pairs", [])]
    assert "Bob" in str(events), "the others keep their names"


def test_removed_with_labels(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    world.stored("Bob")
    done = stancemark.well("user", "remove", "Alice", "--erase-labels")
    assert done.out == "Removed Alice; erased 1 labels.\n"
    assert len(world.rows("SELECT id FROM label")) == 1
    stancemark.well("user", "add", "Ada", "--admin")
    stancemark.well("doctor")


def test_the_last_administrator_stays(on_sqlite: Stancemark) -> None:
    on_sqlite.well("user", "add", "Ada", "--admin")
    assert "is the last administrator. Make another one first." in on_sqlite.refused("user", "remove", "Ada")
    assert people(on_sqlite)["Ada"]["admin"] is True


def test_a_name_like_a_pattern_is_not_one(on_sqlite: Stancemark, sqlite_only: World) -> None:
    on_sqlite.well("user", "add", "A%e")
    on_sqlite.well("user", "remove", "A%e")
    assert names_in(sqlite_only, "Alice") > 1
