"""Small bundles in memory: rows in, the bytes of their files out; and hypothesis' ways to make some."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from webapp.domain.annotations import Annotations, annotations
from webapp.domain.files.annotation_files import read_records

Row = Mapping[str, Any]

TEXT = "Alpha said the fee is fair, but 🙂 Beta wants none of it. Gamma waits; delta asks again and again."
NAMES = ("ana", "ben", "cem", "dan")


def jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def files_of(**rows: Sequence[Row]) -> dict[str, bytes]:
    """`documents=…, labels=…, assignments=…, rounds=…` as files."""
    return {f"{name}.jsonl": jsonl(given) for name, given in rows.items()}


def document(id: str = "d1", text: str = TEXT, **more: Any) -> Row:
    return {"id": id, "text": text, "excluded": [], **more}


def label(id: str, annotator: str, start: int, end: int, **more: Any) -> Row:
    """A label of d1 by the defaults of the cases."""
    base = {"id": id, "document": "d1", "annotator": annotator, "start": start, "end": end}
    words = {"quote": TEXT[start:end], "speaker": "Author", "stance": "neutral", "claim_type": "FACT"}
    return {**base, **words, **more}


def done(annotator: str, document: str = "d1", **more: Any) -> Row:
    return {"document": document, "annotator": annotator, "state": "done", **more}


def bundle(labels: Sequence[Row], annotators: Sequence[str], **document_keys: Any) -> dict[str, bytes]:
    """One document that all of `annotators` finished."""
    return files_of(
        documents=[document(**document_keys)], labels=labels, assignments=[done(name) for name in annotators]
    )


def counted(files: Mapping[str, bytes], round: str | None = None) -> Annotations:
    return annotations(read_records(files, round), round)


@st.composite
def labels_of_a_document(draw: st.DrawFn, most: int = 14) -> list[Row]:
    """Labels of up to four people, with many ties: few places, few values."""
    spans = st.tuples(st.integers(0, 12), st.integers(1, 6))
    values = st.sampled_from([("Author", "neutral"), ("author ", "for"), ("Lab", "against"), (None, None)])
    drawn = draw(st.lists(st.tuples(spans, st.sampled_from(NAMES), values), max_size=most))
    return [
        label(f"L{n}", name, start, start + length, speaker=speaker, stance=stance)
        for n, ((start, length), name, (speaker, stance)) in enumerate(drawn)
    ]
