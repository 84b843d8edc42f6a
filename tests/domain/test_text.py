"""Canonical text, spaces and grapheme clusters, over text that is hard on purpose."""

import hashlib
from itertools import product

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.text import (
    SPACES,
    canonical,
    cuts_grapheme,
    grapheme_cuts,
    has_unstorable,
    is_space,
    sha256_of,
    slug,
    trim,
    trim_whole,
)

HARD = [
    *SPACES,
    "\r\n",
    "\u200b\u200c\u200d\u2060\ufeff\x1c\x1f\x00",  # no spaces, though some tools think so
    "\u0301\u0308\u20e3\ufe0f",  # marks that belong to what stands before them
    "👩\u200d👩\u200d👧",
    "👍🏽",
    "🇫🇷🇩",
    "क्षि",
    "\u1100\u1161\u11a8각",
    "\u0600",  # a sign that belongs to what stands behind it
    "هل؟",
    "“é”",
    "aB.",
]
hard_text = st.lists(st.sampled_from(HARD) | st.characters(), max_size=30).map("".join)


def clusters_cut_at(text: str) -> set[int]:
    ends, at = set(), 0
    for cluster in regex.findall(r"\X", text):
        at += len(cluster)
        ends.add(at)
    return set(range(1, len(text))) - ends


def test_each_hard_text_next_to_each_other_one_is_cut_where_clusters_end() -> None:
    for text in ("".join(pair) for pair in product(HARD, repeat=2)):
        cuts = clusters_cut_at(text)
        assert grapheme_cuts(text) == cuts
        assert {at for at in range(len(text)) if cuts_grapheme(text, at)} == cuts


@given(hard_text)
def test_an_offset_cuts_a_cluster_exactly_where_the_whole_text_read_from_its_start_says_so(text: str) -> None:
    cuts = clusters_cut_at(text)
    assert grapheme_cuts(text) == cuts
    assert {at for at in range(-1, len(text) + 2) if cuts_grapheme(text, at)} == cuts


def test_a_cut_far_from_anything_ascii_is_found() -> None:
    assert cuts_grapheme("著" * 5000 + "e\u0301", 5001)
    assert not cuts_grapheme("著" * 5000 + "e\u0301", 5000)


@given(hard_text)
def test_trimming_takes_spaces_and_nothing_else(text: str) -> None:
    start, end = trim(text, 0, len(text))
    assert text[start:end] == text.strip(SPACES)
    assert all(map(is_space, text[:start] + text[end:]))


@given(hard_text, st.data())
def test_trimming_whole_characters_leaves_no_space_and_no_half_character_at_the_edges(
    text: str, data: st.DataObject
) -> None:
    edges = st.integers(0, len(text))
    first, last = sorted((data.draw(edges), data.draw(edges)))
    cuts = grapheme_cuts(text)
    start, end = trim_whole(text, first, last, cuts)
    assert first <= start <= end <= last
    if start < end:
        assert not {start, end} & cuts
        assert not is_space(text[start])
        assert not is_space(text[end - 1])
    if not cuts:
        assert (start, end) == trim(text, first, last)


def test_trimming_never_leaves_the_stretch() -> None:
    assert trim_whole("\r\n", 0, 1, grapheme_cuts("\r\n")) == (1, 1)
    assert trim_whole("e\u0301\u0301", 1, 2, grapheme_cuts("e\u0301\u0301")) == (2, 2)


@pytest.mark.parametrize("character", ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\x1c", "\x1f"])
def test_invisible_characters_are_no_spaces(character: str) -> None:
    assert trim(character + "a" + character, 0, 3) == (0, 3)


@given(hard_text)
def test_canonical_text_has_no_carriage_return_and_is_otherwise_the_same(text: str) -> None:
    made = canonical(text)
    assert "\r" not in made
    assert made == canonical(made)
    assert made.split("\n") == regex.split(r"\r\n|\r|\n", text)


def test_the_hash_is_that_of_the_utf8_bytes() -> None:
    assert sha256_of("é👍") == hashlib.sha256("é👍".encode()).hexdigest()


def test_what_cannot_be_stored_is_named() -> None:
    assert has_unstorable("é👍\n") is None
    assert has_unstorable("a\x00b") == "a NUL character"
    assert has_unstorable("a\ud83d") == "half a surrogate pair"


@given(st.text(max_size=100))
def test_a_slug_is_a_valid_id(words: str) -> None:
    assert regex.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", slug(words))
