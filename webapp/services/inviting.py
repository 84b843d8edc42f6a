"""People brought into a project by its curator, and the one-time links that let them in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.database import Database
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import Actor
from webapp.models import Membership, Person
from webapp.services.access import Access, enter, record, roles_of
from webapp.services.accounts import LINK_HOURS, check_name, insert_person, name_key, new_link
from webapp.services.managing import give_roles, member_row
from webapp.services.members import find_member


def invite(
    db: Database, actor: Actor, slug: str, name: str, roles: frozenset[str], *, known: bool = False
) -> str | None:
    """Make a new person a member; returns the token of their one-time link.

    With `known` the person is one who is known on this server already, and needs no link: None.
    Raises NotFound, Forbidden; Invalid where the name is taken and `known` is not given, or no role is.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        if not roles:
            raise Invalid("Choose at least one role.", "roles")
        person = _person_named(session, check_name(name))
        if person is not None:
            _check_known(session, access, person, known)
        invited = person or insert_person(session, name)
        give_roles(member_row(session, access.project_id, invited.id), roles)
        action = "person-invited" if person is None else "roles-set"
        record(session, actor, action, access.project_id, person=invited.name, roles=sorted(roles))
        return new_link(session, invited, LINK_HOURS) if person is None else None


def _person_named(session: Session, name: str) -> Person | None:
    return session.scalar(select(Person).where(Person.name_key == name_key(name)))


def _check_known(session: Session, access: Access, person: Person, known: bool) -> None:
    member = session.get(Membership, (access.project_id, person.id))
    if member is not None and roles_of(member):
        raise Invalid(f"“{person.name}” belongs to this project already. Roles are changed on their page.", "name")
    if not known:
        raise Invalid(
            f"There is a person named “{person.name}” on this server already. Add that person, or choose another name.",
            "known",
        )


def renew_link(db: Database, actor: Actor, slug: str, key: str) -> tuple[str, str]:
    """(name, token of a new one-time link) for a member who never chose a password; older links end.

    Raises NotFound, Forbidden: whoever signs in already, or may do more than the actor gives, is the administrator's.
    """
    with db.writing() as session:
        access = enter(session, slug, actor, "curate")
        person, member = find_member(session, access, key)
        if person.password_hash or person.disabled_at or person.removed_at or not roles_of(member):
            raise Forbidden(f"Only an administrator can make a new link for “{person.name}”.")
        if not actor.rules_all and not _is_within_reach(session, actor, person):
            raise Forbidden(f"Only an administrator can make a new link for “{person.name}”.")
        record(session, actor, "link-made", access.project_id, person=person.name)
        return person.name, new_link(session, person, LINK_HOURS)


def _is_within_reach(session: Session, actor: Actor, person: Person) -> bool:
    """Whether the actor curates every project that the link would open."""
    theirs, mine = (_memberships(session, id) for id in (person.id, actor.person_id))
    curated = {member.project_id for member in mine if member.is_curator}
    return not person.is_admin and {member.project_id for member in theirs if roles_of(member)} <= curated


def _memberships(session: Session, person_id: str | None) -> list[Membership]:
    return list(session.scalars(select(Membership).where(Membership.person_id == person_id)))
