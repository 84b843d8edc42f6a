"""/p/<slug>/export/…: what the curator downloads is what the command line writes."""

import io
import zipfile

import pytest

from tests.world import Visitor, World
from webapp.domain.export import formats
from webapp.domain.permissions import OPERATOR
from webapp.services import exporting


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    sqlite_only.stored("Alice", note="Alice’s")
    return sqlite_only.visitor("Curt")


@pytest.mark.parametrize("kind", ["documents", "labels"])
def test_lines_are_a_download(sqlite_only: World, curt: Visitor, kind: str) -> None:
    answer = curt.get(f"/p/letter/export/{kind}.jsonl")
    assert answer.status_code == 200 and answer.content_type == "application/jsonl; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="letter-{kind}.jsonl"'
    assert answer.data == b"".join(exporting.stream(sqlite_only.db, OPERATOR, "letter", kind)[1])


@pytest.mark.parametrize(
    ("format", "ending", "kind"),
    [
        ("csv", "csv", "text/csv; charset=utf-8"),
        ("conll", "conll", "text/plain; charset=utf-8"),
        ("labelstudio", "labelstudio.json", "application/json"),
    ],
)
def test_labels_in_other_formats(sqlite_only: World, curt: Visitor, format: str, ending: str, kind: str) -> None:
    answer = curt.get(f"/p/letter/export/labels.{format}")
    assert answer.status_code == 200 and answer.content_type == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="letter-labels.{ending}"'
    assert answer.data == b"".join(exporting.stream(sqlite_only.db, OPERATOR, "letter", "labels", format)[1])


@pytest.mark.parametrize("format", ["brat", "webanno"])
def test_many_files_are_a_zip(sqlite_only: World, curt: Visitor, format: str) -> None:
    with curt.get(f"/p/letter/export/labels.{format}?names=1") as answer:
        assert answer.status_code == 200 and answer.mimetype == "application/zip"
        assert f"letter-labels.{format}.zip" in answer.headers["Content-Disposition"]
        content = answer.data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "left-out.txt" in archive.namelist()
        assert [name for name in archive.namelist() if name.startswith("main/Alice/000.")]


def test_settings_offer_every_format_for_what_it_holds(curt: Visitor) -> None:
    page = curt.get("/p/letter/settings").text
    for name, format in formats().items():
        for kind in ("labels", "documents"):
            assert (f'formaction="/p/letter/export/{kind}.{name}"' in page) == format.holds(kind)


def test_what_a_format_cannot_hold_is_422(curt: Visitor) -> None:
    for address in ("documents.brat", "documents.conll", "labels.webanno?text-free=1"):
        assert curt.get(f"/p/letter/export/{address}").status_code == 422


def test_a_bundle_is_a_zip_with_equal_bytes(curt: Visitor) -> None:
    with curt.get("/p/letter/export/bundle.zip") as answer, curt.get("/p/letter/export/bundle.zip") as again:
        assert answer.status_code == 200 and answer.mimetype == "application/zip"
        assert "letter.zip" in answer.headers["Content-Disposition"]
        content = answer.data
        assert content == again.data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "manifest.json" in archive.namelist() and b"annotator-01" in archive.read("labels.jsonl")


def test_names_and_words_only_as_asked(curt: Visitor) -> None:
    assert b'"annotator-01"' in curt.get("/p/letter/export/labels.jsonl").data
    assert b'"Alice"' in curt.get("/p/letter/export/labels.jsonl?names=1").data
    free = curt.get("/p/letter/export/labels.jsonl?text-free=1").data
    assert b"quote_sha256" in free and "Alice’s".encode() not in free


@pytest.mark.parametrize("name", ["labels.docx", "people.jsonl", "labels.", ".jsonl", "bundle.tar", "labels"])
def test_what_there_is_no_export_of_is_404(curt: Visitor, name: str) -> None:
    assert curt.get(f"/p/letter/export/{name}").status_code == 404


def test_others_are_refused(sqlite_only: World, curt: Visitor) -> None:
    sqlite_only.add_person("Stranger")
    for name, status in (("Alice", 403), ("Stranger", 404)):
        visitor = sqlite_only.visitor(name)
        for file in ("documents.jsonl", "labels.jsonl", "labels.csv", "labels.brat", "bundle.zip"):
            assert visitor.get(f"/p/letter/export/{file}").status_code == status
    assert curt.get("/p/no-such/export/labels.jsonl").status_code == 404
