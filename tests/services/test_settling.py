"""What is settled in a round or several, and what a release waits for; and the queue beside it."""

from typing import Any

from tests.decisions import all_finish, cluster, decide, decision, disputed, gold, opened
from tests.world import OTHER_WORDS, SLUG, WORDS, World, finish, put, reopen
from webapp.domain.permissions import OPERATOR
from webapp.services import adjudicating, managing, settling, speakers
from webapp.services.access import enter
from webapp.services.settling import Settled
from webapp.services.standings import Queued


def settled(world: World, *rounds: str) -> Settled:
    with world.db.reading() as session:
        access = enter(session, SLUG, world.actor("Curt"), "curate")
        return settling.settled(session, access, rounds or ("main",), b"secret")


def told(found: Settled) -> list[tuple[Any, ...]]:
    return [(one["document"], one["quote"], one["stance"], one["decided_by"], one["round"]) for one in found.gold]


def queued(world: World, document: str = "000", by: str = "Curt") -> Queued:
    rows = adjudicating.queue(world.db, world.actor(by), SLUG).rows
    return next(row for row in rows if row.document == document)


def counts(world: World, document: str = "000") -> tuple[Any, ...]:
    row = queued(world, document)
    return row.clusters, row.waiting, row.stale, row.decided


# ---- gold ----


def test_what_agreement_decided_one_alone_and_an_adjudicator(world: World) -> None:
    disputed(world)
    world.stored("Alice", "Hollywood", "002", stance="pro-copyright")
    all_finish(world, "Alice", document="002")
    found = settled(world)
    assert told(found) == [
        ("000", WORDS, "pro-fair-use", "agreement", "main"),
        ("002", "Hollywood", "pro-copyright", "single", "main"),
    ]
    (waiting,) = found.waiting
    assert (waiting.document, waiting.quote, waiting.start) == ("000", OTHER_WORDS, cluster(world)["start"])
    assert waiting.reasons == cluster(world)["reasons"] and "tie_stance" in waiting.reasons
    assert found.unfinished == [("001", "Alice"), ("001", "Bob")] and found.decisions == []
    decide(world, decision("set", cluster(world)["key"], gold=gold(world, stance="neutral"), note="Why"))
    found = settled(world)
    assert ("000", OTHER_WORDS, "neutral", "adjudicator", "main") in told(found) and found.waiting == []
    (record,) = found.decisions
    assert (record["action"], record["by"], record["note"], record["stale"]) == ("set", "annotator-04", "Why", False)
    assert record["labels"] == cluster(world)["labels"] and record["gold"]["stance"] == "neutral"
    assert {name for one in found.gold for name in one["annotators"]} <= {f"annotator-0{n}" for n in range(1, 4)}


def test_a_stale_decision_waits_and_is_not_gold(sqlite_only: World) -> None:
    world = sqlite_only
    labels = disputed(world)
    decide(world, decision("reject", cluster(world)["key"]), decision("add", gold=gold(world, "Google")))
    adjudicating.give_back(world.db, OPERATOR, SLUG, "000")
    edit = put(labels["Bob"] | {"base": 1, "stance": "neutral"})
    world.operate("Bob", "000", reopen(), edit, finish())
    found = settled(world)
    (waiting,) = found.waiting
    assert (waiting.quote, waiting.reasons[-1]) == (OTHER_WORDS, "stale")
    assert {one["action"]: one["stale"] for one in found.decisions} == {"reject": True, "add": False}
    assert {one["quote"] for one in found.gold} == {WORDS, "Google"}


def test_ids_are_the_same_every_time(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    before = [one["id"] for one in settled(world).gold]
    decide(world, decision("accept", cluster(world, WORDS)["key"]))
    assert [one["id"] for one in settled(world).gold] == before


def test_merged_speakers(sqlite_only: World) -> None:
    world = sqlite_only
    disputed(world)
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "openai", "google")
    (one,) = settled(world).gold
    assert (one["speaker"], one["speaker_name"]) == ("google", "Google")


