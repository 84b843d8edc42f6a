"""Formats of exports: what they write is read again by readers of their own, over hard texts."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.marked import Row, article, articles, hard_texts, label
from tests.readers import read_brat, read_conll, read_webanno
from webapp.domain.export import Article, Format, as_file_name, formats, from_file_name, jsonl
from webapp.domain.files.spreadsheets import harmless
from webapp.domain.prose.tokens import tokens
from webapp.domain.text import grapheme_cuts, is_space

values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.text())


def written(name: str, *given: Article) -> str:
    format = formats()[name]
    assert format.stream
    return b"".join(format.stream(given)).decode()


def files(name: str, *given: Article) -> dict[str, str]:
    format = formats()[name]
    assert format.files
    return {path: b"".join(content).decode() for path, content in format.files(given)}


# ---- the registry ----


def test_jsonl_is_the_first_format() -> None:
    found = formats()
    assert list(found) == ["jsonl", "brat", "conll", "csv", "labelstudio", "webanno"]
    assert all(name == format.name for name, format in found.items())


@pytest.mark.parametrize("format", formats().values(), ids=lambda format: format.name)
def test_a_format_writes_in_one_way_and_says_what_it_leaves_out(format: Format) -> None:
    assert [format.rows, format.stream, format.files].count(None) == 2
    assert format.holds("labels") and format.holds("documents") == (format.rows is not None)
    assert format.leaves_out.endswith(".") or format.name in ("jsonl", "labelstudio")
    assert format.ending.endswith("zip") == (format.files is not None)


@given(st.text(min_size=1))
def test_a_name_goes_into_a_path_and_comes_out_again(name: str) -> None:
    part = as_file_name(name)
    assert from_file_name(part) == name
    assert not set(part) & set('/\\:*?"<>|.\0\n') and part.strip(" ") == part
    assert from_file_name("100 %") == "100 %" and from_file_name("%;%zz;") == "%;%zz;"


# ---- rows ----


@given(st.lists(st.dictionaries(st.text(min_size=1), values)))
def test_a_line_is_a_record_with_its_keys_in_order(records: list[dict[str, object]]) -> None:
    lines = list(jsonl.write((), records))
    assert len(lines) == len(records)
    for line, record in zip(lines, records, strict=True):
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert list(json.loads(line).items()) == list(record.items())


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_a_line_is_written_before_the_next_record_is_asked_for(name: str) -> None:
    asked = []

    def records() -> Iterator[Row]:
        for number in range(3):
            asked.append(number)
            yield {"number": number}

    write = formats()[name].rows
    assert write
    next(write(("number",), records()))
    assert asked == [0]


@given(st.lists(st.fixed_dictionaries({"a": values, "b": values, "c": st.sampled_from(["=1+1", "\tx", "\rx", "x"])})))
def test_csv_reads_back_and_no_cell_is_a_formula(rows: list[Row]) -> None:
    write = formats()["csv"].rows
    assert write
    heading, *found = csv.reader(io.StringIO(b"".join(write(("a", "b", "c"), rows)).decode(), newline=""), strict=True)
    assert heading == ["a", "b", "c"] and len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        for cell, value in ((cells[n], row[key]) for n, key in enumerate("abc")):
            if isinstance(value, str):
                assert cell == harmless(value) and cell.removeprefix("'") in (value, value.removeprefix("'"))
            else:
                assert cell == "" if value is None else json.loads(cell) == value
            assert isinstance(value, int) or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_csv_without_rows_still_names_its_columns() -> None:
    write = formats()["csv"].rows
    assert write and b"".join(write(("id", "text"), [])) == b"id,text\r\n"


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_is_made_harmless(beginning: str) -> None:
    assert harmless(f"{beginning}cmd") == f"'{beginning}cmd"
    assert harmless(f"a{beginning}") == f"a{beginning}" and harmless("") == ""


# ---- tokens ----


@given(hard_texts)
def test_tokens_are_all_of_a_text_but_its_spaces(text: str) -> None:
    spans = tokens(text)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    covered = {n for start, end in spans for n in range(start, end)}
    assert {n for n, c in enumerate(text) if not is_space(c)} <= covered
    cuts = grapheme_cuts(text)
    assert not [n for start, end in spans for n in (start, end) if n in cuts and not is_space(text[n - 1])]


def test_words_keep_their_apostrophes_and_hyphens() -> None:
    text = "“Don't,” said Jean-Luc’s e\u0301mu: 2.3M $5 \U0001f44d\U0001f3fb"
    assert [text[start:end] for start, end in tokens(text)] == [
        *("“", "Don't", ",", "”", "said", "Jean-Luc’s", "e\u0301mu", ":", "2", ".", "3M", "$", "5"),
        "\U0001f44d\U0001f3fb",
    ]


# ---- brat ----


@given(articles())
def test_brat_reads_every_label_back(given: Article) -> None:
    found = files("brat", given)
    assert found["main/Alice/d1.txt"] == given.text
    read = read_brat(given.text, found["main/Alice/d1.ann"])
    assert [(m.start, m.end) for m in read] == [(row["start"], row["end"]) for row in given.works[0].labels]
    for marked, row in zip(read, given.works[0].labels, strict=True):
        said = {"type": "Label", "Speaker": row["speaker"], "Stance": row["stance"], "ClaimType": row["claim_type"]}
        said |= {"Chain": ",".join(row["chain"]) or None, "AnnotatorNotes": " ".join(row["note"].split()) or None}
        flags = {"OffTarget": not row["on_target"], "Ascribed": row["ascribed"], "Unsure": row["unsure"]}
        expected = {key: value for key, value in said.items() if value is not None}
        assert marked.said == expected | {flag: None for flag, on in flags.items() if on}


def test_brat_is_told_which_values_there_are() -> None:
    text = "One. Two."
    found = files("brat", article(text, label(text, 0, 4, unsure=True), label(text, 5, 9, stance="for")))
    assert found["annotation.conf"] == (
        "[entities]\nLabel\n[relations]\n[events]\n[attributes]\nClaimType Arg:Label, Value:FACT\n"
        "Speaker Arg:Label, Value:openai\nStance Arg:Label, Value:for|neutral\nUnsure Arg:Label\n"
    )
    assert found["main/Alice/d1.ann"].startswith("T1\tLabel 0 4\tOne.\nA1\tSpeaker T1 openai\n")


def test_a_label_over_lines_is_in_fragments() -> None:
    text = "One two\n\nthree."
    assert "T1\tLabel 4 7;9 14\ttwo three\n" in files("brat", article(text, label(text, 4, 14)))["main/Alice/d1.ann"]


# ---- WebAnno ----


def without_gap(text: str) -> str:
    """What the format keeps of a text: before the first word only how much there is."""
    first = tokens(text)[0][0]
    return " " * first + text[first:]


@given(articles())
def test_webanno_reads_every_label_back(given: Article) -> None:
    content = files("webanno", given)["main/Alice/d1.tsv"]
    text, read, found = read_webanno(content)
    assert text == without_gap(given.text) + "\n"  # the format's own reader adds this one too
    assert found == tokens(given.text)
    by_id = {marked.said["label_id"]: marked for marked in read}
    assert len(by_id) == len(given.works[0].labels)
    for row in given.works[0].labels:
        marked = by_id[row["id"]]
        assert (marked.start, marked.end) == (row["start"], row["end"])
        assert (marked.said["speaker"], marked.said["stance"]) == (row["speaker"], row["stance"])
        assert marked.said["on_target"] == str(row["on_target"]).lower()
        assert (marked.said["chain"] or "").split() == row["chain"]
        assert marked.said["note"] == (row["note"] or None)


def test_webanno_counts_as_java_does() -> None:
    """The example of the format's description, with a label on its last words."""
    text = "I like it \U0001f60a ."
    content = files("webanno", article(text, label(text, 7, 11)))["main/Alice/d1.tsv"]
    head, *rows = content.split("\n\n\n")[1].split("\n")
    assert head == "#Text=I like it \U0001f60a ."
    assert [row.split("\t")[:4] for row in rows[:5]] == [
        ["1-1", "0-1", "I", "_"],
        ["1-2", "2-6", "like", "_"],
        ["1-3", "7-9", "it", "openai[1]"],
        ["1-4", "10-12", "\U0001f60a", "openai[1]"],
        ["1-5", "13-14", ".", "_"],
    ]


