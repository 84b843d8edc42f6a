"""The throw-away databases are what they claim to be: real, migrated, empty, and apart from each other."""

import pytest
from sqlalchemy import text

from webapp import migrations
from webapp.database import Database


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_empty_and_migrated(database_url: str, turn: str) -> None:
    database = Database(database_url)
    with database.writing() as session:
        assert session.scalar(text("SELECT count(*) FROM person")) == 0
        session.execute(
            text("INSERT INTO person (id, name, name_key, is_admin, created_at) VALUES (:id, :turn, :turn, :no, '')"),
            {"id": "0" * 32, "turn": turn, "no": False},
        )
    assert migrations.current(database) == migrations.head()
    database.close()


def test_a_blank_database_has_no_tables(blank_database_url: str) -> None:
    database = Database(blank_database_url)
    assert migrations.current(database) is None
    database.close()


def test_postgresql_is_a_server(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.reading() as session:
        assert session.scalar(text("SELECT version()")).startswith("PostgreSQL")
    database.close()
