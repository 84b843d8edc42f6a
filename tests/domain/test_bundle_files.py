"""The files of a bundle as they are parsed, before any database is asked."""

import io
import json
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files.bundle_files import parse_bundle, unzipped

LABEL = {"document": "a", "annotator": "Ann", "start": 0, "end": 1, "quote": "x", "speaker": "s"}


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def test_a_label_has_defaults_for_what_may_be_missing() -> None:
    ((number, label),) = parse_bundle({"labels.jsonl": b"\xef\xbb\xbf\n" + line(**LABEL)}).labels
    assert (number, label.round, label.state, label.origin) == (2, "main", "open", "imported")
    assert (label.id, label.chain, label.on_target, label.revision, label.note) == (None, (), True, 1, "")


def test_versions_are_read_by_their_numbers_the_newest_rounds_at_the_top() -> None:
    rounds = line(name="pilot", state="closed", scheme=1, guide=1) + line(name="main", state="open", scheme=3, guide=2)
    scheme = (
        b'schema=1\nname="n"\nquestion="q"\n'
        + b"".join(
            b'[[stance]]\nid="%b"\nname="x"\ndefinition="d"\nkey="%b"\nmark="solid"\ncolor="red"\n' % (key, key)
            for key in (b"1", b"2")
        )
        + b'[[claim_type]]\nid="c"\nname="c"\ndefinition="d"\nkey="3"\n'
    )
    files = {"scheme.toml": scheme, "schemes/1.toml": scheme, "schemes/x.toml": b"", "schemes/01.toml": b""}
    files |= {"guide.md": b"two", "guides/1.md": b"one", "other/1.md": b"", "guides/" + "9" * 5_000 + ".md": b""}
    found = parse_bundle(files | {"labels.jsonl": b"", "rounds.jsonl": rounds, "README.md": b"\xff"})
    assert sorted(found.schemes) == [1, 3]
    assert found.guides == {1: "one", 2: "two"}


def test_very_many_bad_lines_are_counted() -> None:
    with pytest.raises(Invalid) as why:
        parse_bundle({"labels.jsonl": b"{\n" * 80})
    assert "line 50" in why.value.message and "line 51" not in why.value.message
    assert why.value.message.endswith("and 30 more")


_names = ("labels.jsonl", "documents.jsonl", "rounds.jsonl", "speakers.jsonl", "scheme.toml", "schemes/2.toml")


@given(st.dictionaries(st.sampled_from(_names), st.binary(max_size=60)))
def test_no_content_raises_anything_else(files: dict[str, bytes]) -> None:
    with suppress(StancemarkError):
        parse_bundle(files)


@given(st.integers(0, 400), st.integers(0, 12), st.binary(max_size=12))
def test_no_damage_to_a_zip_raises_anything_else(start: int, cut: int, put: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _names:
            archive.writestr(name, "{}\n" * 9)
    content = packed.getvalue()
    with suppress(Invalid):
        unzipped("a.zip", content[:start] + put + content[start + cut :])
        unzipped("a.zip", content[: len(content) - start] + put + content[len(content) - start + cut :])
