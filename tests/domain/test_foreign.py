"""Labels of other programs: what our own exports hold comes back, and each place that cannot be matched is named."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.marked import Row, article, articles, label
from webapp.domain.errors import Invalid
from webapp.domain.export import Article, formats
from webapp.domain.files.bundle_files import Bundle, LabelLine
from webapp.domain.foreign import Shelf, read, reader_of
from webapp.domain.text import canonical, sha256_of

TEXT = "One two.\n\nThree “four” \U0001f600 five."
FOUR = TEXT.index("four")


def shelf_of(*texts: str) -> Shelf:
    speakers = {"openai": "openai", "OpenAI": "openai", "google": "google"} | {c: c for c in "abcdef"}
    return Shelf({f"d{n}": sha256_of(text) for n, text in enumerate(texts, 1)}, speakers)


def taken(files: Mapping[str, str | bytes], *texts: str) -> Bundle:
    raw = {name: content if isinstance(content, bytes) else content.encode() for name, content in files.items()}
    reader = reader_of(raw)
    assert reader
    return read(reader, raw, shelf_of(*texts or (TEXT,)))


def refused(files: Mapping[str, str | bytes], *texts: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        taken(files, *texts)
    first, *lines = caught.value.message.splitlines()
    assert first == "Nothing was taken in."
    return lines


def exported(name: str, given: Article) -> dict[str, bytes]:
    format = formats()[name]
    if format.files:
        return {path: b"".join(content) for path, content in format.files([given])}
    assert format.stream
    return {f"x.{format.ending}": b"".join(format.stream([given]))}


def fields(line: LabelLine | Row, names: tuple[str, ...]) -> list[Any]:
    found = [line[name] if isinstance(line, dict) else getattr(line, name) for name in names]
    return [list(value) if isinstance(value, tuple) else value for value in found]


# ---- our own exports ----

HELD = ("round", "annotator", "document", "start", "end", "quote", "speaker", "stance", "claim_type", "on_target")
HELD += ("ascribed", "unsure", "chain")
ALL = (*HELD, "id", "state", "note", "origin", "speaker_origin", "revision", "created_at", "updated_at")


@given(articles())
def test_brat_comes_back(given: Article) -> None:
    bundle = taken(exported("brat", given), given.text)
    for (_, line), row in zip(bundle.labels, given.works[0].labels, strict=True):
        assert fields(line, HELD) == fields(row, HELD)
        assert line.note == " ".join(row["note"].split())
    ((_, work),) = bundle.assignments
    assert (work.round, work.document, work.annotator, work.state) == ("main", "d1", "Alice", "done")


@given(articles())
def test_label_studio_comes_back_whole(given: Article) -> None:
    bundle = taken(exported("labelstudio", given), given.text)
    for (_, line), row in zip(bundle.labels, given.works[0].labels, strict=True):
        assert fields(line, ALL) == fields(row, ALL)
    ((_, work),) = bundle.assignments
    assert (work.round, work.document, work.annotator, work.state) == ("main", "d1", "Alice", "done")


def test_a_bundle_and_a_labels_file_are_no_other_programs() -> None:
    ours = b'{"document":"d1","annotator":"Alice","start":0,"end":3,"quote":"One","speaker":"openai"}\n'
    assert reader_of({"labels.jsonl": ours}) is None and reader_of({"labels.jsonl": b""}) is None
    assert reader_of({"labels.jsonl": ours, "documents.jsonl": b'{"text":"x","labels":[]}\n'}) is None


@given(st.sampled_from(["brat", "doccano", "labelstudio"]), st.binary(max_size=60), st.booleans())
def test_damaged_files_are_refused_or_taken_but_never_a_failure(name: str, content: bytes, twice: bool) -> None:
    files = {
        "brat": {"Bob/d1.ann": content, "Bob/d1.txt": TEXT.encode()},
        "doccano": {"Bob.jsonl": b'{"text":"' + content + b'","label":[]}\n' + content * twice},
        "labelstudio": {"x.json": b"[" + content + b"]" * twice},
    }[name]
    if reader := reader_of(files):
        with suppress(Invalid):
            read(reader, files, shelf_of(TEXT))


# ---- brat of others ----

ANN = f"T1\tClaim {FOUR} {FOUR + 4}\tfour\nA1\tSpeaker T1 openai\nA2\tStance T1 for\nA3\tClaimType T1 FACT\n"


def test_brat_folders_say_who_and_which_round() -> None:
    for path, who in (
        ("Bob", ("main", "Bob")),
        ("second/Bob", ("second", "Bob")),
        ("a/second/B%26;C", ("second", "B&C")),
    ):
        bundle = taken({f"{path}/d1.ann": ANN, f"{path}/d1.txt": TEXT})
        ((_, line),) = bundle.labels
        assert (line.round, line.annotator, line.origin, line.state) == (*who, "imported", "done")
        assert bundle.assignments[0][1].annotator == who[1]


def test_brat_lines_that_cannot_be_matched_are_named() -> None:
    ann = ANN.replace(f"Claim {FOUR}", f"Claim {FOUR - 1}") + (
        "R1\tCause Arg1:T1 Arg2:T2\nA4\tMood T1 bad\nA5\tUnsure T9\nT2\tClaim 0 3;10 15\tOne Three\n"
        "T3\tClaim 0 x\tOne\nT4\tClaim 0 3\tOne\n"
    )
    assert refused({"Bob/d1.ann": ann, "Bob/d1.txt": TEXT}) == [
        "Bob/d1.ann, line 5: this is no entity, no attribute of one and no note on one",
        "Bob/d1.ann, line 6: the attribute “Mood” is not known here, or has no value of its kind",
        "Bob/d1.ann, line 9: this is no entity, no attribute of one and no note on one",
        "Bob/d1.ann, line 7: there is no T9 in this file",
        f"Bob/d1.ann, line 1: “four” does not stand at {FOUR - 1}; has the text or an offset shifted?",
        "Bob/d1.ann, line 8: a label is one stretch of words; this one has a gap",
        "Bob/d1.ann, line 10: Object missing required field `speaker`",
    ]


def test_brat_files_that_cannot_be_matched_are_named() -> None:
    assert refused({"Bob/d1.ann": ANN}) == ["Bob/d1.ann: there is no d1.txt beside it"]
    assert refused({"d1.ann": ANN, "d1.txt": TEXT}) == [
        "d1.ann: whose work is it? Put it into a folder with the annotator’s name"
    ]
    assert refused({"Bob/d1.ann": ANN, "Bob/d1.txt": "Another text."}) == ["Bob/d1.txt: no article here with this text"]
    assert refused({"Bob/d1.ann": b"\xff", "Bob/d1.txt": TEXT}) == ["Bob/d1.ann: the file is not UTF-8 (byte 0)"]


def test_the_same_text_twice_is_told_apart_by_the_name() -> None:
    assert taken({"Bob/d2.ann": ANN, "Bob/d2.txt": TEXT}, TEXT, TEXT).labels[0][1].document == "d2"
    assert taken({"Bob/old.ann": ANN, "Bob/old.txt": TEXT}).labels[0][1].document == "d1"
    assert refused({"Bob/old.ann": ANN, "Bob/old.txt": TEXT}, TEXT, TEXT) == [
        "Bob/old.txt: 2 articles here with this text"
    ]


# ---- doccano ----


def doccano(*spans: Any, text: str = TEXT, key: str = "label") -> str:
    return json.dumps({"id": 7, "text": text, key: list(spans)}) + "\n"


def test_doccano_says_it_all_in_one_label() -> None:
    content = doccano([FOUR, FOUR + 4, "OpenAI|for|FACT"]) + doccano([0, 3, "google|off target"], text="One")
    ((_, first), (_, second)) = taken({"Bob.jsonl": content}, TEXT, "One").labels
    names = ("document", "annotator", "quote", "speaker", "stance", "claim_type", "on_target", "state")
    assert fields(first, names) == ["d1", "Bob", "four", "openai", "for", "FACT", True, "done"]
    assert fields(second, names) == ["d2", "Bob", "One", "google", None, None, False, "done"]


def test_doccano_has_had_other_shapes() -> None:
    span = {"id": 1, "label": "openai|for|FACT", "start_offset": FOUR, "end_offset": FOUR + 4}
    for content in (doccano(span, key="entities"), doccano([FOUR, FOUR + 4, "openai|for|FACT"], key="labels")):
        ((_, line),) = taken({"Bob.jsonl": content}).labels
        assert line.quote == "four"


def test_doccano_lines_that_cannot_be_matched_are_named() -> None:
    content = doccano([0, 3, "openai"], [1, "x", "a|b|c"], "?") + "no\n[]\n" + doccano(text="Another")
    content += json.dumps({"text": TEXT, "label": 1}) + "\n"
    lines = refused({"Bob.jsonl": content})
    assert lines.pop(3).startswith("Bob.jsonl, line 2: This is not JSON: ")
    assert lines == [
        "Bob.jsonl, line 1: “openai” at 0: start, end and speaker|stance|claim_type were expected",
        "Bob.jsonl, line 1: “a|b|c” at 1: start, end and speaker|stance|claim_type were expected",
        "Bob.jsonl, line 1: “?” at None: start, end and speaker|stance|claim_type were expected",
        "Bob.jsonl, line 3: an article with text and labels was expected",
        "Bob.jsonl, line 4: no article here with this text",
        "Bob.jsonl, line 5: “1” at None: start, end and speaker|stance|claim_type were expected",
    ]


# ---- Label Studio ----


def studio(*results: Row, text: str = TEXT, **more: Any) -> dict[str, str]:
    task = {"id": 3, "data": {"text": text}, "annotations": [{"completed_by": 4, "result": list(results), **more}]}
    return {"project-1.json": json.dumps([task], indent=2)}


def region(id: str = "r1", start: Any = FOUR, end: Any = FOUR + 4, **said: Any) -> list[Row]:
    value = {"start": start, "end": end, "text": said.pop("text", "four"), "labels": ["for"]}
    more = {"speaker": ("textarea", "text", ["openai"]), "claim_type": ("choices", "choices", ["FACT"])} | said
    return [
        {"id": id, "from_name": "label", "to_name": "text", "type": "labels", "value": value},
        *(
            {"id": id, "from_name": name, "to_name": "text", "type": kind, "value": {key: words}}
            for name, (kind, key, words) in more.items()
        ),
    ]


def test_label_studio_of_others() -> None:
    ((_, line),) = taken(studio(*region(flags=("choices", "choices", ["unsure"])))).labels
    names = ("document", "annotator", "quote", "speaker", "stance", "claim_type", "unsure", "state", "id")
    assert fields(line, names) == ["d1", "label-studio-4", "four", "openai", "for", "FACT", True, "done", None]
    by_address = studio(*region(), completed_by={"id": 4, "email": "bob@example.org"})
    assert taken(by_address).labels[0][1].annotator == "bob@example.org"
    assert taken(studio(*region(), was_cancelled=True)).labels == []
    assert taken(studio()).assignments[0][1].state == "done"


def test_label_studio_regions_that_cannot_be_matched_are_named() -> None:
    shifted, html, outside = region("r1", FOUR - 1, FOUR + 3), region("r2", "/p[1]/text()[1]"), region("r3", 0, 999)
    nobody, alone = region("r4", speaker=("textarea", "text", [])), region("r5")[1:]
    assert refused(studio(*shifted, *html, *outside, *nobody, *alone)) == [
        f"project-1.json, task 1, region r1: “four” does not stand at {FOUR - 1}; has the text or an offset shifted?",
        "project-1.json, task 1, region r2: a region of type labels with start and end in plain text was expected",
        "project-1.json, task 1, region r3: 0 to 999 is no place in the text",
        "project-1.json, task 1, region r4: Object missing required field `speaker`",
        "project-1.json, task 1, region r5: a region of type labels with start and end in plain text was expected",
    ]
    assert refused(studio(text="Another")) == ["project-1.json, task 1: no article here with this text"]
    assert refused({"x.json": '[{"data": {}}, 7]'}) == [
        "x.json, task 1: data.text is missing",
        "x.json, task 2: data.text is missing",
    ]
    assert refused({"x.json": "[{]"})[0].startswith("x.json: This is not JSON")


# ---- line ends ----


@pytest.mark.parametrize("program", ["brat", "doccano", "labelstudio"])
def test_offsets_count_in_the_text_as_it_came(program: str) -> None:
    raw = TEXT.replace("\n", "\r\n")
    place = raw.index("four")
    files = {
        "brat": {"Bob/d1.txt": raw, "Bob/d1.ann": ANN.replace(f"{FOUR} {FOUR + 4}", f"{place} {place + 4}")},
        "doccano": {"Bob.jsonl": doccano([place, place + 4, "openai|for|FACT"], text=raw)},
        "labelstudio": studio(*region(start=place, end=place + 4), text=raw),
    }[program]
    assert place == FOUR + 2 and canonical(raw) == TEXT
    ((_, line),) = taken(files).labels
    assert (line.start, line.end, line.quote) == (FOUR, FOUR + 4, "four")


def test_mixed_line_ends_shift_nothing_unseen() -> None:
    mixed = TEXT.replace("\n", "\r\n", 1)
    assert refused({"Bob/d1.txt": mixed, "Bob/d1.ann": ANN.replace("\n", "\r\n", 1)}) == [
        f"Bob/d1.ann, line 1: “four” does not stand at {FOUR - 1}; has the text or an offset shifted?"
    ]


def test_labels_of_one_article_by_two_people() -> None:
    given = article(TEXT, label(TEXT, 0, 3))
    files = exported("brat", given) | {"main/Bob/d1.ann": b"", "main/Bob/d1.txt": TEXT.encode()}
    bundle = taken(files)
    assert [work.annotator for _, work in bundle.assignments] == ["Alice", "Bob"] and len(bundle.labels) == 1
