"""Who codes what: samples and balanced assignments that come out the same every time."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from webapp.domain.errors import Invalid


def _rank(seed: int, *words: str) -> str:
    """An order that depends on the seed and the ids alone, so that a document added later moves no other."""
    return hashlib.sha256("\x00".join((str(seed), *words)).encode()).hexdigest()


def sample(documents: Iterable[str], share: Fraction, seed: int) -> list[str]:
    """A share in (0, 1] of the documents, rounded up; a larger share with the same seed holds the smaller one."""
    if not 0 < share <= 1:
        raise Invalid("A sample is a share above 0 and up to 1, such as 0.15.", "sample")
    ranked = sorted(documents, key=lambda id: _rank(seed, id))
    return ranked[: ceil(share * len(ranked))]


def _next_person(
    free: list[str], held_by: set[str], document: str, load: Counter[str], pairs: Counter[frozenset[str]], seed: int
) -> str:
    met = {person: sum(pairs[frozenset((person, other))] for other in held_by) for person in free}
    return min(free, key=lambda person: (load[person], met[person], _rank(seed, document, person)))


@dataclass(slots=True)
class Plan:
    """What is assigned so far in a round, among the people in question; `withdrawn` pairs cannot come back."""

    people: Sequence[str]
    holders: dict[str, set[str]] = field(default_factory=dict)
    withdrawn: frozenset[tuple[str, str]] = frozenset()

    def add(self, documents: Iterable[str], per_document: int, seed: int) -> list[tuple[str, str]]:
        """New (document, person) pairs: each document gets `per_document` people, balanced over people and pairs.

        Raises Invalid where there are fewer people than that.
        """
        if not 1 <= per_document <= len(self.people):
            words = f"{per_document} annotators for each article were asked for, {len(self.people)} were named."
            raise Invalid(f"{words} Name more, or ask for fewer.", "per_document")
        load, pairs = self._counts()
        made: list[tuple[str, str]] = []
        for document in sorted(documents, key=lambda id: _rank(seed, id)):
            for person in self._fill(document, per_document, load, pairs, seed):
                made.append((document, person))
        return made

    def _counts(self) -> tuple[Counter[str], Counter[frozenset[str]]]:
        load: Counter[str] = Counter()
        pairs: Counter[frozenset[str]] = Counter()
        for held_by in self.holders.values():
            load.update(held_by)
            pairs.update(frozenset((a, b)) for a in held_by for b in held_by if a < b)
        return load, pairs

    def _fill(
        self, document: str, per_document: int, load: Counter[str], pairs: Counter[frozenset[str]], seed: int
    ) -> list[str]:
        held_by = self.holders.setdefault(document, set())
        chosen = []
        while len(held_by) < per_document:
            free = [p for p in self.people if p not in held_by and (document, p) not in self.withdrawn]
            if not free:
                raise Invalid(f"Too few people are left for the article “{document}”: work on it was withdrawn.")
            person = _next_person(free, held_by, document, load, pairs, seed)
            pairs.update(frozenset((person, other)) for other in held_by)
            load[person] += 1
            held_by.add(person)
            chosen.append(person)
        return chosen
