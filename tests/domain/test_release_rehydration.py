"""A text-free export joined with copies of its articles: what was left out comes back, or every mismatch is named."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid
from webapp.domain.release import manifest
from webapp.domain.release.rehydration import Copies, rehydrated

TEXTS = {"a": "“Naïve words,” she said.\n\nMore of them 🎬 here.", "b": "Another article altogether."}
Files = dict[str, bytes]


def sha(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def export(texts: dict[str, str], spans: list[tuple[str, int, int]], free: set[str]) -> Files:
    """A bundle of these articles and of labels on these stretches; those in `free` leave without their words."""
    documents = [{"id": id, "text": "" if id in free else text, "text_sha256": sha(text)} for id, text in texts.items()]
    labels = []
    for id, start, end in spans:
        quote = texts[id][start:end]
        row = {"id": f"{id}{start}", "document": id, "start": start, "end": end, "quote": "" if id in free else quote}
        labels.append(row | ({"quote_sha256": sha(quote)} if free else {}))
    files = {"documents.jsonl": jsonl(documents), "labels.jsonl": jsonl(labels), "guide.md": b"# Guide\n"}
    sums = {name: manifest.sha256_of_bytes(content) for name, content in files.items()}
    described = json.dumps({"distribution": [{"sha256": value} for value in sums.values()]}).encode()
    sums["croissant.json"] = manifest.sha256_of_bytes(described)
    return files | {"croissant.json": described, manifest.NAME: manifest.written({"files": sums})}


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)


@given(st.dictionaries(st.sampled_from("abcd"), words, min_size=1), st.data())
def test_joined_again_it_is_what_it_would_have_been(texts: dict[str, str], data: st.DataObject) -> None:
    spans = []
    for id in data.draw(st.lists(st.sampled_from(sorted(texts)), max_size=5)):
        start = data.draw(st.integers(0, len(texts[id]) - 1))
        spans.append((id, start, data.draw(st.integers(start + 1, len(texts[id])))))
    free = data.draw(st.sets(st.sampled_from(sorted(texts)), min_size=1))
    copies = Copies((f"copy of {id}", text) for id, text in texts.items())
    joined = rehydrated(export(texts, spans, free), copies)
    assert joined == export(texts, spans, set())
    manifest.check(joined)


def refusal(files: Files, *copies: tuple[str, str]) -> str:
    with pytest.raises(Invalid) as why:
        rehydrated(files, Copies(copies))
    return why.value.message


SPANS = [("a", 1, 12), ("b", 0, 7)]


def test_every_article_without_its_copy_is_named_and_how() -> None:
    files = export({**TEXTS, "c": "Here."}, SPANS, {"a", "b"})
    said = refusal(files, ("a", TEXTS["a"] + " "), ("x", "Not it.")).splitlines()
    assert said[0] == "Nothing was written."
    assert said[1].startswith("documents.jsonl, line 1: the copy of “a” has another text")
    assert sha(TEXTS["a"])[:12] in said[1]
    assert said[2].startswith("documents.jsonl, line 2: there is no copy of “b” among the texts")
    assert len(said) == 3, "labels of articles that are named already are not named too"


def test_words_with_another_hash_are_named_and_none_is_guessed() -> None:
    files = {"labels.jsonl": export(TEXTS, SPANS, {"a", "b"})["labels.jsonl"]}
    said = refusal(files, ("a", "X" + TEXTS["a"]), ("b", TEXTS["b"]))
    assert said.splitlines()[1:] == ["labels.jsonl, line 1: the words at 1 to 12 of “a” have another hash"]
    said = refusal(files, ("a", TEXTS["a"]), ("b", TEXTS["b"]), ("b", "Or this."))
    assert "several different copies of “b”" in said


def test_labels_alone_take_the_copy_of_that_id() -> None:
    files = {"labels.jsonl": export(TEXTS, SPANS, {"a", "b"})["labels.jsonl"]}
    joined = rehydrated(files, Copies(TEXTS.items()))
    assert joined == {"labels.jsonl": export(TEXTS, SPANS, set())["labels.jsonl"]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"document": "a", "start": 0, "end": 2, "quote": ""}, "quote_sha256 is missing"),
        ({"start": 0, "end": 2, "quote": "", "quote_sha256": "0"}, "document is missing"),
        ({"document": "z", "start": 0, "end": 2, "quote": "", "quote_sha256": "0"}, "no document “z”"),
        ([1], "no JSON object"),
    ],
)
def test_lines_that_cannot_be_joined_are_named(line: Any, reason: str) -> None:
    files = {"documents.jsonl": export(TEXTS, [], {"a"})["documents.jsonl"], "labels.jsonl": jsonl([line])}
    said = refusal(files, *TEXTS.items())
    assert "labels.jsonl, line 1" in said and reason in said


def test_a_damaged_export_and_one_with_nothing_to_join_are_refused() -> None:
    files = export(TEXTS, SPANS, {"a"})
    assert "guide.md has another checksum" in refusal(files | {"guide.md": b"#"}, *TEXTS.items())
    assert "nothing to join" in refusal({"speakers.jsonl": b""}, *TEXTS.items())
