"""What `init` and `serve` do first, and the lines that tell of it: none where all was in place."""

import click

from webapp.cli.console import many
from webapp.database import Database
from webapp.services import jobs, maintenance
from webapp.services.jobs import SECONDS_OF_SILENCE
from webapp.services.maintenance import Prepared

_RECOVERED = (
    "The database file was not closed last time: a process was killed, or the machine stopped. "
    "SQLite has brought back all that was committed."
)


def prepare(db: Database) -> Prepared:
    """Make, upgrade or complete the database, and say so on standard error. Raises Unavailable, Invalid."""
    if maintenance.was_left_open(db):
        _say(_RECOVERED)
    done = maintenance.prepare(db)
    if done.upgraded:
        _say("Upgraded the tables from {} to {}.".format(*done.upgraded))
    if not done.is_new and (seeds := _seeds(done)):
        _say(f"Loaded what an earlier start had not come to: {seeds}.")
    return done


def _seeds(done: Prepared) -> str:
    parts = [f"project {done.project}"] if done.project else []
    return " and ".join([*parts, *([many(done.articles, "article")] if done.articles else [])])


def tell_of_jobs(db: Database) -> None:
    """Those that an earlier process had begun. Raises Unavailable."""
    left = jobs.left(db)
    if left.dead:
        _say(f"{many(left.dead, 'job')} had lost the process that did it: begun again now.")
    if left.open:
        what = f"{many(left.open, 'job')} may be under way in another process"
        _say(f"{what}; what stands still for {SECONDS_OF_SILENCE} seconds is begun again.")


def _say(line: str) -> None:
    click.echo(line, err=True)
