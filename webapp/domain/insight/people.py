"""Where agreement is lost: annotator by annotator, and pair by pair."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from webapp.domain.agreement import cohen_kappa, measures
from webapp.domain.annotations import FIELDS, Annotated
from webapp.domain.insight.leaving_out import without_annotators
from webapp.domain.ratings.estimates import THIN, Pair
from webapp.domain.ratings.fields import Matched
from webapp.domain.ratings.table import Ratings
from webapp.domain.spans.continua import Spans

Two = tuple[str, str]


def kappas(tables: Mapping[str, Ratings]) -> dict[str, dict[Two, Pair]]:
    """Cohen's κ of each field, by pair a < b."""
    return {field: _by_names(cohen_kappa.estimate(tables[field]).pairs) for field in FIELDS}


def _by_names(pairs: Sequence[Pair] | None) -> dict[Two, Pair]:
    return {(pair.a, pair.b): pair for pair in pairs or ()}


def by_pair(
    compared: Sequence[Annotated], found: Mapping[str, Mapping[Two, Pair]], spans: Spans
) -> list[dict[str, Any]]:
    """Pairs a < b with a document that both finished, sorted; `thin` with fewer than ten of them."""
    common = Counter(pair for document in compared for pair in combinations(document.annotators, 2))
    (overlap,) = (measure for measure in measures("spans") if measure.name == "f1_overlap")
    overlaps = _by_names(overlap.estimate(spans).pairs)
    return [
        {
            "a": a,
            "b": b,
            "documents": count,
            "fields": {field: _kappa(found[field].get((a, b))) for field in FIELDS},
            "f1_overlap": overlaps[a, b].value,
            "thin": count < THIN,
        }
        for (a, b), count in sorted(common.items())
    ]


def _kappa(pair: Pair | None) -> dict[str, Any]:
    return {"kappa": pair.value, "units": pair.units} if pair else {"kappa": None, "units": 0}


def by_annotator(
    compared: Sequence[Annotated],
    labels: Matched,
    found: Mapping[str, Mapping[Two, Pair]],
    whole: Mapping[str, float | None],
) -> list[dict[str, Any]]:
    """Everybody who finished a compared document, sorted; `whole` is α of each field with all of them.

    `kappa_with_others` is the plain mean over the defined pairs that the annotator is in.
    """
    documents = Counter(name for document in compared for name in document.annotators)
    made = Counter(label.annotator for cluster in labels.clusters for label in cluster)
    alone = Counter(cluster[0].annotator for cluster in labels.clusters if len(cluster) == 1)
    without = without_annotators(compared, labels)
    return [
        {
            "annotator": name,
            "labels": made[name],
            "documents": documents[name],
            "alone": alone[name],
            "alpha_without": without.get(name, dict(whole)),
            "kappa_with_others": {field: _mean_with(name, found[field]) for field in FIELDS},
        }
        for name in sorted(documents)
    ]


def _mean_with(name: str, pairs: Mapping[Two, Pair]) -> float | None:
    values = [pair.value for two, pair in pairs.items() if name in two and pair.value is not None]
    return sum(values) / len(values) if values else None
