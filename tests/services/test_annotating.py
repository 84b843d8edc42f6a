"""Storing, changing and deleting labels; every refusal of the contract, in its order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.world import OTHER_WORDS, WORDS, World, delete, finish, put, reopen, uid
from webapp.domain.errors import NotFound
from webapp.domain.permissions import OPERATOR
from webapp.services import assigning, managing, speakers

NEW = {"name": "Jane Doe", "kind": "person", "affiliation": "Acme"}


def codes(results: list[dict[str, Any]]) -> list[Any]:
    return [result["code"] or result["status"] for result in results]


def one(world: World, name: str, document: str, operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    (result,) = world.operate(name, document, operation, **more)
    return result


def labels_of(world: World, name: str) -> list[Any]:
    return world.rows(
        "SELECT label.* FROM label JOIN person ON person.id = label.person_id WHERE person.name = :name ORDER BY id",
        name=name,
    )


# ---- what is stored ----


def test_a_label_is_stored_as_sent(world: World) -> None:
    chain = ["voice-000", "letter-openai", "openai"]
    sent = world.label(chain=chain, speaker_origin="confirmed", ascribed=True, unsure=True, note="Two\nlines")
    result = one(world, "Alice", "000", put(sent, id := uid()))
    assert result == {
        "id": id,
        "status": "stored",
        "revision": 1,
        "code": None,
        "field": None,
        "message": None,
        "label": None,
    }
    (row,) = labels_of(world, "Alice")
    assert (row.start_at, row.end_at, row.quote) == (sent["start"], sent["end"], WORDS)
    assert (row.speaker_id, row.stance, row.claim_type, row.note) == ("openai", "pro-fair-use", "POLICY", "Two\nlines")
    assert (row.ascribed, row.unsure, row.on_target, row.round) == (True, True, True, "main")
    assert row.revision == 1 and row.deleted_at is None and row.created_at == row.updated_at


def test_fields_that_are_left_out_have_their_defaults(world: World) -> None:
    optional = ("origin", "speaker_origin", "chain", "on_target", "ascribed", "unsure", "note", "base")
    label = world.label(**dict.fromkeys(optional, ...))
    assert one(world, "Alice", "000", put(label))["status"] == "stored"
    (row,) = labels_of(world, "Alice")
    assert (row.origin, row.on_target, row.ascribed, row.unsure, row.note) == ("marked", True, False, False, "")


def test_an_off_target_label_needs_neither_stance_nor_claim_type(world: World) -> None:
    bare = world.label(on_target=False, stance=None, claim_type=None)
    typed = world.label(on_target=False, stance=None, claim_type="FACT", speaker="google")
    assert codes(world.operate("Alice", "000", put(bare), put(typed))) == ["stored", "stored"]


def test_labels_may_overlap_and_nest(world: World) -> None:
    inner = "President Donald Trump"
    across = 'artificial intelligence copyright rules.\n\n"We firmly believe'
    found = world.operate("Alice", "000", *(put(world.label(words)) for words in (WORDS, inner, across)))
    assert codes(found) == ["stored"] * 3


def test_revisions_grow_with_every_stored_change(world: World) -> None:
    label = world.stored()
    steps = [
        put(label | {"stance": "neutral", "base": 1}),
        delete(label["id"], 2),
        put(label | {"base": 3}),
        put(label | {"base": 4, "note": "again"}),
    ]
    found = world.operate("Alice", "000", *steps)
    assert [(r["status"], r["revision"]) for r in found] == [("stored", n) for n in (2, 3, 4, 5)]
    (row,) = labels_of(world, "Alice")
    assert (row.revision, row.deleted_at, row.note, row.stance) == (5, None, "again", "pro-fair-use")


def test_a_deleted_label_keeps_its_id_and_a_delete_of_it_has_no_effect(world: World) -> None:
    label = world.stored()
    found = world.operate("Alice", "000", delete(label["id"], 1), delete(label["id"], 1), delete(label["id"], 2))
    assert [(r["status"], r["revision"]) for r in found] == [("stored", 2)] * 3
    (row,) = labels_of(world, "Alice")
    assert row.revision == 2 and row.deleted_at is not None
    assert one(world, "Alice", "000", put(label))["code"] == "conflict"
    assert one(world, "Alice", "000", put(label | {"base": 2}))["revision"] == 3


def test_a_deleted_label_makes_room_for_another_on_the_same_words(world: World) -> None:
    label = world.stored()
    twin = world.label()
    assert codes(world.operate("Alice", "000", delete(label["id"], 1), put(twin))) == ["stored", "stored"]
    back = one(world, "Alice", "000", put(label | {"base": 2}))
    assert back["code"] == "duplicate-label"


def test_ids_are_one_whatever_their_case(world: World) -> None:
    label = world.stored(id="ABCDEF00-0000-4000-8000-00000000000A")
    result = one(world, "Alice", "000", put(label | {"id": label["id"].lower(), "base": 1}))
    assert (result["status"], result["revision"]) == ("stored", 2)
    assert len(labels_of(world, "Alice")) == 1


def test_one_request_stores_what_is_good_and_refuses_the_rest_for_itself(world: World) -> None:
    good, bad, other = world.label(), world.label(stance="for"), world.label(OTHER_WORDS)
    found = world.operate("Alice", "000", put(good), put(bad), put(other))
    assert codes(found) == ["stored", "unknown-stance", "stored"]
    assert len(labels_of(world, "Alice")) == 2


# ---- finish, reopen, rounds ----


def test_finish_and_reopen_are_stored_without_effect_where_it_is_so_already(world: World) -> None:
    found = world.operate("Alice", "000", reopen(), finish(), finish(), reopen())
    assert [(r["status"], r["revision"]) for r in found] == [("stored", None)] * 4
    events = world.rows("SELECT action FROM event WHERE action IN ('finished', 'reopened') ORDER BY id")
    assert [event.action for event in events] == ["finished", "reopened"]


def test_a_finished_article_refuses_labels_until_it_is_reopened(world: World) -> None:
    label = world.stored()
    found = world.operate("Alice", "000", finish(), put(world.label(OTHER_WORDS)), delete(label["id"], 1))
    assert codes(found) == ["stored", "finished", "finished"]
    found = world.operate("Alice", "000", reopen(), put(label | {"base": 1}))
    assert codes(found) == ["stored", "stored"]


def test_finishing_is_each_annotators_own(world: World) -> None:
    world.operate("Alice", "000", finish())
    assert one(world, "Bob", "000", put(world.label()))["status"] == "stored"


def test_closing_a_round_locks_everything_in_it(world: World) -> None:
    label = world.stored()
    managing.close_round(world.db, OPERATOR, "letter", "main")
    found = world.operate("Alice", "000", put(world.label()), delete(label["id"], 1), finish(), reopen())
    assert codes(found) == ["locked"] * 4


def test_the_newest_round_with_an_assignment_counts_and_another_can_be_named(world: World) -> None:
    first = world.stored()
    managing.add_round(world.db, OPERATOR, "letter", "second")
    still_main = world.stored(words=OTHER_WORDS)
    world.assign("Alice", documents=["000"], round="second")
    second = world.stored(words=WORDS)
    found = {row.id: row.round for row in labels_of(world, "Alice")}
    assert {str(id).replace("-", ""): round for id, round in found.items()} == {
        first["id"].replace("-", ""): "main",
        still_main["id"].replace("-", ""): "main",
        second["id"].replace("-", ""): "second",
    }
    named = put(first | {"base": 1, "stance": "neutral"})
    assert one(world, "Alice", "000", named, round="main")["revision"] == 2
    # a label of another round is none of this one
    assert one(world, "Alice", "000", put(first | {"base": 2}))["code"] == "bad-id"
    assert one(world, "Alice", "000", finish(), round="no such")["code"] == "not-assigned"


def test_a_withdrawn_assignment_counts_no_more(world: World) -> None:
    label = world.stored()
    assigning.unassign(world.db, OPERATOR, "letter", "Alice", documents=["000"], with_begun=True, reason="Fell ill")
    found = world.operate("Alice", "000", put(world.label(OTHER_WORDS)), delete(label["id"], 1), finish())
    assert codes(found) == ["not-assigned"] * 3


# ---- idempotency ----


def test_an_operation_is_stored_once_whatever_its_id_carries_later(world: World) -> None:
    label = world.label()
    operation = put(label)
    assert one(world, "Alice", "000", operation)["revision"] == 1
    again = [
        operation,
        put(label | {"base": 1, "stance": "neutral"}, operation["id"]),
        put(world.label(OTHER_WORDS), operation["id"].upper()),
        delete(label["id"], 1, operation["id"]),
        finish(operation["id"]),
    ]
    found = world.operate("Alice", "000", *again)
    assert [(r["status"], r["revision"], r["code"]) for r in found] == [("repeated", 1, None)] * 5
    (row,) = labels_of(world, "Alice")
    assert (row.revision, row.stance) == (1, "pro-fair-use")


def test_an_operation_id_counts_within_its_own_request(world: World) -> None:
    operation = put(world.label())
    found = world.operate("Alice", "000", operation, operation)
    assert [(r["status"], r["revision"]) for r in found] == [("stored", 1), ("repeated", 1)]


def _finished(world: World) -> None:
    world.operate("Alice", "000", finish())


def _closed(world: World) -> None:
    managing.close_round(world.db, OPERATOR, "letter", "main")


def _unassigned(world: World) -> None:
    assigning.unassign(world.db, OPERATOR, "letter", "Alice", with_begun=True, reason="Fell ill")


def _changed(world: World) -> None:
    (row,) = labels_of(world, "Alice")
    world.operate("Alice", "000", delete(str(row.id), 1))


@pytest.mark.parametrize("between", [_finished, _closed, _unassigned])
def test_a_stored_operation_is_repeated_whatever_happened_between(
    world: World, between: Callable[[World], None]
) -> None:
    operation = put(world.label())
    world.operate("Alice", "000", operation)
    between(world)
    for document, round in (("000", None), ("001", None), ("004", None), ("000", "no such round")):
        result = one(world, "Alice", document, operation, round=round)
        assert (result["status"], result["revision"], result["code"]) == ("repeated", 1, None)


def test_a_stored_operation_is_repeated_in_another_project(world: World) -> None:
    managing.create_project(world.db, OPERATOR, "second", "Another")
    managing.set_roles(world.db, OPERATOR, "second", "Alice", frozenset({"annotator"}))
    world.bring({"id": "x", "text": "Words."}, slug="second")
    operation = put(world.label())
    world.operate("Alice", "000", operation)
    assert one(world, "Alice", "x", operation, slug="second")["status"] == "repeated"


def test_operation_ids_are_each_persons_own(world: World) -> None:
    id = uid()
    assert one(world, "Alice", "000", put(world.label(), id))["status"] == "stored"
    assert one(world, "Bob", "000", put(world.label(), id))["status"] == "stored"


def test_a_refused_operation_is_not_remembered(world: World) -> None:
    id = uid()
    assert one(world, "Alice", "000", put(world.label(stance="for"), id))["code"] == "unknown-stance"
    assert one(world, "Alice", "000", put(world.label(), id))["status"] == "stored"


def test_finish_is_repeated_with_no_revision(world: World) -> None:
    operation = finish()
    world.operate("Alice", "000", operation, reopen())
    result = one(world, "Alice", "000", operation)
    assert (result["status"], result["revision"]) == ("repeated", None)
    assert one(world, "Alice", "000", put(world.label()))["status"] == "stored"  # it stayed open


# ---- refusals that need the database ----


def test_bad_ids_have_one_answer_for_all(world: World) -> None:
    bobs = world.stored("Bob")
    elsewhere = world.stored("Alice", "AI", "001", on_target=False, stance=None, claim_type=None)
    tried = [
        put(world.label(id="no-uuid")),
        put(world.label(base=1)),
        put(world.label(id=bobs["id"])),
        put(world.label(id=bobs["id"], base=1)),
        put(world.label(id=elsewhere["id"], base=1)),
        delete("no-uuid", 0),
        delete(uid(), 0),
        delete(uid(), 7),
        delete(bobs["id"], 1),
        put(world.label(), id="no-uuid"),
    ]
    found = world.operate("Alice", "000", *tried)
    assert codes(found) == ["bad-id"] * len(tried)
    assert len({(r["status"], r["revision"], r["field"], r["message"], r["label"] is None) for r in found}) == 1
    assert [row.revision for row in labels_of(world, "Bob")] == [1]


def test_who_is_not_assigned_stores_nothing(world: World) -> None:
    tried = [put(world.label()), finish(), reopen()]
    assert codes(world.operate("Curt", "000", *tried)) == ["not-assigned"] * 3
    assert codes(world.operate("Carol", "001", finish())) == ["not-assigned"]


def test_who_lost_the_annotators_role_stores_nothing(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Alice", frozenset({"adjudicator"}))
    assert codes(world.operate("Alice", "000", put(world.label()), finish())) == ["not-assigned"] * 2


def test_another_project_and_another_article_are_not_there(world: World) -> None:
    for slug, document in (("no-such", "000"), ("letter", "no-such")):
        with pytest.raises(NotFound):
            world.operate("Alice", document, finish(), slug=slug)
    managing.set_roles(world.db, OPERATOR, "letter", "Alice", frozenset())
    with pytest.raises(NotFound):
        world.operate("Alice", "000", finish())


def test_a_conflict_shows_the_current_label(world: World) -> None:
    label = world.stored()
    world.operate("Alice", "000", put(label | {"base": 1, "stance": "neutral", "note": "newer"}))
    for operation in (put(label | {"base": 1}), put(label | {"base": 3}), put(label), delete(label["id"], 1)):
        result = one(world, "Alice", "000", operation)
        assert (result["status"], result["code"], result["revision"]) == ("refused", "conflict", None)
        current = result["label"]
        assert (current["id"], current["revision"]) == (label["id"], 2)
        assert (current["stance"], current["note"], current["start"]) == ("neutral", "newer", label["start"])


def test_the_same_words_and_speaker_twice_are_a_duplicate(world: World) -> None:
    world.stored()
    found = world.operate("Alice", "000", put(world.label(stance="neutral")), put(world.label(speaker="google")))
    assert codes(found) == ["duplicate-label", "stored"]
    assert one(world, "Bob", "000", put(world.label()))["status"] == "stored"


def test_a_change_into_a_duplicate_is_refused(world: World) -> None:
    world.stored()
    other = world.stored(speaker="google")
    found = one(world, "Alice", "000", put(other | {"speaker": "openai", "base": 1}))
    assert (found["code"], found["field"]) == ("duplicate-label", "speaker")


# ---- proposals of speakers ----


def proposals(world: World) -> list[Any]:
    return world.rows("SELECT * FROM speaker WHERE proposed_by IS NOT NULL ORDER BY name, id")


def test_a_new_speaker_becomes_a_proposal_and_ends_the_chain(world: World) -> None:
    world.stored(speaker=NEW, chain=["voice-000", "deadline"])
    (proposal,) = proposals(world)
    assert (proposal.name, proposal.kind, proposal.affiliation) == ("Jane Doe", "person", "Acme")
    (label,) = world.rows("SELECT speaker_id FROM label")
    assert label.speaker_id == proposal.id
    assert world.visitor("Alice").article("000")["labels"][0]["chain"] == ["voice-000", "deadline", proposal.id]


def test_the_same_name_by_the_same_author_is_the_same_proposal(world: World) -> None:
    again = {"name": " Jane Doe ", "kind": "group", "affiliation": ""}
    found = world.operate("Alice", "000", put(world.label(speaker=NEW)), put(world.label(OTHER_WORDS, speaker=again)))
    assert codes(found) == ["stored", "stored"]
    world.stored("Alice", "AI", "001", speaker=NEW)
    assert len(proposals(world)) == 1
    assert one(world, "Alice", "000", put(world.label(speaker=NEW)))["code"] == "duplicate-label"
    world.stored("Bob", speaker=NEW)
    assert len(proposals(world)) == 2


def test_a_proposal_is_known_to_its_author_adjudicators_and_curators_only(world: World) -> None:
    world.add_person("Ada", "adjudicator")
    world.stored("Bob", speaker=NEW)
    (proposal,) = proposals(world)

    def seen_by(name: str) -> bool:
        listed = speakers.list_speakers(world.db, world.actor(name), "letter")
        return proposal.id in {speaker["id"] for speaker in listed}

    assert {name: seen_by(name) for name in ("Alice", "Bob", "Curt", "Ada")} == {
        "Alice": False,
        "Bob": True,
        "Curt": True,
        "Ada": True,
    }
    named = one(world, "Alice", "000", put(world.label(speaker=proposal.id)))
    unknown = one(world, "Alice", "000", put(world.label(speaker="new-000000000000")))
    assert named | {"id": ""} == unknown | {"id": ""}
    linked = one(world, "Alice", "000", put(world.label(chain=[proposal.id, "openai"])))
    assert linked["code"] == "chain-mismatch"


def test_a_proposal_taken_into_the_registry_is_everybodys(world: World) -> None:
    world.stored("Bob", speaker=NEW)
    (proposal,) = proposals(world)
    speakers.take_in(world.db, world.actor("Curt"), "letter", proposal.id)
    assert one(world, "Alice", "000", put(world.label(speaker=proposal.id)))["status"] == "stored"
    assert one(world, "Carol", "000", put(world.label(speaker=NEW)))["status"] == "stored"
    assert len(world.rows("SELECT id FROM speaker WHERE name = 'Jane Doe'")) == 1


def test_merging_only_redirects_and_can_be_undone(world: World) -> None:
    label = world.stored("Bob", speaker=NEW)
    (proposal,) = proposals(world)
    curt = world.actor("Curt")
    speakers.merge_speaker(world.db, curt, "letter", proposal.id, "google")
    (row,) = labels_of(world, "Bob")
    assert (row.speaker_id, row.revision) == (proposal.id, 1)
    # its label may be changed and keep it, and the name now means the other
    changed = label | {"speaker": proposal.id, "base": 1, "stance": "neutral"}
    assert one(world, "Bob", "000", put(changed))["status"] == "stored"
    assert one(world, "Bob", "000", put(world.label(OTHER_WORDS, speaker=NEW)))["status"] == "stored"
    assert {row.speaker_id for row in labels_of(world, "Bob")} == {proposal.id, "google"}
    speakers.unmerge_speaker(world.db, curt, "letter", proposal.id)
    assert one(world, "Bob", "001", put(world.label("AI", "001", speaker=proposal.id)))["status"] == "stored"


def test_an_annotators_label_that_came_by_import_stays_marked_as_such(world: World) -> None:
    label = world.stored()
    world.change("UPDATE label SET origin = 'simulated', speaker_origin = 'imported'")
    world.operate("Alice", "000", put(label | {"base": 1, "stance": "neutral"}))
    (row,) = labels_of(world, "Alice")
    assert (row.origin, row.speaker_origin) == ("simulated", "imported")


# ---- every change leaves an event ----


def test_changes_leave_events_and_refusals_none(world: World) -> None:
    before = len(world.rows("SELECT id FROM event"))
    label = world.stored()
    world.operate("Alice", "000", put(label | {"base": 1}), delete(label["id"], 2), finish(), finish())
    world.operate("Alice", "000", put(world.label()), delete(uid(), 0))
    events = world.rows("SELECT action, document_id FROM event ORDER BY id")[before:]
    assert [tuple(event) for event in events] == [
        (action, "000") for action in ("label-added", "label-changed", "label-deleted", "finished")
    ]


# ---- of two reasons the first is told: codes that need the database, and where they meet the others ----


def test_bad_id_comes_before_not_assigned(world: World) -> None:
    assert codes(world.operate("Carol", "001", put(world.label(id="no-uuid")), delete(uid(), 0))) == ["bad-id"] * 2


def test_not_assigned_comes_before_locked(world: World) -> None:
    _closed(world)
    assert codes(world.operate("Carol", "001", finish())) == ["not-assigned"]


def test_locked_comes_before_finished(world: World) -> None:
    _finished(world)
    _closed(world)
    assert codes(world.operate("Alice", "000", put(world.label()))) == ["locked"]


def test_finished_comes_before_missing_field(world: World) -> None:
    _finished(world)
    assert codes(world.operate("Alice", "000", put(world.label(speaker=None)))) == ["finished"]


def test_too_long_comes_before_duplicate_label(world: World) -> None:
    world.stored()
    assert codes(world.operate("Alice", "000", put(world.label(note="x" * 2_001)))) == ["too-long"]


def test_duplicate_label_comes_before_conflict(world: World) -> None:
    world.stored()
    other = world.stored(speaker="google")
    moved = put(other | {"speaker": "openai", "base": 9})
    assert codes(world.operate("Alice", "000", moved)) == ["duplicate-label"]


def test_finished_comes_before_conflict_in_a_delete(world: World) -> None:
    label = world.stored()
    _finished(world)
    assert codes(world.operate("Alice", "000", delete(label["id"], 9))) == ["finished"]


def test_fields_are_refused_before_a_conflict(world: World) -> None:
    label = world.stored()
    assert codes(world.operate("Alice", "000", put(label | {"base": 9, "stance": "for"}))) == ["unknown-stance"]


# ---- at the same moment ----


def test_one_name_proposed_in_two_articles_at_once_is_one_proposal(world: World) -> None:
    for _ in range(5):
        name = f"Person {uid()}"
        new = {"name": name, "kind": "person", "affiliation": ""}
        jobs = [(document, put(world.label("letter", document, speaker=new))) for document in ("000", "001")]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda job: one(world, "Alice", *job)["status"], jobs))
        assert results == ["stored", "stored"]
        assert len(world.rows("SELECT id FROM speaker WHERE name = :name", name=name)) == 1


def test_a_round_is_closed_before_or_after_a_save_never_under_it(world: World) -> None:
    def save(_number: int) -> str:
        return codes([one(world, "Alice", "000", put(world.label(speaker={"name": uid(), "kind": "person"})))])[0]

    with ThreadPoolExecutor(4) as pool:
        saves = [pool.submit(save, number) for number in range(20)]
        managing.close_round(world.db, OPERATOR, "letter", "main")
        closed = len(labels_of(world, "Alice"))
        assert {found.result() for found in saves} <= {"stored", "locked"}
    assert len(labels_of(world, "Alice")) == closed, "nothing was stored after the round was closed"
