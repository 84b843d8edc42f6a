"""The index of an article's labels holds what living ones are counted by: progress of a million labels at a glance."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_label_page", "label")
    columns = ["project_id", "document_id", "round", "person_id", "deleted_at", "origin"]
    op.create_index("ix_label_page", "label", columns)
