"""`backup`, `restore` and `copy-database` as commands; what they do to rows is in tests/services/test_copies.py."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Stancemark
from tests.world import World

Commands = Callable[[str], Stancemark]


def test_backup_and_restore(
    stancemark: Stancemark, world: World, commands: Commands, blank_database_url: str, tmp_path: Path
) -> None:
    world.stored("Alice")
    file = tmp_path / "all.backup"
    said = stancemark.well("backup", file).out
    assert said == (
        f"Wrote {file}, {file.stat().st_size:,} bytes. It holds everything, password hashes too: keep it from others.\n"
    )
    assert stancemark.refused("backup", file) == f"{file} is there already. Choose another name.\n"

    other = commands(blank_database_url)
    done = other.well("restore", file)
    assert re.fullmatch(r"Restored \d+ rows \(1 project, 5 articles, 1 label\) to .*\.\n", done.out)
    assert "stancemark user link NAME" in done.err
    assert other.refused("restore", file) == "The database is not empty. With --replace the backup takes its place.\n"
    other.well("restore", file, "--replace")
    assert other.well("project", "list").out == "slug    title\nletter  The Hollywood letter\n"


def test_copy_database(on_sqlite: Stancemark, sqlite_only: World, blank_database_url: str) -> None:
    said = on_sqlite.well("copy-database", sqlite_only.url, blank_database_url).out
    assert re.fullmatch(r"Copied and compared \d+ rows \(1 project, 5 articles, 0 labels\) to .*\.\n", said)
    refusal = on_sqlite.refused("copy-database", sqlite_only.url, blank_database_url)
    assert refusal.startswith("The target is not empty: it has rows in ")
    assert refusal.count("\n") == 1


@pytest.mark.parametrize("address", ["nonsense", "mysql://ada:hunter2@host/x"])
def test_an_address_that_is_none(on_sqlite: Stancemark, sqlite_only: World, address: str) -> None:
    for words in ((address, sqlite_only.url), (sqlite_only.url, address)):
        assert on_sqlite.misused("copy-database", *words).startswith("error: DATABASE_URL=…: sqlite:///FILE or ")


def test_nothing_to_copy_from_makes_no_file(on_sqlite: Stancemark, tmp_path: Path) -> None:
    none, other = (f"sqlite:///{tmp_path}/{name}.db" for name in ("none", "other"))
    assert "There is no database at" in on_sqlite.refused("copy-database", none, other)
    assert "No such file" in on_sqlite.refused("restore", tmp_path / "none.backup")
    assert "There is no folder" in on_sqlite.refused("backup", tmp_path / "no" / "such.backup")
    assert "unable to open database file" in on_sqlite.refused(
        "copy-database", on_sqlite.url, f"sqlite:///{tmp_path}/no/x.db"
    )
    assert not list(tmp_path.glob("none*")) and not list(tmp_path.glob("other*"))
