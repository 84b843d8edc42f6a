"""brat standoff: a .txt and an .ann an article, round and annotator. Offsets are code points, as in our own files.

A label is an entity `Label` with attributes; one that runs over line breaks is written in fragments, as brat wants it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from webapp.domain.export import Article, Files, Format, Record, Work, as_file_name, left_out

VALUES = {"Speaker": "speaker", "Stance": "stance", "ClaimType": "claim_type"}
FLAGS = {"Ascribed": "ascribed", "Unsure": "unsure"}
_LINE = re.compile(r"[^\n]+")


def write(articles: Iterable[Article]) -> Files:
    """`round/annotator/document.txt` and `.ann` of each, the configuration that brat wants, and what is left out."""
    without, values = [], defaultdict[str, set[str]](set)
    for article in articles:
        if not article.text:
            without.append(article.id)
            continue
        for work in article.works:
            path = f"{as_file_name(work.round)}/{as_file_name(work.annotator)}/{article.id}"
            yield f"{path}.txt", iter([article.text.encode()])
            yield f"{path}.ann", _annotations(article.text, work, values)
    yield "annotation.conf", iter([_configuration(values).encode()])
    yield left_out(FORMAT, without)


def _annotations(text: str, work: Work, values: dict[str, set[str]]) -> Iterator[bytes]:
    attribute = 0
    for number, label in enumerate(work.labels, 1):
        parts = [part.span() for part in _LINE.finditer(text, label["start"], label["end"])]
        places = ";".join(f"{start} {end}" for start, end in parts)
        lines = [f"T{number}\tLabel {places}\t{' '.join(text[start:end] for start, end in parts)}\n"]
        for name, value in _attributes(label):
            attribute += 1
            lines.append(f"A{attribute}\t{name} T{number}{value and ' ' + value}\n")
            values[name].add(value)
        if note := " ".join(label.get("note", "").split()):
            lines.append(f"#{number}\tAnnotatorNotes T{number}\t{note}\n")
        yield "".join(lines).encode()


def _attributes(label: Record) -> Iterator[tuple[str, str]]:
    """Names and values; that of a flag is ""."""
    yield from ((name, label[key]) for name, key in VALUES.items() if label[key] is not None)
    if label["chain"]:
        yield "Chain", ",".join(label["chain"])
    if not label["on_target"]:
        yield "OffTarget", ""
    yield from ((name, "") for name, key in FLAGS.items() if label.get(key))


def _configuration(values: dict[str, set[str]]) -> str:
    """annotation.conf for the values that occurred."""
    lines = ["[entities]", "Label", "[relations]", "[events]", "[attributes]"]
    for name, found in sorted(values.items()):
        lines.append(f"{name} Arg:Label" + ("" if found == {""} else f", Value:{'|'.join(sorted(found))}"))
    return "\n".join(lines) + "\n"


FORMAT = Format(
    "brat",
    "brat.zip",
    "application/zip",
    "White space in a note is one space; of a label's fields there are no id, origin, speaker_origin, revision, "
    "created_at and updated_at.",
    files=write,
)
