"""Label Studio JSON: tasks with `data.text`, regions as webapp/domain/export/labelstudio.py names them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from webapp.domain.errors import StancemarkError
from webapp.domain.export.labelstudio import FLAGS, KEPT
from webapp.domain.files import strict_json
from webapp.domain.foreign import Intake, Reader, offset_in, stance_of
from webapp.domain.text import canonical

WORK = ("round", "annotator", "state")
Results = dict[str, dict[str, Any]]  # of one region, by name

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def fits(files: Mapping[str, bytes]) -> bool:
    return len(files) == 1 and all(
        content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[" for content in files.values()
    )


def read(files: Mapping[str, bytes], intake: Intake) -> None:
    """Every annotation that was not cancelled; without a state it counts as finished."""
    for name, content in files.items():
        try:
            tasks = strict_json.parse(content.removeprefix(b"\xef\xbb\xbf"))
        except StancemarkError as why:
            intake.problem(name, why.message)
            continue
        for number, task in enumerate(tasks, 1):
            _read_task(f"{name}, task {number}", task, intake)


def _read_task(place: str, task: Any, intake: Intake) -> None:
    data = _dict(_dict(task).get("data"))
    if not isinstance(raw := data.get("text"), str):
        return intake.problem(place, "data.text is missing")
    annotations = [a for a in _list(_dict(task).get("annotations")) if not _dict(a).get("was_cancelled")]
    if not annotations:
        return None
    document = intake.article(place, raw, str(data.get("document") or data.get("id")))
    for annotation in annotations if document else ():
        _read_annotation(place, _dict(annotation), raw, str(document), intake)
    return None


def _read_annotation(place: str, annotation: dict[str, Any], raw: str, document: str, intake: Intake) -> None:
    said = _dict(annotation.get("stancemark"))
    work = {"round": "main", "annotator": _author(annotation), "state": "done", "document": document}
    work |= {key: said[key] for key in WORK if key in said}
    regions: dict[str, Results] = {}
    for result in map(_dict, _list(annotation.get("result"))):
        name = "stance" if result.get("type") == "labels" else str(result.get("from_name"))
        regions.setdefault(str(result.get("id")), {})[name] = result
    if not regions:
        intake.work(place, work)
    for id, results in regions.items():
        where, meta = f"{place}, region {id[:40]}", _dict(results.get("stance", {}).get("meta"))
        if reason := _unread(results, raw):
            intake.problem(where, reason)
            continue
        kept = {key: meta[key] for key in KEPT if key in meta}
        intake.work(where, work | {key: kept[key] for key in WORK if key in kept})
        given = {"id": id if _UUID.fullmatch(id) else None, **work, **kept}
        intake.label(where, given | _marked(results["stance"], raw) | _said(results))


def _author(annotation: Mapping[str, Any]) -> str | None:
    """Label Studio knows people by number, or by their address."""
    by = annotation.get("completed_by")
    return _dict(by).get("email") or (f"label-studio-{by}" if isinstance(by, int) else None)


def _unread(results: Results, raw: str) -> str | None:
    """Why the region cannot be read, if so."""
    value = _dict(results.get("stance", {}).get("value"))
    if type(value.get("start")) is not int or type(value.get("end")) is not int:
        return "a region of type labels with start and end in plain text was expected"
    if not 0 <= value["start"] < value["end"] <= len(raw):
        return f"{value['start']} to {value['end']} is no place in the text"
    if isinstance(words := value.get("text"), str) and canonical(words) != canonical(
        raw[value["start"] : value["end"]]
    ):
        return f"“{words[:40]}” does not stand at {value['start']}; has the text or an offset shifted?"
    return None


def _marked(result: Mapping[str, Any], raw: str) -> dict[str, Any]:
    start, end = (offset_in(raw, result["value"][key]) for key in ("start", "end"))
    return {"start": start, "end": end, "quote": canonical(raw)[start:end]}


def _said(results: Results) -> dict[str, Any]:
    found: dict[str, Any] = dict(stance_of(next(_values(results, "stance", "labels"), None)))
    found["claim_type"] = next(_values(results, "claim_type", "choices"), None)
    for name in ("speaker", "note"):
        found[name] = next(_values(results, name, "text"), None)
    found["chain"] = list(_values(results, "chain", "text"))
    flags = list(_values(results, "flags", "choices"))
    return found | {flag: True for flag in FLAGS if flag in flags}


def _values(results: Results, name: str, key: str) -> Iterator[Any]:
    found = _dict(results.get(name, {}).get("value")).get(key)
    yield from (found if isinstance(found, list) else [found] if isinstance(found, str) else ())


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


READER = Reader("labelstudio", fits, read)
