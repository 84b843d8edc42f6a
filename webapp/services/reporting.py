"""What people want to see at a glance: own work, progress of a project, its documents, people and events."""

from typing import Any

from sqlalchemy import select

from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.models import Event, Membership, Person
from webapp.services.access import enter


def list_events(db: Database, actor: Actor, slug: str) -> list[dict[str, Any]]:
    """The project's events, oldest first: `{"at","who","action","document","detail"}`. For curators."""
    with db.reading() as session:
        access = enter(session, slug, actor, "curate")
        here = (Membership.person_id == Event.person_id) & (Membership.project_id == Event.project_id)
        rows = session.execute(
            select(Event, Person.name, Person.removed_at, Membership.pseudonym)
            .outerjoin(Person, Person.id == Event.person_id)
            .outerjoin(Membership, here)
            .where(Event.project_id == access.project_id)
            .order_by(Event.id)
        )
        return [
            {
                "at": event.at,
                "who": "operator" if event.person_id is None else pseudonym if removed_at else name,
                "action": event.action,
                "document": event.document_id,
                "detail": event.detail,
            }
            for event, name, removed_at, pseudonym in rows
        ]
