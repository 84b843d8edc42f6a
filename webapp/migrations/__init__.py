"""Alembic inside the package, so that an installed copy can upgrade its database itself."""

from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from webapp.database import Database, take_turns
from webapp.models import Base


def _script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return ScriptDirectory.from_config(config)


def head() -> str:
    """The newest revision that this program knows."""
    newest = _script().get_current_head()
    assert newest is not None
    return newest


def knows(revision: str) -> bool:
    """Whether this program can upgrade from there; not so where a newer one made the database."""
    return revision in {script.revision for script in _script().walk_revisions()}


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one. Raises Unavailable."""
    with database.reading() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def upgrade(database: Database) -> str | None:
    """Make or upgrade the tables in one immediate transaction; a killed upgrade leaves the old ones.

    The revision that it found when its turn came; None for an empty database.
    """
    with database.writing() as session:
        take_turns(session)
        connection = session.connection()
        found = MigrationContext.configure(connection).get_current_revision()
        _run(connection)
        return found


def _run(connection: Connection) -> None:
    script = _script()

    def steps(revision: object, _context: object) -> object:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        environment.run_migrations()
