"""Into a project: who is it, which roles, may they. And the event row that every change leaves."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from webapp.database import new_id, now
from webapp.domain import permissions
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import Actor
from webapp.models import Event, Membership, Project

# built once: putting a statement together costs several times what running it does
_PROJECT = (
    select(Project, Membership)
    .outerjoin(Membership, (Membership.project_id == Project.id) & (Membership.person_id == bindparam("person_id")))
    .where(Project.slug == bindparam("slug"))
)
_EVENT = insert(Event.__table__)  # type: ignore[arg-type]
_ASKED = {"label": "annotates", "adjudicate": "adjudicates", "curate": "curates", "read": "belongs to"}


@dataclass(frozen=True, slots=True)
class Access:
    """A project as the actor may use it."""

    project: Project
    actor: Actor
    roles: frozenset[str]

    @property
    def project_id(self) -> str:
        return self.project.id

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


def enter(session: Session, slug: str, actor: Actor, right: str = "read") -> Access:
    """The project `slug` for `actor`. Raises NotFound where it is not theirs to know of, Forbidden without `right`."""
    row = session.execute(_PROJECT, {"slug": slug, "person_id": actor.person_id}).first()
    if row is None:
        raise NotFound(f"There is no project “{slug}”.")
    project, membership = row
    access = Access(project, actor, _roles(actor, membership))
    if not access.roles:
        raise NotFound(f"There is no project “{slug}”.")
    access.require(right)
    return access


def roles_of(membership: Membership) -> frozenset[str]:
    held = (
        (permissions.CURATOR, membership.is_curator),
        (permissions.ADJUDICATOR, membership.is_adjudicator),
        (permissions.ANNOTATOR, membership.is_annotator),
    )
    return frozenset(role for role, has in held if has)


def _roles(actor: Actor, membership: Membership | None) -> frozenset[str]:
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
    event = {"id": new_id(), "at": now(), "person_id": actor.person_id, "action": action, "detail": detail}
    session.execute(_EVENT, event | {"project_id": project_id, "document_id": document_id})
