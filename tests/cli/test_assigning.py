"""`assign` and `unassign`."""

from collections import Counter

import pytest

from tests.cli.conftest import Stancemark
from tests.world import SLUG, World

EVERYBODY = "Alice,Bob,Carol"


@pytest.fixture
def twenty(world: World) -> World:
    """A second round and fifteen further articles, so that a share of .15 is exactly three of the twenty."""
    world.bring(*({"id": f"x{number:02}", "text": f"Article number {number}."} for number in range(15)))
    return world


def held(world: World, round: str = "pilot") -> Counter[str]:
    rows = world.rows("SELECT document_id, person_id FROM assignment WHERE round = :round", round=round)
    return Counter(row[0] for row in rows)


def test_one_for_all_and_three_for_a_sample(stancemark: Stancemark, twenty: World) -> None:
    stancemark.well("round", "add", SLUG, "pilot")
    one = stancemark.well("assign", SLUG, "--annotators", EVERYBODY, "--per-document", 1, "--round", "pilot")
    assert one.err == "20 new assignments on 20 articles in round pilot.\n"
    assert len(one.out.splitlines()) == 20
    assert max(Counter(line.split()[1] for line in one.out.splitlines()).values()) <= 7, "balanced over people"

    more = ("assign", SLUG, "--annotators", EVERYBODY, "--per-document", 3, "--sample", "0.15", "--round", "pilot")
    assert stancemark.well(*more).err == "6 new assignments on 3 articles in round pilot.\n"
    assert sorted(held(twenty).values()) == [1] * 17 + [3] * 3

    again = stancemark.well(*more)
    assert (again.out, again.err) == ("", "0 new assignments on 3 articles in round pilot.\n")


def test_a_share_is_rounded_up(on_sqlite: Stancemark) -> None:
    on_sqlite.well("round", "add", SLUG, "pilot")
    for share, articles in (("0.15", 1), (".2", 1), ("0.21", 2), ("1", 5), ("1.0", 5)):
        done = on_sqlite.well("assign", SLUG, "--annotators", "Bob", "--per-document", 1, "--sample", share)
        assert f" on {articles} article{'s' if articles > 1 else ''} in round pilot." in done.err


def test_the_same_seed_the_same_plan(on_sqlite: Stancemark) -> None:
    plans = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        on_sqlite.well("round", "add", SLUG, name)
        words = ("assign", SLUG, "--annotators", EVERYBODY, "--per-document", 2, "--seed", seed)
        plans.append(on_sqlite.well(*words).out)
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--per-document", 4), "4 annotators for each article were asked for, 3 were named. Name more, or ask for"),
        (("--per-document", 1, "--documents", "000,zzz"), "There is no article “zzz” in this project."),
        (("--per-document", 1, "--round", "pilot"), "There is no round “pilot” in this project."),
        (("--per-document", 1, "--sample", "0"), "A sample is a share above 0 and up to 1"),
        (("--per-document", 1, "--sample", "1.5"), "A sample is a share above 0 and up to 1"),
        (("--per-document", 1, "--sample", "half"), "“half” is no share. Use a number above 0 and up to 1"),
        (("--per-document", 1, "--sample", "1e999999999"), "“1e999999999” is no share."),
    ],
)
def test_what_cannot_be_assigned(
    on_sqlite: Stancemark, sqlite_only: World, words: tuple[object, ...], said: str
) -> None:
    before = held(sqlite_only, "main")
    assert on_sqlite.refused("assign", SLUG, "--annotators", EVERYBODY, *words).startswith(said)
    assert held(sqlite_only, "main") == before


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ("Alice,Alice", "Name each annotator once, and at least one."),
        (",", "Name each annotator once, and at least one."),
        ("Alice,Curt", "“Curt” is no annotator of this project. Give them the role first."),
        ("Alice,Zoe", "There is no person named “Zoe”."),
    ],
)
def test_who_cannot_be_assigned(on_sqlite: Stancemark, people: str, said: str) -> None:
    assert on_sqlite.refused("assign", SLUG, "--annotators", people, "--per-document", 1) == f"{said}\n"


