"""A small world for tests: project `letter` with the five seed articles; Alice, Bob and Carol annotate, Curt curates.

In round `main` Alice has 000, 001 and 002, Bob has 000 and 001, Carol has 000. A fresh copy for each test.
"""

import hashlib
import itertools
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from tests.databases import Postgres
from webapp import create_app
from webapp.config import Settings
from webapp.database import Database, now
from webapp.domain.labels import OperationsRequest
from webapp.domain.permissions import OPERATOR, Actor
from webapp.models import Document, Person, SignIn
from webapp.places import place
from webapp.services import accounts, annotating, assigning, importing, managing

SLUG = "letter"
SECRET = "a secret of the tests only"
ROLES = {"Alice": "annotator", "Bob": "annotator", "Carol": "annotator", "Curt": "curator"}
ASSIGNED = {"Alice": ("000", "001", "002"), "Bob": ("000", "001"), "Carol": ("000",)}

# words that stand once in article 000, outside of what is excluded there
WORDS = "urging President Donald Trump to protect artificial intelligence copyright rules."
OTHER_WORDS = "We firmly believe that America’s global AI leadership must not come at the expense"


def uid() -> str:
    return str(uuid.uuid4())


def put(label: dict[str, Any], id: str | None = None) -> dict[str, Any]:
    return {"id": id or uid(), "action": "put", "label": label}


def delete(label_id: str, base: int, id: str | None = None) -> dict[str, Any]:
    return {"id": id or uid(), "action": "delete", "label": {"id": label_id, "base": base}}


def finish(id: str | None = None) -> dict[str, Any]:
    return {"id": id or uid(), "action": "finish"}


def reopen(id: str | None = None) -> dict[str, Any]:
    return {"id": id or uid(), "action": "reopen"}


def raw_csrf(client: FlaskClient) -> str:
    """A token that this client's session takes; made without asking any page."""
    with client.session_transaction() as session:
        session["csrf_token"] = hashlib.sha256(b"of the tests").hexdigest()
        return str(URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(session["csrf_token"]))


