"""What a release holds, counted: gold by field, labels by origin, and what a reader must be warned of."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.domain.guides import EXAMPLE

Record = Mapping[str, Any]
_FEWEST_LETTERS = 20
COUNTED = ("stance", "claim_type", "on_target", "ascribed", "speaker_kind", "decided_by")


@dataclass(slots=True)
class Tally:
    """Of gold records and labels as they pass by; values as text, "" stands for none."""

    gold: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    speakers: Counter[str] = field(default_factory=Counter)  # gold, by the name that a speaker goes by
    origins: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)  # of the assignment that a label belongs to

    def add_gold(self, record: Record) -> None:
        for name, counter in self.gold.items():
            counter[_as_text(record[name])] += 1
        self.speakers[record["speaker_name"]] += 1

    def add_label(self, record: Record) -> None:
        self.origins[record["origin"]] += 1
        self.states[record["state"]] += 1

    @property
    def simulated(self) -> int:
        return self.origins["simulated"]

    @property
    def labels(self) -> int:
        return self.origins.total()


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


def examples_of(guides: Iterable[str]) -> frozenset[str]:
    """The words that guides take from articles, letter by letter; short ones may stand anywhere by chance."""
    found = {example["words"] or "" for guide in guides for example in EXAMPLE.finditer(guide)}
    return frozenset(words for words in found if len(words) >= _FEWEST_LETTERS)


def is_taught(text: str, examples: Iterable[str]) -> bool:
    """Whether one of the examples is from that article."""
    return any(words in text for words in examples)
