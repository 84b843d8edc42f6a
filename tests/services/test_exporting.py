"""What leaves a project: shapes, orders, pseudonyms, and that equal data gives equal bytes."""

import csv
import hashlib
import io
import json
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import datasets
import pandas
import pytest
from sqlalchemy import insert

from tests.readers import read_brat, read_conll, read_webanno
from tests.world import OTHER_WORDS, WORDS, World, delete, finish, put, uid
from webapp.domain.errors import Forbidden, Invalid, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.models import label_table
from webapp.services import assigning, exporting, managing, removing, speakers
from webapp.services.exporting import Terms

DOCUMENT = [
    *("id", "title", "display_title", "outlet", "byline", "published", "url", "rights", "language", "text"),
    *("text_sha256", "headings", "excluded", "extra"),
]
LABEL = [
    *("id", "round", "state", "document", "annotator", "start", "end", "quote", "origin", "speaker"),
    *("speaker_origin", "chain", "stance", "on_target", "ascribed", "claim_type", "unsure", "note", "revision"),
    *("created_at", "updated_at"),
]


def exported(world: World, kind: str, **terms: bool) -> bytes:
    return b"".join(exporting.stream(world.db, OPERATOR, "letter", kind, "jsonl", Terms(**terms))[1])


def lines(content: bytes) -> list[dict[str, Any]]:
    *found, end = content.split(b"\n")
    assert end == b""
    return [json.loads(line) for line in found]


def bundle(world: World, slug: str = "letter", **terms: bool) -> dict[str, bytes]:
    return {name: b"".join(c) for name, c in exporting.bundle(world.db, OPERATOR, slug, Terms(**terms))}


def busy(world: World) -> None:
    """A project with something of everything."""
    world.stored("Bob", chain=["voice-000", "openai"], note="Why: “so”\n\té\U0001f600")
    world.stored("Alice", OTHER_WORDS, speaker={"name": "Jane", "kind": "person", "affiliation": ""})
    world.stored("Alice", on_target=False, stance=None, claim_type=None)
    gone = world.stored("Carol")
    world.operate("Carol", "000", delete(gone["id"], 1), finish())
    world.operate("Bob", "001", put(world.label("Google", "001", speaker="google")), finish())
    speakers.merge_speaker(world.db, OPERATOR, "letter", "joe-russo", "russo-brothers")
    assigning.unassign(world.db, OPERATOR, "letter", "Bob", documents=["000"], with_begun=True, reason="Ill")


# ---- shapes and orders ----


def test_documents_have_their_keys_in_order(world: World) -> None:
    world.bring({"text": "Hard \U0001f600 e\u0301 \u2028 text", "id": "x y", "reviewer": "Ann", "language": "en"})
    found = lines(exported(world, "documents"))
    assert [list(line) for line in found] == [DOCUMENT] * 6
    assert [line["id"] for line in found] == ["000", "001", "002", "003", "004", "x-y"]
    for line in found:
        assert line["text_sha256"] == hashlib.sha256(line["text"].encode()).hexdigest()
    assert json.loads(found[-1]["extra"]) == {"reviewer": "Ann", "source_id": "x y"}
    assert found[0]["title"] == "" and found[0]["outlet"] == "Fox News"


def test_labels_have_their_keys_in_order_and_point_to_their_words(world: World) -> None:
    busy(world)
    found = lines(exported(world, "labels"))
    texts = {line["id"]: line["text"] for line in lines(exported(world, "documents"))}
    assert [list(line) for line in found] == [LABEL] * 4
    assert all(texts[line["document"]][line["start"] : line["end"]] == line["quote"] for line in found)
    order = [(line["document"], line["start"], line["end"], line["round"], line["annotator"]) for line in found]
    assert order == sorted(order)
    assert {(line["annotator"], line["document"], line["state"]) for line in found} == {
        ("annotator-01", "000", "open"),
        ("annotator-02", "000", "withdrawn"),
        ("annotator-02", "001", "done"),
    }


