"""Decisions of adjudicators, and since when an article's labels stand still for them."""

import sqlalchemy as sa
from alembic import op

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignment", sa.Column("locked_at", sa.String(length=20), nullable=True))
    op.create_table(
        "decision",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", WORD, nullable=False),
        sa.Column("document_id", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("gold", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.CheckConstraint("action IN ('accept', 'set', 'reject', 'add', 'clear')", name=op.f("ck_decision_action")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_decision_project_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "document_id"],
            ["document.project_id", "document.id"],
            name=op.f("fk_decision_project_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "round"], ["round.project_id", "round.name"], name=op.f("fk_decision_project_id_round")
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_decision")),
        sa.UniqueConstraint(
            "project_id", "round", "document_id", "key", name=op.f("uq_decision_project_id_round_document_id_key")
        ),
    )
    # decisions change no finished work, so that no figures of agreement wait for being computed anew
    op.drop_index("ix_event_turning", "event")
    turning = sa.text("action NOT LIKE 'label-%' AND action NOT LIKE 'decision-%'")
    op.create_index("ix_event_turning", "event", ["project_id", "id"], sqlite_where=turning, postgresql_where=turning)
