"""What each compared document adds to the sums of a measure: worked out once, and left out one by one."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from webapp.domain.spans.continua import Spans

NO_DOCUMENT = "No document was finished by two or more annotators."
NOTHING_MARKED = "Nobody marked anything in the documents that two or more finished."

Parts = TypeVar("Parts")


def once(work: Callable[[Spans], Parts]) -> Callable[[Spans], Parts]:
    """`work` done at most once for the same Spans, as long as these are in use; a measure asks for its sums twice."""
    done: WeakKeyDictionary[Spans, Parts] = WeakKeyDictionary()

    @wraps(work)
    def remembered(spans: Spans) -> Parts:
        if spans not in done:
            done[spans] = work(spans)
        return done[spans]

    return remembered


def without_each(parts: NDArray[Any]) -> NDArray[Any]:
    """Sums over all documents but each in turn, (documents, ...). Nothing is subtracted, so zero stays zero."""
    none = np.zeros_like(parts[:1])
    before = np.cumsum(np.concatenate([none, parts[:-1]]), axis=0)
    after = np.cumsum(np.concatenate([none, parts[:0:-1]]), axis=0)[::-1]
    return np.asarray(before + after)


def why_nothing(spans: Spans) -> str | None:
    """Why no measure of spans can be defined, None if there are labels."""
    if not spans.continua:
        return NO_DOCUMENT
    return None if any(units for each in spans.continua for units in each.units.values()) else NOTHING_MARKED