def test_disabled_people_get_nothing(on_sqlite: Stancemark) -> None:
    on_sqlite.well("user", "disable", "Bob")
    assert "is disabled" in on_sqlite.refused("assign", SLUG, "--annotators", "Bob", "--per-document", 1)


def test_documents_or_a_sample(on_sqlite: Stancemark) -> None:
    both = ("--documents", "000", "--sample", "0.5")
    assert "exclude each other" in on_sqlite.misused("assign", SLUG, "--annotators", "Bob", "--per-document", 1, *both)
    assert "Missing option '--per-document'" in on_sqlite.misused("assign", SLUG, "--annotators", "Bob")
    assert "Invalid value" in on_sqlite.misused("assign", SLUG, "--annotators", "Bob", "--per-document", 0)


# ---- unassign ----


def states(world: World, name: str) -> dict[str, str]:
    rows = world.rows(
        "SELECT document_id, state FROM assignment a JOIN person p ON p.id = a.person_id WHERE p.name = :name",
        name=name,
    )
    return dict(map(tuple, rows))


def test_what_is_not_begun_goes(stancemark: Stancemark, world: World) -> None:
    done = stancemark.well("unassign", SLUG, "--annotator", "Alice", "--documents", "001,002")
    assert done.out == "Took back 2 articles not begun; withdrew 0 with their labels.\n"
    assert states(world, "Alice") == {"000": "open"}
    stancemark.well("unassign", SLUG, "--annotator", "Bob")
    assert states(world, "Bob") == {}


def test_begun_work_wants_a_reason(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    assert stancemark.refused("unassign", SLUG, "--annotator", "Alice").startswith("“Alice” has begun 000. To take")
    assert "Say why begun work is taken back" in stancemark.refused(
        "unassign", SLUG, "--annotator", "Alice", "--with-begun"
    )
    assert states(world, "Alice") == {"000": "open", "001": "open", "002": "open"}

    done = stancemark.well("unassign", SLUG, "--annotator", "Alice", "--with-begun", "--reason", "She is ill.")
    assert done.out == "Took back 2 articles not begun; withdrew 1 with their labels.\n"
    assert states(world, "Alice") == {"000": "withdrawn"}
    assert len(world.rows("SELECT id FROM label WHERE deleted_at IS NULL")) == 1
    last = stancemark.well("events", SLUG, "--json").json[-1]
    assert (last["action"], last["detail"]["reason"]) == ("unassigned", "She is ill.")


def test_what_cannot_be_taken_back(on_sqlite: Stancemark, sqlite_only: World) -> None:
    before = states(sqlite_only, "Bob")
    assert on_sqlite.refused("unassign", SLUG, "--annotator", "Bob", "--documents", "000,004") == (
        "“Bob” holds no 004 in an open round.\n"
    )
    assert states(sqlite_only, "Bob") == before
    assert on_sqlite.refused("unassign", SLUG, "--annotator", "Curt") == "“Curt” holds no article in an open round.\n"
    assert "--reason goes with --with-begun" in on_sqlite.misused(
        "unassign", SLUG, "--annotator", "Bob", "--reason", "x"
    )


# ---- give-back ----


def test_withdrawn_work_is_given_back(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    stancemark.well("unassign", SLUG, "--annotator", "Alice", "--with-begun", "--reason", "She is ill.")
    done = stancemark.well("give-back", SLUG, "--annotator", "alice", "--document", "000")
    assert done.out == "000 is open again for alice in round main.\n"
    assert states(world, "Alice") == {"000": "open"}
    assert stancemark.well("events", SLUG, "--json").json[-1]["detail"]["was_reason"] == "She is ill."
    refused = stancemark.refused("give-back", SLUG, "--annotator", "Alice", "--document", "000", "--round", "main")
    assert refused == "No work of “Alice” on “000” is withdrawn, or not any more.\n"
