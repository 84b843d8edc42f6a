"""Two releases beside each other: which gold labels were added, dropped or changed, and in what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Gold = Mapping[str, Any]

# what a change is told of; votes, counts and rounds follow from the labels and are no change of the gold
FIELDS = ("start", "end", "speaker", "chain", "stance", "on_target", "ascribed", "claim_type", "decided_by")


@dataclass(frozen=True, slots=True)
class Change:
    """The same label in both, with the names of the fields that differ."""

    before: Gold
    after: Gold
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """By document and place; `same` counts the labels that did not change."""

    added: list[Gold]
    dropped: list[Gold]
    changed: list[Change]
    same: int
    documents_added: list[str]
    documents_dropped: list[str]


def compare(
    before: Sequence[Gold], after: Sequence[Gold], documents: tuple[Iterable[str], Iterable[str]] = ((), ())
) -> Comparison:
    """Gold of an earlier and a later release, and the ids of their documents.

    Two labels of one document are the same one if their ids agree; of the others those that share most words.
    """
    early, late = _by_document(before), _by_document(after)
    added, dropped, pairs = list[Gold](), list[Gold](), list[tuple[Gold, Gold]]()
    for document in sorted(early.keys() | late.keys()):
        both, only_early, only_late = paired(early[document], late[document])
        pairs += both
        dropped += only_early
        added += only_late
    changed = [Change(one, other, fields) for one, other in pairs if (fields := differing(one, other))]
    changed.sort(key=lambda change: _place(change.after))
    had, has = map(frozenset, documents)
    return Comparison(
        sorted(added, key=_place),
        sorted(dropped, key=_place),
        changed,
        len(pairs) - len(changed),
        sorted(has - had),
        sorted(had - has),
    )


def differing(before: Gold, after: Gold) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if before[name] != after[name])


def paired(before: Sequence[Gold], after: Sequence[Gold]) -> tuple[list[tuple[Gold, Gold]], list[Gold], list[Gold]]:
    """Of one document: those that stand for the same words, and the rest of either side."""
    pairs = _pairs(before, after)
    return pairs, _without(before, [one for one, _ in pairs]), _without(after, [other for _, other in pairs])


def _place(gold: Gold) -> tuple[str, int, int, str]:
    return gold["document"], gold["start"], gold["end"], gold["id"]


def _by_document(gold: Sequence[Gold]) -> dict[str, list[Gold]]:
    found = defaultdict(list)
    for one in gold:
        found[one["document"]].append(one)
    return found


def _without(all: Sequence[Gold], some: Sequence[Gold]) -> list[Gold]:
    gone = {id(one) for one in some}
    return [one for one in all if id(one) not in gone]


def _pairs(before: Sequence[Gold], after: Sequence[Gold]) -> list[tuple[Gold, Gold]]:
    """Each label at most once: equal ids first, then by the share of words in common, largest first."""
    by_id = {one["id"]: one for one in before}
    pairs = [(by_id[other["id"]], other) for other in after if other["id"] in by_id]
    before = _without(before, [one for one, _ in pairs])
    after = _without(after, [other for _, other in pairs])
    near = [(overlap(one, other), one, other) for one in before for other in after]
    taken: set[int] = set()
    for share, one, other in sorted(near, key=lambda found: (-found[0], _place(found[1]), _place(found[2]))):
        if share > 0 and not {id(one), id(other)} & taken:
            taken |= {id(one), id(other)}
            pairs.append((one, other))
    return pairs


def overlap(one: Gold, other: Gold) -> float:
    """Shared per joint code points of two spans, 0 to 1."""
    shared = min(one["end"], other["end"]) - max(one["start"], other["start"])
    joint = max(one["end"], other["end"]) - min(one["start"], other["start"])
    return max(0.0, float(shared)) / float(joint)
