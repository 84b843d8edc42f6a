"""What every command needs: the database it is pointed at, and how results are printed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from webapp.config import Settings
from webapp.domain.errors import Invalid

if TYPE_CHECKING:
    from webapp.database import Database

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@contextmanager
def opened(settings: Settings) -> "Iterator[Database]":
    """The database, which must be there and of this version. Raises Invalid."""
    from webapp import migrations  # here, so that commands without a database need not load its libraries
    from webapp.database import Database

    db = Database(settings.database_url)
    try:
        if not _is_there(db) or (found := migrations.current(db)) is None:
            raise Invalid(f"There is no database at {shown(db)} yet. Make it with: stancemark init")
        if found != migrations.head():
            raise Invalid(f"The database at {shown(db)} is of another version. Upgrade it with: stancemark init")
        yield db
    finally:
        db.close()


def _is_there(db: "Database") -> bool:
    """Looking must not make an empty SQLite file."""
    return not db.is_sqlite or bool(db.url.database and Path(db.url.database).exists())


def shown(db: "Database") -> str:
    """Its address without the password."""
    return db.url.render_as_string(hide_password=True)


def many(number: int, word: str) -> str:
    """`1 article`, `2 articles`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


def print_table(rows: Sequence[dict[str, Any]], empty: str) -> None:
    """Rows under the names of their fields, in columns; `empty` on standard error where there are none."""
    if not rows:
        click.echo(empty, err=True)
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def list_of(words: str | None) -> list[str] | None:
    """Parts of "a,b,c"; None stays None."""
    return None if words is None else [part.strip() for part in words.split(",") if part.strip()]


def read_text(path: str) -> str:
    """A UTF-8 file without its byte-order mark. Raises Invalid."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except OSError as why:
        raise Invalid(f"{path} cannot be read: {why.strerror}.") from None
    except UnicodeDecodeError as why:
        raise Invalid(f"{path} is not UTF-8 (byte {why.start}). Save it as UTF-8.") from None
