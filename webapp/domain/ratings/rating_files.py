"""The long CSV `unit,annotator,value[,document]` of anybody's ratings. Pure: bytes in, a table or a refusal out."""

import csv
import io

from webapp.domain.errors import Invalid
from webapp.domain.ratings.table import Level, Ratings

COLUMNS = ("unit", "annotator", "value", "document")
NEEDED = COLUMNS[:3]
MOST_ANNOTATORS = 1_000  # each is compared with each other
MOST_CELLS = 500_000_000  # of units by annotators


def read_ratings(content: bytes, level: Level = "nominal") -> Ratings:
    """The table: columns in any order, others not read; an empty value is a missing rating.

    UTF-8 with or without a byte order mark, lines ending in LF, CRLF or CR, quotes where needed. Raises Invalid with
    the line and the reason: no such column, a row of another width, a unit, annotator or document without a name, a
    unit that is in two documents or that one annotator rated twice, what is no UTF-8 or no CSV.
    """
    text = _decoded(content)
    columns = _columns(text)
    _check_names(text, columns)
    document_of = _document_of(text, columns) if "document" in columns else None
    _check_size(columns)
    ratings = Ratings.from_columns(*(columns[name] for name in NEEDED), document_of=document_of, level=level)
    if ratings.size < len(columns["value"]):  # some are empty, or were written over by others
        _check_pairs(text, columns)
    return ratings


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = content.count(b"\n", 0, why.start) + 1
        raise Invalid(f"line {line}: this is not UTF-8; save the file as UTF-8") from None


def _columns(text: str) -> dict[str, list[str]]:
    """The cells of each column that is read."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    cells: list[str] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_heading(names)
        for row in reader:
            if len(row) == len(names):
                cells += row
            elif row:
                line = _line(text, len(cells) // len(names))
                raise Invalid(f"line {line}: the row has {len(row)} cells, the first line {len(names)}")
    except csv.Error as why:
        raise Invalid(f"line {reader.line_num}: this is not valid CSV ({why})") from None
    return {name: cells[names.index(name) :: len(names)] for name in COLUMNS if name in names}


def _check_heading(names: list[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise Invalid(
            f"line 1: there is no column {' and no column '.join(missing)}; "
            "the first line has to name unit, annotator and value, with commas between"
        )
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise Invalid(f"line 1: there are two columns {twice[0]}; keep one")


def _check_names(text: str, columns: dict[str, list[str]]) -> None:
    for name in columns.keys() - {"value"}:
        if "" in columns[name]:
            raise Invalid(f"line {_line(text, columns[name].index(''))}: the {name} is empty; give it a name")


def _document_of(text: str, columns: dict[str, list[str]]) -> dict[str, str]:
    """The document of each unit."""
    found: dict[str, str] = {}
    for row, (unit, document) in enumerate(zip(columns["unit"], columns["document"], strict=True)):
        if found.setdefault(unit, document) != document:
            reason = f"unit {unit} is in document {document}, before in {found[unit]}; a unit has one document"
            raise Invalid(f"line {_line(text, row)}: {reason}")
    return found


def _check_size(columns: dict[str, list[str]]) -> None:
    annotators, units = len(set(columns["annotator"])), len(set(columns["unit"]))
    if annotators > MOST_ANNOTATORS or annotators * units > MOST_CELLS:
        most = min(MOST_ANNOTATORS, MOST_CELLS // units)
        raise Invalid(f"{annotators:,} annotators of {units:,} units; at most {most:,} can be compared")


def _check_pairs(text: str, columns: dict[str, list[str]]) -> None:
    seen = set()
    for row, pair in enumerate(zip(columns["unit"], columns["annotator"], strict=True)):
        if pair in seen:
            raise Invalid(f"line {_line(text, row)}: {pair[1]} rated unit {pair[0]} before; keep one of the two rows")
        seen.add(pair)


def _line(text: str, row: int) -> int:
    """The line in which a row begins; rows are counted from 0 after the heading, blank ones not."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    while True:
        line, cells = reader.line_num + 1, next(reader)
        row -= bool(cells)
        if row < 0:
            return line
