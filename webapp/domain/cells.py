"""Cells of CSV files: plain text, and nothing that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_RUN = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula begins with one of these


def harmless(value: object) -> str:
    """A value as the words of a cell: numbers in full precision, true and false, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    words = str(value)
    return f"'{words}" if words.startswith(_RUN) and not _NUMBER.fullmatch(words) else words


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Rows as lines of CSV, ending in LF, with quotes only where needed."""
    for row in rows:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(map(harmless, row))
        yield buffer.getvalue()
