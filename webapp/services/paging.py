"""A long list in pages."""

from dataclasses import dataclass

PER_PAGE = 50


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
