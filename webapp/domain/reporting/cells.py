"""Figures as cells of CSV files: numbers in full precision, words that no spreadsheet runs."""

import csv
import re
from collections.abc import Iterable, Iterator

from webapp.domain.files.spreadsheets import harmless

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cell(value: object) -> str:
    """A value in words: true and false, nothing for None; what is a number stays one, also with a sign before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    words = str(value)
    shown = harmless(words)
    return words if shown != words and _NUMBER.fullmatch(words) else shown


class _Echo:
    """A file that hands each line straight back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Rows as lines of CSV, ending in LF, with quotes only where needed."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    return (writer.writerow(map(cell, row)) for row in rows)
