"""Files that were good once and then were cut, joined and scribbled over: taken or refused, never an error of ours.

`make soak` sends very many more.
"""

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import World
from webapp.places import place
from webapp.services import doctor

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
EXAMPLES = 400 if SOAK else 12
CSV = b'id,title,text\n7,"A, title","Some words.\nMore words."\n8,,=1+1\n'
# what breaks readers: marks of other formats, numbers that are none, depth, half a character
BITS = [
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"\\", b"{", b"[" * 2_000, b"]", b"}"),
    *(
        b"NaN",
        b"1e999",
        b"-1",
        b"9" * 400,
        b"null",
        b"true",
        b'"\\ud800"',
        b"=1+1",
        b"../",
        b"PK\x05\x06",
        b"[[",
        b"'''",
    ),
    *(b"a.b.c = 1\n", b"<script>", b"\t", b",", "é".encode(), b"\xf0\x9f\x98"),
]


@st.composite
def scribbled(draw: st.DrawFn, good: bytes) -> bytes:
    """The file after up to five accidents."""
    found = bytearray(good)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(found)))
        end = min(len(found), start + draw(st.integers(0, 40)))
        found[start:end] = draw(st.sampled_from([b"", bytes(found[start:end]) * 2, *BITS]) | st.binary(max_size=8))
    return bytes(found)


def _seed(name: str) -> Callable[[World], bytes]:
    return lambda _world: (place("seeds") / name).read_bytes()


def _texts(_world: World) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "Some words.")
        archive.writestr("b.csv", CSV)
    return packed.getvalue()


def _bundle(world: World) -> bytes:
    world.stored("Bob")
    with world.visitor("Curt").get("/p/letter/export/bundle.zip?names=1") as answer:
        return bytes(answer.data)


# address, field, name of the file, a good one
UPLOADS: list[tuple[str, str, str, Callable[[World], bytes]]] = [
    ("documents", "files", "a.jsonl", _seed("articles.jsonl")),
    ("documents", "files", "a.csv", lambda _world: CSV),
    ("documents", "files", "a.zip", _texts),
    ("settings/bundle", "file", "a.zip", _bundle),
    ("settings/scheme", "file", "a.toml", _seed("scheme.toml")),
    ("settings/guide", "file", "a.md", _seed("guide.md")),
]


@pytest.mark.parametrize(("address", "field", "name", "good"), UPLOADS, ids=[f"{u[0]}-{u[2]}" for u in UPLOADS])
def test_no_file_is_an_error_of_ours(
    sqlite_only: World, address: str, field: str, name: str, good: Callable[[World], bytes]
) -> None:
    curt, content = sqlite_only.visitor("Curt"), good(sqlite_only)
    answered = set()

    def send(sent: bytes) -> int:
        form: dict[str, Any] = {field: (io.BytesIO(sent), name), "title": "Later", "round": ""}
        answer = curt.post(f"/p/letter/{address}", data=form, content_type="multipart/form-data")
        assert answer.status_code in (200, 303, 409, 422), answer.text
        answered.add(answer.status_code)
        return answer.status_code

    assert send(content) < 400, "the file is good"

    @settings(max_examples=EXAMPLES, derandomize=not SOAK, suppress_health_check=list(HealthCheck))
    @given(sent=scribbled(content))
    def run(sent: bytes) -> None:
        send(sent)

    run()
    assert 422 in answered
    assert [found.what for found in doctor.examine(sqlite_only.db) if not found.ok] in ([], ["administrators"])
