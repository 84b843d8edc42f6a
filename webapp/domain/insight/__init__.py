"""From the figures of agreement to the labels behind them: who differs from whom, in what, where, what would help."""

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.domain.agreement import krippendorff_alpha
from webapp.domain.annotations import FIELDS, Annotated, Annotations
from webapp.domain.insight.articles import by_document
from webapp.domain.insight.confusion import MERGEABLE, confusion, merged
from webapp.domain.insight.days import by_day, days_of
from webapp.domain.insight.hardness import differences, listed
from webapp.domain.insight.leaving_out import without_documents
from webapp.domain.insight.paired import of_table
from webapp.domain.insight.people import by_annotator, by_pair, kappas
from webapp.domain.ratings.fields import Matched
from webapp.domain.ratings.table import Ratings
from webapp.domain.schemes import Scheme
from webapp.domain.spans.continua import Spans

Insight = dict[str, Any]


def insight(
    annotations: Annotations, labels: Matched, tables: Mapping[str, Ratings], spans: Spans, scheme: Scheme
) -> Insight:
    """What stands behind the figures of the report that is made of the same parts: JSON, in a stable order.

    All over compared documents. `alpha` is Krippendorff's, nominal, null where it is undefined.
    """
    compared = annotations.compared
    documents = [document.id for document in compared]
    paired = {field: of_table(tables[field]) for field in FIELDS}
    whole = {field: krippendorff_alpha.estimate(tables[field]).value for field in FIELDS}
    found = differences(labels, compared, tables, paired, scheme)
    pairs, days = kappas(tables), days_of(labels)
    return {
        "matching": _matching(compared, labels),
        "confusions": {field: confusion(field, tables[field], paired[field], scheme) for field in FIELDS},
        "documents": by_document(documents, labels.documents, tables, paired, found),
        "annotators": by_annotator(compared, labels, pairs, whole),
        "pairs": by_pair(compared, pairs, spans),
        "what_if": {
            "merged": merged({field: tables[field] for field in MERGEABLE}, paired, scheme),
            "without_document": without_documents(documents, tables, whole),
        },
        "over_time": {field: by_day(days, tables[field], paired[field]) for field in FIELDS},
        "clusters": listed(labels, found),
    }


def _matching(compared: Sequence[Annotated], labels: Matched) -> dict[str, int]:
    """Whether they marked the same words: clusters in which everyone who finished has a label, and labels alone."""
    eligible = {document.id: len(document.annotators) for document in compared}
    sizes = [(len(cluster), eligible[id]) for cluster, id in zip(labels.clusters, labels.documents, strict=True)]
    return {
        "clusters": len(sizes),
        "of_all": sum(size == everyone for size, everyone in sizes),
        "alone": sum(size == 1 for size, _ in sizes),
        "labels": sum(size for size, _ in sizes),
    }
