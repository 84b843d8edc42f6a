"""Removing a person: their labels stay under a pseudonym, or are erased."""

import json
from typing import Any

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.database import Database, now
from webapp.domain.errors import Forbidden, Invalid
from webapp.domain.permissions import Actor
from webapp.models import (
    Assignment,
    Event,
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

REMOVED = "removed person"


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
        _forget_name_in_events(session, person)
        _tell_projects(session, actor, person, erase_labels)
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


def _pseudonyms(session: Session, person: Person) -> dict[str, str]:
    """By project."""
    query = select(Membership.project_id, Membership.pseudonym).where(Membership.person_id == person.id)
    return {row.project_id: row.pseudonym for row in session.execute(query)}


def _forget_name_in_events(session: Session, person: Person) -> None:
    """What others did to the person named them; from now on that, too, is under the pseudonym."""
    pseudonyms = _pseudonyms(session, person)
    quoted = json.dumps(person.name, ensure_ascii=False)
    naming = select(Event).where(cast(Event.detail, Text).contains(quoted, autoescape=True))
    for event in session.scalars(naming):
        pseudonym = pseudonyms.get(event.project_id or "", REMOVED)
        event.detail = _renamed(event.detail, person.name, pseudonym)


def _renamed(value: Any, name: str, pseudonym: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(part, name, pseudonym) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, name, pseudonym) for part in value]
    return pseudonym if value == name else value


def _tell_projects(session: Session, actor: Actor, person: Person, erased: bool) -> None:
    """The curators of the person's projects read of it too."""
    for project_id, pseudonym in _pseudonyms(session, person).items():
        record(session, actor, "member-removed", project_id, person=pseudonym, labels_erased=erased)


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
    person.name, person.name_key = REMOVED, f"removed {person.id}"
    person.password_hash, person.is_admin, person.seen_at = None, False, None
    person.removed_at = now()
