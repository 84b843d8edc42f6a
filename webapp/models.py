"""The tables. Moments are UTC text to the second, offsets are code points, end exclusive."""

from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Compared and sorted by code point on every database, so that exports have equal bytes.
Word = String().with_variant(String(collation="C"), "postgresql")

Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
Key = Annotated[str, mapped_column(Word)]
Words = Annotated[str, mapped_column(Text)]
Moment = Annotated[str, mapped_column(String(20))]
List = Annotated[list[Any], mapped_column(JSON)]
ProjectId = Annotated[str, mapped_column(Uuid(as_uuid=False), ForeignKey("project.id"))]
PersonId = Annotated[str, mapped_column(Uuid(as_uuid=False), ForeignKey("person.id"))]
TURNING = "action NOT LIKE 'label-%' AND action NOT LIKE 'decision-%'"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Person(Base):
    __tablename__ = "person"
    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Key]
    name_key: Mapped[Key] = mapped_column(unique=True)  # folded, so that "Ada" and "ada" are one person
    password_hash: Mapped[str | None]
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment | None]
    disabled_at: Mapped[Moment | None]
    removed_at: Mapped[Moment | None]


class SignIn(Base):
    """A person's session: the cookie holds the token, this row only its hash."""

    __tablename__ = "session"
    token_hash: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(index=True)
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class Preference(Base):
    __tablename__ = "preference"
    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class OneTimeLink(Base):
    __tablename__ = "one_time_link"
    token_hash: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(index=True)
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class SignInAttempt(Base):
    """A wrong password, for the throttle; old rows are swept away."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[Id] = mapped_column(primary_key=True)
    name_key: Mapped[Key]
    address: Mapped[Key]
    at: Mapped[Moment]
    __table_args__ = (Index(None, "name_key", "at"), Index(None, "address", "at"))


class Project(Base):
    __tablename__ = "project"
    id: Mapped[Id] = mapped_column(primary_key=True)
    slug: Mapped[Key] = mapped_column(unique=True)
    title: Mapped[Words]
    time_zone: Mapped[Key] = mapped_column(default="UTC")
    proposals_on: Mapped[bool] = mapped_column(default=True)
    agreement_open: Mapped[bool] = mapped_column(default=False)
    releases_open: Mapped[bool] = mapped_column(default=False)
    licence: Mapped[str | None]  # of the labels, for releases to come; an id such as cc-by-4.0, or words
    release_key: Mapped[str | None]  # hex; by it the ids in releases are made. There from the first release on
    created_at: Mapped[Moment]


class Membership(Base):
    """Roles in a project; the row stays when the last role goes, because the pseudonym must."""

    __tablename__ = "membership"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(primary_key=True, index=True)
    is_curator: Mapped[bool] = mapped_column(default=False)
    is_adjudicator: Mapped[bool] = mapped_column(default=False)
    is_annotator: Mapped[bool] = mapped_column(default=False)
    pseudonym: Mapped[Key]
    joined_at: Mapped[Moment]
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)


class SchemeVersion(Base):
    __tablename__ = "scheme_version"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[Words]  # the TOML file, byte for byte
    created_at: Mapped[Moment]


class GuideVersion(Base):
    __tablename__ = "guide_version"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[Words]  # the Markdown file, byte for byte
    created_at: Mapped[Moment]


class Round(Base):
    __tablename__ = "round"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)
    position: Mapped[int]  # 1 for the first round of the project
    scheme_number: Mapped[int]
    guide_number: Mapped[int]
    created_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    __table_args__ = (
        UniqueConstraint("project_id", "position"),
        ForeignKeyConstraint(["project_id", "scheme_number"], ["scheme_version.project_id", "scheme_version.number"]),
        ForeignKeyConstraint(["project_id", "guide_number"], ["guide_version.project_id", "guide_version.number"]),
    )


class Document(Base):
    __tablename__ = "document"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    id: Mapped[Key] = mapped_column(primary_key=True)
    title: Mapped[Words]
    display_title: Mapped[Words]
    outlet: Mapped[Words]
    byline: Mapped[Words]
    published: Mapped[Words]
    url: Mapped[Words]
    rights: Mapped[Key]  # open, or text-free: leaves an export without its words
    language: Mapped[Key]
    text: Mapped[Words]
    text_sha256: Mapped[Key]
    headings: Mapped[List]
    excluded: Mapped[List]
    extra: Mapped[Words]  # further keys of the imported line, an object as JSON text; "" if none
    units: Mapped[List]  # the selectable units, computed once at import (domain/segments.py)
    created_at: Mapped[Moment]
    __table_args__ = (Index(None, "project_id", "text_sha256"),)


class Speaker(Base):
    """A speaker of the registry, or somebody's proposal for it (`proposed_by`)."""

    __tablename__ = "speaker"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Words]
    kind: Mapped[Key]
    affiliation: Mapped[Words]
    members: Mapped[List]
    aliases: Mapped[List]
    proposed_by: Mapped[PersonId | None]
    merged_into: Mapped[Key | None]  # only redirects: labels keep what was stored
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "merged_into"], ["speaker.project_id", "speaker.id"]),
        UniqueConstraint("project_id", "proposed_by", "name"),  # the same name by the same author is one proposal
    )


