"""CSV as RFC 4180 has it: UTF-8, names first; lists and objects as JSON text; safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from webapp.domain.export import Format, Record
from webapp.domain.files.spreadsheets import harmless


def write(columns: Sequence[str], records: Iterable[Record]) -> Iterator[bytes]:
    """The names, then one row a record; a cell that a spreadsheet would run gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record[name]) for name in columns])
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    words = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return words.encode()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return harmless(value)
    return "" if value is None else msgspec.json.encode(value).decode()


FORMAT = Format(
    "csv",
    "csv",
    "text/csv; charset=utf-8",
    "An empty cell stands for both null and no words; a cell that begins with = + - @ tab or CR has an apostrophe "
    "before it.",
    rows=write,
)
