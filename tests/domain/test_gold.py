"""From clusters and decisions to the records of gold.jsonl."""

from typing import Any

import pytest

from webapp.domain.gold.records import gold_records

SPEAKERS = {"openai": ("OpenAI", "organisation"), "open-ai-inc": ("Open AI Inc.", "organisation")}
GOLD = {"start": 10, "end": 26, "quote": "the mayor’s words", "speaker": "openai", "chain": ["voice", "openai"],
        "stance": "neutral", "on_target": True, "ascribed": False, "claim_type": "FACT"}  # fmt: skip
CLUSTER = {
    **GOLD,
    "document": "d1",
    "labels": ["l2", "l1"],
    "labels_full": [{"annotator": "annotator-02"}, {"annotator": "annotator-01"}],
    "single_by_plan": False,
    "votes": {
        "speaker": {"openai": 2},
        "stance": {"neutral": 1, "for": 1, "against": 2},
        "claim_type": {},
        "on_target": {"true": 2},
        "ascribed": {"false": 2},
    },
    "decision": "auto",
    "reasons": [],
    "key": "k",
    "stale": False,
    "decision_row": None,
}
CHOSEN = GOLD | {"stance": "for", "start": 12, "quote": "other words"}


def row(action: str) -> dict[str, Any]:
    return {"action": action, "gold": None if action == "reject" else CHOSEN, "note": "", "by": "x", "revision": 1}


def records(*changes: dict[str, Any], redirections: dict[str, str] | None = None, secret: bytes = b"s") -> Any:
    clusters = [CLUSTER | change for change in changes]
    return gold_records(clusters, "hash", "main", SPEAKERS, redirections or {}, secret)


def test_a_record_has_the_keys_of_the_contract_in_their_order() -> None:
    (found,) = records({})
    assert list(found) == [
        *("id", "document", "text_sha256", "start", "end", "quote", "speaker", "speaker_name", "speaker_kind"),
        *("chain", "stance", "on_target", "ascribed", "claim_type", "decided_by", "annotators", "votes", "round"),
    ]
    assert {name: found[name] for name in GOLD} == GOLD
    assert (found["text_sha256"], found["speaker_name"], found["speaker_kind"], found["round"]) == (
        *("hash", "OpenAI", "organisation"),
        "main",
    )
    assert (found["decided_by"], found["annotators"]) == ("agreement", ["annotator-01", "annotator-02"])
    assert found["votes"] == [
        {"field": field, "value": value, "count": count}
        for field, value, count in (
            ("speaker", "openai", 2),
            *(("stance", "against", 2), ("stance", "for", 1), ("stance", "neutral", 1)),
            *(("on_target", "true", 2), ("ascribed", "false", 2)),
        )
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("agreement", "neutral", 10)]),
        ({"single_by_plan": True}, [("single", "neutral", 10)]),
        ({"decision_row": row("set")}, [("adjudicator", "for", 12)]),
        ({"decision_row": row("accept"), "single_by_plan": True}, [("adjudicator", "for", 12)]),
        ({"decision_row": row("add"), "labels": [], "labels_full": []}, [("adjudicator", "for", 12)]),
        ({"decision": "human", "decision_row": row("set")}, [("adjudicator", "for", 12)]),
        ({"decision_row": row("reject")}, []),
        ({"decision": "human"}, []),
        ({"decision_row": row("set"), "stale": True}, []),
        ({"stale": True}, []),
    ],
)
def test_what_is_settled_and_by_whom(change: dict[str, Any], expected: list[Any]) -> None:
    assert [(one["decided_by"], one["stance"], one["start"]) for one in records(change)] == expected


def test_speakers_that_were_merged_are_those_they_stand_for() -> None:
    change = {"speaker": "open-ai-inc", "chain": ["open-ai-inc", "voice", "open-ai-inc"]}
    (found,) = records(change, redirections={"open-ai-inc": "middle", "middle": "openai"})
    assert (found["speaker"], found["chain"]) == ("openai", ["openai", "voice", "openai"])
    assert found["speaker_name"] == "OpenAI"


def test_where_ascribed_means_nothing_it_is_false() -> None:
    off = {"on_target": False, "stance": None, "claim_type": None, "ascribed": None}
    (found,) = records(off)
    assert (found["ascribed"], found["stance"], found["claim_type"]) == (False, None, None)


def test_an_id_stays_when_a_cluster_is_decided_or_grows_and_tells_nothing() -> None:
    ids = {records(change)[0]["id"] for change in ({}, {"decision_row": row("set")}, {"labels": ["l1", "l2", "l3"]})}
    assert len(ids) == 1 and "l1" not in ids
    assert records({"labels": ["l2"]})[0]["id"] not in ids and records({"document": "d2"})[0]["id"] not in ids
    assert records({}, secret=b"other")[0]["id"] not in ids
    assert len({one["id"] for one in records({"labels": [], "key": "a"}, {"labels": [], "key": "b"})}) == 2


def test_by_place_then_speaker() -> None:
    found = records({"start": 11}, {"speaker": "open-ai-inc", "labels": ["x"]}, {"end": 20}, {"labels": ["y"]})
    assert [(one["start"], one["end"], one["speaker"]) for one in found] == [
        *((10, 20, "openai"), (10, 26, "open-ai-inc"), (10, 26, "openai")),
        (11, 26, "openai"),
    ]
