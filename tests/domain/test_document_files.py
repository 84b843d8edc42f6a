"""Files that bring documents, and files that only look so."""

import io
import json
import struct
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ending import ending
from webapp.domain.files import document_files
from webapp.domain.files.document_files import ReadFile, read_file, read_files


def only(name: str, content: bytes | str) -> ReadFile:
    (read,) = read_files(name, content.encode() if isinstance(content, str) else content)
    return read


def texts(read: ReadFile) -> list[str]:
    assert read.problems == []
    return [found.document.text for found in read.found]


def ids(read: ReadFile) -> list[str]:
    return [found.document.id for found in read.found]


def reasons(read: ReadFile) -> list[tuple[int, str]]:
    assert read.problems, read.found
    return [(problem.line, problem.reason) for problem in read.problems]


def zipped(*members: tuple[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


# ---- one document a file ----


def test_a_text_file_is_one_document_named_by_its_file() -> None:
    read = only("folder/My article.TXT", "First.\r\nSecond.\rThird.")
    assert texts(read) == ["First.\nSecond.\nThird."]
    assert ids(read) == ["My-article"]
    assert json.loads(read.found[0].document.extra) == {"source_id": "My article"}


def test_one_byte_order_mark_at_the_start_is_dropped() -> None:
    assert texts(only("a.txt", b"\xef\xbb\xbf\xef\xbb\xbfWords \xef\xbb\xbf.")) == ["\ufeffWords \ufeff."]


def test_markdown_notes_its_headings_and_keeps_its_text() -> None:
    text = "\n# The letter ##\r\n\r\nWords.\r\n\r\n##  Part two\r\n#no heading\n####### neither"
    (found,) = only("a.md", text).found
    kept = text.replace("\r\n", "\n")
    assert (found.document.text, found.document.title, found.document.id) == (kept, "The letter", "a")
    headings = [(kept[h["start"] : h["end"]], h["kind"]) for h in found.document.headings]
    assert headings == [("# The letter ##", "title"), ("##  Part two", "section")]


def test_a_very_long_heading_of_marks() -> None:
    with ending():
        (problem,) = only("a.md", "# x" + " #" * 200_000 + "x\n\nWords.").problems
    assert "title" in problem.reason


@pytest.mark.parametrize("ending", ["txt", "md", "jsonl", "csv"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Ünïcode".encode("utf-16"), "not UTF-8 (byte 0)"),
        ("Ünïcode".encode("utf-16-le"), "not UTF-8 (byte 0)"),
        ("words".encode("utf-16-le"), "NUL character"),
        ("Café".encode("latin-1"), "not UTF-8 (byte 3)"),
        (b"a\x00b", "NUL character (character 1)"),
        (b"\xed\xa0\x80", "not UTF-8"),
        (b"", ""),
        (b" \n \r\n", ""),
        (b"\xef\xbb\xbf", ""),
    ],
)
def test_what_is_no_text_is_refused(ending: str, content: bytes, reason: str) -> None:
    read = only(f"a.{ending}", content)
    assert read.found == [] and reason in reasons(read)[0][1]


@pytest.mark.parametrize("name", ["a.pdf", "a", ".txt", "a.txt.exe", "a.json", "", "a.txt ", "a.zip.txt.docx"])
def test_other_endings_are_refused(name: str) -> None:
    assert ".txt" in reasons(only(name, "Words."))[0][1]


# ---- .jsonl ----


def test_a_jsonl_file_holds_a_document_a_line() -> None:
    read = only("a.jsonl", '{"id":"x","text":"One."}\r\n\n  \n{"text":"Two."}\n{"title":"T","text":"a\\r\\nb"}')
    assert texts(read) == ["One.", "Two.", "a\nb"]
    assert ids(read) == ["x", "a-4", "T"]
    assert [found.line for found in read.found] == [1, 4, 5]


def test_every_bad_line_of_a_jsonl_file_is_named() -> None:
    lines = ['{"text":"One."}', "{", '{"text":""}', "[]", '{"text":"x","text":"y"}', '{"text":"\\ud800"}', "NaN"]
    read = only("a.jsonl", "\n".join(lines))
    assert [line for line, _ in reasons(read)] == [2, 3, 4, 5, 6, 7]


# ---- .csv ----


def test_csv_columns_come_in_any_order_and_only_text_is_needed() -> None:
    read = only("a.csv", '\ufeff Outlet ,TEXT,id,Reviewer\r\nThe Paper,"One, ""two""\r\nlines",x,Ann\r\n,Three.,,\r\n')
    assert texts(read) == ['One, "two"\nlines', "Three."]
    assert [found.line for found in read.found] == [2, 4]
    first, second = (found.document for found in read.found)
    assert (first.id, first.outlet, json.loads(first.extra)) == ("x", "The Paper", {"reviewer": "Ann"})
    assert (second.id, second.outlet, second.extra) == ("a-4", "", "")


def test_a_csv_cell_may_be_as_long_as_a_text() -> None:
    assert len(texts(only("a.csv", "text\n" + "x" * 500_000))[0]) == 500_000


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("id,title\n1,x\n", 0, "text"),
        ("text,text\na,b\n", 0, "each once"),
        ("text;id\na;b\n", 0, "text"),
        ("text\n", 0, "no documents"),
        ("text,id\nOne.,1\nTwo.\n", 3, "1 cells, but 2 columns"),
        ("text,id\nOne.,1,extra\n", 2, "3 cells, but 2 columns"),
        ('text\n"One.\n', 0, "not valid CSV"),
        ('text\n"One." two\n', 0, "not valid CSV"),
        ("text,id\n,1\n", 2, "empty"),
        ("text,excluded\nOne.,0:1\n", 2, "excluded"),
    ],
)
def test_csv_that_does_not_fit_is_refused(content: str, line: int, reason: str) -> None:
    read = only("a.csv", content)
    assert read.found == [] or line > 0
    assert [(at, reason in why) for at, why in reasons(read)] == [(line, True)]