class Assignment(Base):
    __tablename__ = "assignment"
    project_id: Mapped[Id] = mapped_column(primary_key=True)
    round: Mapped[Key] = mapped_column(primary_key=True)
    document_id: Mapped[Key] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    state: Mapped[Key]
    assigned_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    withdrawn_reason: Mapped[Words] = mapped_column(default="")
    # in adjudication since then: labels stand still until the article is given back
    locked_at: Mapped[Moment | None]
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "round"], ["round.project_id", "round.name"]),
        ForeignKeyConstraint(["project_id", "document_id"], ["document.project_id", "document.id"]),
        CheckConstraint("state IN ('open', 'done', 'withdrawn')", "state"),
        Index(None, "project_id", "person_id"),
    )


class Label(Base):
    """One marked span with its fields by one annotator; deleted ones stay as tombstones."""

    __tablename__ = "label"
    project_id: Mapped[Id] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    round: Mapped[Key]
    document_id: Mapped[Key]
    person_id: Mapped[Id]
    start_at: Mapped[int]
    end_at: Mapped[int]
    quote: Mapped[Words]
    origin: Mapped[Key]
    speaker_id: Mapped[Key]
    speaker_origin: Mapped[Key]
    chain: Mapped[List]
    stance: Mapped[Key | None]
    on_target: Mapped[bool] = mapped_column(Boolean)
    ascribed: Mapped[bool] = mapped_column(Boolean)
    claim_type: Mapped[Key | None]
    unsure: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[Words]
    revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    deleted_at: Mapped[Moment | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "round", "document_id", "person_id"],
            ["assignment.project_id", "assignment.round", "assignment.document_id", "assignment.person_id"],
        ),
        ForeignKeyConstraint(["project_id", "speaker_id"], ["speaker.project_id", "speaker.id"]),
        CheckConstraint("start_at >= 0 AND start_at < end_at", "span"),
        # living labels, and simulated ones, are counted from it alone
        Index("ix_label_page", "project_id", "document_id", "round", "person_id", "deleted_at", "origin"),
        # one living label a person, round, span and speaker
        Index(
            "uq_label_span",
            *("project_id", "document_id", "round", "person_id", "start_at", "end_at", "speaker_id"),
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


label_table = cast(Table, Label.__table__)  # for the hot paths, which go past the ORM


class OperationResult(Base):
    """The first result of an operation that was stored, so that a repeated one changes nothing."""

    __tablename__ = "operation_result"
    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId]
    document_id: Mapped[Key]
    revision: Mapped[int | None]
    at: Mapped[Moment]


