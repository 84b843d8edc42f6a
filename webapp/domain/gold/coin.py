"""The one-coin posterior (section 7.1) without the numbers' libraries, for pages: the same figures as posterior.py.

It depends on the votes only by who agreed with whom: clusters in which the same people agree are one pattern.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log

from webapp.domain.clusters import Cluster

PRIOR_RIGHT, PRIOR_TRIES = 8.0, 10.0  # Beta(8, 2): what is held of an annotator before anything is seen
SMALLEST_CHANGE, MOST_ROUNDS = 1e-9, 1_000

Pattern = tuple[tuple[str, ...], ...]  # for each value that was chosen those who chose it; sorted


def pattern_of(members: Cluster, field: int) -> Pattern:
    """Who agreed with whom in a field (a place in annotations.FIELDS); empty where nobody chose a value."""
    voters: dict[str, list[str]] = defaultdict(list)
    for label in members:
        if label.values[field]:
            voters[label.values[field]].append(label.annotator)
    return tuple(sorted(tuple(sorted(who)) for who in voters.values()))


@dataclass(frozen=True, slots=True)
class Coin:
    """How often each annotator is right, and among how many values one chooses."""

    accuracy: Mapping[str, float]
    choices: int
    _known: dict[Pattern, float | None] = field(default_factory=dict, compare=False, repr=False)

    def chance(self, pattern: Pattern) -> float | None:
        """The probability of the value with most votes, on a tie the largest of all values; None without votes."""
        if pattern not in self._known:
            self._known[pattern] = self._chance(pattern) if pattern else None
        return self._known[pattern]

    def _chance(self, pattern: Pattern) -> float:
        scores = [sum(self._evidence(annotator) for annotator in who) for who in pattern]
        chances = _shares(scores, self.choices - len(pattern))
        most = max(map(len, pattern))
        leading = [chance for who, chance in zip(pattern, chances, strict=False) if len(who) == most]
        return leading[0] if len(leading) == 1 else max(chances)

    def _evidence(self, annotator: str) -> float:
        return _evidence(self.accuracy.get(annotator, PRIOR_RIGHT / PRIOR_TRIES), self.choices)


def fitted(patterns: Mapping[Pattern, int], choices: int) -> Coin:
    """The coin of all clusters: `patterns` with their counts, where one chooses among `choices` values (at least 2)."""
    names = sorted({annotator for pattern in patterns for who in pattern for annotator in who})
    place = {name: number for number, name in enumerate(names)}
    items = [_item(pattern, count, place) for pattern, count in patterns.items() if pattern]
    accuracies = _accuracies(items, len(names), max(2, choices))
    return Coin(dict(zip(names, accuracies, strict=True)), max(2, choices))


@dataclass(slots=True)
class _Item:
    """Clusters of one pattern: the voters of each chosen value, and how probable it is just now."""

    weight: int  # how many they are; 0 where there is one rating only, which says nothing of who made it
    voters: list[list[int]]
    chances: list[float]


def _item(pattern: Pattern, count: int, place: Mapping[str, int]) -> _Item:
    ratings = sum(map(len, pattern))
    voters = [[place[annotator] for annotator in who] for who in pattern]
    return _Item(count if ratings > 1 else 0, voters, [len(who) / ratings for who in pattern])


def _accuracies(items: Sequence[_Item], annotators: int, choices: int) -> list[float]:
    """Estimated in turns with the chances of the items, until these stand still."""
    tries = [PRIOR_TRIES] * annotators
    for item in items:
        for who in item.voters:
            for annotator in who:
                tries[annotator] += item.weight
    for _ in range(MOST_ROUNDS):
        accuracy = [right / of for right, of in zip(_rights(items, annotators), tries, strict=True)]
        evidence = [_evidence(share, choices) for share in accuracy]
        if max([_step(item, evidence, choices) for item in items], default=0.0) < SMALLEST_CHANGE:
            break
    return accuracy


def _rights(items: Sequence[_Item], annotators: int) -> list[float]:
    rights = [PRIOR_RIGHT] * annotators
    for item in items:
        for who, chance in zip(item.voters, item.chances, strict=True):
            for annotator in who:
                rights[annotator] += item.weight * chance
    return rights


def _step(item: _Item, evidence: Sequence[float], choices: int) -> float:
    """The item's chances anew; how far one of them moved."""
    scores = [sum(evidence[annotator] for annotator in who) for who in item.voters]
    *chances, _ = _shares(scores, choices - len(scores))
    moved = max(abs(now - before) for now, before in zip(chances, item.chances, strict=True))
    item.chances = chances
    return moved


def _evidence(accuracy: float, choices: int) -> float:
    return log(accuracy) - log((1 - accuracy) / (choices - 1))


def _shares(scores: Sequence[float], unchosen: int) -> list[float]:
    """From scores to probabilities, last that of one of the `unchosen` values, whose score is 0."""
    top = max(0.0, *scores) if unchosen else max(scores)
    shares = [exp(score - top) for score in scores]
    rest = exp(-top) if unchosen else 0.0
    whole = sum(shares) + unchosen * rest
    return [share / whole for share in (*shares, rest)]
