"""Labels of other programs taken into a project: all or nothing, and out again with equal bytes."""

import json

import pytest

from tests.services.test_exporting import busy, in_a_stream, in_files
from tests.world import WORDS, World
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import OPERATOR
from webapp.services import bundles, exporting, importing, managing, speakers
from webapp.services.exporting import Terms

Files = dict[str, bytes]


def out(world: World, format: str, slug: str) -> Files:
    if format == "brat":
        named = exporting.files(world.db, OPERATOR, slug, "labels", format, Terms(names=True))
        return {name: b"".join(content) for name, content in named}
    return {"x.json": b"".join(exporting.stream(world.db, OPERATOR, slug, "labels", format, Terms(names=True))[1])}


def brat(world: World, *lines: str, article: str = "000") -> Files:
    return {
        f"Dora/{article}.txt": world.document(article).text.encode(),
        f"Dora/{article}.ann": "".join(f"{line}\n" for line in lines).encode(),
    }


def entity(world: World, number: int, words: str, *said: str) -> list[str]:
    start = world.document("000").text.index(words)
    attributes = [
        f"A{number}{n}\t{name} T{number} {value}" for n, (name, value) in enumerate(s.split("=") for s in said)
    ]
    return [f"T{number}\tLabel {start} {start + len(words)}\t{words}", *attributes]


GOOD = ("Speaker=OpenAI", "Stance=pro-fair-use", "ClaimType=POLICY")


@pytest.mark.parametrize("format", ["brat", "labelstudio"])
def test_labels_go_out_and_in_and_out_with_equal_bytes(world: World, format: str) -> None:
    busy(world)
    managing.create_project(world.db, OPERATOR, "copy", "A copy")
    articles = b"".join(exporting.stream(world.db, OPERATOR, "letter", "documents")[1])
    importing.import_documents(world.db, OPERATOR, "copy", [("articles.jsonl", articles)])
    registry = {
        name: content for name, content in bundle_of(world).items() if name in ("labels.jsonl", "speakers.jsonl")
    }
    bundles.import_bundle(world.db, OPERATOR, "copy", registry | {"labels.jsonl": b""})  # somebody's proposal is in use
    first = out(world, format, "letter")
    assert bundles.import_bundle(world.db, OPERATOR, "copy", first)["labels"] == 4
    assert out(world, format, "copy") == first


def bundle_of(world: World) -> Files:
    named = exporting.bundle(world.db, OPERATOR, "letter", Terms(names=True))
    return {name: b"".join(content) for name, content in named}


def test_a_name_stands_for_a_speaker_and_work_counts_as_finished(world: World) -> None:
    taken = bundles.import_bundle(world.db, OPERATOR, "letter", brat(world, *entity(world, 1, WORDS, *GOOD)))
    assert taken == {"documents": 0, "speakers": 0, "assignments": 1, "labels": 1}
    assert world.rows("SELECT speaker_id, origin, speaker_origin FROM label") == [("openai", "imported", "imported")]
    assert world.rows("SELECT a.state FROM assignment a JOIN person p ON p.id = a.person_id WHERE p.name = 'Dora'") == [
        ("done",)
    ]


def test_a_name_that_two_have_is_not_guessed(sqlite_only: World) -> None:
    sqlite_only.change("UPDATE speaker SET name = 'OpenAI' WHERE id = 'google'")
    with pytest.raises(Invalid, match="unknown-speaker"):
        bundles.import_bundle(
            sqlite_only.db, OPERATOR, "letter", brat(sqlite_only, *entity(sqlite_only, 1, WORDS, *GOOD))
        )


def test_everything_that_cannot_be_matched_is_named_and_nothing_taken(world: World) -> None:
    lines = [
        *entity(world, 1, WORDS, *GOOD),
        *entity(world, 2, WORDS[:6], "Speaker=Nobody", *GOOD[1:]),
        *entity(world, 3, WORDS[:13], GOOD[0], "Stance=angry", GOOD[2]),
        *entity(world, 4, WORDS[:20], *GOOD[:2], "ClaimType=RUMOUR"),
        *entity(world, 5, WORDS[:3], *GOOD[:1], GOOD[2]),
        *entity(world, 6, f" {WORDS}", *GOOD),
        *entity(world, 7, WORDS, *GOOD),
    ]
    with pytest.raises(Invalid) as caught:
        bundles.import_bundle(world.db, OPERATOR, "letter", brat(world, *lines))
    said = [line.split(": ")[:2] for line in caught.value.message.splitlines()]
    assert said == [
        ["Nothing was taken in."],
        ["Dora/000.ann, line 5", "unknown-speaker"],
        ["Dora/000.ann, line 9", "unknown-stance"],
        ["Dora/000.ann, line 13", "unknown-claim-type"],
        ["Dora/000.ann, line 17", "missing-field"],
        ["Dora/000.ann, line 20", "edge-space"],
        ["Dora/000.ann, line 24", "duplicate-label"],
    ]
    assert world.rows("SELECT id FROM label") == []
    assert world.rows("SELECT id FROM person WHERE name = 'Dora'") == []


def test_a_round_that_is_not_there_is_named_by_the_file(sqlite_only: World) -> None:
    files = {f"late/{name}": content for name, content in brat(sqlite_only).items()}
    with pytest.raises(Invalid, match=r"late/Dora/000\.ann: there is no round “late” in this project"):
        bundles.import_bundle(sqlite_only.db, OPERATOR, "letter", files)


def test_labels_changed_in_label_studio_come_back_changed(sqlite_only: World) -> None:
    label = sqlite_only.stored("Alice", note="mine")
    tasks = json.loads(in_a_stream(sqlite_only, "labelstudio", names=True))
    (result,) = (r for r in tasks[0]["annotations"][0]["result"] if r["from_name"] == "stance")
    result["value"]["labels"] = ["neutral"]
    sqlite_only.change("DELETE FROM label")
    content = {"edited.json": json.dumps(tasks).encode()}
    assert bundles.import_bundle(sqlite_only.db, OPERATOR, "letter", content)["labels"] == 1
    assert sqlite_only.rows("SELECT stance, note FROM label") == [("neutral", "mine")]
    assert label["id"] in json.dumps(tasks)


def test_a_merged_speaker_may_still_be_named_by_id(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    first = in_files(sqlite_only, "brat", names=True)
    speakers.merge_speaker(sqlite_only.db, OPERATOR, "letter", "openai", "google")
    sqlite_only.change("DELETE FROM label")
    bundles.import_bundle(sqlite_only.db, OPERATOR, "letter", first)
    assert sqlite_only.rows("SELECT speaker_id FROM label") == [("openai",)]


def test_only_curators_take_labels_in(sqlite_only: World) -> None:
    with pytest.raises(Forbidden):
        bundles.import_bundle(sqlite_only.db, sqlite_only.actor("Alice"), "letter", brat(sqlite_only))