def test_labels_that_begin_together_are_ordered_by_end_annotator_and_id(world: World) -> None:
    for name in ("Carol", "Alice", "Bob"):
        for words, speaker in ((WORDS, "openai"), (WORDS[:6], "openai"), (WORDS[:6], "google")):
            world.stored(name, words, speaker=speaker)
    found = [(line["end"], line["annotator"], line["id"]) for line in lines(exported(world, "labels"))]
    assert len(found) == 9 and found == sorted(found)


def test_lines_are_utf_8_as_it_stands(world: World) -> None:
    world.stored(note="“so” \U0001f600")
    assert "“so” \U0001f600".encode() in exported(world, "labels")


def test_ids_sort_by_code_point_on_every_database(world: World) -> None:
    world.bring(*({"id": id, "text": f"Text {id}."} for id in ("b", "A", "a", "B", "_a"[1:] + "_", "a-b", "aB", "Z.z")))
    found = [line["id"] for line in lines(exported(world, "documents"))]
    assert found == sorted(found)


def test_annotators_are_pseudonyms_unless_names_are_asked_for(world: World) -> None:
    busy(world)
    secret, open = b"".join(bundle(world).values()), b"".join(bundle(world, names=True).values())
    assert b"Alice" not in secret and b"annotator-01" in secret
    assert b'"annotator":"Alice"' in open and b"annotator-01" not in open


def test_pseudonyms_stay_when_people_come_and_go(world: World) -> None:
    world.stored("Bob")
    before = exported(world, "labels")
    world.add_person("Aaron", "annotator")
    managing.set_roles(world.db, OPERATOR, "letter", "Alice", frozenset())
    removing.remove_person(world.db, OPERATOR, "Carol")
    assert exported(world, "labels") == before
    removing.remove_person(world.db, OPERATOR, "Bob")
    assert exported(world, "labels") == before
    assert exported(world, "labels", names=True) == before  # no name is left of Bob


def test_a_bundle_has_all_files_and_their_sums(world: World) -> None:
    busy(world)
    managing.set_guide(world.db, OPERATOR, "letter", "# Another guide\n")
    managing.add_round(world.db, OPERATOR, "letter", "second")
    files = bundle(world)
    assert list(files) == [
        *("documents.jsonl", "labels.jsonl", "assignments.jsonl", "rounds.jsonl", "speakers.jsonl"),
        *("scheme.toml", "guides/1.md", "guide.md", "manifest.json"),
    ]
    manifest = json.loads(files["manifest.json"])
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"}
    assert manifest["files"] == sums
    assert manifest["counts"] == {"documents": 5, "labels": 4, "assignments": 6, "rounds": 2, "speakers": 32}
    assert next(list(line) for line in lines(files["rounds.jsonl"])) == [
        "name",
        "state",
        "scheme",
        "guide",
        "closed_at",
    ]
    (withdrawn,) = (line for line in lines(files["assignments.jsonl"]) if line["state"] == "withdrawn")
    assert list(withdrawn) == ["round", "document", "annotator", "state", "finished_at"]
    merged = {line["id"]: line["merged_into"] for line in lines(files["speakers.jsonl"])}
    assert list(merged) == sorted(merged)
    assert merged["joe-russo"] == "russo-brothers"
    assert list(lines(files["speakers.jsonl"])[0]) == (
        ["id", "name", "kind", "affiliation", "members", "aliases", "proposed_by", "merged_into"]
    )


def test_equal_data_gives_equal_bytes(world: World, tmp_path: Path) -> None:
    busy(world)
    for name in ("one.zip", "two.zip"):
        with (tmp_path / name).open("wb") as handle:
            exporting.write_zip(exporting.bundle(world.db, OPERATOR, "letter"), handle)
    content = (tmp_path / "one.zip").read_bytes()
    assert content == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("labels.jsonl") == exported(world, "labels")
    exporting.write_folder(exporting.bundle(world.db, OPERATOR, "letter"), tmp_path / "folder")
    assert (tmp_path / "folder" / "labels.jsonl").read_bytes() == exported(world, "labels")


# ---- articles whose words must stay here ----


