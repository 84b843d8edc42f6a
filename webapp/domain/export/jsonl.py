"""JSON Lines: UTF-8, one object a line, keys in the order of the record."""

from collections.abc import Iterable, Iterator

import msgspec

from webapp.domain.export import Format, Record


def write(records: Iterable[Record]) -> Iterator[bytes]:
    """One line a record."""
    encoder = msgspec.json.Encoder()
    for record in records:
        yield encoder.encode(record) + b"\n"


FORMAT = Format("jsonl", "application/jsonl; charset=utf-8", write)
