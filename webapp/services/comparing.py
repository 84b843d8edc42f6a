"""A project's labels as agreement and gold take them: its bundle, and the words that a bundle may have to leave out."""

from sqlalchemy import select

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.models import Document
from webapp.services import exporting
from webapp.services.access import enter


def comparable(
    db: Database, actor: Actor, slug: str, rounds: frozenset[str] | None = None
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of the project's bundle by name, annotators as pseudonyms; and the texts, by document, left out there.

    With `rounds` the work of these only. Raises NotFound, Forbidden.
    """
    terms = exporting.Terms(rounds=rounds)
    files = {name: b"".join(content) for name, content in exporting.bundle(db, actor, slug, terms)}
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        here = (Document.project_id == access.project_id, Document.rights == "text-free")
        texts = {row.id: row.text for row in session.execute(select(Document.id, Document.text).where(*here))}
    return files, texts
