"""The first tables."""

import sqlalchemy as sa
from alembic import op

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("name_key", WORD, nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.String(length=20), nullable=True),
        sa.Column("disabled_at", sa.String(length=20), nullable=True),
        sa.Column("removed_at", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name_key", name=op.f("uq_person_name_key")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("slug", WORD, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("time_zone", WORD, nullable=False),
        sa.Column("proposals_on", sa.Boolean(), nullable=False),
        sa.Column("agreement_open", sa.Boolean(), nullable=False),
        sa.Column("releases_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("slug", name=op.f("uq_project_slug")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name_key", WORD, nullable=False),
        sa.Column("address", WORD, nullable=False),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_address_at"), "sign_in_attempt", ["address", "at"], unique=False)
    op.create_index(op.f("ix_sign_in_attempt_name_key_at"), "sign_in_attempt", ["name_key", "at"], unique=False)
    op.create_table(
        "document",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("display_title", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("byline", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("rights", WORD, nullable=False),
        sa.Column("language", WORD, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", WORD, nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_document_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_project_id_text_sha256"), "document", ["project_id", "text_sha256"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("action", WORD, nullable=False),
        sa.Column("document_id", WORD, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_event_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_event_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_project_id_id"), "event", ["project_id", "id"], unique=False)
    op.create_table(
        "guide_version",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_guide_version_project_id")),
        sa.PrimaryKeyConstraint("project_id", "number", name=op.f("pk_guide_version")),
    )
    op.create_table(
        "job",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.String(length=20), nullable=True),
        sa.Column("finished_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_job_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_job")),
    )
    op.create_table(
        "membership",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("is_curator", sa.Boolean(), nullable=False),
        sa.Column("is_adjudicator", sa.Boolean(), nullable=False),
        sa.Column("is_annotator", sa.Boolean(), nullable=False),
        sa.Column("pseudonym", WORD, nullable=False),
        sa.Column("joined_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_membership_project_id")),
        sa.PrimaryKeyConstraint("project_id", "person_id", name=op.f("pk_membership")),
        sa.UniqueConstraint("project_id", "pseudonym", name=op.f("uq_membership_project_id_pseudonym")),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", WORD, nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("expires_at", sa.String(length=20), nullable=False),
        sa.Column("used_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_one_time_link_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_link")),
    )
    op.create_index(op.f("ix_one_time_link_person_id"), "one_time_link", ["person_id"], unique=False)
    op.create_table(
        "operation_result",
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("document_id", WORD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_operation_result_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_operation_result_project_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_operation_result")),
    )
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", "name", name=op.f("pk_preference")),
    )
    op.create_table(
        "scheme_version",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_scheme_version_project_id")),
        sa.PrimaryKeyConstraint("project_id", "number", name=op.f("pk_scheme_version")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", WORD, nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "speaker",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("merged_into", WORD, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "merged_into"],
            ["speaker.project_id", "speaker.id"],
            name=op.f("fk_speaker_project_id_merged_into"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_speaker_project_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_speaker_proposed_by")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_speaker")),
        sa.UniqueConstraint("project_id", "proposed_by", "name", name=op.f("uq_speaker_project_id_proposed_by_name")),
    )
    op.create_table(
        "round",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scheme_number", sa.Integer(), nullable=False),
        sa.Column("guide_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("closed_at", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "guide_number"],
            ["guide_version.project_id", "guide_version.number"],
            name=op.f("fk_round_project_id_guide_number"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "scheme_number"],
            ["scheme_version.project_id", "scheme_version.number"],
            name=op.f("fk_round_project_id_scheme_number"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_round_project_id")),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_round")),
        sa.UniqueConstraint("project_id", "position", name=op.f("uq_round_project_id_position")),
    )
    op.create_table(
        "assignment",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", WORD, nullable=False),
        sa.Column("document_id", WORD, nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("assigned_at", sa.String(length=20), nullable=False),
        sa.Column("finished_at", sa.String(length=20), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'withdrawn')", name=op.f("ck_assignment_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "document_id"],
            ["document.project_id", "document.id"],
            name=op.f("fk_assignment_project_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "round"], ["round.project_id", "round.name"], name=op.f("fk_assignment_project_id_round")
        ),
        sa.PrimaryKeyConstraint("project_id", "round", "document_id", "person_id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_project_id_person_id"), "assignment", ["project_id", "person_id"], unique=False)
    op.create_table(
        "label",
        sa.Column("project_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", WORD, nullable=False),
        sa.Column("document_id", WORD, nullable=False),
        sa.Column("person_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("end_at", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("origin", WORD, nullable=False),
        sa.Column("speaker_id", WORD, nullable=False),
        sa.Column("speaker_origin", WORD, nullable=False),
        sa.Column("chain", sa.JSON(), nullable=False),
        sa.Column("stance", WORD, nullable=True),
        sa.Column("on_target", sa.Boolean(), nullable=False),
        sa.Column("ascribed", sa.Boolean(), nullable=False),
        sa.Column("claim_type", WORD, nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=20), nullable=False),
        sa.Column("updated_at", sa.String(length=20), nullable=False),
        sa.Column("deleted_at", sa.String(length=20), nullable=True),
        sa.CheckConstraint("start_at >= 0 AND start_at < end_at", name=op.f("ck_label_span")),
        sa.ForeignKeyConstraint(
            ["project_id", "round", "document_id", "person_id"],
            ["assignment.project_id", "assignment.round", "assignment.document_id", "assignment.person_id"],
            name=op.f("fk_label_project_id_round_document_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "speaker_id"],
            ["speaker.project_id", "speaker.id"],
            name=op.f("fk_label_project_id_speaker_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_label")),
    )
    op.create_index("ix_label_page", "label", ["project_id", "document_id", "round", "person_id"], unique=False)
    op.create_index(
        "uq_label_span",
        "label",
        ["project_id", "document_id", "round", "person_id", "start_at", "end_at", "speaker_id"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
