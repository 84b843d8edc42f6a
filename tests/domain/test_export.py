"""Formats of exports register themselves and write lazily."""

import json

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.export import formats, jsonl

values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.text())


def test_jsonl_is_the_first_format() -> None:
    found = formats()
    assert next(iter(found)) == "jsonl"
    assert all(name == format.name for name, format in found.items())


@given(st.lists(st.dictionaries(st.text(min_size=1), values)))
def test_a_line_is_a_record_with_its_keys_in_order(records: list[dict[str, object]]) -> None:
    lines = list(jsonl.write((), records))
    assert len(lines) == len(records)
    for line, record in zip(lines, records, strict=True):
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert list(json.loads(line).items()) == list(record.items())


def test_a_line_is_written_before_the_next_record_is_asked_for() -> None:
    asked = []

    def records():  # type: ignore[no-untyped-def]
        for number in range(3):
            asked.append(number)
            yield {"number": number}

    written = jsonl.write((), records())
    assert next(written) == b'{"number":0}\n' and asked == [0]
