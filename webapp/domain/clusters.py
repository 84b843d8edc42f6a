"""Labels of different annotators that mean the same words: clusters of at most one label each (section 6)."""

from collections.abc import Iterator, Sequence

from webapp.domain.annotations import Label

Cluster = tuple[Label, ...]

_Candidate = tuple[int, int, int, int, int]


def clusters(labels: Sequence[Label]) -> list[Cluster]:
    """The labels of one document as clusters, by (smallest original start, smallest original end, smallest id).

    Two labels can meet where they share half of the shorter one; the closest meet first. Offsets are closed-up.
    """
    ordered = _ordered(labels)
    groups = _Groups(ordered)
    for *_, x, y in sorted(_candidates(ordered)):
        groups.merge(x, y)
    return sorted((tuple(group) for group in groups.found()), key=_place)


def clusters_without_each(labels: Sequence[Label]) -> Iterator[tuple[str, list[Cluster]]]:
    """Annotators of one document, and clusters that there would be without their labels, in no order.

    Left out are those that are found without looking: clusters of all labels, less theirs.
    """
    for island in _islands(_ordered(labels)):
        if not _stays_together(island):
            yield from _without_each(island)


def _without_each(ordered: Sequence[Label]) -> Iterator[tuple[str, list[Cluster]]]:
    annotators = [label.annotator for label in ordered]
    candidates = [(x, y) for *_, x, y in sorted(_candidates(ordered))]
    for name in sorted(set(annotators)):
        groups = _Groups(ordered)
        for x, y in candidates:
            if annotators[x] != name != annotators[y]:
                groups.merge(x, y)
        yield name, [tuple(group) for group in groups.found() if group[0].annotator != name]


def _islands(ordered: Sequence[Label]) -> Iterator[list[Label]]:
    """Labels that no code point joins to any others."""
    island: list[Label] = []
    end = 0
    for label in ordered:
        if island and label.start >= end:
            yield island
            island = []
        island.append(label)
        end = max(end, label.end)
    if island:
        yield island


def _stays_together(island: Sequence[Label]) -> bool:
    """Whether whoever leaves changes nothing for others: at most one label each, and any two of them can meet."""
    if len({label.annotator for label in island}) < len(island):
        return False
    shared = min(label.end for label in island) - max(label.start for label in island)
    return len(island) < 3 or 2 * shared >= max(label.end - label.start for label in island)


def _ordered(labels: Sequence[Label]) -> list[Label]:
    return sorted(labels, key=lambda label: (label.start, label.end, label.annotator, label.id))


def _place(cluster: Cluster) -> tuple[int, int, str]:
    starts, ends = (label.given.start for label in cluster), (label.given.end for label in cluster)
    return min(starts), min(ends), min(label.id for label in cluster)


def _candidates(ordered: Sequence[Label]) -> Iterator[_Candidate]:
    """Pairs that can meet, as what they are sorted by: closeness, shared length, equal fields (more is less), places.

    Closeness is shared / joint length. Multiplied by a power of two beyond any product of two lengths and cut down to
    a whole number it has the order of the fractions themselves, and is equal only where they are.
    """
    shift = 2 * max((label.end for label in ordered), default=0).bit_length() + 2
    for x, first in enumerate(ordered):
        start, end, annotator = first.start, first.end, first.annotator
        for y in range(x + 1, len(ordered)):
            second = ordered[y]
            from_, to = second.start, second.end
            if from_ >= end:
                break
            shared = (to if to < end else end) - from_
            if annotator != second.annotator and (2 * shared >= to - from_ or 2 * shared >= end - start):
                joint = end - start + to - from_ - shared
                yield -((shared << shift) // joint), -shared, -_alike(first.values, second.values), x, y


def _alike(first: Sequence[str], second: Sequence[str]) -> int:
    """How many of speaker, stance and claim type are the same; missing equals missing."""
    return (first[0] == second[0]) + (first[1] == second[1]) + (first[2] == second[2])


class _Groups:
    """Which labels are together so far, by their places in `labels`."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.labels = labels
        self.group = list(range(len(labels)))  # of each label
        self.members = [[place] for place in range(len(labels))]  # of each group
        bits: dict[str, int] = {}
        self.annotators = [bits.setdefault(label.annotator, 1 << len(bits)) for label in labels]  # of each group

    def merge(self, x: int, y: int) -> None:
        """Join the groups of two labels, unless somebody is in both."""
        into, other = self.group[x], self.group[y]
        if self.annotators[into] & self.annotators[other]:
            return
        self.annotators[into] |= self.annotators[other]
        for place in self.members[other]:
            self.group[place] = into
        self.members[into] += self.members[other]
        self.members[other] = []

    def found(self) -> Iterator[list[Label]]:
        return ([self.labels[place] for place in members] for members in self.members if members)
