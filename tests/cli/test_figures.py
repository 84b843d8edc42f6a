"""`agreement` and `gold`: their sources, forms and refusals. What they compute is in test_agreement_cases.py."""

import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import bundle, label
from tests.cli.conftest import Stancemark
from tests.servers import without_settings
from tests.world import SLUG, World, finish
from webapp.domain.reporting.rows import CAVEAT

QUICK = ("--no-gamma", "--no-intervals")
TABLE = "unit,annotator,value\nu1,ana,x\nu1,ben,x\nu2,ana,y\nu2,ben,x\nu3,ana,y\nu3,ben,y\n"
LABELS = [
    *(label(f"A{n}", "ana", n, n + 9) for n in (0, 40)),
    *(label(f"B{n}", "ben", n, n + 9, stance="pro-copyright") for n in (0, 60)),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "made"
    path.mkdir()
    for name, content in bundle(LABELS, ["ana", "ben"]).items():
        (path / name).write_bytes(content)
    return path


def zipped(folder: Path, name: str) -> Path:
    path = folder.with_name(name)
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


# ---- sources ----


def test_a_folder_and_its_zip_are_the_same(on_sqlite: Stancemark, folder: Path) -> None:
    for command in (("agreement", *QUICK), ("gold",)):
        printed = [on_sqlite.well(*command, path, "--json").out for path in (folder, zipped(folder, "made.zip"))]
        assert printed[0] == printed[1] == on_sqlite.well(*command, zipped(folder, "nameless"), "--json").out


def test_what_else_lies_in_a_folder_is_let_be(on_sqlite: Stancemark, folder: Path) -> None:
    before = on_sqlite.well("gold", folder, "--json").out
    (folder / "speakers.jsonl").write_text("junk")
    (folder / "notes").mkdir()
    (folder / "notes" / "labels.jsonl").write_text("junk")
    assert on_sqlite.well("gold", folder, "--json").out == before


def test_a_project_is_its_exported_bundle(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    for name in ("Alice", "Bob"):
        world.stored(name)
        world.operate(name, "000", finish())
    path = tmp_path / "out"
    stancemark.well("export", "bundle", "--project", SLUG, "--out", path)
    for command in (("agreement", *QUICK), ("gold",)):
        of_project = stancemark.well(*command, "--project", SLUG, "--json").json
        assert of_project == stancemark.well(*command, path, "--json").json
    assert of_project["auto"] + of_project["human"] == 1
    digest = hashlib.sha256()
    for name in ("documents.jsonl", "labels.jsonl", "assignments.jsonl", "rounds.jsonl"):
        content = (path / name).read_bytes()
        digest.update(name.encode() + b"\0" + str(len(content)).encode() + b"\0" + content)
    assert of_project["input_sha256"] == digest.hexdigest()


def test_text_that_may_not_leave_is_still_compared(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    for name in ("Alice", "Bob"):
        world.stored(name)
        world.operate(name, "000", finish())
    before = stancemark.well("gold", "--project", SLUG, "--json").json
    world.change("UPDATE document SET rights = 'text-free'")
    after = stancemark.well("gold", "--project", SLUG, "--json").json
    assert after["clusters"] == before["clusters"]
    assert after["clusters"][0]["quote"]

    path = tmp_path / "out"
    stancemark.well("export", "bundle", "--project", SLUG, "--out", path)
    said = "documents.jsonl, line 1: this export is text-free; join it with its texts first\n"
    assert stancemark.refused("gold", path) == stancemark.refused("agreement", path) == said


def test_a_rounds_own_scheme(on_sqlite: Stancemark, folder: Path) -> None:
    """With --round the version that rounds.jsonl names; without it scheme.toml, which is the newest round's."""
    rounds = [{"name": "main", "scheme": 1}, {"name": "second", "scheme": 2}]
    (folder / "rounds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rounds))
    shipped = (Path(__file__).parents[2] / "seeds" / "scheme.toml").read_text()
    (folder / "schemes").mkdir()
    schemes = {"scheme.toml": f"{shipped}# two\n", "schemes/1.toml": f"{shipped}# one\n"}
    for name, text in schemes.items():
        (folder / name).write_text(text)
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in schemes.items()}
    for words, used in (
        ((), "scheme.toml"),
        (("--round", "second"), "scheme.toml"),
        (("--round", "main"), "schemes/1.toml"),
    ):
        assert on_sqlite.well("gold", folder, "--json", *words).json["settings"]["scheme_sha256"] == hashes[used]


# ---- forms ----


def test_a_table_for_reading(on_sqlite: Stancemark, table: Path) -> None:
    printed = on_sqlite.well("agreement", table).out
    lines = printed.splitlines()
    assert lines[0] == "3 units, 2 annotators, 6 ratings"
    assert "Krippendorff" in lines[3]
    assert CAVEAT in printed
    assert CAVEAT not in on_sqlite.well("agreement", table, "--no-intervals").out
    assert lines[-1].endswith(f"input {hashlib.sha256(TABLE.encode()).hexdigest()}")


def test_a_bundle_for_reading(on_sqlite: Stancemark, folder: Path) -> None:
    lines = on_sqlite.well("agreement", folder, *QUICK).out.splitlines()
    assert lines[0] == "1 document, 1 compared document, 2 annotators, 4 labels"
    assert any(line.startswith("same words  ") for line in lines)
    assert any(line.startswith("stance      ") for line in lines)
    gold = on_sqlite.well("gold", folder).out.splitlines()
    assert gold[0].split() == [
        "document",
        "words",
        "marked",
        "by",
        "speaker",
        "stance",
        "claim_type",
        "decision",
        "why",
    ]
    assert gold[-1] == "0 accepted, 3 for a person to decide."


def rows_of(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed, newline="")))


def test_csv_holds_all_that_json_holds(on_sqlite: Stancemark, folder: Path) -> None:
    printed = on_sqlite.well("agreement", folder, *QUICK, "--csv").out
    report: dict[str, Any] = on_sqlite.well("agreement", folder, *QUICK, "--json").json
    rows = {(row["part"], row["name"], row["a"], row["b"]): row for row in rows_of(printed)}
    assert rows["provenance", "input_sha256", "", ""]["value"] == report["input_sha256"]
    assert rows["provenance", "settings.gamma", "", ""]["value"] == "false"
    assert rows["provenance", "interval", "", ""]["value"] == CAVEAT
    assert rows["counts", "labels", "", ""]["value"] == "4"
    assert rows["ignored", "off_target", "", ""]["value"] == "0"
    alpha = report["spans"]["alpha_u"]["value"]
    assert float(rows["spans", "alpha_u", "", ""]["value"]) == alpha
    assert rows["spans", "gamma", "", ""]["reason"] == "Gamma was switched off."
    assert rows["spans", "f1_exact", "ana", "ben"]["units"] == "1"
    measures = report["fields"]["speaker"]["unaided"]["measures"]
    found = rows["fields.speaker.unaided", "percent_agreement", "", ""]
    assert float(found["value"]) == measures["percent_agreement"]["value"]
    assert len(rows) == len(rows_of(printed))


def test_ratings_are_harmless_in_a_spreadsheet(on_sqlite: Stancemark, tmp_path: Path) -> None:
    table, out = tmp_path / "table.csv", tmp_path / "ratings.csv"
    table.write_text("unit,annotator,value\n=u,@ana,-1.5\n=u,ben,+x\n")
    on_sqlite.well("agreement", table, "--ratings", out, "--json")
    assert out.read_bytes() == b"field,unit,document,annotator,value\nvalue,'=u,,'@ana,-1.5\nvalue,'=u,,ben,'+x\n"


# ---- refusals ----


def test_what_cannot_be_read(on_sqlite: Stancemark, folder: Path, table: Path, tmp_path: Path) -> None:
    broken, scheme = tmp_path / "broken.zip", tmp_path / "scheme.toml"
    broken.write_bytes(b"no zip")
    scheme.write_text("schema = 1")
    for words, said in (
        (("gold", tmp_path / "none"), f"{tmp_path}/none cannot be read: No such file or directory.\n"),
        (("gold", broken), "broken.zip is no zip file, or a damaged one"),
        (("gold", tmp_path), "There is no documents.jsonl in it."),
        (("gold", folder, "--round", "mian"), "There is no round “mian” here.\n"),
        (("gold", folder, "--scheme", scheme), f"{scheme}: The scheme cannot be used"),
        (("gold", folder, "--scheme", tmp_path / "no.toml"), f"{tmp_path}/no.toml cannot be read"),
        (("agreement", table, "--scheme", scheme), f"{scheme}: The scheme cannot be used"),
        (("agreement", table, "--ratings", tmp_path / "no" / "file.csv"), f"{tmp_path}/no/file.csv cannot be written"),
        (("agreement", "--project", "nowhere"), "There is no project “nowhere”.\n"),
    ):
        refused = on_sqlite.refused(*words)
        assert refused.startswith(said), refused
        assert refused.count("\n") == 1


def test_a_zip_that_grows_too_large(on_sqlite: Stancemark, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("labels.jsonl", "w") as member:
        for _ in range(257):
            member.write(bytes(1024 * 1024))
    assert on_sqlite.refused("gold", path) == "bomb.zip is too large: unpacked at most 256 MB are taken.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gold",), "Give SOURCE (a bundle or a CSV file), or --project."),
        (("gold", "{folder}", "--project", SLUG), "Give SOURCE (a bundle or a CSV file), or --project."),
        (("gold", "{table}", "--round", "main"), "--round is for bundles and projects"),
        (("agreement", "{folder}", "--level", "ordinal"), "--level is for tables"),
        (("agreement", "{table}", "--csv", "--json"), "--csv and --json exclude each other."),
    ],
)
def test_what_does_not_go_together(
    on_sqlite: Stancemark, folder: Path, table: Path, words: tuple[str, ...], said: str
) -> None:
    given = (word.format(folder=folder, table=table) for word in words)
    assert said in on_sqlite.misused(*given)


