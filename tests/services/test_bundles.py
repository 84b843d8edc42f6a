"""A bundle taken in: everything of it or nothing, and out again with equal bytes."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.test_exporting import bundle, busy, exported, lines
from tests.world import WORDS, World, opened, put
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, bundles, importing, managing

Files = dict[str, bytes]


def take_in(world: World, files: Files, slug: str = "copy") -> dict[str, int]:
    return bundles.import_bundle(world.db, OPERATOR, slug, files)


def new_project(world: World, slug: str = "copy") -> None:
    managing.create_project(world.db, OPERATOR, slug, "A copy")


def jsonl(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def without_manifest(files: Files) -> Files:
    return {name: content for name, content in files.items() if name != "manifest.json"}


def changed(files: Files, file: str, number: int, **changes: Any) -> Files:
    """The files with some fields of line `number` (from 0) changed."""
    records = lines(files[file])
    records[number] |= changes
    return files | {file: jsonl(*records)}


def counts(world: World) -> list[int]:
    tables = ("document", "label", "assignment", "speaker", "round", "person", "scheme_version", "event")
    return [world.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


@pytest.fixture(scope="module")
def prepared(sqlite_world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Files]:
    """The small world with labels and a second project, and the first one's bundle."""
    path = tmp_path_factory.mktemp("bundles") / "annotations.db"
    shutil.copy(sqlite_world, path)
    with opened(f"sqlite:///{path}") as world:
        busy(world)
        new_project(world)
        return path, bundle(world, names=True)


@pytest.fixture
def files(prepared: tuple[Path, Files], sqlite_only: World) -> Files:
    shutil.copy(prepared[0], str(sqlite_only.db.url.database))  # which nobody has opened yet
    return without_manifest(prepared[1])  # so that tests may change them


# ---- in and out again ----


def test_a_bundle_goes_in_and_out_with_equal_bytes(world: World) -> None:
    busy(world)
    managing.set_guide(world.db, OPERATOR, "letter", "# Another guide\n")
    managing.add_round(world.db, OPERATOR, "letter", "second")
    managing.close_round(world.db, OPERATOR, "letter", "main")
    files = bundle(world, names=True)
    new_project(world)
    assert take_in(world, files) == {"documents": 5, "speakers": 32, "assignments": 6, "labels": 4}
    assert without_manifest(bundle(world, "copy", names=True)) == without_manifest(files)


def test_both_databases_write_the_same_bytes(sqlite_only: World, postgresql_only: World) -> None:
    busy(sqlite_only)
    sqlite_only.bring(*({"id": id, "text": f"Text {id} \U0001f600."} for id in ("b", "A", "a", "B", "a-b", "aB")))
    files = bundle(sqlite_only, names=True)
    new_project(postgresql_only)
    take_in(postgresql_only, files)
    on_postgresql = bundle(postgresql_only, "copy", names=True)
    assert without_manifest(on_postgresql) == without_manifest(files)
    new_project(sqlite_only)
    take_in(sqlite_only, on_postgresql)
    assert without_manifest(bundle(sqlite_only, "copy", names=True)) == without_manifest(files)


def test_a_bundle_with_pseudonyms_makes_people_of_them(sqlite_only: World) -> None:
    busy(sqlite_only)
    files = bundle(sqlite_only)
    new_project(sqlite_only)
    take_in(sqlite_only, files)
    assert without_manifest(bundle(sqlite_only, "copy", names=True)) == without_manifest(files)
    people = {person["name"]: person["state"] for person in accounts.list_people(sqlite_only.db)}
    assert people["annotator-01"] == "invited"


def test_zip_and_folder_read_the_same(sqlite_only: World, files: Files, tmp_path: Path) -> None:
    folder, archive = tmp_path / "folder", tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as handle:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            handle.writestr(name, content)
    assert bundles.read_bundle(folder) == bundles.read_bundle(archive) == files
    alone = folder / "labels.jsonl"
    assert bundles.read_bundle(alone) == {"labels.jsonl": files["labels.jsonl"]}


