"""/healthz: the process answers; /readyz: the database answers and its tables are ours."""

import sys

import msgspec
import pytest

from tests.world import World
from webapp import create_app
from webapp.config import Settings


def test_a_server_with_its_database_is_healthy_and_ready(world: World) -> None:
    client = world.app.test_client()
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")


def test_without_tables_it_is_not_ready(blank_database_url: str) -> None:
    app = create_app(Settings(database_url=blank_database_url, secret_key="a secret of the tests"))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503 and "tables" in answer.text
    assert app.test_client().get("/healthz").status_code == 200
    app.extensions["database"].close()


def test_with_tables_of_another_version_it_is_not_ready(world: World) -> None:
    world.change("UPDATE alembic_version SET version_num = '0000'")
    assert world.app.test_client().get("/readyz").status_code == 503


def test_neither_needs_nor_starts_a_session(sqlite_only: World) -> None:
    for address in ("/healthz", "/readyz"):
        answer = sqlite_only.app.test_client().get(address)
        assert "Set-Cookie" not in answer.headers
        assert answer.content_type == "text/plain; charset=utf-8"


_Number = int


class _Shape(msgspec.Struct):
    number: "_Number"


def test_no_request_is_the_first_to_look_at_a_shape(sqlite_only: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """msgspec works a type out at its first use, and two threads that do so at once end the process."""
    assert sqlite_only.app is not None
    monkeypatch.delattr(sys.modules[__name__], "_Number")
    assert msgspec.convert({"number": 1}, _Shape) == _Shape(1)