def test_text_free_leaves_words_out_and_hashes_in(world: World) -> None:
    world.stored(note="words of mine")
    files = bundle(world, text_free=True)
    (label,) = lines(files["labels.jsonl"])
    assert (label["quote"], label["note"]) == ("", "")
    assert list(label)[-1] == "quote_sha256"
    assert label["quote_sha256"] == hashlib.sha256(WORDS.encode()).hexdigest()
    assert {line["text"] for line in lines(files["documents.jsonl"])} == {""}
    assert "firmly believe" not in (files["documents.jsonl"] + files["labels.jsonl"]).decode()


def test_one_text_free_article_is_enough_for_hashes_in_every_line(world: World) -> None:
    world.bring({"id": "closed", "text": "Closed words here.", "rights": "text-free"})
    world.assign("Alice", documents=["closed"])
    world.stored(note="kept")
    world.stored("Alice", "Closed words", "closed", note="not kept")
    kept, left_out = lines(exported(world, "labels"))
    assert (kept["quote"], kept["note"]) == (WORDS, "kept")
    assert (left_out["quote"], left_out["note"]) == ("", "")
    assert list(kept)[-1] == list(left_out)[-1] == "quote_sha256"
    texts = {line["id"]: line["text"] for line in lines(exported(world, "documents"))}
    assert texts["closed"] == "" and texts["000"]


# ---- who may, and what is asked for ----


def test_only_curators_export(world: World) -> None:
    world.add_person("Ada", "adjudicator")
    for name in ("Alice", "Ada"):
        with pytest.raises(Forbidden):
            exporting.stream(world.db, world.actor(name), "letter", "labels")
        with pytest.raises(Forbidden):
            list(exporting.bundle(world.db, world.actor(name), "letter"))
    exporting.stream(world.db, world.actor("Curt"), "letter", "labels")


def test_who_also_annotates_must_finish_first(world: World) -> None:
    managing.set_roles(world.db, OPERATOR, "letter", "Alice", frozenset({"curator", "annotator"}))
    alice = world.actor("Alice")
    for document in ("000", "001", "002"):
        with pytest.raises(Forbidden, match=document):
            exporting.stream(world.db, alice, "letter", "labels")
        with pytest.raises(Forbidden, match=document):
            list(exporting.bundle(world.db, alice, "letter"))
        exporting.stream(world.db, alice, "letter", "documents")
        world.operate("Alice", document, finish())
    exporting.stream(world.db, alice, "letter", "labels")


@pytest.mark.parametrize(("kind", "format"), [("labels", "docx"), ("people", "jsonl"), ("labels", "../jsonl")])
def test_what_there_is_no_export_of_is_not_found(sqlite_only: World, kind: str, format: str) -> None:
    with pytest.raises(NotFound):
        exporting.stream(sqlite_only.db, OPERATOR, "letter", kind, format)


# ---- others can read it ----


def test_pandas_reads_it_with_the_right_types(sqlite_only: World) -> None:
    busy(sqlite_only)
    frame = pandas.read_json(io.BytesIO(exported(sqlite_only, "labels")), lines=True, dtype={"document": str})
    assert list(frame.columns) == LABEL and len(frame) == 4
    kinds = {name: frame[name].dtype.kind for name in ("start", "end", "revision", "on_target", "ascribed", "unsure")}
    assert kinds == {"start": "i", "end": "i", "revision": "i", "on_target": "b", "ascribed": "b", "unsure": "b"}
    assert all(isinstance(chain, list) for chain in frame["chain"])
    documents = pandas.read_json(io.BytesIO(exported(sqlite_only, "documents")), lines=True, dtype={"id": str})
    assert list(documents["id"]) == ["000", "001", "002", "003", "004"]


