"""A person's data: all of it for whoever asks, and nothing that names them once they are removed."""

import zlib

import pytest

from tests.decisions import cluster, decide, decision, gold
from tests.working import do_all_jobs
from tests.world import OTHER_WORDS, SLUG, World, finish, put
from webapp.domain.errors import Forbidden, NotFound, StancemarkError
from webapp.domain.permissions import OPERATOR
from webapp.models import Base
from webapp.services import accounts, assigning, managing, personal, releasing, removing, reports
from webapp.services.releases import Wanted

NAME = "Xanthippe"
AS_IT_COMES = 47  # zlib's word for: with zlib's head or gzip's


@pytest.fixture
def known(world: World) -> World:
    """Xanthippe has done everything, and everything was done to her."""
    world.add_person(NAME, "annotator,adjudicator")
    accounts.use_link(world.db, accounts.make_link(world.db, OPERATOR, NAME), "a long password")
    with pytest.raises(StancemarkError):
        accounts.sign_in(world.db, NAME, "not the password", "192.0.2.7")
    world.visitor(NAME)
    world.assign(NAME, documents=["000", "001", "002"])
    world.stored("Alice")
    world.stored(NAME, OTHER_WORDS, speaker={"name": "Somebody", "kind": "person", "affiliation": ""})
    world.operate(NAME, "002", put(world.label("Hollywood", "002")), finish())
    for person in ("Alice", "Bob", "Carol", NAME):
        world.operate(person, "000", finish())
    decided = decide(world, decision("set", cluster(world)["key"], gold=gold(world)), by=NAME)
    assert decided[0]["status"] == "stored", decided
    assigning.unassign(world.db, OPERATOR, SLUG, NAME, documents=["002"], with_begun=True, reason="Moved on")
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    releasing.release(world.db, OPERATOR, SLUG, Wanted(partial=True))
    reports.open_report(world.db, world.actor("Curt"), SLUG)
    do_all_jobs(world.db)
    return world


def all_words(world: World) -> str:
    """Every value of every row, packed ones unpacked."""
    words = []
    for table in Base.metadata.sorted_tables:
        for row in world.rows(f"SELECT * FROM {table.name}"):
            words += [
                repr(zlib.decompress(value, AS_IT_COMES)) if isinstance(value, bytes) else repr(value) for value in row
            ]
    return "\n".join(words)


def test_everything_that_is_hers_is_exported_and_no_secret(known: World) -> None:
    found = personal.export_person(known.db, OPERATOR, "xanthippe")
    person_id = known.person(NAME).id
    tables = {"person", "membership", "assignment", "label", "operation_result", "decision", "event", "speaker"}
    assert tables | {"session", "one_time_link", "sign_in_attempt"} <= found.keys()
    assert [row["name"] for row in found["person"]] == [NAME]
    assert {row["person_id"] for row in found["label"]} == {person_id} and len(found["label"]) == 2
    assert any(row["person_id"] != person_id for row in found["event"]), "what others did to her"
    again = personal.export_person(known.db, OPERATOR, NAME)["event"]
    assert [row["action"] for row in again[len(found["event"]) :]] == ["person-exported"], "so she can see it"
    secrets = [known.person(NAME).password_hash, *(row[0] for row in known.rows("SELECT token_hash FROM session"))]
    assert not [secret for secret in secrets if secret in repr(found)]
    with pytest.raises(Forbidden):
        personal.export_person(known.db, known.actor("Curt"), NAME)
    with pytest.raises(NotFound):
        personal.export_person(known.db, OPERATOR, "Nobody")


def test_nothing_names_who_was_removed(known: World) -> None:
    """Her labels are kept on one database and erased on the other."""
    assert NAME in all_words(known)
    removing.remove_person(known.db, OPERATOR, NAME, erase_labels=known.db.is_sqlite)
    assert NAME.lower() not in all_words(known).lower()
    assert "192.0.2.7" not in all_words(known)
