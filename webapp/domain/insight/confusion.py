"""What is taken for what: values of two labels on the same words, counted, and what merging two of them would do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from webapp.domain.insight.paired import Paired, alphas, counted, two_by_two
from webapp.domain.ratings.table import Integers, Ratings
from webapp.domain.schemes import Scheme

MERGEABLE = ("stance", "claim_type")
MOST_SPEAKERS = 12
REST = "Other"  # all further speakers; no speaker as compared has a capital letter, so none is called that


def confusion(field: str, table: Ratings, paired: Paired, scheme: Scheme) -> dict[str, Any]:
    """Ordered pairs of labels on the same words, so symmetric; of each two annotators a < b: a's values in rows.

    `rest`, where there are more speakers than are shown: how many, and the ordered pairs of them that agree.
    """
    shown, place = _shown(field, table, paired, scheme)
    first, second = paired.pairs
    mine, theirs = place[paired.value[first]], place[paired.value[second]]
    who, pair = np.unique(
        paired.annotator[first] * len(table.annotators) + paired.annotator[second], return_inverse=True
    )
    counts = counted((pair * len(shown) + mine) * len(shown) + theirs, len(who), len(shown), len(shown))
    whole = counts.sum(axis=0)
    found: dict[str, Any] = {"values": shown, "counts": (whole + whole.T).tolist()}
    found["pairs"] = [
        {
            "a": table.annotators[n // len(table.annotators)],
            "b": table.annotators[n % len(table.annotators)],
            "counts": c,
        }
        for n, c in zip(who.tolist(), counts.tolist(), strict=True)
    ]
    if REST in shown:
        alike = (paired.value[first] == paired.value[second]) & (mine == len(shown) - 1)
        found["rest"] = {"values": len(table.values) - MOST_SPEAKERS, "same": 2 * int(np.count_nonzero(alike))}
    return found


def _shown(field: str, table: Ratings, paired: Paired, scheme: Scheme) -> tuple[list[str], Integers]:
    """The values to show in their order, and of each value of the table its place there."""
    shown = in_order(field, table, paired, scheme)
    if field == "speaker" and len(shown) > MOST_SPEAKERS + 1:
        shown = [*shown[:MOST_SPEAKERS], REST]
    places = {value: place for place, value in enumerate(shown)}
    return shown, np.array([places.get(value, len(shown) - 1) for value in table.values], np.intp)


def in_order(field: str, table: Ratings, paired: Paired, scheme: Scheme) -> list[str]:
    """Values offered or seen: of stance and claim type as the scheme has them, then others; else the frequent first."""
    own = {"stance": [s.id for s in scheme.stances], "claim_type": [c.id for c in scheme.claim_types]}.get(field)
    if own is not None:
        return [*own, *(value for value in table.values if value not in own)]
    given = dict(zip(table.values, np.bincount(paired.value, minlength=len(table.values)).tolist(), strict=True))
    return sorted({*table.values, *(table.offered or ())}, key=lambda value: (-given.get(value, 0), value))


def merged(tables: Mapping[str, Ratings], paired: Mapping[str, Paired], scheme: Scheme) -> list[dict[str, Any]]:
    """Each two values of each of MERGEABLE: α were they one; the greatest gain first, undefined last."""
    rows = []
    for field in MERGEABLE:
        values = in_order(field, tables[field], paired[field], scheme)
        rows += _merged(field, values, tables[field], paired[field])
    return sorted(rows, key=lambda row: -np.inf if row["change"] is None else row["change"], reverse=True)


def _merged(field: str, values: Sequence[str], table: Ratings, paired: Paired) -> list[dict[str, Any]]:
    places = {value: place for place, value in enumerate(values)}
    place = np.array([places[value] for value in table.values], np.intp)
    given = np.bincount(place[paired.value], minlength=len(values))
    apart = _disagreement(place, paired, len(values))
    ratings = np.array([float(len(paired.unit))])
    now = alphas(ratings, apart.sum()[None], (given @ given)[None])[0]
    rows = []
    for a, b in two_by_two(len(values)):
        rest = apart.copy()
        rest[a, b] = rest[b, a] = 0
        then = alphas(ratings, rest.sum()[None], (given @ given + 2 * given[a] * given[b])[None])[0]
        change = None if now is None or then is None else then - now
        rows.append({"field": field, "a": values[a], "b": values[b], "alpha": then, "change": change})
    return rows


def _disagreement(place: Integers, paired: Paired, values: int) -> Any:
    """(values, values): o_ck of α for c != k, 0 on the diagonal."""
    first, second = paired.pairs
    mine, theirs = place[paired.value[first]], place[paired.value[second]]
    weight = 1 / (paired.size[paired.unit[first]] - 1)
    found = np.bincount(mine * values + theirs, weight, values**2).reshape(values, values)
    np.fill_diagonal(found, 0)
    return found + found.T
