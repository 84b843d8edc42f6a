"""From clusters and what was decided about them to the records of gold.jsonl (contract, section 5)."""

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.domain.annotations import FIELDS
from webapp.domain.gold.adjudication import GOLD_FIELDS, proposed, waits
from webapp.domain.release.hiding import keyed_id

Row = dict[str, Any]
Redirections = Mapping[str, str]  # speakers that were merged, by id: into whom


def is_gold(cluster: Mapping[str, Any]) -> bool:
    """Whether the cluster is settled, and not by a rejection."""
    row = cluster["decision_row"]
    return not waits(cluster) and (row is None or row["action"] != "reject")


def gold_records(
    clusters: Sequence[Mapping[str, Any]],
    text_sha256: str,
    round: str,
    speakers: Mapping[str, tuple[str, str]],
    redirections: Redirections,
    secret: bytes,
) -> list[Row]:
    """The records of one document's settled clusters, by place, speaker and id.

    `clusters` are as the adjudication page has them, `annotator` of `labels_full` being a pseudonym; `speakers` have
    name and kind by id; `secret` is what ids are made with.
    """
    made = [_record(one, text_sha256, round, speakers, redirections, secret) for one in clusters if is_gold(one)]
    return sorted(made, key=lambda row: (row["start"], row["end"], row["speaker"], row["id"]))


def _record(
    cluster: Mapping[str, Any],
    text_sha256: str,
    round: str,
    speakers: Mapping[str, tuple[str, str]],
    redirections: Redirections,
    secret: bytes,
) -> Row:
    decided = cluster["decision_row"]
    gold = decided["gold"] if decided else proposed(cluster)
    speaker = redirected(gold["speaker"] or "", redirections)
    name, kind = speakers.get(speaker, (speaker, ""))
    return {
        "id": keyed_id(secret, f"{cluster['document']}\n{_subject(cluster)}"),
        "document": cluster["document"],
        "text_sha256": text_sha256,
        **{name: gold[name] for name in GOLD_FIELDS[:3]},
        "speaker": speaker,
        "speaker_name": name,
        "speaker_kind": kind,
        "chain": [redirected(link, redirections) for link in gold["chain"]],
        "stance": gold["stance"],
        "on_target": gold["on_target"],
        "ascribed": bool(gold["ascribed"]),  # off target, where it means nothing, votes may tie
        "claim_type": gold["claim_type"],
        "decided_by": _decided_by(cluster),
        "annotators": sorted({label["annotator"] for label in cluster["labels_full"]}),
        "votes": _votes(cluster["votes"]),
        "round": round,
    }


def _subject(cluster: Mapping[str, Any]) -> str:
    """What stays when others join a cluster or somebody decides it: its first label, else its decision's own key."""
    first: str = min(cluster["labels"], default=cluster["key"])
    return first


def _decided_by(cluster: Mapping[str, Any]) -> str:
    if cluster["decision_row"]:
        return "adjudicator"
    return "single" if cluster["single_by_plan"] else "agreement"


def _votes(votes: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """Fields in their order, in each the most frequent value first, then by code point."""
    return [
        {"field": field, "value": value, "count": count}
        for field in FIELDS
        for value, count in sorted(votes.get(field, {}).items(), key=lambda item: (-item[1], item[0]))
    ]


def redirected(speaker: str, redirections: Redirections) -> str:
    """Who stands for the speaker after merges, which never go in a circle."""
    while speaker in redirections:
        speaker = redirections[speaker]
    return speaker
