"""All rows of one database into another, in one transaction, and compared there row by row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from sqlalchemy import ForeignKeyConstraint, Row, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp import migrations
from webapp.database import Database, take_turns
from webapp.domain.errors import Invalid
from webapp.models import Base

Tell = Callable[[int, int], None]  # steps done, steps in all

_TABLES: list[Table] = Base.metadata.sorted_tables  # who is pointed to comes first
_BATCH = 500  # rows


@dataclass
class _Steps:
    whole: int
    tell: Tell
    done: int = 0

    def add(self, number: int) -> None:
        self.done += number
        self.tell(self.done, self.whole)


def copy_database(source: Database, target: Database, tell: Tell) -> dict[str, int]:
    """Copy everything into an empty database, as it was at this moment; the number of rows by table.

    `tell` hears of every row twice: written, compared. Raises Invalid (the target is not empty or of another version,
    rows that point to nothing), Unavailable; the target is then as empty as it was.
    """
    make_tables(target)
    with source.reading() as here, target.writing() as there:
        take_turns(there)
        if filled := rows_in(there):
            names = ", ".join(f"{name} ({number:,})" for name, number in filled.items())
            raise Invalid(f"The target is not empty: it has rows in {names}. Give the address of a new database.")
        return fill(here, there, tell)


def rows_in(session: Session) -> dict[str, int]:
    """How many rows each table has that has any."""
    counts = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES}
    return {name: number for name, number in counts.items() if number}


def fill(here: Session, there: Session, tell: Tell) -> dict[str, int]:
    """Every row from one session's database to the other's empty tables, then read again there. Raises Invalid."""
    counts = rows_in(here)
    steps = _Steps(2 * sum(counts.values()), tell)
    try:
        for table in _TABLES:
            _copy(table, here, there, steps)
    except IntegrityError:
        raise Invalid(
            "There are rows that point to nothing, so nothing was copied. stancemark doctor names them."
        ) from None
    for table in _TABLES:
        _compare(table, here, there, steps)
    return counts


def clear(session: Session) -> None:
    """Every row goes, releases too: only for a whole database that takes the place of another."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"TRUNCATE {', '.join(table.name for table in _TABLES)}"))
        return
    frozen = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for trigger in frozen:
        session.execute(text(f"DROP TRIGGER {trigger.name}"))
    for table in reversed(_TABLES):
        session.execute(table.delete())
    for trigger in frozen:
        session.connection().exec_driver_sql(trigger.sql)


def make_tables(db: Database) -> None:
    """Raises Invalid where the database has tables of another version."""
    found = migrations.current(db)
    if found is None:
        migrations.upgrade(db)
    elif found != migrations.head():
        words = "older: upgrade it with stancemark init" if migrations.knows(found) else "newer: install that version"
        raise Invalid(f"The target's tables are {words}. Or give the address of a new database.")


def _rows(table: Table, session: Session) -> Iterator[Row[tuple[object, ...]]]:
    query = select(table).order_by(*table.primary_key)
    yield from session.execute(query, execution_options={"yield_per": _BATCH})


def _copy(table: Table, here: Session, there: Session, steps: _Steps) -> None:
    rows: Iterable[Row[tuple[object, ...]]] = _rows(table, here)
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table is table:
            rows = _in_order(constraint, rows)
    rows = iter(rows)
    while batch := [dict(row._mapping) for row in islice(rows, _BATCH)]:
        there.execute(insert(table), batch)
        steps.add(len(batch))


def _in_order(
    constraint: ForeignKeyConstraint, rows: Iterable[Row[tuple[object, ...]]]
) -> Iterator[Row[tuple[object, ...]]]:
    """Rows that point to others of their table come after these; of such tables none is long."""
    waiting, known = list(rows), set[tuple[object, ...]]()
    while waiting:
        ready = [row for row in waiting if _pointing(constraint, row) <= known]
        if not ready:
            raise Invalid(f"Rows of the table {constraint.table.name} point to each other in a circle.")
        yield from ready
        known |= {tuple(row._mapping[element.column] for element in constraint.elements) for row in ready}
        gone = set(map(id, ready))
        waiting = [row for row in waiting if id(row) not in gone]


def _pointing(constraint: ForeignKeyConstraint, row: Row[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """The one key that the row points to, or none."""
    key = tuple(row._mapping[element.parent] for element in constraint.elements)
    return set() if None in key else {key}


def _compare(table: Table, here: Session, there: Session, steps: _Steps) -> None:
    for number, (one, other) in enumerate(zip_longest(_rows(table, here), _rows(table, there)), 1):
        if one is None or other is None or tuple(one) != tuple(other):
            raise Invalid(f"Row {number:,} of the table {table.name} is not there as it is here; nothing was copied.")
        steps.add(1)
