"""What the adjudication page shows of clusters beside what the contract gives: reasons in words, moments."""

from collections.abc import Mapping
from typing import Any

from webapp.domain.reporting.wording import asked_sentences, asked_tag
from webapp.services.adjudicating import Adjudication
from webapp.services.sheets import Cluster
from webapp.views.article_page import Words
from webapp.views.moments import moment


def clusters(found: Adjudication) -> list[Cluster]:
    """Each with `why` it is asked, in sentences, `tag`, the same in a word, and `when` it was decided."""
    words, zone = Words(found.scheme, found.speakers), found.project.time_zone
    return [_cluster(one, words, zone) for one in found.clusters]


def _cluster(cluster: Cluster, words: Words, zone: str) -> Cluster:
    def name(field: str, value: str) -> str:
        if field == "speaker":
            return words.speaker(value)
        part = words.scheme.stance(value) if field == "stance" else words.scheme.claim_type(value)
        return words.lower(part.name) if part else value

    return cluster | {
        "why": asked_sentences(cluster, name),
        "tag": asked_tag(cluster),
        "decision_row": _decision(cluster["decision_row"], zone),
        "earlier": [_decision(one, zone) for one in cluster["earlier"]],
    }


def _decision(row: Mapping[str, Any] | None, zone: str) -> dict[str, Any] | None:
    return None if row is None else {**row, "when": moment(row["at"], zone)}