# ---- what is loaded ----


def loaded_by(*words: str) -> set[str]:
    code = f"import sys; sys.argv = {['stancemark', *words]!r}\nfrom webapp.cli import stancemark\n"
    code += "stancemark(standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=without_settings(), capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_each_command_loads_only_what_it_needs(folder: Path, tmp_path: Path) -> None:
    assert "numpy" in loaded_by("gold", str(folder))
    assert not {"sqlalchemy", "flask", "alembic"} & loaded_by("gold", str(folder))
    text = tmp_path / "text.txt"
    text.write_text("One sentence.")
    assert not {"numpy", "scipy"} & loaded_by("segments", str(text), "--json")


# ---- as one HTML file ----


def test_the_html_file_needs_nothing_else(on_sqlite: Stancemark, folder: Path, tmp_path: Path) -> None:
    """No address but those inside it, no script, and every definition that is pointed to."""
    file = tmp_path / "report.html"
    figures = on_sqlite.well("agreement", *QUICK, folder, "--html", file, "--json").json
    page = file.read_text()
    assert (
        re.findall(r'(?:src|href|url)\s*[=(]\s*"?(?!#)[^\s">]+', re.sub(r"<style>.*?</style>", "", page, flags=re.S))
        == []
    )
    assert "<script" not in page
    assert "@font-face" not in page
    pointed, defined = (set(re.findall(pattern, page)) for pattern in (r'href="#([^"]+)"', r'id="([^"]+)"'))
    assert pointed <= defined
    assert figures["input_sha256"] in page
    assert CAVEAT in page


def test_the_html_file_of_a_table(on_sqlite: Stancemark, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    figures = on_sqlite.well("agreement", table, "--html", file, "--json").json
    page = file.read_text()
    assert f"{figures['measures']['krippendorff_alpha']['value']:.2f}" in page
    assert "2 annotators, 3 units, 6 ratings." in page


def test_what_a_bundle_holds_is_text_in_the_html_file(on_sqlite: Stancemark, folder: Path, tmp_path: Path) -> None:
    documents = folder / "documents.jsonl"
    rows = [
        json.loads(line) | {"display_title": "<script>alert(1)</script>"} for line in documents.read_text().splitlines()
    ]
    documents.write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = tmp_path / "report.html"
    on_sqlite.well("agreement", *QUICK, folder, "--html", file)
    assert "<script" not in file.read_text()
    assert "&lt;script&gt;alert(1)" in file.read_text()


def test_an_html_file_that_cannot_be_written(on_sqlite: Stancemark, table: Path, tmp_path: Path) -> None:
    assert "cannot be written" in on_sqlite.refused(
        "agreement", table, "--html", tmp_path / "no" / "such" / "place.html"
    )
