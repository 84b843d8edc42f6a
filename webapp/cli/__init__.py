"""The command line, a file a group: parse, call one service, print."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module

import click

from webapp.about import VERSION
from webapp.config import BadSetting, read_settings
from webapp.domain.errors import StancemarkError

_FILES = {
    "serve": ("serve",),
    "jobs": ("jobs",),
    "maintenance": ("init", "doctor"),
    "copies": ("backup", "restore", "copy-database"),
    "people": ("user",),
    "projects": ("project", "round", "speaker", "assign", "unassign", "give-back", "events"),
    "files": ("import", "export", "segments"),
    "figures": ("agreement", "gold"),
    "releases": ("release", "rehydrate"),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


class _Commands(Mapping[str, click.Command]):
    """Every command by its name. Its file is loaded when it is asked for, so that none waits for others' libraries."""

    def __getitem__(self, name: str) -> click.Command:
        return next(command for command in _commands_of(_FILE_OF[name]) if command.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(_FILE_OF)

    def __len__(self) -> int:
        return len(_FILE_OF)


def _commands_of(file: str) -> tuple[click.Command, ...]:
    """Loaded without looking for garbage: a fifth of the time, and modules are none."""
    gc.disable()
    try:
        commands: tuple[click.Command, ...] = import_module(f"{__name__}.{file}").COMMANDS
    finally:
        gc.enable()
    return commands


@click.group(commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--database", metavar="URL", help="The database to work on; overrides DATABASE_URL.")
@click.version_option(VERSION, prog_name="stancemark")
@click.pass_context
def stancemark(context: click.Context, database: str | None) -> None:
    """Label who says what about it in news articles."""
    environment = dict(os.environ)
    if database is not None:
        environment["DATABASE_URL"] = database
    context.obj = read_settings(environment)


def main() -> None:
    """Exit 0 done, 1 refused (nothing half-done), 2 usage."""
    atexit.register(gc.freeze)  # looking for garbage at the very end takes a third of a second, and frees nothing
    try:
        stancemark()
    except StancemarkError as why:
        click.echo(f"error: {why.message}", err=True)
        sys.exit(1)
    except BadSetting as why:
        click.echo(f"error: {why}", err=True)
        sys.exit(2)
