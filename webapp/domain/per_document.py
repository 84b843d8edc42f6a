"""What each compared document adds to the sums of a measure: worked out once, and left out one by one."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from webapp.domain.continua import Spans

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
