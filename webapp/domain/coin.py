"""The one-coin posterior (section 7.1) without the numbers' libraries, for pages: the same figures as posterior.py.

It depends on the votes only by who chose what how often: equal clusters are one pattern with a count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from webapp.domain.clusters import Cluster

PRIOR_RIGHT, PRIOR_TRIES = 8.0, 10.0  # Beta(8, 2): what is held of an annotator before anything is seen
SMALLEST_CHANGE, MOST_ROUNDS = 1e-9, 1_000

Pattern = tuple[tuple[str, str], ...]  # annotator and value, of all who chose one, sorted


def pattern_of(members: Cluster, field: int) -> Pattern:
    """Who chose what in a field (a place in annotations.FIELDS)."""
    return tuple(sorted((label.annotator, label.values[field]) for label in members if label.values[field]))


@dataclass(frozen=True, slots=True)
class Coin:
    """How often each annotator is right, and among how many values one chooses."""

    accuracy: Mapping[str, float]
    choices: int

    def chance(self, pattern: Pattern) -> float | None:
        """The probability of the value with most votes, on a tie the largest of all values; None without votes."""
        if not pattern:
            return None
        votes = Counter(value for _, value in pattern)
        chances, unchosen = self._chances(pattern)
        leading = [value for value, count in votes.items() if count == max(votes.values())]
        return chances[leading[0]] if len(leading) == 1 else max(unchosen, *chances.values())

    def _chances(self, pattern: Pattern) -> tuple[dict[str, float], float]:
        """Of each chosen value, and of one that nobody chose (0 where there is none)."""
        scores: dict[str, float] = defaultdict(float)
        for annotator, value in pattern:
            scores[value] += _evidence(self.accuracy.get(annotator, PRIOR_RIGHT / PRIOR_TRIES), self.choices)
        *chances, unchosen = _shares(list(scores.values()), self.choices - len(scores))
        return dict(zip(scores, chances, strict=True)), unchosen


def fitted(patterns: Mapping[Pattern, int], offered: Iterable[str]) -> Coin:
    """The coin of all clusters: `patterns` with their counts; `offered` are the values of the scheme."""
    seen = {value for pattern in patterns for _, value in pattern}
    choices = max(2, len(seen | set(offered)))
    names = sorted({annotator for pattern in patterns for annotator, _ in pattern})
    place = {name: number for number, name in enumerate(names)}
    items = [_item(pattern, count, place) for pattern, count in patterns.items() if pattern]
    return Coin(dict(zip(names, _accuracies(items, len(names), choices), strict=True)), choices)


@dataclass(slots=True)
class _Item:
    """Equal clusters: by chosen value its voters, and how probable it is just now."""

    weight: int  # how many they are; 0 where there is one rating only, which says nothing of who made it
    voters: list[list[int]]
    chances: list[float]


def _item(pattern: Pattern, count: int, place: Mapping[str, int]) -> _Item:
    voters: dict[str, list[int]] = defaultdict(list)
    for annotator, value in pattern:
        voters[value].append(place[annotator])
    shares = [len(who) / len(pattern) for who in voters.values()]
    return _Item(count if len(pattern) > 1 else 0, list(voters.values()), shares)


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
        if max((_step(item, evidence, choices) for item in items), default=0.0) < SMALLEST_CHANGE:
            return accuracy
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
