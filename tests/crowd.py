"""Much that was done before: finished work of others on their own articles, each label with its event and its result.

A million labels take a minute or two: rows go in by COPY, or many at a time.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import JSON, Uuid, select
from sqlalchemy.types import TypeEngine

from tests.world import SLUG, World
from webapp.database import new_id, now
from webapp.domain.permissions import OPERATOR
from webapp.models import Assignment, Base, Document, Event, Label, OperationResult, Person
from webapp.services import managing

PAST = "Past"  # who made those labels, unless others are named
AT_ONCE = 400  # assignments whose labels go in together
TEXTS = 20  # different ones; the articles are copies of these
STANCES, CLAIM_TYPES = ("pro-copyright", "pro-fair-use", "neutral"), ("POLICY", "FACT", "VALUE", "POSITION")

Row = dict[str, Any]


def spans_of(text: str, excluded: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Words in a row, one to forty of them, outside of what is excluded."""
    return list(_spans(text, excluded))


def _spans(text: str, excluded: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append((at, at + len(word)))
        at += len(word)
    found = ((words[n][0], words[n + more][1]) for more in range(40) for n in range(len(words) - more))
    return ((s, e) for s, e in found if not any(s < gap["end"] and gap["start"] < e for gap in excluded))


def add_articles(
    world: World, number: int, people: Sequence[str] = (PAST,), readers: int = 1, words: int = 150, slug: str = SLUG
) -> None:
    """The articles of the past, so many words long, each finished by so many `readers` of the `people`."""
    _bring_texts(world, words, slug)
    texts = [world.document(f"text-{n}", slug) for n in range(TEXTS)]
    names = [column.key for column in Document.__table__.columns]
    rows = [{name: getattr(text, name) for name in names} for text in texts]
    ids = [f"past-{n}" for n in range(number)]
    _add(world, Document, [rows[n % TEXTS] | {"id": id, "title": f"Article {n}"} for n, id in enumerate(ids)])
    known = _people(world, people, slug)
    done = {"project_id": texts[0].project_id, "round": "main", "state": "done", "assigned_at": now()}
    done |= {"finished_at": now(), "withdrawn_reason": "", "locked_at": None}
    pairs = ((id, known[(n + more) % len(known)]) for n, id in enumerate(ids) for more in range(readers))
    _add(world, Assignment, [done | {"document_id": id, "person_id": person} for id, person in pairs])


def _bring_texts(world: World, words: int, slug: str) -> None:
    dice = random.Random(1)
    vocabulary = ["claim", "court", "said", "model", "the", "use", "writers", "of", "fair", "and"]
    texts = (f"Article {n}. {' '.join(dice.choices(vocabulary, k=words)).capitalize()}." for n in range(TEXTS))
    world.bring(*({"id": f"text-{n}", "text": text} for n, text in enumerate(texts)), slug=slug)


def _people(world: World, names: Sequence[str], slug: str) -> list[str]:
    """Their ids; whoever is not there yet is made, all are annotators of the project."""
    with world.db.reading() as session:
        there = set(session.scalars(select(Person.name)))
    for name in names:
        if name not in there:
            world.add_person(name)
        managing.set_roles(world.db, OPERATOR, slug, name, frozenset({"annotator"}))
    return [world.person(name).id for name in names]


def add_labels(world: World, number: int, each: int, before: int = 0, slug: str = SLUG) -> None:
    """So many labels by each reader on each of the first `number` articles, on other words than those `before`."""
    texts = [world.document(f"text-{n}", slug) for n in range(TEXTS)]
    spans = [list(itertools.islice(_spans(one.text, one.excluded), before, before + each)) for one in texts]
    homes = _homes(world, number, texts[0].project_id)
    dice, moment = random.Random(before), now()
    for begin in range(0, len(homes), AT_ONCE):
        some = homes[begin : begin + AT_ONCE]
        labels = [
            home | _label(dice, moment, texts[place].text, *span) for place, home in some for span in spans[place]
        ]
        done = [_change(label) for label in labels]
        _add(world, Label, labels)
        _add(world, OperationResult, [one | {"revision": 1} for one in done])
        _add(world, Event, [one | {"action": "label-added", "detail": {"revision": 1}} for one in done])


def _change(label: Row) -> Row:
    """What the event and the result of a new label have in common."""
    home = {name: label[name] for name in ("project_id", "document_id", "person_id")}
    return home | {"id": new_id(), "at": label["created_at"]}


def _homes(world: World, number: int, project_id: str) -> list[tuple[int, Row]]:
    """Assignments of the first `number` articles, each with the number of the article's text."""
    wanted = {f"past-{n}": n % TEXTS for n in range(number)}
    with world.db.reading() as session:
        rows = session.execute(
            select(Assignment.document_id, Assignment.person_id)
            .where(Assignment.project_id == project_id, Assignment.document_id.startswith("past-"))
            .order_by(Assignment.person_id, Assignment.document_id)
        )
        here = {"project_id": project_id, "round": "main"}
        return [
            (wanted[document], here | {"document_id": document, "person_id": person})
            for document, person in rows
            if document in wanted
        ]


def _label(dice: random.Random, moment: str, text: str, start: int, end: int) -> Row:
    span = {"start_at": start, "end_at": end, "quote": text[start:end], "chain": []}
    said = {"speaker_id": "openai", "stance": dice.choice(STANCES), "claim_type": dice.choice(CLAIM_TYPES), "note": ""}
    how = {"origin": "marked", "speaker_origin": "picked", "on_target": True, "ascribed": False, "unsure": False}
    return span | said | how | {"id": new_id(), "revision": 1, "created_at": moment, "updated_at": moment}


def _add(world: World, model: type[Base], rows: Sequence[Row]) -> None:
    """Rows of equal keys, past SQLAlchemy: by COPY on PostgreSQL."""
    makers = [_maker(model.__table__.columns[name].type, world) for name in rows[0]]
    values = ([make(value) for make, value in zip(makers, row.values(), strict=True)] for row in rows)
    names, table = ", ".join(rows[0]), model.__tablename__
    with world.db.writing() as session:
        driver: Any = session.connection().connection.dbapi_connection
        if world.db.is_sqlite:
            driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(makers))})", values)
        else:
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)


def _maker(kind: TypeEngine[Any], world: World) -> Callable[[Any], Any]:
    """Makes of a value of that kind what the driver takes."""
    if isinstance(kind, JSON):
        return partial(json.dumps, ensure_ascii=False)
    if isinstance(kind, Uuid) and world.db.is_sqlite:
        return lambda id: id.replace("-", "")
    return lambda value: value