def test_webanno_has_sub_tokens_and_stacks() -> None:
    text = "Who plays?"
    content = files("webanno", article(text, label(text, 4, 8), label(text, 4, 9), label(text, 4, 9, speaker="a|b")))
    rows = [row.split("\t")[:4] for row in content["main/Alice/d1.tsv"].split("\n") if row.startswith("1-2")]
    assert rows == [["1-2", "4-9", "plays", "a\\|b[1]|openai[2]"], ["1-2.1", "4-8", "play", "openai[3]"]]


# ---- CoNLL ----


@given(articles())
def test_conll_reads_back_but_for_what_it_names(given: Article) -> None:
    ((head, remarks, sentences),) = read_conll(written("conll", given))
    assert (head["newdoc id"], head["round"], head["annotator"]) == ("d1", "main", "Alice")
    rows = [row for sentence in sentences for row in sentence]
    assert [(int(row[2]), int(row[3])) for row in rows] == tokens(given.text)
    assert all(given.text[int(row[2]) : int(row[3])] == row[1] for row in rows)
    gone = {r.split(": ")[1].split()[0] for r in remarks if r.startswith("left out, it overlaps")}
    widened = {r.split(": ")[1].split()[0] for r in remarks if r.startswith("widened")}
    read = {row["speaker"]: row for row in chunks(rows)}
    taken: set[tuple[int, int]] = set()
    for row in given.works[0].labels:
        touched = [span for span in tokens(given.text) if span[0] < row["end"] and row["start"] < span[1]]
        assert (row["id"] in gone) == (row["speaker"] not in read) == bool(taken & set(touched))
        if row["id"] not in gone:
            taken |= set(touched)
            chunk = read[row["speaker"]]
            assert chunk["stance"] == (row["stance"] or "_")
            assert (chunk["start"], chunk["end"]) == (touched[0][0], touched[-1][1])
            assert (row["id"] in widened) == ((chunk["start"], chunk["end"]) != (row["start"], row["end"]))


