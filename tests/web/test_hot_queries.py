"""What is asked of the database all day goes by an index to the rows that are wanted, however many others there are.

The plans are asked for with 4,000 labels; `make soak` has a million. Where a page has to know something of all labels
of a project it may read all of them, and is named here with the reason; no other may.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from tests.crowd import add_articles, add_labels
from tests.world import OTHER_WORDS, SLUG, World, delete, finish, put, reopen
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
ARTICLES, READERS, EACH = (10_000, 4, 25) if SOAK else (120, 2, 17)
PEOPLE = [f"Reader {n:02}" for n in range(40 if SOAK else 6)]
# tables that grow with the work; a project's articles, people and rounds are few
LARGE = {"label", "event", "operation_result"}
FEW = {"ix_event_turning"}  # what may change finished work
COLUMN = re.compile(r"(\w+)\)?(?:::\w+)? ?(?:=|>|<|IS)")

Asked = list[tuple[str, Any]]


@pytest.fixture
def crowded(world: World) -> World:
    managing.set_roles(world.db, OPERATOR, SLUG, "Curt", frozenset({"curator", "adjudicator"}))
    add_articles(world, ARTICLES, PEOPLE, READERS)
    add_labels(world, ARTICLES, EACH)
    if not world.db.is_sqlite:  # PostgreSQL looks at its tables by itself after a while, SQLite never does
        world.change("ANALYZE")
    return world


# ---- what is asked ----


@contextmanager
def asked_of(world: World) -> Iterator[Asked]:
    """Statements with their parameters, as the driver gets them while the block runs."""
    found: Asked = []
    engine = world.app.extensions["database"].engine

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_more: object) -> None:
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
            found.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True)
class Hot:
    """Something that people do all day, and the tables of which it may read all that is the project's."""

    name: str
    action: Callable[[], Any]
    whole: frozenset[str] = frozenset()


def hot(world: World) -> Iterator[Hot]:
    alice, reader, curt = (world.visitor(name) for name in ("Alice", PEOPLE[0], "Curt"))
    label, gone = world.label(), world.stored("Alice", OTHER_WORDS)
    speaker = {"name": "Somebody new", "kind": "person", "affiliation": ""}
    yield Hot("save", lambda: alice.results("000", put(label)))
    yield Hot("change", lambda: alice.results("000", put(label | {"note": "more", "base": 1})))
    yield Hot("propose", lambda: alice.results("000", put(label | {"speaker": speaker, "base": 2})))
    yield Hot("delete", lambda: alice.results("000", delete(gone["id"], 1)))
    yield Hot("finish", lambda: alice.results("000", finish(), reopen()))
    for address in ("/p/letter/documents/000", "/p/letter/documents/000.json", "/", "/p/letter/documents"):
        yield Hot(f"annotator {address}", lambda address=address: alice.get(address))
    for address in ("/", "/p/letter/", "/p/letter/documents", "/p/letter/speakers", "/p/letter/documents/past-0"):
        yield Hot(f"reader {address}", lambda address=address: reader.get(address))
    for address in ("/", "/p/letter/", "/p/letter/documents", "/p/letter/rounds", "/p/letter/documents/past-7"):
        yield Hot(f"curator {address}", lambda address=address: curt.get(address))
    yield Hot("curator by labels", lambda: curt.get("/p/letter/documents?sort=-labels"), frozenset({"label"}))
    # how many labels name whom, of all that there are
    yield Hot("curator speakers", lambda: curt.get("/p/letter/speakers"), frozenset({"label"}))
    # how many there are, for the number of pages
    yield Hot("curator events", lambda: curt.get("/p/letter/events"), frozenset({"event"}))
    # how many labels an article has, to see which were changed; only when something was
    yield Hot("queue", lambda: patiently(lambda: curt.get("/p/letter/adjudicate")), frozenset({"label"}))
    yield Hot("queue again", lambda: curt.get("/p/letter/adjudicate"))
    yield Hot("adjudicate", lambda: curt.get("/p/letter/adjudicate/past-7"))
    # everything is what is wanted
    yield Hot("export labels", lambda: curt.get("/p/letter/export/labels.jsonl"), frozenset({"label"}))
    yield Hot("export events", lambda: curt.get("/p/letter/events.jsonl"), frozenset({"event"}))


def patiently(ask: Callable[[], Any]) -> Any:
    """The answer, once all labels were read: with many the page says first how far that is."""
    while (answer := ask()).status_code == 202:
        pass
    return answer


# ---- how it is found ----


def read_whole(world: World, statement: str, given: Any) -> set[str]:
    """The large tables of which at least all that is one project's would be read."""
    with world.db.reading() as session:
        connection = session.connection()
        if world.db.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            found = [_of_sqlite(row[3]) for row in rows]
        else:
            if not SOAK:  # with so few rows to read them all is quicker: what counts is that it can be done otherwise
                connection.execute(text("SET LOCAL enable_seqscan = off"))
            ((plans,),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given)
            found = list(_of_postgresql(plans[0]["Plan"]))
    return {table for table, by in found if table in LARGE and by <= {"project_id"}}


Read = tuple[str, set[str]]  # a table, and by what its rows are found: columns in an index, or an index of few rows


def _of_sqlite(line: str) -> Read:
    """`SEARCH label USING INDEX ix_label_page (project_id=? AND document_id=?)`"""
    words = line.replace("'", "").split()
    if words[0] not in ("SCAN", "SEARCH"):
        return "", set()
    bounds = re.search(r"\((.*)\)", line)
    return words[1], (set(COLUMN.findall(bounds[1])) if bounds else set()) | (FEW & {*words})


def _of_postgresql(node: dict[str, Any]) -> Iterator[Read]:
    if "Relation Name" in node:
        of_bitmap = re.findall(r'"Index (?:Cond|Name)": "([^"]*)"', json.dumps(node.get("Plans", [])))
        bounds = " ".join([node.get("Index Cond", ""), node.get("Index Name", ""), *of_bitmap])
        yield node["Relation Name"], set(COLUMN.findall(bounds)) | (FEW & {*bounds.split()})
    for part in node.get("Plans", []):
        yield from _of_postgresql(part)


def test_hot_queries_go_by_an_index(crowded: World) -> None:
    for one in hot(crowded):
        with asked_of(crowded) as asked:
            answer = one.action()
            if isinstance(answer, TestResponse):
                assert answer.status_code == 200 and answer.data, one.name
        assert len(asked) > 1, one.name
        for statement, given in dict(asked).items():
            too_much = read_whole(crowded, statement, given) - one.whole
            assert not too_much, f"{one.name} reads all of {too_much}:\n{statement}"
    here = "project_id = (SELECT id FROM project LIMIT 1)"
    for condition, found in (
        ("", {"label"}),
        (f" AND {here}", {"label"}),
        (f" AND document_id = '000' AND {here}", set()),
    ):
        assert read_whole(crowded, f"SELECT 1 FROM label WHERE quote = 'x'{condition}", ()) == found
