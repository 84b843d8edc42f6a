"""croissant.json: the files and columns of a release as MLCommons Croissant 1.0 describes data sets (JSON-LD)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from webapp.domain.files import records

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_ENCODINGS = {"jsonl": "application/jsonlines", "toml": "application/toml", "md": "text/markdown"}
_INTEGERS = frozenset({"start", "end", "revision", "release", "scheme", "guide"})
_FLAGS = frozenset({"on_target", "ascribed", "unsure"})
_LISTS = frozenset({"chain", "annotators", "members", "aliases"})
_DAYS = frozenset({"created_at", "updated_at", "finished_at", "closed_at"})
_OBJECTS = frozenset({"votes", "headings", "excluded"})  # lists of objects, which a record has no type for
_COLUMNS: Mapping[str, Sequence[str]] = {
    "documents": records.DOCUMENT,
    "labels": records.LABEL,
    "gold": records.GOLD,
    "speakers": records.SPEAKER,
    "assignments": records.ASSIGNMENT,
    "rounds": records.ROUND,
}
_WHAT = {
    "documents": "The articles.",
    "labels": "Every annotator’s labels.",
    "gold": "The gold labels.",
    "speakers": "Who the speakers are.",
    "assignments": "Who was to label what, and who finished.",
    "rounds": "The rounds of labelling.",
}


def croissant(
    name: str,
    description: str,
    cite_as: str,
    licence: str | None,
    day: str,
    number: int,
    files: Iterable[tuple[str, str]],
) -> bytes:
    """The description; `files` are names and hex SHA-256 of what lies beside it."""
    listed = dict(files)
    said: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": description,
        "citeAs": cite_as,
        **({} if licence is None else {"license": licence}),
        "datePublished": day,
        "version": f"{number}.0.0",
        "distribution": [_file(name, sha256) for name, sha256 in listed.items()],
        "recordSet": [_record_set(stem) for stem in _WHAT if f"{stem}.jsonl" in listed],
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def _file(name: str, sha256: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": _ENCODINGS[name.rpartition(".")[2]],
        "sha256": sha256,
    }


def _encoding(name: str) -> str:
    return {"jsonl": "application/jsonlines", "toml": "application/toml", "md": "text/markdown"}[
        name.rpartition(".")[2]
    ]


def _record_set(stem: str) -> dict[str, Any]:
    columns = [column for column in _COLUMNS[stem] if column not in _OBJECTS]
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "description": _WHAT[stem],
        "field": [_field(stem, column) for column in columns],
    }


def _field(stem: str, column: str) -> dict[str, Any]:
    made = {
        "@type": "cr:Field",
        "@id": f"{stem}/{column}",
        "name": column,
        "dataType": _type(column),
        "source": {"fileObject": {"@id": f"{stem}.jsonl"}, "extract": {"column": column}},
    }
    return made | ({"repeated": True} if column in _LISTS else {})


def _type(column: str) -> str:
    if column in _FLAGS:
        return "sc:Boolean"
    if column in _DAYS:
        return "sc:Date"
    return "sc:Integer" if column in _INTEGERS else "sc:Text"
