"""Handing articles out and taking them back."""

from fractions import Fraction
from typing import Any

import pytest

from tests.world import World, delete, finish, put, reopen
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, managing
from webapp.services.assigning import Assigned

ALL = ["Alice", "Bob", "Carol"]


@pytest.fixture
def fresh(world: World) -> World:
    """A second round where nobody has anything yet."""
    managing.add_round(world.db, OPERATOR, "letter", "second")
    return world


def assign(world: World, names: list[str], number: int, **more: Any) -> Assigned:
    return assigning.assign(world.db, OPERATOR, "letter", names, number, **more)


def unassign(world: World, name: str, **more: Any) -> tuple[int, int]:
    return assigning.unassign(world.db, OPERATOR, "letter", name, **more)


def held(world: World, name: str, state: str = "open") -> list[tuple[str, str]]:
    rows = world.rows(
        "SELECT a.round, a.document_id FROM assignment a JOIN person p ON p.id = a.person_id "
        "WHERE p.name = :name AND a.state = :state ORDER BY a.round, a.document_id",
        name=name,
        state=state,
    )
    return [tuple(row) for row in rows]


def test_articles_go_into_the_newest_open_round(fresh: World) -> None:
    found = assign(fresh, ALL, 2)
    assert (found.round, found.documents, len(found.pairs)) == ("second", 5, 10)
    assert len([pair for name in ALL for pair in held(fresh, name) if pair[0] == "second"]) == 10
    managing.close_round(fresh.db, OPERATOR, "letter", "second")
    assert assign(fresh, ["Alice"], 1).round == "main"
    managing.close_round(fresh.db, OPERATOR, "letter", "main")
    with pytest.raises(Invalid, match="Every round is closed"):
        assign(fresh, ["Alice"], 1)
    with pytest.raises(Invalid, match="closed"):
        assign(fresh, ["Alice"], 1, round_name="main")


def test_it_comes_out_the_same_every_time(fresh: World) -> None:
    managing.add_round(fresh.db, OPERATOR, "letter", "third")
    for seed in (1, 2):
        one = assign(fresh, ALL, 2, round_name="second", seed=seed)
        unassign_all(fresh)
        two = assign(fresh, ALL, 2, round_name="second", seed=seed)
        assert one == two
        unassign_all(fresh)


def unassign_all(world: World) -> None:
    world.change("DELETE FROM assignment WHERE round = 'second'")


def test_run_again_it_only_adds(fresh: World) -> None:
    first = assign(fresh, ALL, 1)
    assert assign(fresh, ALL, 1).pairs == []
    sample = assign(fresh, ALL, 3, share=Fraction("0.15"))
    assert (sample.documents, len(sample.pairs)) == (1, 2)
    assert not set(first.pairs) & set(sample.pairs)
    larger = assign(fresh, ALL, 3, share=Fraction("0.4"))
    assert (larger.documents, len(larger.pairs)) == (2, 2)  # the smaller sample is in it


def test_only_some_articles_and_only_once(fresh: World) -> None:
    found = assign(fresh, ["Alice", "Bob"], 2, documents=["003", "001", "003"])
    assert sorted(found.pairs) == [("001", "Alice"), ("001", "Bob"), ("003", "Alice"), ("003", "Bob")]


@pytest.mark.parametrize(
    ("names", "number", "more", "reason"),
    [
        (["Alice"], 2, {}, "2 annotators"),
        (["Alice"], 0, {}, "0 annotators"),
        ([], 1, {}, "at least one"),
        (["Alice", "alice"], 1, {}, "once"),
        (["Curt"], 1, {}, "no annotator"),
        (["Alice"], 1, {"share": Fraction(2)}, "share"),
    ],
)
def test_what_cannot_be_assigned_is_refused(
    sqlite_only: World, names: list[str], number: int, more: dict[str, Any], reason: str
) -> None:
    before = len(sqlite_only.rows("SELECT 1 FROM assignment"))
    with pytest.raises(Invalid, match=reason):
        assign(sqlite_only, names, number, **more)
    assert len(sqlite_only.rows("SELECT 1 FROM assignment")) == before


def test_what_is_not_there_is_not_found(sqlite_only: World) -> None:
    for names, more in ((["Nobody"], {}), (["Alice"], {"documents": ["x"]}), (["Alice"], {"round_name": "x"})):
        with pytest.raises(NotFound):
            assign(sqlite_only, names, 1, **more)
    accounts.disable_person(sqlite_only.db, OPERATOR, "Alice")
    with pytest.raises(Invalid, match="disabled"):
        assign(sqlite_only, ["Alice"], 1)


def test_only_curators_assign(world: World) -> None:
    for act in (
        lambda actor: assigning.assign(world.db, actor, "letter", ["Alice"], 1),
        lambda actor: assigning.unassign(world.db, actor, "letter", "Alice"),
        lambda actor: managing.close_round(world.db, actor, "letter", "main"),
        lambda actor: managing.add_round(world.db, actor, "letter", "x"),
    ):
        with pytest.raises(Forbidden):
            act(world.actor("Alice"))


# ---- taking back ----


def test_work_that_was_not_begun_goes(world: World) -> None:
    assert unassign(world, "Alice", documents=["001", "002"]) == (2, 0)
    assert held(world, "Alice") == [("main", "000")]
    assign(world, ["Alice"], 1, documents=["001"])
    assert held(world, "Alice") == [("main", "000"), ("main", "001")]


def test_begun_work_is_refused_as_a_whole(world: World) -> None:
    world.stored()
    for more in ({}, {"with_begun": True}, {"with_begun": True, "reason": "  "}):
        with pytest.raises(Invalid):
            unassign(world, "Alice", **more)
    assert len(held(world, "Alice")) == 3


def test_with_a_reason_begun_work_is_kept_as_withdrawn(world: World) -> None:
    world.stored()
    assert unassign(world, "Alice", with_begun=True, reason="Fell ill") == (2, 1)
    assert (held(world, "Alice"), held(world, "Alice", "withdrawn")) == ([], [("main", "000")])
    (row,) = world.rows("SELECT withdrawn_reason FROM assignment WHERE state = 'withdrawn'")
    assert row.withdrawn_reason == "Fell ill"
    assert len(world.rows("SELECT id FROM label")) == 1
    with pytest.raises(Invalid, match="withdrawn"):
        assign(world, ["Alice"], 1, documents=["000"])


def test_deleted_labels_and_a_finished_article_are_begun_work(world: World) -> None:
    label = world.stored()
    world.operate("Alice", "000", delete(label["id"], 1))
    world.operate("Alice", "001", finish())
    with pytest.raises(Invalid, match="000, 001"):
        unassign(world, "Alice")
    world.operate("Alice", "001", reopen())
    with pytest.raises(Invalid, match="has begun 000\\."):
        unassign(world, "Alice")


def test_closed_rounds_stand_still(world: World) -> None:
    world.operate("Bob", "000", put(world.label()))
    managing.close_round(world.db, OPERATOR, "letter", "main")
    for name in ("Alice", "Bob"):
        with pytest.raises(NotFound, match="open round"):
            unassign(world, name, with_begun=True, reason="Fell ill")


def test_an_assignment_leaves_an_event_with_names(world: World) -> None:
    unassign(world, "Carol", documents=["000"])
    (event,) = world.rows("SELECT * FROM event WHERE action = 'unassigned'")
    assert "Carol" in str(event.detail) and "000" in str(event.detail)
