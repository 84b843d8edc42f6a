"""Labels from other programs, matched with the articles and speakers that a project has."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select

from webapp.database import Database
from webapp.domain.files.bundle_files import Bundle, parse_bundle
from webapp.domain.foreign import Shelf, read, reader_of
from webapp.domain.permissions import Actor
from webapp.domain.release import manifest
from webapp.models import Document, Speaker
from webapp.services.access import enter


def bundle_of(db: Database, actor: Actor, slug: str, files: Mapping[str, bytes]) -> Bundle:
    """The files as a bundle, whoever wrote them. Raises NotFound, Forbidden, Invalid with all that is wrong."""
    manifest.check(files)
    reader = reader_of(files)
    return read(reader, files, _shelf(db, actor, slug)) if reader else parse_bundle(files)


def _shelf(db: Database, actor: Actor, slug: str) -> Shelf:
    with db.reading() as session:
        project_id = enter(session, slug, actor, "curate").project_id
        articles = select(Document.id, Document.text_sha256).where(Document.project_id == project_id)
        speakers = select(Speaker.id, Speaker.name).where(Speaker.project_id == project_id)
        known = session.execute(speakers).all()
        names = Counter(row.name for row in known)
        by_name = {row.name: row.id for row in known if names[row.name] == 1}  # what two are called names neither
        return Shelf(dict(session.execute(articles).all()), by_name | {row.id: row.id for row in known})