# ---- .zip ----


def test_members_of_a_zip_are_files_of_their_own() -> None:
    content = zipped(
        ("b/one.txt", "One."), ("two.jsonl", "{"), ("__MACOSX/x.txt", "no"), ("b/", ""), ("c.csv", "text\nx")
    )
    reads = list(read_files("all.zip", content))
    assert [(read.name, bool(read.problems)) for read in reads] == [
        ("all.zip/b/one.txt", False),
        ("all.zip/two.jsonl", True),
        ("all.zip/c.csv", False),
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "/etc/passwd.txt", "C:\\passwd.txt", "a/../../passwd.txt"])
def test_names_in_a_zip_lead_nowhere(name: str) -> None:
    (read,) = read_files("a.zip", zipped((name, "Words.")))
    assert read.found[0].document.id.endswith("passwd") and "/" not in read.found[0].document.id


def test_a_zip_inside_a_zip_is_not_unpacked() -> None:
    (read,) = read_files("a.zip", zipped(("b.zip", zipped(("c.txt", "Words.")))))
    assert "zip inside a zip" in reasons(read)[0][1]


_CUT_OFF = zipped(("a.txt", "x" * 999))[:-30]
_DAMAGED = [b"", b"PK", b"no zip", _CUT_OFF, b"PK\x05\x06" + b"\0" * 17]


@pytest.mark.parametrize("content", _DAMAGED, ids=["empty", "two bytes", "words", "cut off", "half an end"])
def test_a_damaged_zip_is_refused(content: bytes) -> None:
    assert "damaged" in reasons(only("a.zip", content))[0][1]


def test_an_empty_zip_is_refused() -> None:
    assert "no files" in reasons(only("a.zip", zipped()))[0][1]


def test_a_damaged_member_does_not_hurt_the_others() -> None:
    content = bytearray(zipped(("a.txt", "x" * 500), ("b.txt", "Words."), compression=zipfile.ZIP_STORED))
    content[60] ^= 0xFF
    first, second = read_files("a.zip", bytes(content))
    assert "damaged" in reasons(first)[0][1]
    assert texts(second) == ["Words."]


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(zipped(("a.txt", "Words.")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (read,) = read_files("a.zip", bytes(content))
    assert "encrypted" in reasons(read)[0][1]


def test_a_zip_that_says_it_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_files, "LARGEST_UNPACKED", 1_000)
    assert "more than" in reasons(only("a.zip", zipped(("a.txt", "x" * 600), ("b.txt", "x" * 600))))[0][1]
    assert len(list(read_files("a.zip", zipped(("a.txt", "x" * 400), ("b.txt", "y" * 400))))) == 2


def test_a_zip_that_unpacks_to_more_than_it_says_is_refused() -> None:
    content = bytearray(zipped(("a.txt", "x" * 100_000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)
    (read,) = read_files("a.zip", bytes(content))
    assert read.found == [] and read.problems


def test_a_zip_of_very_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_files, "MOST_MEMBERS", 2)
    assert "more than 2 files" in reasons(only("a.zip", zipped(*((f"{i}.txt", "x") for i in range(3)))))[0][1]


@given(st.sampled_from(["a.txt", "a.md", "a.jsonl", "a.csv"]), st.binary(max_size=200) | st.text().map(str.encode))
def test_no_content_of_a_file_raises(name: str, content: bytes) -> None:
    read = read_file(name, content)
    assert bool(read.found) or bool(read.problems)


_GOOD = zipped(("a.txt", "Some words."), ("b.csv", "text\nx\ny"))


@given(st.lists(st.tuples(st.integers(0, len(_GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@example([(_GOOD.rindex(b"a.txt"), 0)])  # a name without a letter
def test_no_damage_to_a_zip_raises(damage: list[tuple[int, int]]) -> None:
    content = bytearray(_GOOD)
    for place, value in damage:
        content[place] = value
    for read in read_files("a.zip", bytes(content)):
        assert read.found or read.problems
