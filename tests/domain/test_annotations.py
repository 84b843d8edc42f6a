"""Reading a bundle's files, and what counts of them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bundles import TEXT, Row, bundle, counted, document, done, files_of, jsonl, label
from webapp.domain.annotations import annotations, normalised
from webapp.domain.errors import Invalid
from webapp.domain.files.annotation_files import read_records

ONE = (document(),)
SPAN = label("L1", "ana", 0, 5)


def refusal(round: str | None = None, **rows: object) -> str:
    given = {"documents": ONE, "labels": [SPAN], "assignments": [done("ana")], **rows}
    with pytest.raises(Invalid) as why:
        counted(files_of(**given), round)  # type: ignore[arg-type]
    assert "\n" not in why.value.message
    return why.value.message


# ---- refusals ----


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"labels": [SPAN, label("L2", "ana", 0, len(TEXT) + 1)]}, "labels.jsonl, line 2: start 0 and end 98 are not"),
        ({"labels": [label("L1", "ana", -1, 4)]}, "labels.jsonl, line 1: start -1 and end 4 are not both in the text"),
        ({"labels": [label("L1", "ana", 5, 5)]}, "labels.jsonl, line 1: start 5 is not before end 5"),
        ({"labels": [label("L1", "ana", 7, 5)]}, "labels.jsonl, line 1: start 7 is not before end 5"),
        ({"labels": [{**SPAN, "document": "no\nne"}]}, "labels.jsonl, line 1: there is no document “no ne”"),
        ({"assignments": [done("ana", "d2")]}, "assignments.jsonl, line 1: there is no document “d2”"),
        ({"labels": [SPAN, SPAN]}, "labels.jsonl, line 2: the label “L1” is there twice"),
        ({"documents": [*ONE, *ONE]}, "documents.jsonl, line 2: the document “d1” is there twice"),
        ({"rounds": [{"name": "main"}, {"name": "main"}]}, "rounds.jsonl, line 2: the round “main” is there twice"),
        ({"rounds": [{"name": "pilot"}]}, "labels.jsonl, line 1: rounds.jsonl does not list the round “main”"),
        (
            {"rounds": [{"name": "pilot"}], "labels": []},
            "assignments.jsonl, line 1: rounds.jsonl does not list the round “main”",
        ),
        (
            {"assignments": [done("ana"), done("ana", state="open")]},
            "assignments.jsonl, line 2: the assignment “d1, ana” is there twice",
        ),
        ({"labels": [{**SPAN, "start": "0"}]}, "labels.jsonl, line 1: Expected `int`, got `str` - at `$.start`"),
        ({"labels": [{**SPAN, "on_target": None}]}, "labels.jsonl, line 1: Expected `bool`, got `null`"),
        ({"labels": [{"id": "L1"}]}, "labels.jsonl, line 1: Object missing required field `document`"),
        ({"assignments": [{**done("ana"), "state": "ready"}]}, "assignments.jsonl, line 1: Invalid enum value 'ready'"),
        ({"documents": [document(excluded=[[3, 2]])]}, "documents.jsonl, line 1: excluded: start 3 is not before"),
        ({"documents": [document(excluded=[{"start": 0, "end": 999}])]}, "documents.jsonl, line 1: excluded: start 0"),
        (
            {"documents": [document(text="", text_sha256="ab")]},
            "documents.jsonl, line 1: this export is text-free; join",
        ),
        ({"labels": [{**SPAN, "quote": "", "quote_sha256": "ab"}]}, "labels.jsonl, line 1: this export is text-free"),
    ],
)
def test_what_cannot_be_trusted(rows: dict[str, list[Row]], said: str) -> None:
    assert refusal(**rows).startswith(said)


def test_a_round_that_is_not_there() -> None:
    assert refusal("mian") == "There is no round “mian” here."
    assert refusal("mian", rounds=[{"name": "main"}]) == "There is no round “mian” here."


@pytest.mark.parametrize("name", ["documents", "labels", "assignments"])
def test_a_file_that_is_not_there(name: str) -> None:
    files = bundle([SPAN], ["ana"])
    del files[f"{name}.jsonl"]
    with pytest.raises(Invalid, match=rf"There is no {name}\.jsonl in it"):
        read_records(files)


@pytest.mark.parametrize("line", [b"{", b'{"id": "\xff"}', b'{"id": "\\ud800"}', b'{"id": NaN}', b"[" * 9000, b"7"])
def test_what_is_no_json(line: bytes) -> None:
    files = bundle([SPAN], ["ana"]) | {"labels.jsonl": jsonl([SPAN]) + b"\n" + line + b"\n"}
    with pytest.raises(Invalid, match=r"^labels\.jsonl, line 3: "):
        read_records(files)


# ---- what may be missing ----


def test_defaults_and_keys_that_nobody_needs() -> None:
    files = files_of(
        documents=[{"id": "d1", "text": TEXT, "title": 7}],
        labels=[{**SPAN, "origin": "marked", "extra": {"a": []}}],
        assignments=[done("ana")],
    )
    ((given,),) = (d.labels for d in counted({**files, "speakers.jsonl": b"junk"}).documents)
    assert (given.given.chain, given.given.unsure, given.given.speaker_origin) == ((), False, "picked")
    assert given.values == ("author", "neutral", "FACT", "true", "false")


def test_a_byte_order_mark_blank_lines_and_both_line_ends() -> None:
    files = bundle([SPAN], ["ana"])
    files["labels.jsonl"] = b"\xef\xbb\xbf\r\n" + jsonl([SPAN]).replace(b"\n", b"\r\n") + b"  \n"
    assert len(read_records(files).labels) == 1


def test_words_from_elsewhere_stand_in_for_those_left_out() -> None:
    files = files_of(
        documents=[document(text="", text_sha256="ab"), document("d2")],
        labels=[{**SPAN, "quote": "", "quote_sha256": "ab"}],
        assignments=[done("ana")],
    )
    records = read_records(files, texts={"d1": TEXT})
    assert [d.text for d in records.documents] == [TEXT, TEXT]
    assert records.labels[0].quote == "Alpha"


# ---- which round, and who counts ----


def rounds_bundle(*assignments: Row, rounds: bool = True) -> dict[str, bytes]:
    """Two rounds, a label by ana in each; `pilot` is the later one by its place in rounds.jsonl."""
    labels = [label("M", "ana", 0, 5), label("P", "ana", 6, 10, round="pilot")]
    listed = {"rounds": [{"name": "main"}, {"name": "pilot"}]} if rounds else {}
    return files_of(documents=ONE, labels=labels, assignments=assignments, **listed)


@pytest.mark.parametrize(
    ("main", "pilot", "round", "used", "ignored"),
    [
        ("done", "done", None, {"P"}, {"other_round": 1}),
        ("done", "open", None, {"M"}, {"other_round": 1}),
        ("open", "open", None, None, {"not_done": 2}),
        ("done", "withdrawn", None, {"M"}, {"withdrawn": 1}),
        ("withdrawn", "done", None, {"P"}, {"withdrawn": 1}),
        ("done", "done", "main", {"M"}, {"other_round": 1}),
        ("done", "withdrawn", "main", {"M"}, {"other_round": 1}),
        ("open", "done", "main", None, {"not_done": 1, "other_round": 1}),
        ("withdrawn", "done", "main", None, {"withdrawn": 1, "other_round": 1}),
    ],
)
def test_which_round_counts(
    main: str, pilot: str, round: str | None, used: set[str] | None, ignored: dict[str, int]
) -> None:
    files = rounds_bundle(done("ana", state=main), done("ana", state=pilot, round="pilot"))
    found = counted(files, round)
    assert [{v.id for v in d.labels} for d in found.documents] == ([used] if used else [])
    assert {reason: n for reason, n in found.ignored.items() if n} == ignored


def test_without_rounds_all_rows_are_one() -> None:
    found = counted(rounds_bundle(done("ana"), rounds=False))
    assert len(found.documents[0].labels) == 2
    both = rounds_bundle(done("ana"), done("ana", round="pilot"), rounds=False)
    with pytest.raises(Invalid, match="is there twice"):
        counted(both)
    assert [v.id for v in counted(both, "pilot").documents[0].labels] == ["P"]


def test_who_has_nothing_to_label_counts_too() -> None:
    found = counted(bundle([SPAN], ["ben", "ana"]))
    assert [d.annotators for d in found.compared] == [("ana", "ben")]
    assert found.annotators == {"ana", "ben"}


@pytest.mark.parametrize(
    ("others", "single"),
    [
        ([], True),
        ([done("ben", state="withdrawn")], True),
        ([done("ben", state="open")], False),
        ([done("ben", state="open", round="pilot")], True),
        ([done("ben")], False),
    ],
)
def test_single_by_plan(others: list[Row], single: bool) -> None:
    found = counted(rounds_bundle(done("ana"), *others))
    assert found.documents[0].single_by_plan is single


# ---- offsets and values ----


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 20)), max_size=4),
    st.tuples(st.integers(0, 80), st.integers(1, 16)),
)
def test_excluded_regions_are_cut_out(regions: list[tuple[int, int]], span: tuple[int, int]) -> None:
    excluded = [[start, min(start + length, len(TEXT))] for start, length in regions]
    kept = [i for i in range(len(TEXT)) if not any(start <= i < end for start, end in excluded)]
    start, end = span[0], sum(span)
    found = counted(bundle([label("L1", "ana", start, end)], ["ana"], excluded=excluded))
    (only,) = found.documents
    assert only.length == len(kept)
    before = lambda offset: sum(i < offset for i in kept)  # noqa: E731
    expected = [(before(start), before(end))] if before(start) < before(end) else []
    assert [(v.start, v.end) for v in only.labels] == expected
    assert found.ignored["excluded"] == 1 - len(expected)


def test_a_region_may_be_two_numbers() -> None:
    regions = [[0, 3], {"start": 2, "end": 6, "kind": "caption", "why": ""}, [6, 8]]
    assert counted(bundle([], ["ana"], excluded=regions)).documents[0].excluded == ((0, 8),)


def test_off_target_has_neither_stance_nor_claim_type() -> None:
    (only,) = counted(bundle([label("L1", "ana", 0, 5, on_target=False, ascribed=True)], ["ana"])).documents
    assert only.labels[0].values == ("author", "", "", "false", "true")


@pytest.mark.parametrize(
    ("written", "compared"),
    [("  Lab\t\n CEO ", "lab ceo"), ("STRAẞE", "strasse"), ("e\u0301", "é"), ("", ""), ("\u00a0A\u2003B", "a b")],
)
def test_speakers_are_normalised(written: str, compared: str) -> None:
    assert normalised(written) == unicodedata.normalize("NFC", compared)


def test_records_need_no_files() -> None:
    """A database can hand over the same records."""
    records = read_records(bundle([SPAN], ["ana"]))
    assert annotations(records).documents == counted(bundle([SPAN], ["ana"])).documents