@pytest.mark.parametrize("state", ["busy", "one null", "text free"])
def test_datasets_reads_every_file_of_a_bundle(
    sqlite_only: World, tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    if state == "one null":
        sqlite_only.stored(on_target=False, stance=None, claim_type=None)
    else:
        busy(sqlite_only)
    files = exporting.bundle(sqlite_only.db, OPERATOR, "letter", Terms(text_free=state == "text free"))
    exporting.write_folder(files, tmp_path / "out")
    for path in sorted((tmp_path / "out").glob("*.jsonl")):
        loaded = datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path / "cache"), split="train")
        assert loaded.num_rows == len(path.read_text().splitlines())
    labels = datasets.load_dataset(
        "json", data_files=str(tmp_path / "out" / "labels.jsonl"), cache_dir=str(tmp_path / "cache"), split="train"
    )
    assert (labels.features["start"].dtype, labels.features["unsure"].dtype) == ("int64", "bool")
    assert labels.features["quote"].dtype == "string" and set(labels["document"]) <= {"000", "001"}


# ---- formats that hold labels on their words ----


def in_files(world: World, format: str, **terms: bool) -> dict[str, bytes]:
    return {
        name: b"".join(content)
        for name, content in exporting.files(world.db, OPERATOR, "letter", "labels", format, Terms(**terms))
    }


def in_a_stream(world: World, format: str, kind: str = "labels", **terms: bool) -> bytes:
    return b"".join(exporting.stream(world.db, OPERATOR, "letter", kind, format, Terms(**terms))[1])


def test_each_annotator_and_article_has_its_files(world: World) -> None:
    busy(world)
    for name, ending in (("brat", ".ann"), ("webanno", ".tsv")):
        found = [path for path in in_files(world, name) if path.endswith(ending)]
        # Carol finished 000 without a label, Bob was withdrawn from 000; Alice's other articles are not begun
        assert found == [
            f"main/{path}{ending}"
            for path in ("annotator-01/000", "annotator-02/000", "annotator-03/000", "annotator-02/001")
        ]
    assert "main/Alice/000.ann" in in_files(world, "brat", names=True)


def test_labels_stand_on_their_words_in_every_format(world: World) -> None:
    busy(world)
    expected = sorted((row["start"], row["end"], row["speaker"]) for row in lines(exported(world, "labels")))
    texts = {line["id"]: line["text"] for line in lines(exported(world, "documents"))}
    brat, webanno = in_files(world, "brat"), in_files(world, "webanno")
    marked = [
        *(read_brat(brat[f"{path[:-4]}.txt"].decode(), brat[path].decode()) for path in brat if path.endswith(".ann")),
    ]
    assert sorted((m.start, m.end, m.said["Speaker"]) for found in marked for m in found) == expected
    read = {path: read_webanno(webanno[path].decode()) for path in webanno if path.endswith(".tsv")}
    assert sorted((m.start, m.end, m.said["speaker"]) for _, found, _ in read.values() for m in found) == expected
    assert all(text == texts[path[-7:-4]] + "\n" for path, (text, _, _) in read.items())
    tasks = json.loads(in_a_stream(world, "labelstudio"))
    regions = [r["value"] for t in tasks for a in t["annotations"] for r in a["result"] if r["type"] == "labels"]
    assert sorted((r["start"], r["end"]) for r in regions) == [row[:2] for row in expected]
    assert [task["data"]["document"] for task in tasks] == ["000", "001"]
    sections = list(read_conll(in_a_stream(world, "conll").decode()))
    assert [(head["newdoc id"], head["annotator"]) for head, _, _ in sections] == [
        *(("000", "annotator-01"), ("000", "annotator-02"), ("000", "annotator-03"), ("001", "annotator-02")),
    ]


def test_csv_has_the_columns_of_the_lines(world: World) -> None:
    busy(world)
    world.bring({"id": "closed", "text": "Closed words here.", "rights": "text-free"})
    for kind in ("documents", "labels"):
        heading, *rows = csv.reader(io.StringIO(in_a_stream(world, "csv", kind).decode(), newline=""))
        records = lines(exported(world, kind))
        assert heading == list(records[0]) and len(rows) == len(records)
        assert [row[0] for row in rows] == [record["id"] for record in records]
    frame = pandas.read_csv(io.BytesIO(in_a_stream(world, "csv")), dtype={"document": str})
    assert list(frame.columns) == [*LABEL, "quote_sha256"] and frame["end"].dtype.kind == "i"
    assert frame["on_target"].dtype.kind == "b" and [json.loads(chain) for chain in frame["chain"]]


