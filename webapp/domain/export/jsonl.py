"""JSON Lines: UTF-8, one object a line, keys in the order of the record."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from webapp.domain.export import Format, Record


def write(_columns: Sequence[str], records: Iterable[Record]) -> Iterator[bytes]:
    """One line a record."""
    encoder = msgspec.json.Encoder()
    for record in records:
        yield encoder.encode(record) + b"\n"


FORMAT = Format("jsonl", "jsonl", "application/jsonl; charset=utf-8", "", rows=write)
