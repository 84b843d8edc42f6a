"""A release without the articles' words, for whoever may not pass these on: offsets, hashes and labels stay."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from webapp.domain.export import Files
from webapp.domain.release import manifest

Line = dict[str, Any]

CROISSANT = "croissant.json"
_REMARK = """
## Without the articles’ words

This copy was written without them: `text`, `quote` and notes are empty, and `quote_sha256` stands for each quotation.
`stancemark rehydrate` joins it with copies of the articles and checks every hash.
"""


def wordless(files: Files) -> Files:
    """The files of a release, lazily, those that tell checksums last. What has no words already stays as it is."""
    held: dict[str, bytes] = {}
    new: dict[str, str] = {}
    for name, content in files:
        if name in (CROISSANT, manifest.NAME):
            held[name] = b"".join(content)
        else:
            yield name, _watched(name, _without(name, content), new)
    old: Mapping[str, str] = msgspec.json.decode(held[manifest.NAME])["files"]
    described = replaced(held[CROISSANT], {old[name]: sha256 for name, sha256 in new.items()})
    new[CROISSANT] = manifest.sha256_of_bytes(described)
    yield CROISSANT, iter([described])
    listed = replaced(held[manifest.NAME], {old[name]: sha256 for name, sha256 in new.items()})
    yield manifest.NAME, iter([manifest.renewed(listed)])


def replaced(content: bytes, checksums: Mapping[str, str]) -> bytes:
    """With other checksums in the place of those given."""
    for old, new in checksums.items():
        content = content.replace(old.encode(), new.encode())
    return content


def _watched(name: str, content: Iterator[bytes], sums: dict[str, str]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for block in content:
        digest.update(block)
        yield block
    sums[name] = digest.hexdigest()


def _without(name: str, content: Iterator[bytes]) -> Iterator[bytes]:
    change = _CHANGES.get(name)
    if change is not None:
        yield from _changed(content, change)
        return
    yield from content
    if name == "README.md":
        yield _REMARK.encode()


def _changed(content: Iterator[bytes], change: Callable[[Line], Line]) -> Iterator[bytes]:
    decoder, encoder, rest = msgspec.json.Decoder(dict[str, Any]), msgspec.json.Encoder(), b""
    for block in content:
        *lines, rest = (rest + block).split(b"\n")
        yield b"".join(encoder.encode(change(decoder.decode(line))) + b"\n" for line in lines)


def _document(line: Line) -> Line:
    return line | {"text": ""}


def _label(line: Line) -> Line:
    hashed = line.get("quote_sha256") or manifest.sha256_of_bytes(line["quote"].encode())
    note = {"note": ""} if "note" in line else {}
    return line | note | {"quote": "", "quote_sha256": hashed}


def _decision(line: Line) -> Line:
    return line | {"note": "", "gold": line["gold"] and line["gold"] | {"quote": ""}}


_CHANGES: Mapping[str, Callable[[Line], Line]] = {
    "documents.jsonl": _document,
    "labels.jsonl": _label,
    "gold.jsonl": _label,
    "decisions.jsonl": _decision,
}
