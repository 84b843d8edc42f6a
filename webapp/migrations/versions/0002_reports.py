"""Figures that jobs compute, and what the queue of jobs needs to survive a killed process."""

import sqlalchemy as sa
from alembic import op

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("job")  # nothing was ever put into it
    op.create_table(
        "job",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.String(length=20), nullable=True),
        sa.Column("seen_at", sa.String(length=20), nullable=True),
        sa.Column("finished_at", sa.String(length=20), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_job_state")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_job_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_state_created_at"), "job", ["state", "created_at"])
    living = sa.text("state IN ('waiting', 'running')")
    op.create_index(
        "uq_job_wanted",
        "job",
        ["project_id", "kind", "subject"],
        unique=True,
        sqlite_where=living,
        postgresql_where=living,
    )
    op.create_table(
        "report",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("input_sha256", WORD, nullable=False),
        sa.Column("seen", WORD, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_report_project_id")),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_report")),
    )
    turning = sa.text("action NOT LIKE 'label-%'")
    op.create_index("ix_event_turning", "event", ["project_id", "id"], sqlite_where=turning, postgresql_where=turning)
