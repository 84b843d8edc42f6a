"""Where agreement is lost: document by document."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from webapp.domain.annotations import FIELDS
from webapp.domain.insight.hardness import Differences
from webapp.domain.insight.paired import Paired
from webapp.domain.ratings.table import Ratings, coded


def by_document(
    documents: Sequence[str],
    document_of: Sequence[str],
    tables: Mapping[str, Ratings],
    paired: Mapping[str, Paired],
    found: Differences,
) -> list[dict[str, Any]]:
    """Of each document its clusters, those with a difference of any kind, and α; `document_of` is that of each cluster.

    First where there is most to settle: by the sum of the scores of its clusters, then id. (α of one document rests on
    few labels: one that stands alone with a rare value puts it at 0. It says where to look, not what comes first.)
    """
    place = coded(document_of, documents)
    clusters = np.bincount(place, minlength=len(documents)).tolist()
    differ = np.bincount(place, found.differ, len(documents)).astype(int).tolist()
    score = np.bincount(place, found.score, len(documents)).tolist()
    alphas = {f: paired[f].alphas(coded(tables[f].documents or (), documents), len(documents)) for f in FIELDS}
    rows = []
    for n, id in enumerate(documents):
        alpha = {field: alphas[field][n] for field in FIELDS}
        row = {"document": id, "clusters": clusters[n], "differences": differ[n], "score": score[n]}
        rows.append(row | {"alpha": alpha, "weakest": _weakest(alpha)})
    return sorted(rows, key=lambda row: (-row["score"], row["document"]))


def _weakest(alpha: Mapping[str, float | None]) -> str | None:
    """Speaker, stance or claim type, whichever has the lowest α, the first on a tie.

    α of a flag that is seldom set is low however often two agree.
    """
    defined = [(value, n, field) for n, field in enumerate(FIELDS[:3]) if (value := alpha[field]) is not None]
    return min(defined)[2] if defined else None