class Decision(Base):
    """What somebody decided about a cluster of labels, or a span that all missed. A later one takes the row's place.

    `seen` are the cluster's labels as they were then, id: revision; none for an added span. A decision that was taken
    back keeps its row, so that revisions grow: its `action` is clear.
    """

    __tablename__ = "decision"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    round: Mapped[Key]
    document_id: Mapped[Key]
    key: Mapped[Key]  # of the labels and revisions seen (domain/adjudication.py)
    seen: Mapped[Any] = mapped_column(JSON)
    former: Mapped[List]  # labels that earlier decisions of this row saw and that are elsewhere now
    action: Mapped[Key]
    gold: Mapped[Any] = mapped_column(JSON)  # the span and its fields; of a rejection what was proposed
    note: Mapped[Words]
    person_id: Mapped[PersonId]
    revision: Mapped[int]
    at: Mapped[Moment]
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "round"], ["round.project_id", "round.name"]),
        ForeignKeyConstraint(["project_id", "document_id"], ["document.project_id", "document.id"]),
        CheckConstraint("action IN ('accept', 'set', 'reject', 'add', 'clear')", "action"),
        UniqueConstraint("project_id", "round", "document_id", "key"),
    )


class Event(Base):
    """Who changed what, and when, written with the change. No person: an operator at the command line."""

    __tablename__ = "event"
    id: Mapped[Id] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId | None]
    at: Mapped[Moment]
    person_id: Mapped[PersonId | None]
    action: Mapped[Key]
    document_id: Mapped[Key | None]
    detail: Mapped[Any] = mapped_column(JSON)
    __table_args__ = (
        Index(None, "project_id", "id"),
        # what may change finished work; the many others are left out, so that a save does not pay for it
        Index(
            "ix_event_turning",
            *("project_id", "id"),
            sqlite_where=text(TURNING),
            postgresql_where=text(TURNING),
        ),
    )


class Job(Base):
    """Slow work, done by the job process beside the web workers."""

    __tablename__ = "job"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Key]
    subject: Mapped[Key]  # of equal kind and subject only one waits or runs
    state: Mapped[Key]
    parameters: Mapped[Any] = mapped_column(JSON)
    progress: Mapped[Words]  # in words, for who waits; of a failed one the reason
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    seen_at: Mapped[Moment | None]  # the last sign of life of the process that does it
    finished_at: Mapped[Moment | None]
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", "state"),
        Index(None, "state", "created_at"),
        Index(
            "uq_job_wanted",
            *("project_id", "kind", "subject"),
            unique=True,
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )


class Report(Base):
    """Figures that a job computed, with what they were computed from; of each name the newest."""

    __tablename__ = "report"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)
    input_sha256: Mapped[Key]  # of all that went in, settings included: equal ones are not computed twice
    seen: Mapped[Key]  # the project's state when it was looked at (services/reports.py)
    body: Mapped[bytes] = mapped_column(LargeBinary)  # JSON, compressed
    made_at: Mapped[Moment]


class Release(Base):
    """A frozen gold dataset. Its row and its files' are only ever added: the database refuses to change them."""

    __tablename__ = "release"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(unique=True)  # of the job that made it, so that none makes two
    day: Mapped[Key]
    note: Mapped[Words]
    rounds: Mapped[List]  # their names, oldest first
    partial: Mapped[bool]
    waiting: Mapped[int]  # clusters that nobody had decided
    unfinished: Mapped[int]  # assignments
    counts: Mapped[Any] = mapped_column(JSON)  # lines, by kind of record
    person_id: Mapped[PersonId | None]
    made_at: Mapped[Moment]


class ReleaseFile(Base):
    __tablename__ = "release_file"
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Key] = mapped_column(primary_key=True)
    sha256: Mapped[Key]
    size: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)  # compressed (zlib)
    __table_args__ = (ForeignKeyConstraint(["project_id", "number"], ["release.project_id", "release.number"]),)