def test_taking_it_in_twice_changes_nothing(sqlite_only: World, files: Files) -> None:
    take_in(sqlite_only, files)
    assert take_in(sqlite_only, files) == {"documents": 0, "speakers": 0, "assignments": 0, "labels": 0}
    assert without_manifest(bundle(sqlite_only, "copy", names=True)) == without_manifest(files)


def test_a_chain_as_long_as_can_be_comes_back(sqlite_only: World) -> None:
    new = {"name": "Jane", "kind": "person", "affiliation": ""}
    sqlite_only.stored(speaker=new, chain=["google"] * 7)
    files = bundle(sqlite_only, names=True)
    new_project(sqlite_only)
    assert take_in(sqlite_only, files)["labels"] == 1


# ---- labels alone ----


def test_labels_alone_bring_people_and_assignments(world: World) -> None:
    start = world.document("000").text.index(WORDS)
    plain = {
        "document": "000",
        "annotator": "Dora",
        "start": start,
        "end": start + len(WORDS),
        "quote": WORDS,
        "speaker": "openai",
        "stance": "neutral",
        "claim_type": "FACT",
        "state": "done",
    }
    taken = take_in(world, {"labels.jsonl": jsonl(plain)}, "letter")
    assert taken == {"documents": 0, "speakers": 0, "assignments": 1, "labels": 1}
    (label,) = lines(exported(world, "labels", names=True))
    assert (label["annotator"], label["origin"], label["speaker_origin"]) == ("Dora", "imported", "imported")
    assert (label["state"], label["round"], label["revision"]) == ("done", "main", 1)
    assert {p["name"]: p["state"] for p in accounts.list_people(world.db)}["Dora"] == "invited"


def test_labels_alone_need_the_documents_there(sqlite_only: World, files: Files) -> None:
    with pytest.raises(Invalid, match="there is no document “000” in this project"):
        take_in(sqlite_only, {"labels.jsonl": files["labels.jsonl"]})


# ---- nothing at all is taken where anything is wrong ----

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("labels.jsonl", {"stance": "for"}, "unknown-stance"),
    ("labels.jsonl", {"on_target": True}, "missing-field"),
    ("labels.jsonl", {"claim_type": "fact"}, "unknown-claim-type"),
    ("labels.jsonl", {"start": 3}, "quote-mismatch"),
    ("labels.jsonl", {"start": -1}, "out-of-range"),
    ("labels.jsonl", {"end": 10**30}, "out-of-range"),
    ("labels.jsonl", {"quote": "other words"}, "quote-mismatch"),
    ("labels.jsonl", {"speaker": "nobody"}, "unknown-speaker"),
    ("labels.jsonl", {"chain": ["google", "nobody"]}, "chain-mismatch"),
    ("labels.jsonl", {"document": "no-such"}, "no document “no-such”"),
    ("labels.jsonl", {"round": "no-such"}, "no round “no-such”"),
    ("labels.jsonl", {"annotator": "Curt"}, "not assigned"),
    ("labels.jsonl", {"annotator": ""}, "annotator"),
    ("labels.jsonl", {"start": "1"}, "start"),
    ("labels.jsonl", {"revision": 0}, "revision"),
    ("labels.jsonl", {"revision": 2**31}, "revision"),
    ("labels.jsonl", {"id": "1"}, "id"),
    ("labels.jsonl", {"created_at": "2025-01-01T00:00:00Z\n"}, "created_at"),
    ("labels.jsonl", {"created_at": "yesterday"}, "created_at"),
    ("labels.jsonl", {"note": "x" * 2_001}, "too-long"),
    ("labels.jsonl", {"colour": "red"}, "colour"),
    ("labels.jsonl", {"state": "finished"}, "state"),
    ("documents.jsonl", {"text": "Other words."}, "text_sha256"),
    ("documents.jsonl", {"text": ""}, "text-free"),
    ("documents.jsonl", {"id": "a b"}, "id"),
    ("documents.jsonl", {"id": "001"}, "twice"),
    ("assignments.jsonl", {"document": "no-such"}, "no document"),
    ("assignments.jsonl", {"round": "no-such"}, "no round"),
    ("assignments.jsonl", {"state": "begun"}, "state"),
    ("assignments.jsonl", {"document": "001"}, "twice"),
    ("rounds.jsonl", {"scheme": 0}, "scheme"),
    ("rounds.jsonl", {"guide": 10**30}, "guide"),
    ("rounds.jsonl", {"name": "a\n"}, "name"),
    ("speakers.jsonl", {"kind": "robot"}, "kind"),
    ("speakers.jsonl", {"id": "google"}, "twice"),
    ("speakers.jsonl", {"id": "a b"}, "id"),
    ("speakers.jsonl", {"merged_into": "no-such"}, "no-such"),
    ("speakers.jsonl", {"merged_into": "actors"}, "merged into itself"),
]


