"""Label Studio JSON: a task an article, an annotation a round and annotator. Offsets are code points, as in its editor.

A label is a region of type `labels` (its stance, or "off target") with choices and text areas of the same id; what the
editor has no place for stands in the region's `meta`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from webapp.domain.export import Article, Format, Record, Work

OFF_TARGET = "off target"
FLAGS = ("ascribed", "unsure")
KEPT = ("round", "state", "annotator", "origin", "speaker_origin", "revision", "created_at", "updated_at")
_KEYS = ("id", "title", "text", "text_sha256")


def write(articles: Iterable[Article]) -> Iterator[bytes]:
    """A list with a task a line."""
    encoder, before = msgspec.json.Encoder(), b"[\n"
    for article in articles:
        yield before + encoder.encode(task(article))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def task(article: Article) -> dict[str, Any]:
    """The article as a task, everybody's work on it as annotations."""
    data = {"document" if key == "id" else key: article.document[key] for key in _KEYS}
    if not article.text:
        return {"data": data, "meta": {"left_out": "its words may not leave"}, "annotations": []}
    return {"data": data, "annotations": [_annotation(work) for work in article.works]}


def _annotation(work: Work) -> dict[str, Any]:
    about = {"round": work.round, "annotator": work.annotator, "state": work.state}
    return {"stancemark": about, "result": [result for label in work.labels for result in _results(label)]}


def _results(label: Record) -> Iterator[dict[str, Any]]:
    place = {"start": label["start"], "end": label["end"]}
    meta = {key: label[key] for key in KEPT if key in label}
    stance = label["stance"] if label["on_target"] else OFF_TARGET
    yield _result(label, "stance", "labels", place | {"text": label["quote"], "labels": [stance]}) | {"meta": meta}
    if label["claim_type"] is not None:
        yield _result(label, "claim_type", "choices", place | {"choices": [label["claim_type"]]})
    if flags := [flag for flag in FLAGS if label.get(flag)]:
        yield _result(label, "flags", "choices", place | {"choices": flags})
    for name, words in (
        ("speaker", [label["speaker"]]),
        ("chain", list(label["chain"])),
        ("note", [label.get("note")]),
    ):
        if any(words):
            yield _result(label, name, "textarea", place | {"text": words})


def _result(label: Record, name: str, type: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": label["id"], "from_name": name, "to_name": "text", "type": type, "value": value}


FORMAT = Format("labelstudio", "labelstudio.json", "application/json", "", stream=write)
