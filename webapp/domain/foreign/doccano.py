"""doccano's JSON Lines of sequence labelling: an article a line, one file an annotator, named as they are.

The label of a span says it all: `speaker|stance|claim_type`, or `speaker|off target`.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from webapp.domain.errors import StancemarkError
from webapp.domain.files import strict_json
from webapp.domain.foreign import Intake, Reader, decoded, offset_in, stance_of
from webapp.domain.text import canonical

_LISTS = ("label", "labels", "entities")


def fits(files: Mapping[str, bytes]) -> bool:
    return any(_is_doccano(content) for name, content in files.items() if name.endswith(".jsonl"))


def _is_doccano(content: bytes) -> bool:
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    try:
        record = strict_json.parse(first)
    except StancemarkError:
        return False
    return isinstance(record, dict) and "text" in record and any(name in record for name in _LISTS)


def read(files: Mapping[str, bytes], intake: Intake) -> None:
    """Every .jsonl; whoever has a line has finished its article."""
    for name in sorted(name for name in files if name.endswith(".jsonl")):
        content = decoded(name, files[name], intake)
        for number, line in enumerate((content or "").removeprefix("\ufeff").split("\n"), 1):
            if line.strip():
                place = f"{name}, line {number}"
                try:
                    _read_line(place, strict_json.parse(line), PurePosixPath(name).stem, intake)
                except StancemarkError as why:
                    intake.problem(place, why.message)


def _read_line(place: str, record: Any, annotator: str, intake: Intake) -> None:
    raw = record.get("text") if isinstance(record, dict) else None
    if not isinstance(raw, str):
        return intake.problem(place, "an article with text and labels was expected")
    document = intake.article(place, raw, str(record.get("document") or record.get("id")))
    if document is None:
        return None
    work = {"round": "main", "document": document, "annotator": annotator, "state": "done"}
    intake.work(place, work)
    for start, end, words in _spans(record):
        fields = str(words).split("|")
        if type(start) is not int or type(end) is not int or len(fields) not in (2, 3):
            intake.problem(place, f"“{words}” at {start}: start, end and speaker|stance|claim_type were expected")
            continue
        start, end = offset_in(raw, start), offset_in(raw, end)
        marked = {"start": start, "end": end, "quote": canonical(raw)[max(start, 0) : max(end, 0)]}
        said = {"speaker": fields[0], **stance_of(fields[1]), "claim_type": fields[2] if fields[2:] else None}
        intake.label(place, {**work, **marked, **said})
    return None


def _spans(record: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Start, end and label of each span, in either of doccano's ways."""
    spans: Any = next((record[name] for name in _LISTS if record.get(name)), [])
    for span in spans if isinstance(spans, list) else [spans]:
        if isinstance(span, dict):
            yield span.get("start_offset"), span.get("end_offset"), span.get("label")
        elif isinstance(span, list) and len(span) == 3:
            yield span[0], span[1], span[2]
        else:
            yield None, None, span


READER = Reader("doccano", fits, read)
