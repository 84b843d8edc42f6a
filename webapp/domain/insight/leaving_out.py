"""Every field's α were one annotator or one document not there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from webapp.domain.agreement import krippendorff_alpha
from webapp.domain.annotations import FIELDS, Annotated
from webapp.domain.clusters import clusters_without_each
from webapp.domain.insight.paired import pairable
from webapp.domain.ratings.fields import Matched
from webapp.domain.ratings.table import MISSING, Integers, Ratings

Alphas = dict[str, float | None]


def without_documents(documents: Sequence[str], tables: Mapping[str, Ratings], whole: Alphas) -> list[dict[str, Any]]:
    """Of each document; one that says nothing on a field leaves its α as `whole` has it."""
    rest = {
        field: dict(zip(tables[field].clusters, krippendorff_alpha.leave_one_out(tables[field]), strict=True))
        for field in FIELDS
    }
    return [{"document": id, "alpha": {f: rest[f].get(id, whole[f]) for f in FIELDS}} for id in documents]


def without_annotators(compared: Sequence[Annotated], labels: Matched) -> dict[str, Alphas]:
    """Of each annotator with a label. Their labels may have held others' together or apart, so these meet anew."""
    cluster, annotator = labels.places
    values = _values(labels)
    found = {}
    for name, (moved, to) in _moves(compared, labels).items():
        unit, own = cluster.copy(), annotator == labels.annotators.index(name)
        unit[moved] = to
        found[name] = {
            field: pairable(unit, annotator, np.where(own, MISSING, codes), count).alpha()
            for field, (codes, count) in zip(FIELDS, values, strict=True)
        }
    return found


def _values(labels: Matched) -> list[tuple[Integers, int]]:
    """Of each field the value of every label, through all clusters, as a number, and how many numbers there are."""
    made: list[tuple[Integers, int]] = []
    for given in zip(*(label.values for cluster in labels.clusters for label in cluster), strict=True):
        code = {"": MISSING}
        codes = [code.setdefault(value, len(code) - 1) for value in given]
        made.append((np.array(codes, np.intp), len(code) - 1))
    return made


def _moves(compared: Sequence[Annotated], labels: Matched) -> dict[str, tuple[list[int], list[int]]]:
    """For each annotator, labels that may meet in other clusters without them: their places, the numbers of those."""
    places = {label.id: place for place, label in enumerate(v for cluster in labels.clusters for v in cluster)}
    moves: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in labels.annotators}
    number = len(labels.clusters)
    for document in compared:
        for name, groups in clusters_without_each(document.labels):
            moved, to = moves[name]
            moved.extend(places[label.id] for group in groups for label in group)
            to.extend(n for n, group in enumerate(groups, number) for _ in group)
            number += len(groups)
    return moves
