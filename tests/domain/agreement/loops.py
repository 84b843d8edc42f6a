"""The measures of a table once more, as plain loops over the definitions: slow, and short enough to be believed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

Row = tuple[str, str, str]  # unit, annotator, value
Unit = Mapping[str, str]  # annotator to value
Value = float | None


def units_of(rows: Iterable[Row]) -> list[Unit]:
    units: dict[str, dict[str, str]] = {}
    for unit, annotator, value in rows:
        units.setdefault(unit, {})[annotator] = value
    return list(units.values())


def percent_agreement(units: Sequence[Unit]) -> Value:
    shares = []
    for unit in units:
        given, n = list(unit.values()), len(unit)
        if n >= 2:
            shares.append(sum(given.count(k) * (given.count(k) - 1) for k in set(given)) / (n * (n - 1)))
    return sum(shares) / len(shares) if shares else None


def shares_of_values(units: Sequence[Unit]) -> dict[str, float]:
    """pi_k"""
    shares: dict[str, float] = {}
    for unit in units:
        for value in unit.values():
            shares[value] = shares.get(value, 0) + 1 / len(unit) / len(units)
    return shares


def beyond(observed: float, chance: float) -> Value:
    return None if 1 - chance < 1e-12 else (observed - chance) / (1 - chance)


def fleiss_kappa(units: Sequence[Unit]) -> Value:
    observed = percent_agreement(units)
    return None if observed is None else beyond(observed, sum(p * p for p in shares_of_values(units).values()))


def gwet_ac1(units: Sequence[Unit], offered: Iterable[str] = ()) -> Value:
    observed, shares = percent_agreement(units), shares_of_values(units)
    if observed is None or len(shares) < 2:
        return None
    q = len({*shares, *offered})
    return beyond(observed, sum(p * (1 - p) for p in shares.values()) / (q - 1))


def both_rated(units: Sequence[Unit], a: str, b: str) -> list[tuple[str, str]]:
    return [(unit[a], unit[b]) for unit in units if a in unit and b in unit]


def cohen_pair(given: Sequence[tuple[str, str]]) -> Value:
    ones, others, n = [x for x, _ in given], [y for _, y in given], len(given)
    values = {*ones, *others}
    chance = sum(ones.count(k) * others.count(k) for k in values) / n**2 if n else 1
    return beyond(sum(x == y for x, y in given) / n, chance) if n else None


def scott_pair(given: Sequence[tuple[str, str]]) -> Value:
    together, n = [value for pair in given for value in pair], len(given)
    chance = sum((together.count(k) / (2 * n)) ** 2 for k in set(together))
    return beyond(sum(x == y for x, y in given) / n, chance) if n else None


def mean_over_pairs(units: Sequence[Unit], pair: Callable[[Sequence[tuple[str, str]]], Value]) -> Value:
    annotators = sorted({annotator for unit in units for annotator in unit})
    values = [pair(both_rated(units, a, b)) for a, b in combinations(annotators, 2)]
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def cohen_kappa(units: Sequence[Unit]) -> Value:
    return mean_over_pairs(units, cohen_pair)


def scott_pi(units: Sequence[Unit]) -> Value:
    return mean_over_pairs(units, scott_pair)


def krippendorff_alpha(units: Sequence[Unit], level: str = "nominal") -> Value:
    read = str if level == "nominal" else float
    pairable = [[read(value) for value in unit.values()] for unit in units if len(unit) >= 2]
    count: dict = {}
    for given in pairable:
        for value in given:
            count[value] = count.get(value, 0) + 1

    def distance(c, k) -> float:
        if level == "nominal":
            return float(c != k)
        if level == "interval":
            return (c - k) ** 2
        between = sum(n for g, n in count.items() if min(c, k) <= g <= max(c, k))
        return (between - (count[c] + count[k]) / 2) ** 2 if c != k else 0.0

    if len(count) < 2:
        return None
    seen = sum(
        distance(c, k) / (len(given) - 1)
        for given in pairable
        for i, c in enumerate(given)
        for j, k in enumerate(given)
        if i != j
    )
    by_chance = sum(count[c] * count[k] * distance(c, k) for c in count for k in count)
    return 1 - (sum(count.values()) - 1) * seen / by_chance
