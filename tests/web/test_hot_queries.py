"""What every save and every look at an article asks of the database goes by an index, however much there is.

The plans are asked for with 4,000 labels; `make soak` has a million.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.crowd import add_articles, add_labels
from tests.world import OTHER_WORDS, World, delete, finish, put, reopen

ARTICLES, EACH = (200, 5_000) if os.environ.get("STANCEMARK_SOAK") else (20, 200)
# tables that grow with the work; a project's articles, people and rounds are few
LARGE = ("label", "event", "operation_result")

Asked = list[tuple[str, Any]]


@pytest.fixture
def crowded(world: World) -> World:
    add_articles(world, ARTICLES)
    add_labels(world, ARTICLES, EACH)
    world.change("ANALYZE")
    return world


@contextmanager
def asked_of(world: World) -> Iterator[Asked]:
    """Statements with their parameters, as the driver gets them while the block runs."""
    found: Asked = []
    engine = world.app.extensions["database"].engine

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_more: object) -> None:
        found.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def plan(world: World, statement: str, given: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if world.db.is_sqlite else "EXPLAIN "
    with world.db.reading() as session:
        rows = session.connection().exec_driver_sql(explain + statement, given)
        return "\n".join(str(tuple(row)) for row in rows)


def scans(world: World, statement: str, given: Any) -> list[str]:
    """The large tables that would be read from one end to the other."""
    how = plan(world, statement, given)
    words = "SCAN {}" if world.db.is_sqlite else "Seq Scan on {}"
    seen = how.replace("'", " ") + " "
    return [f"{table}: {statement}\n{how}" for table in LARGE if f"{words.format(table)} " in seen]


def hot(world: World) -> dict[str, Callable[[], Any]]:
    """What annotators do all day."""
    alice, label = world.visitor("Alice"), world.label()
    gone = world.stored("Alice", OTHER_WORDS)
    speaker = {"name": "Somebody new", "kind": "person", "affiliation": ""}
    return {
        "save": lambda: alice.results("000", put(label)),
        "change": lambda: alice.results("000", put(label | {"note": "more", "base": 1})),
        "propose": lambda: alice.results("000", put(label | {"speaker": speaker, "base": 2})),
        "delete": lambda: alice.results("000", delete(gone["id"], 1)),
        "finish": lambda: alice.results("000", finish(), reopen()),
        "article": lambda: alice.get("/p/letter/documents/000"),
        "JSON": lambda: alice.article("000"),
        "work": lambda: alice.get("/"),
        "articles": lambda: alice.get("/p/letter/documents"),
    }


def test_hot_queries_go_by_an_index(crowded: World) -> None:
    for name, action in hot(crowded).items():
        with asked_of(crowded) as asked:
            answer = action()
        assert getattr(answer, "status_code", 200) == 200
        statements = [(one, given) for one, given in asked if one.split()[0] in ("SELECT", "UPDATE", "DELETE")]
        assert len(statements) > 1, name
        assert [scan for one, given in statements for scan in scans(crowded, one, given)] == [], name
    assert scans(crowded, "SELECT 1 FROM label WHERE quote = 'x'", ()), "a scan would be seen"
