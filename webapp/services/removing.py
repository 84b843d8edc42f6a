"""Removing a person: their labels stay under a pseudonym, or are erased."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webapp.database import Database, now
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import Actor
from webapp.models import (
    Assignment,
    Label,
    Membership,
    OneTimeLink,
    OperationResult,
    Person,
    Preference,
    SignIn,
    SignInAttempt,
)
from webapp.services.access import record
from webapp.services.accounts import find_person


def remove_person(db: Database, actor: Actor, name: str, *, erase_labels: bool = False) -> int:
    """Forget who a person was, and with `erase_labels` what they labelled; returns how many labels were erased.

    Raises NotFound, Forbidden, Invalid (the last administrator).
    """
    if not actor.rules_all:
        raise Forbidden("Only an administrator can remove a person.")
    with db.writing() as session:
        person = find_person(session, name)
        _keep_an_administrator(session, person)
        erased = _erase(session, person) if erase_labels else 0
        _forget(session, person)
        record(session, actor, "person-removed", erased_labels=erased)
        return erased


def _keep_an_administrator(session: Session, person: Person) -> None:
    living = (Person.is_admin, Person.removed_at.is_(None), Person.disabled_at.is_(None), Person.id != person.id)
    if person.is_admin and not session.scalar(select(func.count()).where(*living)):
        raise Invalid(f"“{person.name}” is the last administrator. Make another one first.")


def _erase(session: Session, person: Person) -> int:
    mine = Label.person_id == person.id
    erased = session.scalar(select(func.count()).where(mine, Label.deleted_at.is_(None))) or 0
    session.execute(delete(Label).where(mine))
    session.execute(delete(Assignment).where(Assignment.person_id == person.id))
    return erased


def _forget(session: Session, person: Person) -> None:
    """Name and password go; the row stays, because labels, events and pseudonyms point to it."""
    for table in (SignIn, OneTimeLink, Preference, OperationResult):
        session.execute(delete(table).where(table.person_id == person.id))
    session.execute(delete(SignInAttempt).where(SignInAttempt.name_key == person.name_key))
    session.execute(
        update(Membership)
        .where(Membership.person_id == person.id)
        .values(is_curator=False, is_adjudicator=False, is_annotator=False)
    )
    person.name, person.name_key = "removed person", f"removed {person.id}"
    person.password_hash, person.is_admin, person.seen_at = None, False, None
    person.removed_at = now()
