"""`import`, `export` and `segments`: files in and out."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Stancemark
from tests.world import SLUG, WORDS, World

CASES = Path(__file__).parents[1] / "cases" / "segments"
BUNDLE = {
    *("assignments.jsonl", "documents.jsonl", "guide.md", "labels.jsonl"),
    *("manifest.json", "rounds.jsonl", "scheme.toml", "speakers.jsonl"),
}


def ids(world: World) -> set[str]:
    return {row[0] for row in world.rows("SELECT id FROM document")}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- import documents ----


def test_good_files_stay_in_when_others_are_refused(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_bytes(b"\xef\xbb\xbfOne line.\r\nAnother.\r\n")
    (tmp_path / "park.md").write_text("# Parks close\n\nThe mayor said so.\n")
    (tmp_path / "mixed.jsonl").write_text('{"id": "m1", "text": "Fine."}\n{"id": "m2"}\n{"id": "m3", "text": 7}\nno\n')
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
    names = ("good.txt", "mixed.jsonl", "latin.txt", "paper.pdf", "missing.txt", "park.md")
    before = ids(world)

    done = stancemark("import", "documents", *(tmp_path / name for name in names), "--project", SLUG)

    assert done.code == 1
    assert ids(world) == before | {"good", "park"}
    lines = [line.replace(f"{tmp_path}/", "") for line in done.out.splitlines()]
    assert lines[0] == "added  good  (good.txt, line 1)"
    assert [line.split(":")[0] for line in lines[1:4]] == [f"refused  mixed.jsonl, line {n}" for n in (2, 3, 4)]
    assert lines[4].startswith("refused  latin.txt: the file is not UTF-8 (byte 3)")
    assert lines[5] == "refused  paper.pdf: only .txt, .md, .jsonl, .csv and .zip can be imported"
    assert lines[6] == "added  park  (park.md, line 1)"
    assert lines[7] == "refused  missing.txt: it cannot be read: No such file or directory"
    assert done.err.replace(f"{tmp_path}/", "") == (
        "error: Nothing was taken from mixed.jsonl, latin.txt, paper.pdf, missing.txt. "
        "Mend what is named above and import it again.\n"
    )
    assert world.document("good").text == "One line.\nAnother.\n"


def test_what_is_there_already(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text('id,text,outlet\nc1,"He said ""no"".",The Paper\n')
    assert stancemark.well("import", "documents", file, "--project", SLUG).out == f"added  c1  ({file}, line 2)\n"
    assert stancemark.well("import", "documents", file, "--project", SLUG).out == (
        f"already there  c1  ({file}, line 2, same text)\n"
    )
    file.write_text("id,text\nc1,Another text\n")
    done = stancemark("import", "documents", file, "--project", SLUG)
    assert (done.code, done.out) == (1, f"refused  {file}, line 2: “c1” is there with another text\n")
    assert world.document("c1").text == 'He said "no".'


def test_each_member_of_a_zip_stands_for_itself(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        archive.writestr("texts/z1.txt", "First.")
        archive.writestr("bad.jsonl", '{"id": "z2", "text": "Good line."}\n{}\n')
        archive.writestr("z3.txt", "Third.")
    done = on_sqlite("import", "documents", tmp_path / "many.zip", "--project", SLUG)
    assert done.code == 1
    assert {"z1", "z3"} <= ids(sqlite_only)
    assert "z2" not in ids(sqlite_only)
    assert "many.zip/bad.jsonl, line 2" in done.out


def test_nothing_to_import(on_sqlite: Stancemark, tmp_path: Path) -> None:
    assert "Missing argument" in on_sqlite.misused("import", "documents", "--project", SLUG)
    assert "Missing option '--project'" in on_sqlite.misused("import", "documents", tmp_path)
    done = on_sqlite("import", "documents", tmp_path, "--project", SLUG)
    assert (done.code, done.out) == (1, f"refused  {tmp_path}: it cannot be read: Is a directory\n")


# ---- export ----


def test_a_bundle_goes_round(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    world.stored("Alice")
    folder, archive = tmp_path / "bundle", tmp_path / "bundle.zip"
    for out in (folder, archive):
        done = stancemark.well("export", "bundle", "--project", SLUG, "--out", out, "--names")
        assert (done.out, done.err) == ("", f"Wrote {out}.\n")
    assert set(files_of(folder)) == BUNDLE
    with zipfile.ZipFile(archive) as unpacked:
        assert {name: unpacked.read(name) for name in unpacked.namelist()} == files_of(folder)

    stancemark.well("project", "add", "copy", "--title", "A copy")
    done = stancemark.well("import", "labels", archive, "--project", "copy")
    assert done.out == "5 documents, 31 speakers, 6 assignments, 1 labels taken in.\n"
    stancemark.well("export", "bundle", "--project", "copy", "--out", tmp_path / "again", "--names")
    first, second = files_of(folder), files_of(tmp_path / "again")
    assert first.pop("manifest.json") != second.pop("manifest.json")
    assert first == second

    done = stancemark.well("import", "labels", folder, "--project", "copy")
    assert done.out == "0 documents, 0 speakers, 0 assignments, 0 labels taken in.\n"


def test_pseudonyms_unless_names_are_asked_for(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    world.stored("Alice")
    stancemark.well("export", "labels", "--project", SLUG, "--out", tmp_path / "labels.jsonl")
    stancemark.well("export", "labels", "--project", SLUG, "--out", tmp_path / "named.jsonl", "--names")
    pseudonym, name = (json.loads((tmp_path / f"{n}.jsonl").read_text())["annotator"] for n in ("labels", "named"))
    assert (pseudonym, name) == ("annotator-01", "Alice")


def test_text_free(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.stored("Alice")
    on_sqlite.well("export", "bundle", "--project", SLUG, "--out", tmp_path / "free", "--text-free")
    free = files_of(tmp_path / "free")
    assert b"urging President" not in free["documents.jsonl"] + free["labels.jsonl"]
    assert json.loads(free["labels.jsonl"])["quote_sha256"]
    on_sqlite.well("project", "add", "copy", "--title", "A copy")
    assert "text-free" in on_sqlite.refused("import", "labels", tmp_path / "free", "--project", "copy")


def test_an_existing_path_is_not_replaced_unasked(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    out.write_text("mine")
    words = ("export", "labels", "--project", SLUG, "--out", out)
    assert on_sqlite.refused(*words) == f"{out} is there already. Give another path, or --force to replace it.\n"
    assert out.read_text() == "mine"
    sqlite_only.stored("Alice")
    on_sqlite.well(*words, "--force")
    assert out.read_text().startswith('{"id":')

    bundle = tmp_path / "bundle"
    on_sqlite.well("export", "bundle", "--project", SLUG, "--out", bundle)
    (bundle / "old").touch()
    assert "is there already" in on_sqlite.refused("export", "bundle", "--project", SLUG, "--out", bundle)
    on_sqlite.well("export", "bundle", "--project", SLUG, "--out", f"{bundle}/", "--force")
    assert set(files_of(bundle)) == BUNDLE


@pytest.mark.parametrize("kind", ["labels", "bundle"])
def test_force_spares_a_folder_of_somebody_elses(on_sqlite: Stancemark, tmp_path: Path, kind: str) -> None:
    mine = tmp_path / "home"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    said = on_sqlite.refused("export", kind, "--project", SLUG, "--out", mine, "--force")
    assert said.startswith(f"{mine} is a folder and no export.")
    assert set(files_of(mine)) == {"thesis.txt"}


def test_formats_of_many_files_are_a_folder_or_a_zip(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.stored("Alice")
    words = ("export", "labels", "--project", SLUG, "--names", "--format")
    for format, ending in (("brat", "ann"), ("webanno", "tsv")):
        folder, archive = tmp_path / format, tmp_path / f"{format}.zip"
        on_sqlite.well(*words, format, "--out", folder)
        on_sqlite.well(*words, format, "--out", archive)
        on_sqlite.well(*words, format, "--out", folder, "--force")
        assert (folder / "main" / "Alice" / f"000.{ending}").stat().st_size > 100
        with zipfile.ZipFile(archive) as unpacked:
            assert all(unpacked.read(name) == (folder / name).read_bytes() for name in unpacked.namelist())
    for format in ("csv", "conll", "labelstudio"):
        on_sqlite.well(*words, format, "--out", tmp_path / f"labels.{format}")
        assert "Alice" in (tmp_path / f"labels.{format}").read_text()
    said = on_sqlite.refused("export", "documents", "--project", SLUG, "--format", "brat", "--out", tmp_path / "no")
    assert said == "The format brat holds labels on their words, and no documents alone. Choose: jsonl, csv.\n"


def test_a_refused_export_leaves_nothing(on_sqlite: Stancemark, tmp_path: Path) -> None:
    out = tmp_path / "missing" / "labels.jsonl"
    assert on_sqlite.refused("export", "labels", "--project", SLUG, "--out", out) == (
        f"{out} cannot be written: No such file or directory.\n"
    )
    assert "There is no project" in on_sqlite.refused("export", "bundle", "--project", "no", "--out", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir() if "annotations" not in path.name] == []
    words = ("export", "bundle", "--project", SLUG, "--out", tmp_path / "b", "--format", "csv")
    assert on_sqlite(*words).code == 2
    assert "Invalid value for '--format'" in on_sqlite.misused(*words[:-1], "xml")


# ---- import labels ----


def labels_file(world: World, tmp_path: Path, **changes: object) -> Path:
    label = world.label() | {"document": "000", "annotator": "Dora"} | changes
    for name in ("text_sha256", "base", "origin", "speaker_origin"):
        label.pop(name)
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(label) + "\n")
    return path


def test_labels_alone_bring_people_and_assignments(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    done = stancemark.well("import", "labels", labels_file(world, tmp_path), "--project", SLUG)
    assert done.out == "0 documents, 0 speakers, 1 assignments, 1 labels taken in.\n"
    assert world.rows("SELECT origin, speaker_origin FROM label") == [("imported", "imported")]
    (dora,) = (row for row in stancemark.well("user", "list", "--json").json if row["name"] == "Dora")
    assert dora["state"] == "invited"


def test_one_bad_label_and_nothing_is_taken(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    path = labels_file(world, tmp_path)
    bad = json.loads(path.read_text()) | {"id": "0190f5a0-0000-7000-8000-000000000002", "start": 3, "annotator": "Eve"}
    path.write_text(path.read_text() + json.dumps(bad) + "\n{}\n")
    said = stancemark.refused("import", "labels", path, "--project", SLUG)
    assert said.startswith("Nothing was taken in.\nlabels.jsonl, line 3: ")
    path.write_text("\n".join(path.read_text().splitlines()[:2]))
    said = stancemark.refused("import", "labels", path, "--project", SLUG)
    assert "labels.jsonl, line 2: quote-mismatch" in said
    assert world.rows("SELECT id FROM label") == []
    assert {"Dora", "Eve"} & {row["name"] for row in stancemark.well("user", "list", "--json").json} == set()


def test_labels_of_other_programs(on_sqlite: Stancemark, sqlite_only: World, tmp_path: Path) -> None:
    sqlite_only.stored("Alice")
    words = ("export", "labels", "--project", SLUG, "--names", "--format")
    outs = {"labelstudio": tmp_path / "tasks.json", "brat": tmp_path / "brat.zip"}
    for format, out in outs.items():
        on_sqlite.well(*words, format, "--out", out)
    first = sqlite_only.document("000")
    doccano = {"text": first.text, "label": [[*span(first.text, WORDS), "openai|pro-fair-use|POLICY"]]}
    outs["doccano"] = tmp_path / "Alice.jsonl"
    outs["doccano"].write_text(json.dumps(doccano) + "\n")
    on_sqlite.well("export", "documents", "--project", SLUG, "--out", tmp_path / "articles.jsonl")
    for format, out in outs.items():
        on_sqlite.well("project", "add", format, "--title", "A copy")
        on_sqlite.well("import", "documents", tmp_path / "articles.jsonl", "--project", format)
        done = on_sqlite.well("import", "labels", out, "--project", format)
        assert done.out == "0 documents, 0 speakers, 1 assignments, 1 labels taken in.\n"
        on_sqlite.well("export", "labels", "--project", format, "--names", "--out", tmp_path / f"{format}.jsonl")
        record = json.loads((tmp_path / f"{format}.jsonl").read_text())
        assert [record[key] for key in ("document", "annotator", "quote", "stance")] == [
            "000",
            "Alice",
            WORDS,
            "pro-fair-use",
        ]


def span(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def test_what_is_no_bundle(on_sqlite: Stancemark, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    for path, said in (
        (tmp_path / "missing", "cannot be read: No such file or directory."),
        (tmp_path / "broken.zip", "is no zip file, or a damaged one"),
        (tmp_path, "There is no labels.jsonl in it. A bundle, or a file labels.jsonl, is expected."),
    ):
        assert said in on_sqlite.refused("import", "labels", path, "--project", SLUG)


# ---- segments ----


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_segments_of_every_case(on_sqlite: Stancemark, tmp_path: Path, path: Path) -> None:
    """What the command prints are the paragraphs of the case, in order, longer units first, and all within the text."""
    case = json.loads(path.read_text())
    (tmp_path / "text.txt").write_bytes(case["text"].encode())
    excluded = [word for start, end, *_ in case["excluded"] for word in ("--excluded", f"{start}:{end}")]
    found = on_sqlite.well("segments", tmp_path / "text.txt", *excluded, "--json").json
    assert set(found) == {"text_sha256", "units"}
    units = found["units"]
    assert [(u["start"], u["end"]) for u in units if u["kind"] == "paragraph"] == [
        (start, end) for start, end, *_ in case["paragraphs"]
    ]
    assert units == sorted(units, key=lambda unit: (unit["start"], -unit["end"]))
    assert {u["kind"] for u in units} <= {"paragraph", "sentence", "quotation", "piece"}
    assert all("depth" in u and "closed" in u for u in units if u["kind"] == "quotation")


def test_segments_want_a_text(on_sqlite: Stancemark, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Ten chars.")
    assert "Missing option '--json'" in on_sqlite.misused("segments", text)
    for region in ("5", "5:5", "6:5", "0:11", "a:b", "-1:5"):
        assert f"--excluded {region}: START:END with 0 ≤ START < END ≤ 10" in on_sqlite.refused(
            "segments", text, "--excluded", region, "--json"
        )
    assert "cannot be read" in on_sqlite.refused("segments", tmp_path / "no.txt", "--json")
