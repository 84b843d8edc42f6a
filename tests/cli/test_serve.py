"""What `serve` refuses to start with: one line that says why, and nothing made."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Stancemark
from webapp.config import Settings

Commands = Callable[[str], Stancemark]
HERE = "sqlite:///annotations.db"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_taken_port_is_said_before_anything_is_made(commands: Commands, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = commands(HERE).refused("serve", "--port", port)
    assert said == (
        f"Cannot listen at 127.0.0.1, port {port}: Address already in use. Choose another with --host or --port.\n"
    )
    assert list(folder.iterdir()) == []


def test_postgresql_needs_a_secret_key(commands: Commands, blank_postgresql_url: str) -> None:
    said = commands(blank_postgresql_url).misused("serve")
    assert said.startswith("error: STANCEMARK_SECRET_KEY is not set: with PostgreSQL it is needed, ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("STANCEMARK_WORKER", "2", "STANCEMARK_WORKERS"),
        ("STANCEMARK_WORKERS", "two", "a whole number from 1 to 64"),
        ("STANCEMARK_METRICS", "perhaps", "on or off"),
        ("DATABASE_URL", "mysql://ada:hunter2@example.org/x", "postgresql+psycopg://"),
    ],
)
def test_a_wrong_setting_is_one_line(
    commands: Commands, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(name, value)
    said = commands(value if name == "DATABASE_URL" else HERE).misused("serve")
    assert said.startswith(f"error: {name}")
    assert allowed in said
    assert said.count("\n") == 1
    assert "hunter2" not in said
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there(commands: Commands, folder: Path) -> None:
    said = commands(f"sqlite:///{folder}/missing/annotations.db").refused("serve")
    assert "No such file or directory" in said
    assert said.count("\n") == 1


def test_flags_go_before_the_environment(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCEMARK_THREADS", "4")
    said = commands(HERE).misused("serve", "--threads", "0")
    assert said == "error: STANCEMARK_THREADS=0: a whole number from 1 to 128 is allowed\n"
    assert Settings(threads=4).with_flags(threads=6, port=None).threads == 6
