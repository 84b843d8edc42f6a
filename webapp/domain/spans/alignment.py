"""The best alignment of what several annotators marked in one text: exact, by a linear program for three or more."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, linprog, milp
from scipy.sparse import block_diag, csc_array
from scipy.sparse.csgraph import connected_components

from webapp.domain.spans.unitary import NOTHING, Indices, Marks, Numbers, Tuples, closeness, unitary_alignments

WHOLE = 1e-6  # how far from 0 or 1 a share may be
NEAR = 0.1  # above the relaxed optimum; what is dearer is looked at only where that turns out to be needed
TOGETHER = 3_000  # tuples in one linear program: below that it is mostly overhead

Several = Sequence[Marks]  # the units of each of two or more annotators: (units, 3) with start, end, category's number


def best_alignment(annotators: Several) -> tuple[float, Tuples]:
    """The smallest sum t of unitary disorders, and tuples that reach it. Raises TooDense."""
    return next(best_alignments([annotators]))


def best_alignments(texts: Iterable[Several]) -> Iterator[tuple[float, Tuples]]:
    """For each text the smallest sum t of unitary disorders, and tuples that reach it. A unit in none stays alone.

    Raises TooDense. Small ones are worked out together.
    """
    waiting: list[tuple[Several, Tuples]] = []
    for annotators in texts:
        if len(annotators) == 2:
            yield _disorder(annotators, _assigned(annotators))
            continue
        waiting.append((annotators, unitary_alignments(annotators)))
        if sum(len(tuples.gain) for _, tuples in waiting) > TOGETHER:
            yield from _solved(waiting)
            waiting = []
    yield from _solved(waiting)


def _disorder(annotators: Several, chosen: Tuples) -> tuple[float, Tuples]:
    """Every unit alone costs 1; a tuple of r units saves r - 1, and its gain spread over all pairs of annotators."""
    pairs = len(annotators) * (len(annotators) - 1) // 2
    return sum(map(len, annotators)) - float(np.sum(chosen.size - 1 + chosen.gain / pairs)), chosen


def _assigned(annotators: Several) -> Tuples:
    """Two annotators: the pairs that save most, 2 - d each."""
    close = closeness(annotators)[0, 1]
    one, other = linear_sum_assignment(np.maximum(1 + close, 0), maximize=True)
    saving = 1 + close[one, other] > 0
    one, other = one[saving], other[saving]
    return Tuples(np.column_stack([one, other]), close[one, other])


def _solved(waiting: list[tuple[Several, Tuples]]) -> Iterator[tuple[float, Tuples]]:
    """Three or more: of the tuples that come into question those that hold each unit once at the least disorder."""
    if not waiting:
        return
    holds = block_diag([_membership(tuples, annotators) for annotators, tuples in waiting], format="csc")
    pairs = [len(annotators) * (len(annotators) - 1) // 2 for annotators, _ in waiting]
    cost = np.concatenate([1 - tuples.gain / p for (_, tuples), p in zip(waiting, pairs, strict=True)])
    chosen = np.sort(_partition(csc_array(holds), cost))
    ends = np.cumsum([len(tuples.gain) for _, tuples in waiting])
    own = np.split(chosen, np.searchsorted(chosen, ends))
    for (annotators, tuples), end, columns in zip(waiting, ends, own[:-1], strict=True):
        yield _disorder(annotators, tuples[columns - (end - len(tuples.gain))])


def _membership(tuples: Tuples, annotators: Several) -> csc_array:
    """(units of all annotators, tuples): 1 where the tuple holds the unit."""
    counts = np.array([len(units) for units in annotators])
    column, annotator = np.nonzero(tuples.members != NOTHING)
    row = tuples.members[column, annotator] + (np.cumsum(counts) - counts)[annotator]
    return csc_array((np.ones(len(row)), (row, column)), shape=(counts.sum(), len(tuples.gain)))


def _partition(holds: csc_array, cost: Numbers) -> Indices:
    """The cheapest columns that hold each row once, every row having one of its own alone.

    First with shares between 0 and 1, which is quick and often ends with whole ones; see `_settled` for the rest.
    """
    if not len(cost):
        return np.empty(0, dtype=int)
    relaxed = linprog(cost, A_eq=holds, b_eq=np.ones(holds.shape[0]), method="highs-ds", options={"presolve": False})
    assert relaxed.success, relaxed.message
    reduced = cost - holds.T @ relaxed.eqlin.marginals

    def settled(part: csc_array, columns: Indices) -> Indices:
        return _settled(part, cost[columns], relaxed.x[columns], reduced[columns])

    found = _by_parts(holds, relaxed.x, settled)
    assert found is not None, "each unit alone is a solution"
    return found


def _settled(holds: csc_array, cost: Numbers, shares: Numbers, reduced: Numbers) -> Indices:
    """The cheapest columns that hold each row once, from the relaxed solution and its reduced costs.

    Sought among columns whose reduced cost is at most `reach`. A solution with any other column costs more than the
    relaxed optimum and `reach`; so one found that does not is the best of all.
    """
    reach = NEAR
    while True:
        near = np.flatnonzero(reduced <= reach)
        among = cost[near]
        found = _by_parts(holds[:, near], shares[near], lambda part, columns: _integral(part, among[columns]))  # noqa: B023
        gap = np.inf if found is None else float(among[found].sum() - cost @ shares)
        if found is not None and gap <= reach:
            return np.asarray(near[found])
        reach = 4 * reach if found is None else gap + WHOLE


def _by_parts(
    holds: csc_array, shares: Numbers, solve: Callable[[csc_array, Indices], Indices | None]
) -> Indices | None:
    """Parts without a common row are solved apart, and not at all where the shares are whole already.

    `solve` gets a part and its columns, gives positions among them or None, then there is no solution.
    """
    is_open = np.minimum(shares, np.abs(1 - shares)) >= WHOLE
    if not is_open.any():
        return np.flatnonzero(shares > 0.5)
    _, part_of_row = connected_components(holds @ holds.T)
    part = part_of_row[holds.indices[holds.indptr[:-1]]]  # of a column: that of its first row
    chosen = [np.flatnonzero(~np.isin(part, part[is_open]) & (shares > 0.5))]
    for number in np.unique(part[is_open]):
        columns = np.flatnonzero(part == number)
        found = solve(holds[part_of_row == number][:, columns], columns)
        if found is None:
            return None
        chosen.append(columns[found])
    return np.concatenate(chosen)


def _integral(holds: csc_array, cost: Numbers) -> Indices | None:
    once = LinearConstraint(holds, 1, 1)
    found = milp(cost, constraints=once, bounds=Bounds(0, 1), integrality=1, options={"mip_rel_gap": 0})
    return None if found.x is None else np.flatnonzero(found.x > 0.5)