def chunks(rows: list[list[str]]) -> list[Row]:
    """The chunks of the speaker column, read by the rules of BIO; the three columns go together."""
    found: list[Row] = []
    for _, _, start, end, speaker, stance, claim_type in rows:
        assert speaker[:1] == stance[:1] == claim_type[:1]
        if speaker.startswith("B-"):
            found.append({"speaker": speaker[2:], "stance": stance[2:], "start": int(start), "end": int(end)})
        elif speaker.startswith("I-"):
            assert found[-1]["speaker"] == speaker[2:]
            found[-1]["end"] = int(end)
    return found


def test_of_overlapping_labels_the_first_and_longest_stays() -> None:
    text = "One two three four."
    given = article(text, label(text, 0, 7, id="short"), label(text, 0, 13, id="long"), label(text, 8, 18, id="late"))
    ((_, remarks, (rows,)),) = read_conll(written("conll", given))
    assert remarks[3:] == ["left out, it overlaps another: short 0-7", "left out, it overlaps another: late 8-18"]
    assert [row[4][0] for row in rows] == ["B", "I", "I", "O", "O"]


# ---- Label Studio ----


@given(articles())
def test_label_studio_has_every_field(given: Article) -> None:
    (task,) = json.loads(written("labelstudio", given))
    (annotation,) = task["annotations"]
    assert task["data"]["text"] == given.text and task["data"]["document"] == "d1"
    assert annotation["stancemark"] == {"round": "main", "annotator": "Alice", "state": "done"}
    for row in given.works[0].labels:
        region = {r["from_name"]: r for r in annotation["result"] if r["id"] == row["id"]}
        value = region["stance"]["value"]
        assert given.text[value["start"] : value["end"]] == value["text"] == row["quote"]
        assert value["labels"] == [row["stance"] if row["on_target"] else "off target"]
        assert region["speaker"]["value"]["text"] == [row["speaker"]]
        assert [r["type"] for r in region.values() if r["to_name"] != "text"] == []
        assert ("note" in region) == bool(row["note"]) and ("chain" in region) == bool(row["chain"])
        assert ("flags" in region) == row["unsure"] and ("claim_type" in region) == row["on_target"]


@pytest.mark.parametrize("name", ["brat", "conll", "labelstudio", "webanno"])
def test_an_article_is_written_before_the_next_is_asked_for(name: str) -> None:
    asked = []

    def given() -> Iterator[Article]:
        for id in ("d1", "d2", "d3"):
            asked.append(id)
            yield article("Here.", label("Here.", 0, 5), id=id)

    format = formats()[name]
    written = format.stream(given()) if format.stream else (b"".join(c) for _, c in (format.files or iter)(given()))
    assert next(part for part in written if b"Here" in part) and asked == ["d1"]


# ---- what may not leave, and what nobody marked ----


def test_articles_without_words_are_named_and_left_out() -> None:
    closed, open = article("", label("Gone", 0, 4), id="closed"), article("Here.", id="here")
    assert "# newdoc id = closed\n# left out: its words may not leave\n" in written("conll", closed, open)
    first, second = json.loads(written("labelstudio", closed, open))
    assert first["meta"] == {"left_out": "its words may not leave"} and first["annotations"] == []
    assert second["data"]["text"] == "Here."
    for name in ("brat", "webanno"):
        found = files(name, closed, open)
        assert "Article closed is left out: its words may not leave.\n" in found["left-out.txt"]
        assert formats()[name].leaves_out in found["left-out.txt"]
        assert not [path for path in found if "closed" in path]


def test_rows_without_notes_and_doubts_are_held_too() -> None:
    """Gold has other keys than labels."""
    text = "Here."
    row = {
        key: value for key, value in label(text, 0, 5).items() if key not in ("note", "unsure", "state", "annotator")
    }
    given = article(text, row)
    assert read_brat(text, files("brat", given)["main/Alice/d1.ann"])[0].said["Speaker"] == "openai"
    assert read_webanno(files("webanno", given)["main/Alice/d1.tsv"])[1][0].said["unsure"] is None
    assert len(json.loads(written("labelstudio", given))[0]["annotations"][0]["result"]) == 3
    assert "B-openai" in written("conll", given)


def test_finished_work_without_labels_is_there() -> None:
    assert files("brat", article("Nothing."))["main/Alice/d1.ann"] == ""
    assert read_webanno(files("webanno", article("Nothing."))["main/Alice/d1.tsv"])[1] == []
    ((_, _, (rows,)),) = read_conll(written("conll", article("Nothing.")))
    assert {row[4] for row in rows} == {"O"}
    assert json.loads(written("labelstudio", article("Nothing.")))[0]["annotations"][0]["result"] == []
    assert written("labelstudio") == "[]\n"
