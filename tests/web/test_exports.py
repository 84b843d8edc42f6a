"""/p/<slug>/export/…: what the curator downloads is what the command line writes."""

import io
import zipfile

import pytest

from tests.world import Visitor, World
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
        for file in ("documents.jsonl", "labels.jsonl", "bundle.zip"):
            assert visitor.get(f"/p/letter/export/{file}").status_code == status
    assert curt.get("/p/no-such/export/labels.jsonl").status_code == 404