@pytest.mark.parametrize(("name", "changes", "reason"), BAD)
def test_one_bad_line_refuses_all(
    sqlite_only: World, files: Files, name: str, changes: dict[str, Any], reason: str
) -> None:
    before = counts(sqlite_only)
    with pytest.raises(Invalid) as why:
        take_in(sqlite_only, changed(files, name, 0, **changes))
    assert f"{name}, line " in why.value.message and reason in why.value.message
    assert counts(sqlite_only) == before


def test_every_bad_line_is_named(sqlite_only: World, files: Files) -> None:
    bad = changed(changed(files, "labels.jsonl", 0, stance="for"), "labels.jsonl", 3, quote="other")
    with pytest.raises(Invalid) as why:
        take_in(sqlite_only, bad)
    assert "line 1: unknown-stance" in why.value.message and "line 4: quote-mismatch" in why.value.message
    assert "line 2" not in why.value.message


def test_a_round_whose_scheme_is_not_in_the_bundle_is_refused(sqlite_only: World, files: Files) -> None:
    (main,) = lines(files["rounds.jsonl"])
    two = jsonl(main | {"scheme": 9}, main | {"name": "second"})
    with pytest.raises(Invalid, match="line 1: version 9"):
        take_in(sqlite_only, files | {"rounds.jsonl": two})


def test_speakers_merged_in_a_circle_are_refused(sqlite_only: World, files: Files) -> None:
    there = [line["id"] for line in lines(files["speakers.jsonl"])]
    round_trip = changed(files, "speakers.jsonl", 0, merged_into=there[1])
    with pytest.raises(Invalid, match="merged into itself"):
        take_in(sqlite_only, changed(round_trip, "speakers.jsonl", 1, merged_into=there[0]))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("labels.jsonl", b"{\n", "line 1"),
        ("labels.jsonl", b"\xff\n", "line 1"),
        ("labels.jsonl", b'{"note":NaN}\n', "line 1"),
        ("labels.jsonl", b"[" * 9_000, "line 1"),
        ("scheme.toml", b"no toml", "TOML"),
        ("scheme.toml", b"\xff", "UTF-8"),
        ("guide.md", b"a\x00b", "NUL"),
        ("schemes/2.toml", b"schema = 1", "scheme"),
    ],
)
def test_files_that_are_damaged_are_refused(
    sqlite_only: World, files: Files, name: str, content: bytes, reason: str
) -> None:
    before = counts(sqlite_only)
    with pytest.raises(Invalid, match=reason):
        take_in(sqlite_only, files | {name: content})
    assert counts(sqlite_only) == before


def test_without_labels_it_is_no_bundle(sqlite_only: World, files: Files) -> None:
    del files["labels.jsonl"]
    with pytest.raises(Invalid, match=r"labels\.jsonl"):
        take_in(sqlite_only, files)


