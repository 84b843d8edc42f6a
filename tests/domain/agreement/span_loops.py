"""The measures of spans once more, as plain loops over code points, pairs and alignments."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product

from webapp.domain.spans.continua import Continuum, Spans, Unit

Value = float | None
Marks = Sequence[tuple[int, int, int]]  # start, end, category


def covering(units: Sequence[Unit], length: int) -> list[set[int]]:
    """Of each code point the numbers of the labels that cover it."""
    return [{n for n, unit in enumerate(units) if unit.start <= place < unit.end} for place in range(length)]


def spoken(units: Sequence[Unit], numbers: set[int], categories: bool) -> str | None:
    if not numbers:
        return None
    return "+".join(sorted({units[n].category for n in numbers})) if categories else "marked"


def lengths_of_units(values: Sequence[str | None], sets: Sequence[set[int]]) -> list[int]:
    lengths: list[int] = []
    for place, said in enumerate(values):
        goes_on = place and said is not None and values[place - 1] == said and sets[place - 1] & sets[place]
        if goes_on:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


def alpha_u(spans: Spans, categories: bool) -> Value:
    observed, squares = 0.0, 0
    totals: Counter[str | None] = Counter()
    for continuum in spans.continua:
        said = []
        for units in continuum.units.values():
            sets = covering(units, continuum.length)
            said.append([spoken(units, numbers, categories) for numbers in sets])
            squares += sum(length**2 for length in lengths_of_units(said[-1], sets))
            totals.update(said[-1])
        for one, other in permutations(said, 2):
            observed += sum(a != b for a, b in zip(one, other, strict=True)) / (len(said) - 1)
    whole = sum(totals.values())
    chance = sum(totals[c] * totals[k] for c, k in permutations(totals, 2))
    return 1 - observed * (whole - squares / whole) / chance if chance else None


def tokens(continuum: Continuum) -> list[list[int]]:
    """The code points of each token."""
    found: list[list[int]] = [[]]
    for place, letter in enumerate(continuum.text):
        if letter.isspace() or any(start <= place < end for start, end in continuum.excluded):
            found.append([])
        else:
            found[-1].append(place)
    return [token for token in found if token]


def token_values(spans: Spans, categories: bool) -> list[list[str]]:
    """Of each token what the annotators say, O where they say nothing."""
    return [
        [_token_value(token, units, categories) for units in continuum.units.values()]
        for continuum in spans.continua
        for token in tokens(continuum)
    ]


def _token_value(token: Sequence[int], units: Sequence[Unit], categories: bool) -> str:
    touching = [unit for unit in units if any(unit.original_start <= place < unit.original_end for place in token)]
    if not touching:
        return "O"
    return "+".join(sorted({unit.category for unit in touching})) if categories else "marked"


Labels = list[tuple[str, Unit]]  # with their document
F1 = Callable[[Labels, Labels], float]


def f1(spans: Spans, of_pair: F1) -> dict[tuple[str, str], Value]:
    """Of each pair; None where it shares no document or neither has a label there."""
    names = sorted({name for continuum in spans.continua for name in continuum.units})
    found: dict[tuple[str, str], Value] = {}
    for a, b in combinations(names, 2):
        shared = [each for each in spans.continua if a in each.units and b in each.units]
        one, other = ([(each.document, unit) for each in shared for unit in each.units[name]] for name in (a, b))
        found[a, b] = of_pair(one, other) if one or other else None
    return found


def f1_exact(one: Labels, other: Labels, categories: bool = False) -> float:
    def keys(labels: Labels) -> Counter[tuple[object, ...]]:
        return Counter((d, u.start, u.end, u.category if categories else "") for d, u in labels)

    return 2 * (keys(one) & keys(other)).total() / (len(one) + len(other))


def f1_exact_categories(one: Labels, other: Labels) -> float:
    return f1_exact(one, other, categories=True)


def f1_overlap(one: Labels, other: Labels) -> float:
    def share(labels: Labels, others: Labels) -> float:
        met = [any(d == e and max(u.start, v.start) < min(u.end, v.end) for e, v in others) for d, u in labels]
        return sum(met) / len(met) if met else 0

    precision, recall = share(one, other), share(other, one)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0


def soft_f1(one: Labels, other: Labels) -> float:
    def places(labels: Labels) -> set[tuple[str, int]]:
        return {(d, place) for d, unit in labels for place in range(unit.start, unit.end)}

    return 2 * len(places(one) & places(other)) / (len(places(one)) + len(places(other)))


def distance(u: tuple[int, int, int] | None, v: tuple[int, int, int] | None) -> float:
    if u is None or v is None:
        return 1
    apart = (abs(u[0] - v[0]) + abs(u[1] - v[1])) / (u[1] - u[0] + v[1] - v[0])
    return apart**2 + (u[2] != v[2])


def smallest_disorder(annotators: Sequence[Marks]) -> float:
    """Over all alignments: the first unit that is left goes with each choice of one unit or none of the others."""
    first = next((n for n, units in enumerate(annotators) if units), None)
    if first is None:
        return 0
    choices: list[Sequence[int | None]] = [[None, *range(len(units))] for units in annotators]
    choices[: first + 1] = [[None]] * first + [[0]]
    return min(
        _disorder(annotators, choice) + smallest_disorder(_rest(annotators, choice)) for choice in product(*choices)
    )


def _disorder(annotators: Sequence[Marks], choice: Sequence[int | None]) -> float:
    units = [None if n is None else marks[n] for marks, n in zip(annotators, choice, strict=True)]
    apart = [distance(u, v) for u, v in combinations(units, 2)]
    return sum(apart) / len(apart)


def _rest(annotators: Sequence[Marks], choice: Sequence[int | None]) -> list[Marks]:
    return [[u for n, u in enumerate(marks) if n != taken] for marks, taken in zip(annotators, choice, strict=True)]


def each_left_out(spans: Spans) -> Iterator[Spans]:
    for n in range(len(spans.continua)):
        yield Spans(spans.continua[:n] + spans.continua[n + 1 :])
