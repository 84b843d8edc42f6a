"""Releases and their files, which nothing may change once they are there."""

import sqlalchemy as sa
from alembic import op

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("project", sa.Column("release_key", sa.String(), nullable=True))
    op.create_table(
        "release",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("day", WORD, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("rounds", sa.JSON(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("unfinished", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("made_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_release_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_release_project_id")),
        sa.PrimaryKeyConstraint("project_id", "number", name=op.f("pk_release")),
        sa.UniqueConstraint("id", name=op.f("uq_release_id")),
    )
    op.create_table(
        "release_file",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("sha256", WORD, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_release_file_project_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "number"],
            ["release.project_id", "release.number"],
            name=op.f("fk_release_file_project_id_number"),
        ),
        sa.PrimaryKeyConstraint("project_id", "number", "name", name=op.f("pk_release_file")),
    )
    _freeze("release", "release_file")


def _freeze(*tables: str) -> None:
    """Rows may be added, and no more."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_frozen_{action.lower()} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'a release cannot be changed'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION release_is_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a release cannot be changed'; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION release_is_frozen()"
        )
