"""The tables as the migrations make them are those that the program knows."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from webapp import migrations
from webapp.database import Database
from webapp.models import Base

KEYS = {"slug", "name_key", "pseudonym", "round", "document_id", "speaker_id", "kind", "stance", "claim_type"}


def test_from_nothing_to_the_newest_tables(blank_database_url: str) -> None:
    db = Database(blank_database_url)
    assert migrations.current(db) is None
    migrations.upgrade(db)
    assert migrations.current(db) == migrations.head()
    assert set(inspect(db.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    db.close()


def test_a_second_upgrade_changes_nothing(database_url: str) -> None:
    db = Database(database_url)
    with db.writing() as session:
        session.execute(
            text("INSERT INTO person (id, name, name_key, is_admin, created_at) VALUES (:id, 'A', 'a', :no, '')"),
            {"id": "0" * 32, "no": False},
        )
    migrations.upgrade(db)
    with db.reading() as session:
        assert session.scalar(text("SELECT name FROM person")) == "A"
    assert migrations.current(db) == migrations.head()
    db.close()


def test_the_models_are_the_migrated_tables(database_url: str) -> None:
    db = Database(database_url)
    with db.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    db.close()


def test_words_sort_by_code_point_and_json_and_flags_are_what_they_are(database_url: str) -> None:
    """What a comparison of tables does not see."""
    db = Database(database_url)
    with db.writing() as session:
        for number, name in enumerate(("b", "A", "é", "a", "Z", "\U0001f600", "\uffee")):
            session.execute(
                text("INSERT INTO person (id, name, name_key, is_admin, created_at) VALUES (:id, :n, :n, :no, '')"),
                {"id": f"{number:032}", "n": name, "no": False},
            )
    with db.reading() as session:
        found = list(session.scalars(text("SELECT name FROM person ORDER BY name")))
    assert found == sorted(found)
    db.close()


def test_keys_sort_by_code_point_whatever_the_servers_language(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    with db.reading() as session:
        rows = session.execute(
            text("SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'")
        )
        found = {(row.table_name, row.column_name) for row in rows}
    for table in Base.metadata.sorted_tables:
        assert {(table.name, c.name) for c in table.columns if c.name in KEYS} <= found
        own = {c.name for c in table.columns if getattr(c.type.dialect_impl(db.engine.dialect), "collation", None)}
        assert own == {column for name, column in found if name == table.name}
    db.close()


def test_two_servers_may_upgrade_at_once(blank_database_url: str) -> None:
    databases = [Database(blank_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrations.upgrade, databases))
    assert migrations.current(databases[0]) == migrations.head()
    for db in databases:
        db.close()
