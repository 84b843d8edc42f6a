"""The long CSV of anybody's ratings: what is read, and each refusal with its line and reason."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid
from webapp.domain.ratings import rating_files
from webapp.domain.ratings.rating_files import read_ratings
from webapp.domain.ratings.table import MISSING, Ratings

HEAD = "unit,annotator,value\n"


def cells(ratings: Ratings) -> set[tuple[str, str, str]]:
    return {
        (unit, annotator, ratings.values[code])
        for unit, row in zip(ratings.units, ratings.codes.tolist(), strict=True)
        for annotator, code in zip(ratings.annotators, row, strict=True)
        if code != MISSING
    }


def refusal(content: str | bytes) -> str:
    with pytest.raises(Invalid) as refused:
        read_ratings(content.encode() if isinstance(content, str) else content)
    return refused.value.message


def test_a_plain_table() -> None:
    found = read_ratings(b"unit,annotator,value\nu2,Bob,x\nu1,Alice,y\nu2,Alice,x\n", "ordinal")
    assert cells(found) == {("u2", "Bob", "x"), ("u1", "Alice", "y"), ("u2", "Alice", "x")}
    assert (found.units, found.documents, found.level) == (("u2", "u1"), None, "ordinal")


def test_documents() -> None:
    found = read_ratings(b"unit,annotator,value,document\nu1,a,x,d1\nu2,a,x,d2\nu1,b,x,d1")
    assert (found.units, found.documents) == (("u1", "u2"), ("d1", "d2"))


def test_columns_in_any_order_and_others_are_not_read() -> None:
    found = read_ratings(b"note,Value , unit,annotator,\nwhat,x,u1,a,\n,y,u2,b,\n")
    assert cells(found) == {("u1", "a", "x"), ("u2", "b", "y")}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_byte_order_mark_quotes(ending: str, mark: str) -> None:
    lines = ["unit,annotator,value", '"u,1","Al ""the"" ice","two', 'lines"', "", "ü2,Bob,🙂", ""]
    found = read_ratings((mark + ending.join(lines)).encode())
    assert cells(found) == {("u,1", 'Al "the" ice', f"two{ending}lines"), ("ü2", "Bob", "🙂")}


def test_an_empty_value_is_a_missing_rating() -> None:
    found = read_ratings((HEAD + "u1,a,\nu1,b,x\nu2,c,\n").encode())
    assert cells(found) == {("u1", "b", "x")}
    assert (found.units, found.annotators) == (("u1",), ("b",))


def test_values_are_compared_as_they_are_written() -> None:
    assert read_ratings((HEAD + 'u1,a,x\nu1,b," x"\nu1,c,X\n').encode()).values == (" x", "X", "x")


def test_a_heading_alone_is_a_table_without_ratings() -> None:
    assert read_ratings(HEAD.encode()).size == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "line 1: there is no column unit and no column annotator and no column value; the first line has to name"),
        ("unit,value\n", "line 1: there is no column annotator; the first line has to name unit, annotator and value"),
        ("unit;annotator;value\n", "line 1: there is no column unit"),
        ("unit,annotator,value,Unit\n", "line 1: there are two columns unit"),
        (HEAD + "u1,a,x\nu2,a\n", "line 3: the row has 2 cells, the first line 3"),
        (HEAD + '"u\n\n1",a,x\n\nu2,a,x,y\n', "line 6: the row has 4 cells, the first line 3"),
        (HEAD + "u1,a,x\nu1,b,x\n\nu1,a,x\n", "line 5: a rated unit u1 before"),
        (HEAD + "u1,a,x\nu1,a,y\n", "line 3: a rated unit u1 before"),
        (HEAD + "u1,a,x\nu1,a,\n", "line 3: a rated unit u1 before"),
        (HEAD + "u1,a,x\n,b,x\n", "line 3: the unit is empty"),
        (HEAD + "u1,,x\n", "line 2: the annotator is empty"),
        ("unit,annotator,value,document\nu1,a,x,d\nu1,b,x,\n", "line 3: the document is empty"),
        ("unit,annotator,value,document\nu1,a,x,d\nu1,b,x,e\n", "line 3: unit u1 is in document e, before in d"),
        ("unit,annotator,value,document\nu1,a,,d\nu1,b,x,e\n", "line 3: unit u1 is in document e, before in d"),
        (HEAD + 'u1,a,"x\n', "line 2: this is not valid CSV"),
        (HEAD + 'u1,a,"x"y\n', "line 2: this is not valid CSV"),
        (HEAD.encode() + b"u1,a,x\nu2,a,\xff\n", "line 3: this is not UTF-8; save the file as UTF-8"),
        (HEAD.encode("utf-16"), "line 1: this is not UTF-8; save the file as UTF-8"),
    ],
)
def test_refused_with_line_and_reason(content: str | bytes, words: str) -> None:
    assert refusal(content).startswith(words)


def test_too_many_annotators_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"u{n % 7},a{n},x\n" for n in range(1_001))
    assert refusal(HEAD + rows) == "1,001 annotators of 7 units; at most 1,000 can be compared"
    monkeypatch.setattr(rating_files, "MOST_CELLS", 4)
    assert refusal(HEAD + "u1,a,x\nu2,b,x\nu3,a,x\n") == "2 annotators of 3 units; at most 1 can be compared"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    for whole in (content, HEAD.encode() + content):
        with contextlib.suppress(Invalid):
            assert read_ratings(whole).size >= 0


def test_many_rows() -> None:
    rows = "".join(f"u{n // 4},a{n % 4},{n * 7 % 5}\n" for n in range(200_000))
    found = read_ratings((HEAD + rows).encode())
    assert (found.size, found.codes.shape, len(found.rows.codes)) == (200_000, (50_000, 4), 5)
