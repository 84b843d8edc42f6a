"""`release`, `export gold` and `rehydrate`: what they print, refuse and write."""

import csv
import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Stancemark
from tests.decisions import disputed
from tests.readers import read_brat, read_conll
from tests.releases import settle
from tests.world import OTHER_WORDS, WORDS, World
from webapp.places import place


@pytest.fixture
def settled(sqlite_only: World) -> World:
    settle(sqlite_only)
    return sqlite_only


def test_a_release_is_made_and_told(settled: World, on_sqlite: Stancemark) -> None:
    done = on_sqlite.well("release", "letter", "--round", "main", "--note", "For the workshop")
    assert done.out == "Made release 1 of letter: 2 gold labels, 3 articles, 6 labels.\n"
    assert on_sqlite.well("release", "letter").out.startswith("Made release 2 of letter")
    events = json.loads(on_sqlite.well("events", "letter", "--json").out)
    assert next(event["detail"] for event in events if event["action"] == "release-made") == {
        "number": 1,
        "rounds": ["main"],
        "partial": False,
    }


def test_what_is_missing_is_named_and_partial_says_so(sqlite_only: World, on_sqlite: Stancemark) -> None:
    disputed(sqlite_only)
    done = on_sqlite("release", "letter")
    assert (done.code, done.out) == (1, "")
    assert "error: Nothing was released.\nWaiting for a decision (1):\n  000, " in done.err
    assert "(low_posterior, stance_opposed, tie_stance)" in done.err and "  001, Bob\n" in done.err
    assert "--partial" in done.err
    assert on_sqlite.well("release", "letter", "--partial").out.startswith("Made partial release 1 of letter: 1 gold")


def test_rounds_and_projects_that_are_not_there(settled: World, on_sqlite: Stancemark) -> None:
    assert "no round “second”" in on_sqlite("release", "letter", "--round", "second").err
    assert "no project “nothing”" in on_sqlite("release", "nothing").err
    assert "SLUG" in on_sqlite.misused("release")


def test_gold_leaves_in_every_format(settled: World, on_sqlite: Stancemark, tmp_path: Path) -> None:
    assert "Make a release first" in on_sqlite.refused(
        "export", "gold", "--project", "letter", "--out", tmp_path / "no.jsonl"
    )
    on_sqlite.well("release", "letter")

    def out(format: str, name: str) -> Path:
        path = tmp_path / name
        on_sqlite.well("export", "gold", "--project", "letter", "--format", format, "--out", path)
        return path

    with out("csv", "gold.csv").open(encoding="utf-8", newline="") as handle:
        assert [row["quote"] for row in csv.DictReader(handle)] == [WORDS, OTHER_WORDS]
    ((about, _, sentences), *_) = read_conll(out("conll", "gold.conll").read_text())
    assert about["annotator"] == "gold" and any("B-openai" in cells for line in sentences for cells in line)
    brat = out("brat", "gold")
    assert {path.name for path in (brat / "main" / "gold").iterdir()} == {"000.txt", "000.ann"}
    text, annotations = ((brat / "main" / "gold" / f"000.{ending}").read_text() for ending in ("txt", "ann"))
    marked = [text[one.start : one.end] for one in read_brat(text, annotations)]
    assert sorted(marked) == sorted([WORDS, OTHER_WORDS])
    (task,) = json.loads(out("labelstudio", "gold.json").read_text())
    assert task["annotations"][0]["stancemark"]["annotator"] == "gold"
    with zipfile.ZipFile(out("webanno", "gold.zip")) as archive:
        assert "main/gold/000.tsv" in archive.namelist()


# ---- texts joined again ----


@pytest.fixture
def text_free(settled: World, on_sqlite: Stancemark, tmp_path: Path) -> Path:
    on_sqlite.well("release", "letter")
    on_sqlite.well("export", "bundle", "--project", "letter", "--text-free", "--out", tmp_path / "free")
    return tmp_path / "free"


def test_an_export_without_words_is_joined_with_copies(text_free: Path, on_sqlite: Stancemark, tmp_path: Path) -> None:
    refused = on_sqlite("import", "labels", text_free, "--project", "letter")
    assert refused.code == 1 and "text-free" in refused.err
    for out in ("joined", "joined.zip"):
        on_sqlite.well("rehydrate", text_free, "--texts", place("seeds"), "--out", tmp_path / out)
    on_sqlite.well("export", "bundle", "--project", "letter", "--out", tmp_path / "whole")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "joined").iterdir()} == whole
    with zipfile.ZipFile(tmp_path / "joined.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == whole


def test_one_file_of_gold_and_several_copies(text_free: Path, on_sqlite: Stancemark, tmp_path: Path) -> None:
    free, whole, joined = (tmp_path / f"{name}.jsonl" for name in ("free", "whole", "joined"))
    on_sqlite.well("export", "gold", "--project", "letter", "--text-free", "--out", free)
    on_sqlite.well("export", "gold", "--project", "letter", "--out", whole)
    first, second = sorted(place("seeds").glob("00[01]_*.txt"))
    on_sqlite.well("rehydrate", free, "--texts", second, first, "--out", joined)
    assert joined.read_bytes() == whole.read_bytes()
    assert "is there already" in on_sqlite("rehydrate", free, "--texts", first, "--out", joined).err


def test_copies_that_do_not_fit_are_named_and_nothing_is_written(
    text_free: Path, on_sqlite: Stancemark, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    for path in place("seeds").glob("00*.txt"):
        text = path.read_text().replace(WORDS, f" {WORDS}")
        (tmp_path / "texts" / f"{path.name[:3]}.txt").write_text(text)
    (tmp_path / "texts" / "notes.jsonl").write_text("no article")
    said = on_sqlite.refused("rehydrate", text_free, "--texts", tmp_path / "texts", "--out", tmp_path / "out")
    assert "the copy of “000” has another text" in said and "“001”" not in said
    assert not (tmp_path / "out").exists()
    said = on_sqlite.refused(
        "rehydrate", text_free, "--texts", tmp_path / "texts" / "notes.jsonl", "--out", tmp_path / "out"
    )
    assert "notes.jsonl" in said
    assert "cannot be read" in on_sqlite.refused(
        "rehydrate", text_free, "--texts", tmp_path / "none", "--out", tmp_path / "out"
    )


def test_figures_of_a_damaged_bundle_are_refused(text_free: Path, on_sqlite: Stancemark, tmp_path: Path) -> None:
    on_sqlite.well("export", "bundle", "--project", "letter", "--out", tmp_path / "whole")
    labels = tmp_path / "whole" / "labels.jsonl"
    on_sqlite.well("agreement", tmp_path / "whole", "--no-gamma")
    labels.write_bytes(labels.read_bytes().replace(b"POLICY", b"POLICE", 1))
    said = on_sqlite.refused("agreement", tmp_path / "whole", "--no-gamma")
    assert "labels.jsonl has another checksum than manifest.json says" in said
