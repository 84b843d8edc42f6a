"""Making and upgrading the database, and loading the seeds."""

from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp import migrations
from webapp.database import Database, take_turns
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR
from webapp.models import Document, Project
from webapp.places import place
from webapp.services import accounts, managing
from webapp.services.importing import import_documents

SEED_PROJECT = "hollywood-letter"
SEED_TITLE = "Hollywood letter on AI and copyright"
FIRST_CURATOR = "curator"


def prepare(db: Database) -> bool:
    """Make or upgrade the tables, and load the seeds into a new database; whether it was new.

    Raises Unavailable, Invalid (a newer program made it).
    """
    found = migrations.current(db)
    if found is not None and not migrations.knows(found):
        raise Invalid(f"The database was made by a newer version (its tables are at {found}). Install that version.")
    if found != migrations.head():
        migrations.upgrade(db)
    load_seeds(db)
    return found is None


def load_seeds(db: Database) -> None:
    """The project `hollywood-letter` with the five articles, and its first curator, where there is no project yet.

    A start that was killed half-way is made good by the next one.
    """
    _make_seed_project(db)
    with suppress(IntegrityError):  # another server on the same database was quicker
        _import_seed_articles(db)


def _make_seed_project(db: Database) -> None:
    with db.writing() as session:
        take_turns(session)
        if session.scalar(select(func.count()).select_from(Project)):
            return
        person = accounts.insert_person(session, FIRST_CURATOR, admin=True)
        project = managing.insert_project(session, OPERATOR, SEED_PROJECT, SEED_TITLE, None)
        managing.member_row(session, project.id, person.id).is_curator = True


def _import_seed_articles(db: Database) -> None:
    if _waits_for_articles(db):
        articles = place("seeds") / "articles.jsonl"
        import_documents(db, OPERATOR, SEED_PROJECT, [(articles.name, articles.read_bytes())])


def _waits_for_articles(db: Database) -> bool:
    with db.reading() as session:
        documents = select(Document.id).where(Document.project_id == Project.id)
        return bool(session.scalar(select(Project.id).where(Project.slug == SEED_PROJECT, ~documents.exists())))


def not_ready(db: Database) -> str | None:
    """Why this server cannot work with the database as it is, or None. Raises Unavailable."""
    found = migrations.current(db)
    return None if found == migrations.head() else "The database's tables are not those of this program."
