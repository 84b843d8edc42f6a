"""A long list: searched, sorted, and shown in pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

PER_PAGE = 50

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a list is asked for: rows with all words of `search`, by column `sort` ("-" in front: backwards),
    of these page `page`, counted from 1."""

    search: str = ""
    sort: str = ""
    page: int = 1

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def words(self) -> list[str]:
        return self.search.casefold().split()


def ordered(rows: Sequence[Row], sort: str, columns: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
    """By the column that `sort` names ("-" in front: backwards), ties as they come; all as they come without one."""
    key = columns.get(sort.removeprefix("-"))
    return sorted(rows, key=key, reverse=sort.startswith("-")) if key else list(rows)


@dataclass(frozen=True, slots=True)
class Page:
    """Page `number` (counted from 1; one beyond the end is the last one) of a list of `total` rows."""

    wanted: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def number(self) -> int:
        return min(max(1, self.wanted), self.pages)

    @property
    def offset(self) -> int:
        return (self.number - 1) * PER_PAGE

    @property
    def first(self) -> int:
        """The first row shown, counted from 1; 0 where there is none."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + PER_PAGE, self.total)

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of this page, of all in order."""
        return rows[self.offset : self.offset + PER_PAGE]