def test_of_several_rounds_the_latest_with_finished_work_counts(world: World) -> None:
    disputed(world)
    world.stored("Alice", "Hollywood", "002")
    all_finish(world, "Alice", document="002")
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    managing.add_round(world.db, OPERATOR, SLUG, "second")
    world.assign("Alice", "Bob", documents=["000", "002"], round="second")
    for name in ("Alice", "Bob"):
        sent = put(world.label("Google", stance="neutral"))
        assert world.operate(name, "000", sent, finish(), round="second")[1]["status"] == "stored"
    found = settled(world, "second", "main")
    assert told(found) == [
        ("000", "Google", "neutral", "agreement", "second"),
        ("002", "Hollywood", "pro-fair-use", "single", "main"),
    ]
    assert found.waiting == [] and found.unfinished == [("002", "Alice"), ("002", "Bob")]
    assert [one[:2] for one in told(settled(world, "main"))] == [("000", WORDS), ("002", "Hollywood")]


def test_a_span_added_where_nobody_finished(sqlite_only: World) -> None:
    world = sqlite_only
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    added = decision("add", gold=gold(world, "Google", document="001"))
    assert decide(world, added, document="001")[0]["status"] == "stored"
    assert told(settled(world)) == [("001", "Google", "pro-fair-use", "adjudicator", "main")]
    row = queued(world, "001")
    assert (row.clusters, row.waiting, row.decided) == (1, 0, 1)


# ---- the queue ----


def test_the_queue_counts_what_the_pages_show(world: World) -> None:
    labels = disputed(world)
    assert counts(world) == (2, 1, 0, 0)
    decide(world, decision("set", cluster(world)["key"], gold=gold(world)), decision("add", gold=gold(world, "Google")))
    assert counts(world) == (3, 0, 0, 2)
    decide(world, decision("reject", cluster(world, "Google")["key"], 1))
    assert counts(world) == (3, 0, 0, 2)
    adjudicating.give_back(world.db, OPERATOR, SLUG, "000")
    world.operate("Bob", "000", reopen(), put(labels["Bob"] | {"base": 1, "note": "again"}))
    assert not queued(world).readiness.ready
    world.operate("Bob", "000", finish())
    assert counts(world) == (3, 1, 1, 1)
    decide(world, decision("clear", cluster(world)["key"], 1))
    assert counts(world) == (3, 1, 0, 1)


def test_the_queue_has_the_hardest_first(sqlite_only: World) -> None:
    world = sqlite_only
    world.add_person("Dora", "annotator")
    world.assign("Dora", documents=["003", "004"])
    disputed(world)
    for name in ("Alice", "Bob"):
        world.stored(name, "Hollywood", "001", stance="neutral")
        all_finish(world, name, document="001")
    all_finish(world, "Alice", document="002")
    world.stored("Dora", "Hollywood", "004", unsure=True)
    all_finish(world, "Dora", document="004")
    rows = adjudicating.queue(world.db, world.actor("Curt"), SLUG).rows
    assert [(row.document, row.waiting, row.readiness.ready) for row in rows] == [
        *(("000", 1, True), ("004", 1, True), ("001", 0, True), ("002", 0, True)),
        ("003", 0, False),
    ]
    assert rows[0].hardness > rows[1].hardness > rows[2].hardness == 0
    world.operate("Alice", "000", reopen())  # her labels do not count just now
    assert queued(world).hardness < rows[0].hardness


def test_what_is_kept_is_never_older_than_the_labels(world: World) -> None:
    """Accuracies come from all articles: a label changed in one moves what is said of another."""
    labels = {
        (name, document): world.stored(name, "Hollywood", document, claim_type="FACT")
        for name in ("Alice", "Bob")
        for document in ("000", "001")
    }
    for name, document in labels:
        all_finish(world, name, document=document)
    before = opened(world).clusters[0]["claim_type_posterior"]
    assert opened(world).clusters[0]["claim_type_posterior"] == before  # kept
    assert queued(world, "001").waiting == 0
    changed = labels["Bob", "001"] | {"base": 1, "claim_type": "VALUE"}
    (_, stored, _) = world.operate("Bob", "001", reopen(), put(changed), finish())
    assert stored["status"] == "stored"
    assert opened(world).clusters[0]["claim_type_posterior"] < before
    assert queued(world, "001").waiting == 1
