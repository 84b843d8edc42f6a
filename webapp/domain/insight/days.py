"""Agreement by the day labels were made."""

import re
from typing import Any

import numpy as np

from webapp.domain.clusters import Cluster
from webapp.domain.insight.paired import Paired
from webapp.domain.ratings.fields import Matched
from webapp.domain.ratings.table import MISSING, Ratings

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def days_of(labels: Matched) -> list[str]:
    """Of each cluster the day (UTC) its latest label was made; empty where none says."""
    return list(map(_day, labels.clusters))


def _day(cluster: Cluster) -> str:
    made = [at for label in cluster if isinstance(at := label.given.created_at, str)]
    found = _DAY.match(max(made, default=""))
    return found[0] if found else ""


def by_day(days: list[str], table: Ratings, paired: Paired) -> list[dict[str, Any]]:
    """Each day in order: how many clusters of the field's table are of that day, and α among them.

    `days` are those of all clusters; clusters without one are left out.
    """
    of_unit = [days[int(number) - 1] for number in table.units]
    known = sorted({*of_unit} - {""})
    places = {day: place for place, day in enumerate(known)} | {"": MISSING}
    group = np.array([places[day] for day in of_unit], np.intp)
    counts = np.bincount(group[group != MISSING], minlength=len(known)).tolist()
    alphas = paired.alphas(group, len(known))
    return [{"day": d, "clusters": n, "alpha": a} for d, n, a in zip(known, counts, alphas, strict=True)]
