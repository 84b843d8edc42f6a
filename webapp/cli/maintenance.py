"""`init` and `doctor`."""

import sys
from contextlib import closing
from dataclasses import asdict

import click

from webapp.cli import console, starting
from webapp.cli.serve import secret_file
from webapp.config import Settings
from webapp.database import Database
from webapp.domain.errors import StancemarkError
from webapp.services import demo
from webapp.services import doctor as examining
from webapp.services.doctor import Finding


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Add the simulated labels of three annotators.")
@click.pass_obj
def init(settings: Settings, with_demo: bool) -> None:
    """Make or upgrade the database; a new one gets the seed articles."""
    with closing(Database(settings.database_url)) as db:
        is_new = starting.prepare(db).is_new
        click.echo(f"{'Made' if is_new else 'Up to date:'} {console.shown(db)}")
        if with_demo:
            added = demo.load_demo(db)
            click.echo(f"{added or 'No'} simulated labels of alice, bob and carol added.")


@click.command()
@console.as_json
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """Look whether all is well: database, schema, texts, labels. Exit 1 on a finding."""
    findings = [_configuration(settings)]
    try:
        with console.opened(settings) as db:
            findings += examining.examine(db)
    except StancemarkError as why:
        findings.append(Finding("database", False, why.message))
    if as_json:
        console.print_json({"ok": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]})
    else:
        for finding in findings:
            click.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.what}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def _configuration(settings: Settings) -> Finding:
    if settings.secret_key:
        return Finding("configuration", True, "STANCEMARK_SECRET_KEY is set")
    if not settings.uses_sqlite:
        return Finding("configuration", True, "STANCEMARK_SECRET_KEY is not set here; serve needs it")
    path = secret_file(settings)
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding("configuration", False, f"others may read {path}: chmod 600 {path}")
    return Finding("configuration", True, f"the secret key is in {path}" if path.exists() else "no secret key yet")


COMMANDS = (init, doctor)
