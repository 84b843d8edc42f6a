"""Into a project: who is it, which roles, may they. And the event row that every change leaves."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select
from sqlalchemy.orm import Session

from webapp.database import new_id, now
from webapp.domain import permissions
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Actor
from webapp.models import Document, Event, Membership, Project

# built once: putting a statement together costs several times what running it does
_THEIR_ROLES = (Membership.project_id == Project.id) & (Membership.person_id == bindparam("person_id"))
_PROJECT = select(Project, Membership).outerjoin(Membership, _THEIR_ROLES).where(Project.slug == bindparam("slug"))
_ARTICLE = (
    select(Project.id.label("project_id"), Membership.is_curator, Membership.is_adjudicator, Membership.is_annotator)
    .add_columns(Document.id, Document.text, Document.text_sha256, Document.excluded)
    .outerjoin(Membership, _THEIR_ROLES)
    .outerjoin(Document, (Document.project_id == Project.id) & (Document.id == bindparam("document_id")))
    .where(Project.slug == bindparam("slug"))
)
EVENT = insert(Event.__table__)  # type: ignore[arg-type]
_ASKED = {"label": "annotates", "adjudicate": "adjudicates", "curate": "curates", "read": "belongs to"}


@dataclass(frozen=True, slots=True)
class Part:
    """The actor's part in a project: what they may do there."""

    project_id: str
    actor: Actor
    roles: frozenset[str]

    @property
    def person_id(self) -> str:
        """The person's id; for actors that are persons only."""
        assert self.actor.person_id is not None
        return self.actor.person_id

    def allows(self, right: str) -> bool:
        return permissions.allows(self.roles, right)

    def require(self, right: str) -> None:
        """Raises Forbidden unless the actor has the right."""
        if not self.allows(right):
            raise Forbidden(f"This is for whoever {_ASKED[right]} this project. Ask its curator.")


@dataclass(frozen=True, slots=True)
class Access(Part):
    """A project as the actor may use it."""

    project: Project


def enter(session: Session, slug: str, actor: Actor, right: str = "read") -> Access:
    """The project `slug` for `actor`. Raises NotFound where it is not theirs to know of, Forbidden without `right`."""
    row = session.execute(_PROJECT, {"slug": slug, "person_id": actor.person_id}).first()
    roles = _roles(actor, row and row[1])
    if row is None or not roles:
        raise NotFound(f"There is no project “{slug}”.")
    access = Access(row[0].id, actor, roles, row[0])
    access.require(right)
    return access


def enter_article(connection: Connection, slug: str, document_id: str, actor: Actor) -> tuple[Part, Row[Any]]:
    """The same for one article of the project, in one statement: with its `id, text, text_sha256, excluded`.

    Raises NotFound for either.
    """
    asked = {"slug": slug, "person_id": actor.person_id, "document_id": document_id}
    row = connection.execute(_ARTICLE, asked).one_or_none()
    roles = _roles(actor, row)
    if row is None or not roles:
        raise NotFound(f"There is no project “{slug}”.")
    if row.id is None:
        raise NotFound("There is no such article in this project.")
    return Part(row.project_id, actor, roles), row


def roles_of(membership: Any) -> frozenset[str]:
    """Of a membership, or of a row with its columns."""
    held = (
        (permissions.CURATOR, membership.is_curator),
        (permissions.ADJUDICATOR, membership.is_adjudicator),
        (permissions.ANNOTATOR, membership.is_annotator),
    )
    return frozenset(role for role, has in held if has)


def _roles(actor: Actor, membership: Any) -> frozenset[str]:
    own = roles_of(membership) if membership else frozenset()
    return own | {permissions.CURATOR} if actor.rules_all else own


def record(
    session: Session,
    actor: Actor,
    action: str,
    project_id: str | None = None,
    document_id: str | None = None,
    **detail: Any,
) -> None:
    """Add the event row of a change to its transaction."""
    session.flush()  # what it is about may be new
    session.execute(EVENT, event_row(actor, action, project_id, document_id, detail))


def event_row(
    actor: Actor, action: str, project_id: str | None, document_id: str | None, detail: dict[str, Any]
) -> dict[str, Any]:
    """The values of EVENT, for who adds it past the session."""
    who = {"id": new_id(), "at": now(), "person_id": actor.person_id, "action": action, "detail": detail}
    return who | {"project_id": project_id, "document_id": document_id}
