"""What a release says of itself: ids and days that tell nothing, checksums, the card, two releases compared."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.errors import Invalid
from webapp.domain.release import card, manifest
from webapp.domain.release.comparison import compare
from webapp.domain.release.hiding import day_of, keyed_id
from webapp.domain.release.tally import Tally, examples_of, is_taught
from webapp.domain.schemes import parse_scheme
from webapp.places import place

SCHEME = parse_scheme((place("seeds") / "scheme.toml").read_text("utf-8"))
KEY = bytes(range(32))


# ---- what may not be told ----


def test_an_id_is_the_same_for_the_same_key_and_tells_no_time() -> None:
    first, second = "01932f6c-0000-7000-8000-000000000001", "01932f6c-0000-7000-8000-000000000002"
    made = keyed_id(KEY, first)
    assert made == keyed_id(KEY, first) != keyed_id(KEY, second)
    assert made != keyed_id(bytes(32), first)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made)


def test_a_moment_becomes_its_day() -> None:
    assert day_of("2025-04-02T09:01:00Z") == day_of("2025-04-02") == "2025-04-02"


# ---- checksums ----


def files() -> dict[str, bytes]:
    found = {"labels.jsonl": b'{"a":1}\n', "schemes/1.toml": b"x = 1\n", "empty.jsonl": b""}
    sums = {name: manifest.sha256_of_bytes(content) for name, content in found.items()}
    return found | {manifest.NAME: manifest.written({"release": 1, "note": "Für alle", "files": sums})}


def test_files_as_they_were_written_are_fine_and_without_a_manifest_nothing_is_asked() -> None:
    manifest.check(files())
    manifest.check({"labels.jsonl": b"anything"})
    manifest.check(files() | {"more.txt": b"beside it"})


@given(st.sampled_from(sorted(files())), st.data())
def test_one_damaged_byte_is_named(name: str, data: st.DataObject) -> None:
    content = bytearray(files()[name])
    place = data.draw(st.integers(0, max(0, len(content) - 1)))
    content[place : place + 1] = bytes([(content[place] if content else 0) ^ data.draw(st.integers(1, 255))])
    with pytest.raises(Invalid, match="damaged") as why:
        manifest.check(files() | {name: bytes(content)})
    assert name in why.value.message or manifest.NAME in why.value.message


def test_a_file_that_is_gone_is_named() -> None:
    left = files()
    del left["schemes/1.toml"]
    with pytest.raises(Invalid, match=r"schemes/1\.toml is missing"):
        manifest.check(left)


# ---- two releases ----


def gold(id: str, start: int = 0, end: int = 10, document: str = "d", **changes: Any) -> dict[str, Any]:
    row = {"id": id, "document": document, "start": start, "end": end, "speaker": "openai", "chain": []}
    fields = {"stance": "neutral", "on_target": True, "ascribed": False, "claim_type": "FACT", "decided_by": "single"}
    return row | fields | {"votes": [], "release": 1} | changes


def test_what_was_added_dropped_and_changed() -> None:
    before = [gold("a"), gold("b", 20, 30), gold("c", 40, 50), gold("d", document="e")]
    after = [
        gold("a", stance="pro-fair-use", decided_by="adjudicator", release=2),
        gold("new id", 21, 30, release=2),
        gold("d", document="e", release=2, votes=[{"field": "stance"}]),
        gold("z", 90, 95),
    ]
    found = compare(before, after, (["d", "e", "old"], ["d", "e", "f"]))
    assert [one["id"] for one in found.added] == ["z"]
    assert [one["id"] for one in found.dropped] == ["c"]
    assert [(one.before["id"], one.after["id"], one.fields) for one in found.changed] == [
        ("a", "a", ("stance", "decided_by")),
        ("b", "new id", ("start",)),
    ]
    assert (found.same, found.documents_added, found.documents_dropped) == (1, ["f"], ["old"])


def test_each_label_has_at_most_one_counterpart_and_words_in_common_decide() -> None:
    found = compare([gold("a", 0, 10)], [gold("x", 0, 4), gold("y", 3, 10)])
    assert [(one.before["id"], one.after["id"]) for one in found.changed] == [("a", "y")]
    assert [one["id"] for one in found.added] == ["x"]


labels = st.lists(
    st.builds(
        lambda n, s, d: gold(f"{d}{n}", s, s + 5, d), st.integers(0, 9), st.integers(0, 40), st.sampled_from("de")
    ),
    unique_by=lambda one: one["id"],
    max_size=8,
)


@given(labels, labels)
def test_a_comparison_loses_nothing_and_the_other_way_round_says_the_opposite(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    there, back = compare(before, after), compare(after, before)
    assert len(there.added) + len(there.changed) + there.same == len(after)
    assert len(there.dropped) + len(there.changed) + there.same == len(before)
    assert (len(there.added), len(there.dropped), there.same) == (len(back.dropped), len(back.added), back.same)
    assert compare(after, after).same == len(after)


# ---- the card ----


def release(**changes: Any) -> card.Release:
    tally = Tally()
    for stance, claim_type, on_target in (("neutral", "FACT", True), ("neutral", "VALUE", True), (None, None, False)):
        row = gold("x", stance=stance, claim_type=claim_type, on_target=on_target)
        tally.add_gold(row | {"speaker_kind": "person", "speaker_name": "A | B"})
    for origin, state in (("marked", "done"), ("marked", "open"), ("imported", "withdrawn")):
        tally.add_label({"origin": origin, "state": state})
    counts = dict.fromkeys(("gold", "labels", "documents", "speakers", "decisions", "assignments", "rounds"), 3)
    given: dict[str, Any] = {
        "slug": "letter",
        "title": "A letter: [what] *it* {says}",
        "number": 2,
        "day": "2025-04-02",
        "note": "",
        "partial": False,
        "rounds": [{"name": "main", "state": "closed", "scheme": 1, "guide": 3}],
        "scheme": SCHEME,
        "counts": counts,
        "tally": tally,
        "annotators": 2,
        "compared": 3,
        "waiting": 0,
        "figures": [card.Figure("stance", "Krippendorff α", 0.5, 0.25, 0.75, None)],
        "unfinished": 0,
        "languages": ["en"],
        "text_free": 0,
        "taught": [],
        "licence": None,
        "software": "stancemark 1",
    }
    return card.Release(**given | changes)


def text_of(**changes: Any) -> str:
    return card.card(release(**changes)).decode()


def test_the_card_says_what_a_reader_must_know() -> None:
    words = text_of(text_free=1, taught=["000", "001"], note="For [you].")
    for part in (
        "3 gold labels on 3 articles, frozen on 2025-04-02",
        "2 annotators finished articles in round main",
        "| main | closed | version 1 | version 3 |",
        "| stance | Krippendorff α | 0.500 | 0.250 to 0.750 |",
        "| neutral | 2 |\n| none (off target) | 1 |",
        "| A \\| B | 3 |",
        "1 label came from elsewhere",
        "The guide takes examples from 2 articles of this very dataset (000 and 001)",
        "1 label of unfinished work",
        "1 article may not be passed on",
        "No licence was stated",
        "For \\[you\\].",
        "@misc{letter-2,",
        "{A letter: [what] *it* (says), release 2}",
    ):
        assert part in words, part
    assert "partial" not in words and "simulated" not in words


def test_the_card_says_what_is_missing_and_what_is_made_up() -> None:
    tally = Tally()
    for _ in range(2):
        tally.add_label({"origin": "simulated", "state": "done"})
    words = text_of(partial=True, waiting=1, unfinished=2, tally=tally)
    assert "**This release is partial.** When it was made, 1 passage waited for a decision" in words
    assert "2 assignments had not been finished" in words
    assert "**All labels are simulated**" in words
    assert 'annotations_creators: ["machine-generated"]' in words


def test_without_anybody_to_compare_the_card_gives_no_figure() -> None:
    words = text_of(compared=0, figures=[])
    assert "agreement cannot be told" in words and "Krippendorff" not in words


def test_the_front_matter_is_what_hubs_read() -> None:
    head = text_of().split("---\n")[1]
    lines = [line.partition(": ") for line in head.splitlines() if ": " in line and not line.startswith(("-", " "))]
    said = {name: json.loads(value) for name, _, value in lines}
    assert said["pretty_name"] == "A letter: [what] *it* {says}, release 2"
    assert (said["language"], said["license"], said["size_categories"]) == (["en"], "unknown", ["n<1K"])
    assert "- config_name: gold\n  data_files: gold.jsonl\n  default: true" in head


@pytest.mark.parametrize(
    ("licence", "said", "shown"),
    [
        ("cc-by-4.0", 'license: "cc-by-4.0"\n', "Licence of the labels: cc-by-4.0. It does not cover"),
        ("Ask *us*", 'license: "other"\nlicense_name: "Ask *us*"\n', "Licence of the labels: Ask \\*us\\*."),
    ],
)
def test_a_licence_is_named_as_hubs_want_it(licence: str, said: str, shown: str) -> None:
    words = text_of(licence=licence)
    assert said in words and shown in words and "No licence" not in words


@pytest.mark.parametrize(
    ("count", "size"), [(999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"), (2_000_000, "1M<n<10M")]
)
def test_sizes_have_the_names_of_hubs(count: int, size: str) -> None:
    assert f'size_categories: ["{size}"]' in text_of(counts=release().counts | {"gold": count})


# ---- guides that give answers away ----


def test_articles_from_which_a_guide_takes_its_examples_are_known() -> None:
    examples = examples_of(["As in ⟨this sentence is an example⟩ (000) and ⟨short⟩.", "⟦this one is still open⟧"])
    assert examples == {"this sentence is an example"}
    assert is_taught("Look: this sentence is an example.", examples)
    assert not is_taught("short and this one is still open", examples)
