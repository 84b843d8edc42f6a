"""brat standoff: folders of .txt and .ann, `round/annotator/document.ann`; without a round it is `main`.

Entities of any type with the attributes that our own export writes (webapp/domain/export/brat.py).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from webapp.domain.errors import Invalid
from webapp.domain.export import from_file_name
from webapp.domain.export.brat import FLAGS, VALUES
from webapp.domain.foreign import Intake, Reader, decoded, offset_in
from webapp.domain.text import SPACES, canonical

_ENTITY = re.compile(r"(T\d+)\t\S+ (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)\t(.*)")
_ATTRIBUTE = re.compile(r"[AM]\d+\t(\S+) (T\d+)(?: (.+))?")
_NOTE = re.compile(r"#\d+\t\S+ (T\d+)\t(.*)")


def fits(files: Mapping[str, bytes]) -> bool:
    return any(name.endswith(".ann") for name in files)


def read(files: Mapping[str, bytes], intake: Intake) -> None:
    """Each .ann with the .txt beside it; whoever has one has finished the article."""
    for name in sorted(files):
        if not name.endswith(".ann"):
            continue
        path = PurePosixPath(name)
        beside = path.with_suffix(".txt").as_posix()
        folders = [from_file_name(part) for part in path.parts[-3:-1]]
        if beside not in files:
            intake.problem(name, f"there is no {path.stem}.txt beside it")
        elif not folders:
            intake.problem(name, "whose work is it? Put it into a folder with the annotator’s name")
        else:
            raw, lines = (decoded(file, files[file], intake) for file in (beside, name))
            if raw is not None and lines is not None and (document := intake.article(beside, raw, path.stem)):
                round = folders[-2] if len(folders) > 1 else "main"
                work = {"round": round, "document": document, "annotator": folders[-1], "state": "done"}
                intake.work(name, work)
                _read_lines(name, lines, raw, work, intake)


def _read_lines(name: str, content: str, raw: str, work: Mapping[str, str], intake: Intake) -> None:
    entities: dict[str, tuple[str, re.Match[str]]] = {}
    said: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, line in enumerate(content.split("\n"), 1):
        place, line = f"{name}, line {number}", line.removesuffix("\r")
        if match := _ENTITY.fullmatch(line):
            entities[match[1]] = place, match
        elif match := _ATTRIBUTE.fullmatch(line):
            for key, value in _fields(match[1], match[3], place, intake):
                said[match[2]][key] = value
            said[match[2]].setdefault("place", place)
        elif match := _NOTE.fullmatch(line):
            said[match[1]] |= {"note": match[2], "place": place}
        elif line.strip():
            intake.problem(place, "this is no entity, no attribute of one and no note on one")
    for id in sorted(said.keys() - entities.keys()):
        intake.problem(said[id]["place"], f"there is no {id} in this file")
    for id, (place, match) in entities.items():
        try:
            marked = _marked(canonical(raw), list(_spans(raw, match[2])), match[3])
        except Invalid as why:
            intake.problem(place, why.message)
        else:
            fields = {key: value for key, value in said[id].items() if key != "place"}
            intake.label(place, {**work, **marked, **fields})


def _fields(name: str, value: str | None, place: str, intake: Intake) -> Iterator[tuple[str, Any]]:
    if name in VALUES and value:
        yield VALUES[name], value
    elif name == "Chain" and value:
        yield "chain", value.split(",")
    elif name in FLAGS and value is None:
        yield FLAGS[name], True
    elif name == "OffTarget" and value is None:
        yield "on_target", False
    else:
        intake.problem(place, f"the attribute “{name}” is not known here, or has no value of its kind")


def _spans(raw: str, places: str) -> Iterator[tuple[int, int]]:
    for place in places.split(";"):
        start, end = place.split(" ")
        yield offset_in(raw, int(start)), offset_in(raw, int(end))


def _marked(text: str, spans: list[tuple[int, int]], shown: str) -> dict[str, Any]:
    """One stretch of the text; fragments may have only spaces between them. Raises Invalid."""
    parts = " ".join(text[start:end] for start, end in spans)
    if parts != shown:
        raise Invalid(f"“{shown[:40]}” does not stand at {spans[0][0]}; has the text or an offset shifted?")
    if any(text[a[1] : b[0]].strip(SPACES) for a, b in pairwise(spans)):
        raise Invalid("a label is one stretch of words; this one has a gap")
    start, end = spans[0][0], spans[-1][1]
    return {"start": start, "end": end, "quote": text[start:end]}


READER = Reader("brat", fits, read)
