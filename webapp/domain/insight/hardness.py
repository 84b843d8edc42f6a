"""How much the labels of a cluster disagree, so that what to talk about first is a plain sort."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from webapp.domain.annotations import FIELDS, Annotated, Label
from webapp.domain.clusters import Cluster
from webapp.domain.insight.paired import Paired
from webapp.domain.ratings.fields import Matched
from webapp.domain.ratings.table import Integers, Numbers, Ratings
from webapp.domain.schemes import Scheme
from webapp.domain.votes import opposed_stances

SPAN, MARKED = "span", "marked"  # the kinds of difference beside FIELDS
OPPOSED = "opposed"
# What two annotators who differ add. Opposed stances weigh most: no majority may settle them (agreement.md, section
# 7.3), and the wrong one turns a speaker's words round. Then whether there is a stance at all; then a side against
# neutral, and who speaks; then what kind of claim it is, and whose. That one of the two marked nothing is often an
# oversight, and other edges seldom change what is said: these weigh little.
WEIGHTS = {
    OPPOSED: 4.0,
    "on_target": 3.0,
    "stance": 2.0,  # not opposed
    "speaker": 2.0,
    "claim_type": 1.0,
    "ascribed": 1.0,
    MARKED: 1.0,
    SPAN: 0.5,
}


@dataclass(frozen=True, eq=False)
class Differences:
    """Of every cluster: `pairs` that differ, by FIELDS, then span, marked; and its `score`."""

    pairs: Mapping[str, Integers]
    score: Numbers

    @cached_property
    def differ(self) -> Integers:
        """1 for each cluster with a difference of any kind, else 0."""
        differ: Integers = np.any(list(self.pairs.values()), axis=0).astype(np.intp)
        return differ

    def kinds(self, cluster: int) -> list[str]:
        return [kind for kind, pairs in self.pairs.items() if pairs[cluster]]


def differences(
    labels: Matched,
    compared: Sequence[Annotated],
    tables: Mapping[str, Ratings],
    paired: Mapping[str, Paired],
    scheme: Scheme,
) -> Differences:
    """A score is the mean, over pairs of those who finished the document, of the weights of what the two differ in.

    A value that is missing differs from nothing; two who both marked nothing there agree.
    """
    count = len(labels.clusters)
    pairs = {field: _by_cluster(tables[field], paired[field].differing, count) for field in FIELDS}
    by_id = {document.id: document for document in compared}
    documents = [by_id[id] for id in labels.documents]
    eligible = np.array([len(document.annotators) for document in documents], np.intp)
    size = np.array([len(cluster) for cluster in labels.clusters], np.intp)
    pairs[SPAN] = np.array(list(map(_spans, labels.clusters, _masked(documents))), np.intp)
    pairs[MARKED] = size * (eligible - size)
    opposed = _by_cluster(tables["stance"], _opposed(tables["stance"], paired["stance"], scheme), count)
    total = sum((WEIGHTS[kind] * found for kind, found in pairs.items()), np.zeros(count))
    total += (WEIGHTS[OPPOSED] - WEIGHTS["stance"]) * opposed
    return Differences(pairs, total / (eligible * (eligible - 1) / 2))


def _by_cluster(table: Ratings, of_unit: Integers, count: int) -> Integers:
    """(clusters,): what a table's units have, 0 for clusters that are not in it."""
    found = np.zeros(count, np.intp)
    found[np.array(table.units, np.intp) - 1] = of_unit
    return found


def _opposed(table: Ratings, paired: Paired, scheme: Scheme) -> Integers:
    """(units,): pairs of annotators whose stances are opposed."""
    given = np.bincount(paired.unit * paired.values + paired.value, minlength=paired.units * paired.values)
    of_value = dict(zip(table.values, given.reshape(paired.units, -1).T, strict=True)) if table.values else {}
    found = np.zeros(paired.units, np.intp)
    for stances in opposed_stances(scheme):
        if len(stances) == 2 and stances <= of_value.keys():
            a, b = stances
            found += of_value[a] * of_value[b]
    return found


def _masked(documents: Sequence[Annotated]) -> list[str]:
    """The text of each document, excluded regions as spaces."""
    made: dict[str, str] = {}
    for document in documents:
        if document.id not in made:
            text = document.text
            for start, end in document.excluded:
                text = text[:start] + " " * (end - start) + text[end:]
            made[document.id] = text
    return [made[document.id] for document in documents]


def _spans(cluster: Cluster, text: str) -> int:
    """Pairs of labels whose spans differ in words (section 7.3): in a letter or digit outside excluded regions."""
    spans = Counter((label.given.start, label.given.end) for label in cluster)
    if len(spans) == 1:
        return 0
    words: Counter[tuple[int, int]] = Counter()
    for (start, end), times in spans.items():
        words[_words(text, start, end)] += times
    return (len(cluster) ** 2 - sum(times**2 for times in words.values())) // 2


def _words(text: str, start: int, end: int) -> tuple[int, int]:
    """From the first to the last letter or digit of a span; (0, 0) for a span without any."""
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return (start, end) if start < end else (0, 0)


def listed(labels: Matched, found: Differences) -> list[dict[str, Any]]:
    """Every cluster with its number from 1 and its labels, the most disagreed first; values as compared, "" missing."""
    score = found.score.tolist()
    order = sorted(range(len(score)), key=lambda place: (-score[place], place))
    return [_cluster(place, labels, found.kinds(place), score[place]) for place in order]


def _cluster(place: int, labels: Matched, differs: list[str], score: float) -> dict[str, Any]:
    ordered = sorted(labels.clusters[place], key=lambda label: label.given.annotator)
    return {
        "number": place + 1,
        "document": labels.documents[place],
        "start": min(label.given.start for label in ordered),
        "end": max(label.given.end for label in ordered),
        "differs": differs,
        "score": score,
        "labels": list(map(_label, ordered)),
    }


def _label(label: Label) -> dict[str, Any]:
    given = label.given
    speaker, stance, claim_type, on_target, ascribed = label.values
    return {
        "id": given.id,
        "annotator": given.annotator,
        "start": given.start,
        "end": given.end,
        "speaker": speaker,
        "stance": stance,
        "claim_type": claim_type,
        "on_target": on_target,
        "ascribed": ascribed,
        "unsure": given.unsure,
    }
