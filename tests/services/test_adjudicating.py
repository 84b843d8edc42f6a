"""Deciding about clusters: what is stored, what is refused, what locks, what becomes stale; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.decisions import THREE, all_finish, cluster, decide, decision, disputed, gold, opened
from tests.world import OTHER_WORDS, SLUG, WORDS, World, delete, finish, put, reopen, uid
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.services import adjudicating, assigning, managing, speakers


def codes(results: list[dict[str, Any]]) -> list[Any]:
    return [result["code"] or result["status"] for result in results]


def row(world: World, words: str = OTHER_WORDS) -> Any:
    return cluster(world, words)["decision_row"]


# ---- what is stored ----


def test_a_proposal_accepted_and_another_set(world: World) -> None:
    disputed(world)
    agreed, open_one = cluster(world, WORDS), cluster(world)
    assert (agreed["waiting"], open_one["waiting"], open_one["decision"]) == (False, True, "human")
    chosen = gold(world, stance="pro-copyright")
    found = decide(world, decision("accept", agreed["key"]), decision("set", open_one["key"], gold=chosen, note="Both"))
    assert [(r["status"], r["revision"], r["code"]) for r in found] == [("stored", 1, None)] * 2
    assert row(world, WORDS) | {"at": ""} == {
        "action": "accept",
        "note": "",
        "by": "Curt",
        "at": "",
        "revision": 1,
        "gold": {name: agreed[name] for name in chosen},
    }
    assert (row(world)["gold"], row(world)["note"]) == (chosen, "Both")
    assert not any(one["waiting"] or one["stale"] for one in opened(world).clusters)


def test_minds_change_and_nothing_is_overwritten_unseen(world: World) -> None:
    disputed(world)
    key, chosen = cluster(world)["key"], gold(world)
    assert codes(decide(world, decision("set", key, gold=chosen))) == ["stored"]
    assert decide(world, decision("reject", key, 1))[0]["revision"] == 2
    assert row(world) | {"at": ""} == {
        "action": "reject",
        "gold": None,
        "note": "",
        "by": "Curt",
        "at": "",
        "revision": 2,
    }
    (late,) = decide(world, decision("set", key, 1, gold=chosen))
    assert (late["code"], late["decision_row"]["action"], late["decision_row"]["revision"]) == ("conflict", "reject", 2)
    assert codes(decide(world, decision("set", key, gold=chosen))) == ["conflict"]
    assert codes(decide(world, decision("set", key, 2, gold=chosen))) == ["stored"]


def test_a_decision_taken_back_is_as_if_it_had_never_been(world: World) -> None:
    disputed(world)
    key = cluster(world)["key"]
    decide(world, decision("reject", key))
    assert decide(world, decision("clear", key, 1))[0]["revision"] == 2
    assert (row(world), cluster(world)["waiting"]) == (None, True)
    assert codes(decide(world, decision("reject", key, 1))) == ["conflict"]  # who saw the first one did not see this
    (again,) = decide(world, decision("set", key, 0, gold=gold(world)))
    assert (again["status"], again["revision"]) == ("stored", 3)
    assert codes(decide(world, decision("clear", cluster(world, WORDS)["key"]))) == ["stored"]  # nothing to take back


def test_a_span_that_all_missed(world: World) -> None:
    disputed(world)
    words = "Google"
    sent = decision("add", gold=gold(world, words, document="000"))
    (stored,) = decide(world, sent)
    added = cluster(world, words)
    assert (added["labels"], added["key"], added["waiting"], added["stale"]) == ([], stored["key"], False, False)
    assert added["decision_row"]["action"] == "add" and added["labels_full"] == []
    (repeated,) = decide(world, sent)
    assert (repeated["status"], repeated["revision"], repeated["key"]) == ("repeated", 1, stored["key"])
    assert codes(decide(world, decision("set", added["key"], 1, gold=gold(world, words, stance="neutral")))) == [
        "stored"
    ]
    assert cluster(world, words)["stance"] == "neutral"
    assert codes(decide(world, decision("reject", added["key"], 2))) == ["stored"]
    assert codes(decide(world, decision("clear", added["key"], 3))) == ["stored"]
    assert words not in [one["quote"] for one in opened(world).clusters]
    assert codes(decide(world, decision("set", added["key"], 4, gold=gold(world, words)))) == ["stored"]
    assert cluster(world, words)["decision_row"]["revision"] == 5


def test_the_same_span_is_not_added_twice(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    found = decide(world, *(decision("add", gold=gold(world, "Google")) for _ in range(2)))
    assert codes(found) == ["stored", "conflict"]
    assert found[1]["decision_row"]["action"] == "add"
    other = decision("add", gold=gold(world, "Google", speaker="google"))
    assert codes(decide(world, other)) == ["stored"]


def test_an_operation_is_done_once_whatever_it_carries(world: World) -> None:
    disputed(world)
    key = cluster(world)["key"]
    first = decision("reject", key)
    decide(world, first)
    other = decision("set", "no such key", 7, gold={}) | {"id": first["id"].upper()}
    (repeated,) = decide(world, other)
    assert (repeated["status"], repeated["revision"]) == ("repeated", 1)
    assert codes(decide(world, decision("reject", key, 3) | {"id": (id := uid())})) == ["conflict"]
    assert codes(decide(world, decision("clear", key, 1) | {"id": id})) == ["stored"]  # a refused one is not kept


def test_a_new_speaker_becomes_a_proposal(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    new = {"name": "Jane Doe", "kind": "person", "affiliation": ""}
    decide(world, decision("set", cluster(world)["key"], gold=gold(world, speaker=new, chain=["voice-000"])))
    (speaker,) = world.rows("SELECT * FROM speaker WHERE proposed_by IS NOT NULL")
    assert (row(world)["gold"]["speaker"], row(world)["gold"]["chain"]) == (speaker.id, ["voice-000", speaker.id])


def test_a_merged_speaker_of_a_label_may_be_taken_and_another_not(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "openai", "google")
    agreed, other = cluster(world, WORDS), cluster(world)
    assert codes(decide(world, decision("accept", agreed["key"]))) == ["stored"]
    add = decision("add", gold=gold(world, "Google"))
    assert codes(decide(world, decision("set", other["key"], gold=gold(world)), add)) == ["stored", "unknown-speaker"]


def test_every_decision_leaves_an_event_without_annotators(sqlite_only: World) -> None:
    world = sqlite_only
    labels = disputed(world)
    decide(world, decision("reject", cluster(world)["key"]))
    adjudicating.give_back(world.db, world.actor("Curt"), SLUG, "000")
    made, given = world.rows("SELECT * FROM event WHERE action LIKE '%decision%' OR action LIKE '%given%' ORDER BY id")
    assert (made.action, made.document_id, given.action) == ("decision-made", "000", "article-given-back")
    assert str(made.person_id).replace("-", "") == world.person("Curt").id.replace("-", "")
    told = f"{made.detail} {given.detail}"
    assert "reject" in told and not any(word in told for word in (*THREE, *(one["id"] for one in labels.values())))


# ---- what is refused ----


def test_refusals_of_a_request_in_the_order_of_the_contract(sqlite_only: World) -> None:
    world = sqlite_only
    world.stored("Alice", OTHER_WORDS)
    bad = {"gold": gold(world, stance="for"), "note": "n" * 3_000}
    assert codes(decide(world, decision("set", "k", 9, **bad) | {"id": "x"}, decision("set", "k", 9, **bad))) == [
        "bad-id",
        "not-ready",
    ]
    assert codes(decide(world, decision("add", "k", **bad), decision("add", "", 1, **bad))) == ["bad-id"] * 2
    all_finish(world)
    key = cluster(world)["key"]
    assert codes(decide(world, decision("set", "k", 9, **bad), decision("set", "", 9, **bad))) == ["stale"] * 2
    assert codes(decide(world, decision("set", key, 9, **bad))) == ["unknown-stance"]
    bad["gold"]["stance"] = "neutral"
    assert codes(decide(world, decision("set", key, 9, **bad))) == ["too-long"]
    assert codes(decide(world, decision("set", key, 9, gold=bad["gold"]))) == ["conflict"]
    assert codes(decide(world, decision("set", key), decision("add"))) == ["missing-field"] * 2


def test_a_tied_proposal_cannot_be_accepted(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    (found,) = decide(world, decision("accept", cluster(world)["key"]))
    assert (found["code"], found["field"]) == ("missing-field", "stance")


def test_it_is_decided_when_all_have_finished_or_the_round_is_closed(world: World) -> None:
    world.stored("Alice")
    all_finish(world, "Alice", "Bob")
    found = opened(world)
    assert (found.readiness.ready, len(found.clusters)) == (False, 1) and "2 of 3" in found.readiness.why
    key = found.clusters[0]["key"]
    (refused,) = decide(world, decision("reject", key))
    assert refused["code"] == "not-ready" and "2 of 3" in refused["message"]
    world.stored("Carol", OTHER_WORDS)
    assigning.unassign(world.db, OPERATOR, SLUG, "Carol", with_begun=True, reason="ill")
    assert (opened(world).readiness.ready, opened(world).clusters[0]["eligible"]) == (True, 2)
    assert not opened(world, "001").readiness.ready
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    assert opened(world, "001").readiness.ready
    assert codes(decide(world, decision("reject", key), decision("clear", key, 1))) == ["stored"] * 2


def test_who_may(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    world.add_person("Dora", "adjudicator")
    key = cluster(world)["key"]
    assert codes(decide(world, decision("reject", key), by="Dora")) == ["stored"]
    assert row(world)["by"] == "Dora"
    for name in ("Alice", "Dora"):
        with pytest.raises(Forbidden):
            adjudicating.give_back(world.db, world.actor(name), SLUG, "000")
    with pytest.raises(Forbidden):
        opened(world, by="Alice")
    with pytest.raises(Forbidden):
        adjudicating.queue(world.db, world.actor("Alice"), SLUG)
    with pytest.raises(NotFound):
        opened(world, "no-such")
    with pytest.raises(NotFound):
        opened(world, round_name="no-such")


# ---- locked ----


def test_from_the_first_decision_labels_stand_still_until_they_are_given_back(world: World) -> None:
    labels = disputed(world)
    agreed, open_one = cluster(world, WORDS)["key"], cluster(world)["key"]
    edit = put(labels["Alice"] | {"base": 1, "stance": "neutral"})
    decide(world, decision("accept", agreed), decision("set", open_one, gold=gold(world)))
    found = world.operate("Alice", "000", reopen(), edit, delete(labels["Alice"]["id"], 1), finish())
    assert codes(found) == ["locked"] * 4
    assert adjudicating.give_back(world.db, world.actor("Curt"), SLUG, "000") == "main"
    assert codes(world.operate("Alice", "000", reopen(), edit, finish())) == ["stored"] * 3
    first, second = cluster(world, WORDS), cluster(world)
    assert (first["stale"], second["stale"], second["waiting"]) == (False, True, True)
    assert second["decision_row"]["gold"]["stance"] == "pro-fair-use" and second["key"] != open_one
    assert codes(decide(world, decision("set", open_one, 1, gold=gold(world)))) == ["stale"]
    assert codes(world.operate("Bob", "000", reopen(), finish())) == ["stored"] * 2
    assert decide(world, decision("set", second["key"], 1, gold=gold(world)))[0]["revision"] == 2
    assert codes(world.operate("Bob", "000", reopen())) == ["locked"]


def test_taking_all_decisions_back_unlocks(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    keys = [cluster(world, WORDS)["key"], cluster(world)["key"]]
    decide(world, *(decision("reject", key) for key in keys))
    decide(world, decision("clear", keys[0], 1))
    assert codes(world.operate("Alice", "000", reopen())) == ["locked"]
    decide(world, decision("clear", keys[1], 1))
    assert codes(world.operate("Alice", "000", reopen())) == ["stored"]


def test_who_comes_later_finds_it_locked_too(world: World) -> None:
    disputed(world)
    world.add_person("Dora", "annotator")
    decide(world, decision("reject", cluster(world)["key"]))
    world.assign("Dora", documents=["000", "001"])
    assert codes(world.operate("Dora", "000", put(world.label()))) == ["locked"]
    assert codes(world.operate("Dora", "001", put(world.label("Google", "001")))) == ["stored"]


def test_what_is_not_in_adjudication_cannot_be_given_back(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    with pytest.raises(Invalid, match="not in adjudication"):
        adjudicating.give_back(world.db, OPERATOR, SLUG, "000")
    decide(world, decision("reject", cluster(world)["key"]))
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    with pytest.raises(Invalid, match="closed"):
        adjudicating.give_back(world.db, OPERATOR, SLUG, "000")


# ---- stale ----


def test_a_decision_whose_labels_are_gone_stays_until_it_is_decided(world: World) -> None:
    labels = disputed(world)
    decide(world, decision("set", cluster(world)["key"], gold=gold(world)))
    adjudicating.give_back(world.db, OPERATOR, SLUG, "000")
    for name in THREE:
        world.operate(name, "000", reopen(), delete(labels[name]["id"], 1), finish())
    left = cluster(world)
    assert (left["labels"], left["stale"], left["waiting"]) == ([], True, True)
    assert codes(decide(world, decision("accept", left["key"], 1))) == ["stored"]
    kept = cluster(world)
    assert (kept["stale"], kept["waiting"], kept["decision_row"]["revision"]) == (False, False, 2)
    assert kept["key"] == left["key"]


def test_labels_that_came_back_find_their_decision(sqlite_only: World) -> None:
    """A reopened article's labels do not count, so that its decisions wait; finished unchanged they stand again."""
    world = sqlite_only
    disputed(world)
    decide(world, decision("set", cluster(world)["key"], gold=gold(world)))
    adjudicating.give_back(world.db, OPERATOR, SLUG, "000")
    world.operate("Alice", "000", reopen())
    assert cluster(world)["stale"]
    world.operate("Alice", "000", finish())
    assert not cluster(world)["stale"]