def test_a_text_free_export_is_refused_until_it_is_joined_with_its_texts(sqlite_only: World) -> None:
    busy(sqlite_only)
    files = bundle(sqlite_only, names=True, text_free=True)
    new_project(sqlite_only)
    with pytest.raises(Invalid, match="text-free"):
        take_in(sqlite_only, files)
    with pytest.raises(Invalid, match="text-free"):
        take_in(sqlite_only, {"labels.jsonl": files["labels.jsonl"]}, "letter")


def test_a_text_that_is_there_already_must_be_the_same(sqlite_only: World, files: Files) -> None:
    sqlite_only.bring({"id": "000", "text": "Another text."}, slug="copy")
    with pytest.raises(Invalid, match="“000” is there with another text"):
        take_in(sqlite_only, files)


def test_a_label_that_is_there_already_must_be_the_same(sqlite_only: World, files: Files) -> None:
    take_in(sqlite_only, files)
    with pytest.raises(Invalid, match="other values"):
        take_in(sqlite_only, changed(files, "labels.jsonl", 0, unsure=True))
    with pytest.raises(Invalid, match="duplicate-label"):
        take_in(sqlite_only, changed(files, "labels.jsonl", 0, id="00000000-0000-4000-8000-000000000000"))


def test_nothing_goes_into_a_closed_round(sqlite_only: World, files: Files) -> None:
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    with pytest.raises(Invalid, match="closed"):
        take_in(sqlite_only, files, "letter")


def test_a_round_that_is_said_to_be_closed_is_closed(sqlite_only: World, files: Files) -> None:
    take_in(sqlite_only, changed(files, "rounds.jsonl", 0, state="closed", closed_at=None))
    (round,) = managing.list_rounds(sqlite_only.db, OPERATOR, "copy")
    assert round["state"] == "closed" and round["closed_at"]


def test_only_curators_take_bundles_in(sqlite_only: World, files: Files) -> None:
    with pytest.raises(Forbidden):
        bundles.import_bundle(sqlite_only.db, sqlite_only.actor("Alice"), "letter", files)
    with pytest.raises(NotFound):
        bundles.import_bundle(sqlite_only.db, sqlite_only.actor("Curt"), "copy", files)


def test_a_label_with_the_largest_revision_can_still_be_changed(world: World) -> None:
    world.stored()
    files = without_manifest(bundle(world, names=True))
    new_project(world)
    take_in(world, changed(files, "labels.jsonl", 0, revision=2**30))
    (label,) = lines(files["labels.jsonl"])
    again = world.label(id=label["id"], base=2**30, stance="neutral")
    assert world.operate("Alice", "000", put(again), slug="copy")[0]["revision"] == 2**30 + 1


# ---- articles in and out again ----

_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_words = st.text(_characters, max_size=20)
_texts = st.text(st.one_of(_characters, st.sampled_from("\r\n\u2028\u0301\u200d\U0001f469\ufeff “”.")), min_size=1)
_records = st.fixed_dictionaries(
    {"text": _texts.filter(lambda text: (bool(text.strip()) and text.isprintable()) or "\n" in text)},
    optional={"id": _words, "title": _words, "outlet": _words, "zeta": _words | st.integers() | st.none()},
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(_records, max_size=4))
def test_articles_go_in_and_out_and_in_with_equal_bytes(sqlite_only: World, records: list[dict[str, Any]]) -> None:
    for table in ("event", "document"):
        sqlite_only.change(f"DELETE FROM {table} WHERE project_id IN (SELECT id FROM project WHERE slug != 'letter')")
    for slug in ("first", "again"):
        if not sqlite_only.rows("SELECT id FROM project WHERE slug = :slug", slug=slug):
            new_project(sqlite_only, slug)
    for record in records:
        sqlite_only.bring(record, slug="first")
    out = bundle(sqlite_only, "first")["documents.jsonl"]
    outcomes = importing.import_documents(sqlite_only.db, OPERATOR, "again", [("documents.jsonl", out)])
    assert not records or {outcome.status for outcome in outcomes} <= {"added"} or out == b""
    assert bundle(sqlite_only, "again")["documents.jsonl"] == out