@pytest.mark.parametrize("format", ["brat", "conll", "csv", "labelstudio", "webanno"])
def test_a_format_has_equal_bytes_for_equal_data(sqlite_only: World, postgresql_only: World, format: str) -> None:
    labels = [sqlite_only.label(words, chain=chain, speaker="google") for words, chain in MARKS]
    found = []
    for world in (sqlite_only, postgresql_only):
        for label in labels:
            world.operate("Alice", "000", put(label))
        many = format in ("brat", "webanno")
        found.append(in_files(world, format) if many else without_moments(in_a_stream(world, format)))
    assert found[0] == found[1] and b"google" in str(found[0]).encode()


MARKS = ((WORDS, []), (WORDS[:6], ["voice-000", "google"]), (OTHER_WORDS, []))


def without_moments(content: bytes) -> bytes:
    return re.sub(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"", content)


def test_an_article_that_may_not_leave_is_left_out_and_named(world: World) -> None:
    world.bring({"id": "closed", "text": "Closed words here.", "rights": "text-free"})
    world.assign("Alice", documents=["closed"])
    world.stored("Alice", "Closed words", "closed", note="not kept")
    world.stored("Alice")
    for format in ("brat", "webanno"):
        found = in_files(world, format)
        assert b"Article closed is left out" in found["left-out.txt"]
        assert not [path for path in found if "closed" in path] and b"Closed" not in b"".join(found.values())
    for format in ("conll", "labelstudio"):
        found = in_a_stream(world, format)
        assert b"its words may not leave" in found and b"Closed" not in found and b"000" in found


@pytest.mark.parametrize("format", ["brat", "conll", "labelstudio", "webanno"])
def test_what_a_format_cannot_hold_is_refused(sqlite_only: World, format: str) -> None:
    with pytest.raises(Invalid, match=r"holds labels on their words, and no documents alone\. Choose: jsonl, csv\."):
        exporting.stream(sqlite_only.db, OPERATOR, "letter", "documents", format)
    with pytest.raises(Invalid, match=r"holds the articles’ words\. Without words there are: jsonl, csv\."):
        exporting.files(sqlite_only.db, OPERATOR, "letter", "labels", format, Terms(text_free=True))


def test_rounds_apart(sqlite_only: World) -> None:
    sqlite_only.stored("Alice")
    managing.add_round(sqlite_only.db, OPERATOR, "letter", "second")
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    sqlite_only.assign("Alice", documents=["000"], round="second")
    sqlite_only.operate("Alice", "000", put(sqlite_only.label(OTHER_WORDS)), round="second")
    found = [path for path in in_files(sqlite_only, "brat") if path.endswith(".ann")]
    assert found == ["main/annotator-01/000.ann", "second/annotator-01/000.ann"]


# ---- large ones ----


def test_a_large_export_is_streamed(world: World) -> None:
    first = world.stored()
    (row,) = world.rows("SELECT project_id, person_id FROM label")
    with world.db.writing() as session:
        session.execute(insert(label_table), [_row(row, n, first) for n in range(20_000)])
    tracemalloc.start()
    try:
        parts = exporting.stream(world.db, OPERATOR, "letter", "labels")[1]
        number = sum(part.count(b"\n") for part in parts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == 20_001
    assert peak < 10 * 1024 * 1024  # all lines together have more than 12 MB


def _row(here: Any, n: int, label: dict[str, Any]) -> dict[str, Any]:
    start = n % 5_000
    return {
        "project_id": str(here.project_id),
        "person_id": str(here.person_id),
        "id": uid(),
        "round": "main",
        "document_id": "000",
        "start_at": start,
        "end_at": start + 1 + n // 5_000,
        "quote": "x" * 200,
        "origin": "marked",
        "speaker_id": "google",
        "speaker_origin": "picked",
        "chain": [],
        "stance": "neutral",
        "on_target": True,
        "ascribed": False,
        "claim_type": "FACT",
        "unsure": False,
        "note": "",
        "revision": 1,
        "created_at": "2031-01-01T00:00:00Z",
        "updated_at": "2031-01-01T00:00:00Z",
    }
