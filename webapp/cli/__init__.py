"""The command line, a file a group: parse, call one service, print."""

import os
import sys

import click

from webapp.about import VERSION
from webapp.cli import files, maintenance, people, projects, serve
from webapp.config import BadSetting, read_settings
from webapp.domain.errors import StancemarkError

_GROUPS = (serve, maintenance, people, projects, files)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--database", metavar="URL", help="The database to work on; overrides DATABASE_URL.")
@click.version_option(VERSION, prog_name="stancemark")
@click.pass_context
def stancemark(context: click.Context, database: str | None) -> None:
    """Label who says what about it in news articles."""
    environment = dict(os.environ)
    if database is not None:
        environment["DATABASE_URL"] = database
    context.obj = read_settings(environment)


for group in _GROUPS:
    for command in group.COMMANDS:
        stancemark.add_command(command)


def main() -> None:
    """Exit 0 done, 1 refused (nothing half-done), 2 usage."""
    try:
        stancemark()
    except StancemarkError as why:
        click.echo(f"error: {why.message}", err=True)
        sys.exit(1)
    except BadSetting as why:
        click.echo(f"error: {why}", err=True)
        sys.exit(2)
