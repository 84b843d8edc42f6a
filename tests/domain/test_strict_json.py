"""JSON with one meaning only."""

import json
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid, Malformed, StancemarkError
from webapp.domain.files import strict_json

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_what_json_can_say_is_taken(value: object) -> None:
    written = json.dumps(value)
    assume("\\u0000" not in written)
    assert strict_json.parse(written) == value


@given(st.binary())
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    with suppress(StancemarkError):
        strict_json.parse(raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"nul", b"'a'", b'{"a":1,}', b"\xff", b"\xef\xbb\xbf{}", b"1 2", b"\x00"])
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json.parse(raw)


@pytest.mark.parametrize("depth", [102, 900, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deep_is_malformed(left: str, right: str, depth: int) -> None:
    with pytest.raises(Malformed):
        strict_json.parse(left * depth + "1" + right * depth)
    assert strict_json.parse(left * 99 + "1" + right * 99)


def test_a_number_with_too_many_digits_is_malformed() -> None:
    with pytest.raises(Malformed):
        strict_json.parse("9" * 5_000)


@pytest.mark.parametrize("words", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[1, 1e400]"])
def test_what_is_no_number_is_refused(words: str) -> None:
    with pytest.raises(Invalid, match="number"):
        strict_json.parse(words)


@pytest.mark.parametrize("words", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'])
def test_a_doubled_key_is_refused(words: str) -> None:
    with pytest.raises(Invalid, match="“a” is there twice"):
        strict_json.parse(words)


@pytest.mark.parametrize("words", ['"a\\u0000"', '{"\\u0000": 1}', '[["\\ud83d"]]', '{"a": "\\udc00\\ud800"}'])
def test_strings_that_cannot_be_stored_are_refused(words: str) -> None:
    with pytest.raises(Invalid):
        strict_json.parse(words)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ('{"operations": [{"id": 1}, {"label": {"note": "a\\u0000"}}]}', r"\$\.operations\[1\]\.label\.note"),
        ('{"a": {"b\\u0000": "c\\u0000"}}', r"\$\.a"),
        ('"\\u0000"', r"\$"),
    ],
)
def test_the_place_of_such_a_string_is_named(words: str, path: str) -> None:
    with pytest.raises(Invalid, match=rf"There is a NUL character in '.*' - at `{path}`$"):
        strict_json.parse(words)


def test_one_line_is_not_counted_and_several_are() -> None:
    with pytest.raises(Malformed, match=r"This is not JSON: Expecting value, column 2\.$"):
        strict_json.parse("[no]\n")
    with pytest.raises(Malformed, match=r"line 2, column 1\.$"):
        strict_json.parse("[\nno]")


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert strict_json.parse('"\\ud83d\\ude00"') == "\U0001f600"
