"""The command line in this process: `run("user", "list")` is what `stancemark user list` does, exit code included."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.world import World
from webapp.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind: its exit code, results (standard output) and messages (standard error)."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Stancemark:
    """The command, pointed at one database."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._patch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: object, stdin: str = "") -> Done:
        self._patch.setattr(sys, "argv", ["stancemark", "--database", self.url, *map(str, words)])
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)

    def well(self, *words: object, stdin: str = "") -> Done:
        """A command that must do what it was told."""
        done = self(*words, stdin=stdin)
        assert done.code == 0, done
        assert "error" not in done.err
        return done

    def refused(self, *words: object, stdin: str = "") -> str:
        """What a refused command says after `error:`; it must print no result and exit with 1."""
        done = self(*words, stdin=stdin)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("error: "), done
        return done.err.removeprefix("error: ")

    def misused(self, *words: object) -> str:
        """What is said where a command is not used as it wants to be: exit 2."""
        done = self(*words)
        assert (done.code, done.out) == (2, ""), done
        return done.err


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Stancemark]:
    """The command for a database of one's choice."""
    for name in ("DATABASE_URL", "STANCEMARK_PORT", "STANCEMARK_SECRET_KEY", "STANCEMARK_SOAK"):
        monkeypatch.delenv(name, raising=False)
    return lambda url: Stancemark(url, monkeypatch, capsys)


@pytest.fixture
def stancemark(world: World, commands: Callable[[str], Stancemark]) -> Stancemark:
    """The command on the small world (tests/world.py), once on each database."""
    return commands(world.url)


@pytest.fixture
def on_sqlite(sqlite_only: World, commands: Callable[[str], Stancemark]) -> Stancemark:
    """The command on the small world, for what has nothing to do with the database."""
    return commands(sqlite_only.url)
