"""`backup`, `restore`, `copy-database`: everything, in one file or in another database."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import click

from webapp.cli import console
from webapp.config import Settings
from webapp.database import Database
from webapp.services import backup as backups
from webapp.services import copying
from webapp.services.copying import Tell

_path = click.Path(path_type=Path, resolve_path=True)


@click.command()
@click.argument("file", type=_path)
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Write a consistent copy of the database to FILE, while the server runs."""
    with console.opened(settings) as db, _progress() as tell:
        size = backups.backup(db, file, tell)
    click.echo(f"Wrote {file}, {size:,} bytes. It holds everything, password hashes too: keep it from others.")


@click.command()
@click.argument("file", type=_path)
@click.option("--replace", is_flag=True, help="Let it take the place of all that is in the database.")
@click.pass_obj
def restore(settings: Settings, file: Path, replace: bool) -> None:
    """Bring back what the backup FILE holds, whole or not at all."""
    with closing(Database(settings.database_url)) as db:
        with _progress() as tell:
            copied = backups.restore(db, file, tell, replace=replace)
        click.echo(f"Restored {_what(copied)} to {console.shown(db)}.")
        click.echo(
            "Everybody signs in again; who has no password needs a new link: stancemark user link NAME.", err=True
        )


@click.command("copy-database")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.pass_obj
def copy_database(settings: Settings, source: str, target: str) -> None:
    """Copy everything from the database at one address to the empty one at another, row by row verified."""
    here, there = (settings.with_flags(database_url=url) for url in (source, target))
    with console.opened(here) as full, closing(Database(there.database_url)) as empty:
        with _progress() as tell:
            copied = copying.copy_database(full, empty, tell)
        click.echo(f"Copied and compared {_what(copied)} to {console.shown(empty)}.")


def _what(copied: Mapping[str, int]) -> str:
    words = (("project", "project"), ("document", "article"), ("label", "label"))
    parts = [console.many(copied.get(table, 0), word) for table, word in words]
    return f"{console.many(sum(copied.values()), 'row')} ({', '.join(parts)})"


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar for whoever looks on."""
    if not sys.stderr.isatty():
        yield lambda _done, _whole: None
        return
    with click.progressbar(length=1, file=sys.stderr) as bar:

        def tell(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        yield tell


COMMANDS = (backup, restore, copy_database)