# ---- blindness ----


def test_who_annotates_too_sees_nothing_of_it_before_finishing(sqlite_only: World) -> None:
    world = sqlite_only
    managing.set_roles(world.db, OPERATOR, SLUG, "Alice", frozenset({"annotator", "adjudicator"}))
    world.stored("Bob")
    all_finish(world, "Bob", "Carol")
    for act in (lambda: opened(world, by="Alice"), lambda: decide(world, decision("reject"), by="Alice")):
        with pytest.raises(Forbidden, match="once you have finished"):
            act()
    hidden = next(one for one in adjudicating.queue(world.db, world.actor("Alice"), SLUG).rows if one.document == "000")
    assert (hidden.clusters, hidden.waiting, hidden.stale, hidden.decided, hidden.hardness) == (*[None] * 4, 0)
    all_finish(world, "Alice")
    assert [one["quote"] for one in opened(world, by="Alice").clusters] == [WORDS]


def test_letters_stand_for_people_and_stay(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    found = opened(world)
    assert [one.letter for one in found.annotators] == ["A", "B", "C"]
    letters = {one.name: one.letter for one in found.annotators}
    assigning.unassign(world.db, OPERATOR, SLUG, "Bob", documents=["000"], with_begun=True, reason="ill")
    assert {one.name: one.letter for one in opened(world).annotators} == letters
    for one in opened(world).clusters:
        assert [label["annotator"] for label in one["labels_full"]] == sorted({letters["Alice"], letters["Carol"]})


# ---- two at once ----


def test_two_adjudicators_at_once_do_not_overwrite_each_other(world: World) -> None:
    disputed(world)
    world.add_person("Dora", "adjudicator")
    key = cluster(world)["key"]
    chosen = {"Curt": gold(world, stance="neutral"), "Dora": gold(world, stance="pro-copyright")}
    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(decide, world, decision("set", key, gold=chosen[name]), by=name) for name in chosen]
        found = {name: one.result()[0] for name, one in zip(chosen, work, strict=True)}
    (won,) = (name for name, result in found.items() if result["status"] == "stored")
    (lost,) = (name for name in chosen if name != won)
    assert found[lost]["code"] == "conflict" and found[lost]["decision_row"]["by"] == won
    assert (row(world)["by"], row(world)["gold"]) == (won, chosen[won])


def test_a_decision_and_a_reopening_at_once(world: World) -> None:
    """Whoever is first: never a stored decision on an article that is being changed."""
    disputed(world)
    key = cluster(world)["key"]
    with ThreadPoolExecutor(2) as pool:
        deciding = pool.submit(decide, world, decision("reject", key))
        opening = pool.submit(world.operate, "Alice", "000", reopen())
        outcome = codes(deciding.result()), codes(opening.result())
    assert outcome in ((["stored"], ["locked"]), (["not-ready"], ["stored"]))
