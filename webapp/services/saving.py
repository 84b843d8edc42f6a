"""What a save asks of the database, each statement built once: putting one together costs several times its running.

The words in quotation marks are the parameters that each takes.
"""

from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update

from webapp.models import Document, OperationResult, Speaker, label_table

_results = cast(Table, OperationResult.__table__)

DOCUMENT = select(Document.id, Document.text, Document.text_sha256, Document.excluded).where(
    Document.project_id == bindparam("project"), Document.id == bindparam("document")
)
# results of operations that were stored before
RESULTS = select(_results.c.id, _results.c.revision).where(
    _results.c.person_id == bindparam("person"), _results.c.id.in_(bindparam("ids", expanding=True))
)
REMEMBER = insert(_results)
LABELS = select(label_table).where(
    label_table.c.project_id == bindparam("project"), label_table.c.id.in_(bindparam("ids", expanding=True))
)
ADD = insert(label_table).returning(label_table)
# the columns to be changed are those given beside "project" and "label"
CHANGE = (
    update(label_table)
    .where(label_table.c.project_id == bindparam("project"), label_table.c.id == bindparam("label"))
    .returning(label_table)
)
TWIN = select(label_table.c.id).where(
    *(label_table.c[name] == bindparam(name) for name in ("project_id", "document_id", "round", "person_id")),
    *(label_table.c[name] == bindparam(name) for name in ("start_at", "end_at", "speaker_id")),
    label_table.c.deleted_at.is_(None),
    label_table.c.id != bindparam("label"),
)
ALL_SPEAKERS = select(Speaker.id, Speaker.merged_into).where(Speaker.project_id == bindparam("project"))
# the registry, and one's own proposals for it
SPEAKERS = ALL_SPEAKERS.where(Speaker.proposed_by.is_(None) | (Speaker.proposed_by == bindparam("person")))
