"""Matched labels as tables of ratings, one a field: what agreement on speaker, stance and claim type is made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from webapp.domain.annotations import FIELDS, OWN_ORIGINS, UNAIDED, Annotated
from webapp.domain.clusters import Cluster, clusters
from webapp.domain.ratings.table import MISSING, Integers, Ratings
from webapp.domain.schemes import Scheme

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, eq=False)
class Matched:
    """All clusters of the compared documents, numbered through from 1, and the document of each."""

    clusters: Sequence[Cluster]
    documents: Sequence[str]

    @cached_property
    def annotators(self) -> tuple[str, ...]:
        """Everybody with a label, sorted."""
        return tuple(sorted({label.annotator for cluster in self.clusters for label in cluster}))

    @cached_property
    def places(self) -> tuple[Integers, Integers]:
        """Of each label, through all clusters: the place of its cluster and of its annotator."""
        sizes = [len(cluster) for cluster in self.clusters]
        column = {name: place for place, name in enumerate(self.annotators)}
        columns = [column[label.annotator] for cluster in self.clusters for label in cluster]
        return np.repeat(np.arange(len(sizes)), sizes), np.array(columns, dtype=np.intp)

    @cached_property
    def unaided(self) -> Integers:
        """1 for each cluster in which every speaker was picked or typed, else 0."""
        own = (all(v.given.speaker_origin in OWN_ORIGINS for v in cluster) for cluster in self.clusters)
        return np.fromiter(own, np.intp, len(self.clusters))


def matched(compared: Iterable[Annotated]) -> Matched:
    """The clusters of documents that two or more finished: documents by id, then in the order of `clusters`."""
    found = [(members, document.id) for document in compared for members in clusters(document.labels)]
    return Matched([members for members, _ in found], [document for _, document in found])


def field_ratings(labels: Matched, scheme: Scheme) -> dict[str, Ratings]:
    """The table of each of FIELDS, and `unaided`; units are clusters with two values or more, named by number."""
    flags = ("false", "true")
    offered: Mapping[str, tuple[str, ...]] = {
        "stance": tuple(sorted(scheme.stance_ids)),
        "claim_type": tuple(sorted(scheme.claim_type_ids)),
        "on_target": flags,
        "ascribed": flags,
    }
    everything = np.ones(len(labels.clusters), np.intp)
    tables = {name: _table(labels, place, everything, offered.get(name)) for place, name in enumerate(FIELDS)}
    return tables | {UNAIDED: _table(labels, FIELDS.index("speaker"), labels.unaided, None)}


def _table(labels: Matched, field: int, wanted: Integers, offered: tuple[str, ...] | None) -> Ratings:
    """One field over the wanted clusters that have at least two values of it."""
    given = [label.values[field] for cluster in labels.clusters for label in cluster]
    values = tuple(sorted({*given} - {""}))
    code = {value: place for place, value in enumerate(values)} | {"": MISSING}
    codes = np.fromiter((code[value] for value in given), np.intp, len(given))
    cluster, annotator = labels.places
    counts = np.bincount(cluster[codes >= 0], minlength=len(labels.clusters)) * wanted
    kept = (codes >= 0) & (counts[cluster] >= 2)
    columns, used = np.unique(annotator[kept]), np.unique(codes[kept])
    units = np.flatnonzero(counts >= 2)
    table = np.full((len(units), len(columns)), MISSING, np.int32, order="F")
    places = np.searchsorted(units, cluster[kept]), np.searchsorted(columns, annotator[kept])
    table[places] = np.searchsorted(used, codes[kept])
    return Ratings(
        codes=table,
        values=tuple(values[n] for n in used.tolist()),
        units=tuple(str(n + 1) for n in units.tolist()),
        annotators=tuple(labels.annotators[n] for n in columns.tolist()),
        documents=tuple(labels.documents[n] for n in units.tolist()),
        offered=offered,
    )


def rating_rows(field: str, ratings: Ratings) -> Iterator[Row]:
    """The ratings of a table as (field, unit, document, annotator, value), by unit, then annotator."""
    documents = ratings.documents or ("",) * len(ratings.units)
    for unit, document, row in zip(ratings.units, documents, ratings.codes.tolist(), strict=True):
        for annotator, code in zip(ratings.annotators, row, strict=True):
            if code != MISSING:
                yield field, unit, document, annotator, ratings.values[code]


def all_rating_rows(tables: Mapping[str, Ratings]) -> Iterator[Row]:
    """The rows of every field, in the order of FIELDS."""
    return (row for name in FIELDS for row in rating_rows(name, tables[name]))
