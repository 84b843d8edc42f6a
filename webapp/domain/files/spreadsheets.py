"""Cells that a spreadsheet shows and never runs."""

_COMMANDING = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """`cell`, with an apostrophe before it where a spreadsheet would take its beginning for a formula."""
    return f"'{cell}" if cell.startswith(_COMMANDING) else cell
