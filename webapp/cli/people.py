"""`user`: people, links, disabling and removing."""

import sys

import click

from webapp.cli import console
from webapp.config import Settings
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, personal, removing


@click.group()
def user() -> None:
    """People: add, link, list, disable, remove."""


def _print_link(settings: Settings, token: str) -> None:
    click.echo(f"http://{settings.host}:{settings.port}/welcome/{token}")
    click.echo(f"The link works once, for {accounts.LINK_HOURS} hours; a newer one ends it.", err=True)


@user.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="Let them manage every project and all people.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add(settings: Settings, name: str, admin: bool, password_stdin: bool) -> None:
    """Add a person; without a password print a one-time link."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with console.opened(settings) as db:
        token = accounts.add_person(db, OPERATOR, name, admin=admin, password=password)
    if token:
        _print_link(settings, token)
    else:
        click.echo(f"Added {name}.")


@user.command()
@click.argument("name")
@click.pass_obj
def link(settings: Settings, name: str) -> None:
    """Print a new one-time link; older ones end."""
    with console.opened(settings) as db:
        _print_link(settings, accounts.make_link(db, OPERATOR, name))


@user.command("list")
@console.as_json
@click.pass_obj
def list_users(settings: Settings, as_json: bool) -> None:
    """Everybody, by name."""
    with console.opened(settings) as db:
        people = accounts.list_people(db)
    if as_json:
        console.print_json(people)
    else:
        console.print_table(people, "There is nobody yet.")


@user.command()
@click.argument("name")
@click.pass_obj
def disable(settings: Settings, name: str) -> None:
    """End a person's sessions and links; a new link lets them back in."""
    with console.opened(settings) as db:
        accounts.disable_person(db, OPERATOR, name)
    click.echo(f"Disabled {name}.")


@user.command()
@click.argument("name")
@click.pass_obj
def export(settings: Settings, name: str) -> None:
    """Print all that is stored of a person, as one JSON document."""
    with console.opened(settings) as db:
        console.print_json(personal.export_person(db, OPERATOR, name))


@user.command()
@click.argument("name")
@click.option("--erase-labels", is_flag=True, help="Erase their labels too, instead of keeping them under a pseudonym.")
@click.pass_obj
def remove(settings: Settings, name: str, erase_labels: bool) -> None:
    """Remove a person; their labels stay under a pseudonym, or are erased."""
    with console.opened(settings) as db:
        erased = removing.remove_person(db, OPERATOR, name, erase_labels=erase_labels)
    kept = f"erased {erased} labels" if erase_labels else "the labels stay under a pseudonym"
    click.echo(f"Removed {name}; {kept}.")


COMMANDS = (user,)