class Visitor:
    """A signed-in person with a browser, or rather Flask's test client."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = raw_csrf(client)

    def get(self, address: str, **more: Any) -> TestResponse:
        return self.client.get(address, **more)

    def post(self, address: str, **more: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.token} | more.pop("headers", {})
        return self.client.post(address, headers=headers, **more)

    def operate(self, document: str, *operations: Any, query: str = "") -> TestResponse:
        address = f"/p/{SLUG}/documents/{document}/operations{query}"
        return self.post(address, json={"operations": list(operations)})

    def results(self, document: str, *operations: Any, query: str = "") -> list[dict[str, Any]]:
        answer = self.operate(document, *operations, query=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json["results"]
        return found

    def article(self, document: str, query: str = "") -> dict[str, Any]:
        answer = self.get(f"/p/{SLUG}/documents/{document}.json{query}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found


class World:
    """One database with everybody in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.db = Database(url)
        self._app: Flask | None = None
        self._numbers = itertools.count()

    @property
    def app(self) -> Flask:
        if self._app is None:
            self._app = create_app(Settings(database_url=self.url, secret_key=SECRET))
            self._app.testing = True
            self._app.config["PROPAGATE_EXCEPTIONS"] = False
        return self._app

    def close(self) -> None:
        if self._app is not None:
            self._app.extensions["database"].close()
        self.db.close()

    def person(self, name: str) -> Person:
        with self.db.reading() as session:
            return session.scalars(select(Person).where(Person.name == name)).one()

    def actor(self, name: str) -> Actor:
        person = self.person(name)
        return Actor(person.id, person.name, person.is_admin)

    def visitor(self, name: str) -> Visitor:
        """Somebody signed in, without the tenth of a second that a password takes."""
        token = f"session {name} {next(self._numbers)}"
        hashed = hashlib.sha256(token.encode()).hexdigest()
        with self.db.writing() as session:
            person_id = session.scalars(select(Person.id).where(Person.name == name)).one()
            session.add(SignIn(token_hash=hashed, person_id=person_id, created_at=now(), seen_at=now()))
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["token"] = token
        return Visitor(client)

    def add_person(self, name: str, roles: str = "", *, admin: bool = False) -> None:
        accounts.add_person(self.db, OPERATOR, name, admin=admin)
        if roles:
            managing.set_roles(self.db, OPERATOR, SLUG, name, frozenset(roles.split(",")))

    def document(self, id: str, slug: str = SLUG) -> Document:
        with self.db.reading() as session:
            project = "(SELECT id FROM project WHERE slug = :slug)"
            return session.scalars(
                select(Document).where(Document.id == id, text(f"document.project_id = {project}")), {"slug": slug}
            ).one()

    def bring(self, *records: dict[str, Any], slug: str = SLUG) -> list[importing.Outcome]:
        """Import articles given as records."""
        content = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
        return importing.import_documents(self.db, OPERATOR, slug, [("brought.jsonl", content)])

    def assign(self, *names: str, documents: list[str] | None = None, round: str | None = None) -> None:
        """Each of the people gets each of the documents."""
        assigning.assign(self.db, OPERATOR, SLUG, names, len(names), documents=documents, round_name=round)

    def label(self, words: str = WORDS, document: str = "000", **changes: Any) -> dict[str, Any]:
        """A label that can be stored, as a client sends it; a change to `...` leaves the field out."""
        found = self.document(document)
        start = found.text.index(words)
        label = {
            "id": uid(),
            "text_sha256": found.text_sha256,
            "start": start,
            "end": start + len(words),
            "quote": words,
            "origin": "marked",
            "speaker": "openai",
            "speaker_origin": "picked",
            "chain": [],
            "stance": "pro-fair-use",
            "on_target": True,
            "ascribed": False,
            "claim_type": "POLICY",
            "unsure": False,
            "note": "",
            "base": 0,
        }
        return {name: value for name, value in (label | changes).items() if value is not ...}

    def operate(
        self, name: str, document: str, *operations: dict[str, Any], round: str | None = None, slug: str = SLUG
    ) -> list[dict[str, Any]]:
        """What became of the operations, by the service itself."""
        request = msgspec.convert({"operations": list(operations)}, OperationsRequest)
        answer = annotating.operate(self.db, self.actor(name), slug, document, request.operations, round)
        return [result.record() for result in answer.results]

    def stored(self, name: str = "Alice", words: str = WORDS, document: str = "000", **changes: Any) -> dict[str, Any]:
        """A label of that person which is in the database now."""
        label = self.label(words, document, **changes)
        (result,) = self.operate(name, document, put(label))
        assert result["status"] == "stored", result
        return label

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.db.reading() as session:
            return list(session.execute(text(statement), values))

    def change(self, statement: str, **values: Any) -> None:
        """Something that only a test may do: let time pass, damage a row."""
        with self.db.writing() as session:
            session.execute(text(statement), values)


def build(url: str) -> None:
    """The small world in a database that has its tables and nothing else."""
    with opened(url) as world:
        managing.create_project(world.db, OPERATOR, SLUG, "The Hollywood letter")
        articles = place("seeds") / "articles.jsonl"
        importing.import_documents(world.db, OPERATOR, SLUG, [(articles.name, articles.read_bytes())])
        for name, role in ROLES.items():
            world.add_person(name, role)
        for name, documents in ASSIGNED.items():
            world.assign(name, documents=list(documents))
            for document in documents:
                assert world.operate(name, document, reopen())[0]["status"] == "stored"


@contextmanager
def opened(url: str) -> Iterator[World]:
    """The world of a database; closed at the end of the block."""
    world = World(url)
    try:
        yield world
    finally:
        world.close()


@pytest.fixture(scope="session")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "annotations.db"
    shutil.copy(sqlite_template, path)
    build(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_world(postgres: Postgres, postgresql_template: str) -> str:
    name = postgres.create(postgresql_template)
    build(postgres.url(name))
    return name


@pytest.fixture
def sqlite_only(sqlite_world: Path, tmp_path: Path) -> Iterator[World]:
    """The world on SQLite, for what has nothing to do with the database."""
    path = tmp_path / "annotations.db"
    shutil.copy(sqlite_world, path)
    with opened(f"sqlite:///{path}") as world:
        yield world


@pytest.fixture
def postgresql_only(postgres: Postgres, postgresql_world: str) -> Iterator[World]:
    name = postgres.create(postgresql_world)
    with opened(postgres.url(name)) as world:
        yield world
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """The world, once on each database."""
    found = request.getfixturevalue(f"{request.param}_only")
    assert isinstance(found, World)
    return found
