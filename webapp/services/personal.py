"""What is stored of a person, for that person: every row that is theirs, in whatever table, but no secret."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, Text, cast, or_, select
from sqlalchemy.orm import Session

from webapp.database import Database, now
from webapp.domain.errors import Forbidden
from webapp.domain.permissions import Actor
from webapp.models import Base, Event, Person, SignInAttempt
from webapp.services.access import record
from webapp.services.accounts import find_person

_SECRET = frozenset({"password_hash", "token_hash"})


def export_person(db: Database, actor: Actor, name: str) -> dict[str, Any]:
    """When it was looked up, and by table the rows that are the person's or name them; an event row tells of it.

    Raises NotFound, Forbidden.
    """
    if not actor.rules_all:
        raise Forbidden("Only an administrator can export what is stored of a person.")
    with db.reading() as session:
        person = find_person(session, name)
        tables = {table.name: list(_rows(session, table, person)) for table in Base.metadata.sorted_tables}
        named = person.name
    with db.writing() as session:  # no change, but somebody has it now
        record(session, actor, "person-exported", person=named)
    return {"exported_at": now(), **{name: rows for name, rows in tables.items() if rows}}


def _rows(session: Session, table: Table, person: Person) -> Iterator[dict[str, Any]]:
    conditions = [column == person.id for column in table.columns if _is_a_person(column)]
    if table is SignInAttempt.__table__:
        conditions.append(table.c.name_key == person.name_key)
    if table is Event.__table__:  # what others did to them
        quoted = json.dumps(person.name, ensure_ascii=False)
        conditions.append(cast(table.c.detail, Text).contains(quoted, autoescape=True))
    if conditions:
        for row in session.execute(select(table).where(or_(*conditions)).order_by(*table.primary_key)):
            yield {name: value for name, value in row._mapping.items() if name not in _SECRET}


def _is_a_person(column: Column[Any]) -> bool:
    """Whether the column holds a person's id, at first or second hand."""
    if column.table is Person.__table__:
        return column.name == "id"
    return any(_is_a_person(key.column) for key in column.foreign_keys if key.column.table is not column.table)
