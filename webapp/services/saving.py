"""What a save asks of the database, each statement built once: putting one together costs several times its running.

To be run on a connection: a session would double what each costs. The words in quotation marks are the parameters
that each takes.
"""

from typing import cast

from sqlalchemy import Table, bindparam, insert, select, text, union_all, update

from webapp.models import Assignment, OperationResult, Round, SchemeVersion, Speaker, label_table

_assignment = cast(Table, Assignment.__table__)
_results = cast(Table, OperationResult.__table__)

# The living assignment in the newest round that has one, with its round and scheme. Where writers do not wait for one
# another, neither is changed between this look and the commit.
ASSIGNED = (
    select(Assignment.round, Assignment.state, Assignment.locked_at, Round.closed_at, SchemeVersion.source)
    .join(Round, (Round.project_id == Assignment.project_id) & (Round.name == Assignment.round))
    .join(
        SchemeVersion,
        (SchemeVersion.project_id == Round.project_id) & (SchemeVersion.number == Round.scheme_number),
    )
    .where(Assignment.project_id == bindparam("project"), Assignment.document_id == bindparam("document"))
    .where(Assignment.person_id == bindparam("person"), Assignment.state != "withdrawn")
    .order_by(Round.position.desc())
    .limit(1)
    .with_for_update(of=Assignment)
    .suffix_with(text("FOR SHARE OF round"), dialect="postgresql")
)
ASSIGNED_IN_ROUND = ASSIGNED.where(Assignment.round == bindparam("round"))
# "state" and "finished_at" of it
TURN = update(_assignment).where(
    *(_assignment.c[name] == bindparam(f"its_{name}") for name in ("project_id", "document_id", "round", "person_id"))
)
# results of operations that were stored before
RESULTS = select(_results.c.id, _results.c.revision).where(
    _results.c.person_id == bindparam("person"), _results.c.id.in_(bindparam("ids", expanding=True))
)
REMEMBER = insert(_results)
# the labels of those ids, and the annotator's own that begin at one of those places
LABELS = union_all(
    select(label_table).where(
        label_table.c.project_id == bindparam("project"), label_table.c.id.in_(bindparam("ids", expanding=True))
    ),
    select(label_table).where(
        label_table.c.project_id == bindparam("project"),
        label_table.c.document_id == bindparam("document"),
        label_table.c.round == bindparam("round"),
        label_table.c.person_id == bindparam("person"),
        label_table.c.start_at.in_(bindparam("starts", expanding=True)),
        label_table.c.deleted_at.is_(None),
    ),
)
ADD = insert(label_table)
# the columns to be changed are those given beside "project" and "label"
CHANGE = update(label_table).where(
    label_table.c.project_id == bindparam("project"), label_table.c.id == bindparam("label")
)
ALL_SPEAKERS = select(Speaker.id, Speaker.merged_into).where(
    Speaker.project_id == bindparam("project"), Speaker.id.in_(bindparam("ids", expanding=True))
)
# the registry, and one's own proposals for it
SPEAKERS = ALL_SPEAKERS.where(Speaker.proposed_by.is_(None) | (Speaker.proposed_by == bindparam("person")))
