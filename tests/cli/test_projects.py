"""`project`, `round`, `speaker`, `events`."""

from pathlib import Path

import pytest

from tests.cli.conftest import Stancemark
from tests.world import SLUG, World
from webapp.services.managing import seed_text

SMALL_SCHEME = """schema = 1
name = "Parks"
question = "Shall the park be closed at night?"

[[stance]]
id = "for"
name = "For"
definition = "Wants it closed."
key = "1"
glyph = "+"
mark = "solid"
color = "blue"

[[stance]]
id = "against"
name = "Against"
definition = "Wants it open."
key = "2"
glyph = "-"
mark = "dashed"
color = "orange"

[[claim_type]]
id = "FACT"
name = "Fact"
order = 1
definition = "Says what is."
question = "Can it be checked?"
key = "f"
"""


def file_of(tmp_path: Path, text: str, name: str = "file") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def roles(world: World, name: str) -> list[bool]:
    rows = world.rows(
        "SELECT is_curator, is_adjudicator, is_annotator FROM membership m JOIN person p ON p.id = m.person_id "
        "WHERE p.name = :name",
        name=name,
    )
    return [bool(value) for value in rows[0]] if rows else []


def rounds(stancemark: Stancemark) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in stancemark.well("round", "list", SLUG, "--json").json}


# ---- project add, list, member ----


def test_a_project_begins_with_the_seed_scheme_and_round_main(stancemark: Stancemark) -> None:
    assert stancemark.well("project", "add", "parks", "--title", "City parks").out == "Made project parks.\n"
    assert stancemark.well("project", "list", "--json").json == [
        {"slug": "letter", "title": "The Hollywood letter"},
        {"slug": "parks", "title": "City parks"},
    ]
    (main,) = stancemark.well("round", "list", "parks", "--json").json
    assert main == {"name": "main", "state": "open", "scheme": 1, "guide": 1, "closed_at": None}
    assert "openai" in {row["id"] for row in stancemark.well("speaker", "list", "parks", "--json").json}


def test_a_project_with_a_scheme_of_its_own(on_sqlite: Stancemark, tmp_path: Path) -> None:
    scheme = file_of(tmp_path, SMALL_SCHEME)
    on_sqlite.well("project", "add", "parks", "--title", "City parks", "--scheme", scheme)
    assert on_sqlite.well("speaker", "list", "parks", "--json").json == []
    assert on_sqlite.well("speaker", "list", "parks").err == "There are no speakers.\n"


@pytest.mark.parametrize(
    ("slug", "title", "said"),
    [
        ("letter", "Again", "There is a project “letter” already. Choose another short name."),
        ("Letter", "Again", "A short name has 1 to 40 small letters, digits and hyphens, such as open-letter."),
        ("parks", " ", "A title is one line of 1 to 200 characters."),
    ],
)
def test_a_project_that_cannot_be(on_sqlite: Stancemark, slug: str, title: str, said: str) -> None:
    assert on_sqlite.refused("project", "add", slug, "--title", title) == f"{said}\n"
    assert len(on_sqlite.well("project", "list", "--json").json) == 1


def test_a_bad_scheme_makes_no_project(on_sqlite: Stancemark, tmp_path: Path) -> None:
    scheme = file_of(tmp_path, SMALL_SCHEME.replace('key = "2"', 'key = "1"'))
    assert on_sqlite.refused("project", "add", "parks", "--title", "Parks", "--scheme", scheme)
    assert len(on_sqlite.well("project", "list", "--json").json) == 1


def test_several_roles_and_none(stancemark: Stancemark, world: World) -> None:
    assert stancemark.well("project", "member", SLUG, "Bob", "curator,annotator").out == (
        "Bob is annotator and curator in letter.\n"
    )
    assert roles(world, "Bob") == [True, False, True]
    stancemark.well("project", "member", SLUG, "Bob", "adjudicator")
    assert roles(world, "Bob") == [False, True, False]
    assert stancemark.well("project", "member", SLUG, "Bob", "none").out == "Bob is no member in letter.\n"
    assert roles(world, "Bob") == [False, False, False]


@pytest.mark.parametrize("role", ["boss", "curator,boss", "none,curator", ""])
def test_what_is_no_role(on_sqlite: Stancemark, sqlite_only: World, role: str) -> None:
    assert "Use curator, adjudicator, annotator, or none." in on_sqlite.refused("project", "member", SLUG, "Bob", role)
    assert roles(sqlite_only, "Bob") == [False, False, True]


@pytest.mark.parametrize(
    "words",
    [
        ("project", "member", "nowhere", "Bob", "curator"),
        ("project", "guide", "nowhere", "{guide}"),
        ("project", "proposals", "nowhere", "on"),
        ("project", "open", "nowhere", "agreement"),
        ("round", "add", "nowhere", "pilot"),
        ("round", "close", "nowhere", "main"),
        ("round", "list", "nowhere"),
        ("speaker", "list", "nowhere"),
        ("speaker", "merge", "nowhere", "google", "openai"),
        ("assign", "nowhere", "--annotators", "Bob", "--per-document", "1"),
        ("unassign", "nowhere", "--annotator", "Bob"),
        ("events", "nowhere"),
        ("export", "labels", "--project", "nowhere", "--out", "{out}"),
    ],
    ids=" ".join,
)
def test_no_such_project(on_sqlite: Stancemark, tmp_path: Path, words: tuple[str, ...]) -> None:
    guide, out = file_of(tmp_path, "# Guide\n"), tmp_path / "out.jsonl"
    given = [word.format(guide=guide, out=out) for word in words]
    assert on_sqlite.refused(*given) == "There is no project “nowhere”.\n"
    assert not out.exists()


# ---- scheme and guide ----


def test_a_new_scheme_is_for_the_rounds_to_come(stancemark: Stancemark, tmp_path: Path) -> None:
    scheme = file_of(tmp_path, SMALL_SCHEME)
    assert stancemark.well("project", "scheme", SLUG, scheme).out == "Scheme version 2, for the rounds to come.\n"
    stancemark.well("round", "add", SLUG, "second")
    assert [(r["scheme"], r["guide"]) for r in rounds(stancemark).values()] == [(1, 1), (2, 1)]


def test_a_new_scheme_for_an_open_round(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    world.stored("Alice")  # pro-fair-use, POLICY
    said = stancemark.refused("project", "scheme", SLUG, file_of(tmp_path, SMALL_SCHEME), "--round", "main")
    assert said.startswith("Labels of round “main” use ")
    assert "pro-fair-use" in said
    assert rounds(stancemark)["main"]["scheme"] == 1

    renamed = file_of(tmp_path, seed_text("scheme.toml").replace('name = "Neutral"', 'name = "No side"'))
    assert stancemark.well("project", "scheme", SLUG, renamed, "--round", "main").out == (
        "Scheme version 2, for round main.\n"
    )
    assert rounds(stancemark)["main"]["scheme"] == 2


def test_a_key_of_the_page_cannot_be_a_stances(on_sqlite: Stancemark, tmp_path: Path) -> None:
    scheme = file_of(tmp_path, SMALL_SCHEME.replace('key = "1"', 'key = "?"'))
    assert "key" in on_sqlite.refused("project", "scheme", SLUG, scheme)
    assert "scheme-set" not in {e["action"] for e in on_sqlite.well("events", SLUG, "--json").json}


def test_a_new_guide(stancemark: Stancemark, tmp_path: Path) -> None:
    guide = file_of(tmp_path, "\ufeff# How we label\r\n", "guide.md")
    assert (
        stancemark.well("project", "guide", SLUG, guide, "--round", "main").out == "Guide version 2, for round main.\n"
    )
    assert rounds(stancemark)["main"]["guide"] == 2
    again = file_of(tmp_path, "# How we label\n", "again.md")
    assert stancemark.well("project", "guide", SLUG, again).out == "Guide version 2, for the rounds to come.\n"


@pytest.mark.parametrize("what", ["scheme", "guide"])
def test_files_that_cannot_be_read(on_sqlite: Stancemark, tmp_path: Path, what: str) -> None:
    latin = tmp_path / "latin"
    latin.write_bytes(b"name = \xe9")
    assert on_sqlite.refused("project", what, SLUG, latin) == f"{latin} is not UTF-8 (byte 7). Save it as UTF-8.\n"
    missing = tmp_path / "missing"
    assert (
        on_sqlite.refused("project", what, SLUG, missing) == f"{missing} cannot be read: No such file or directory.\n"
    )
    assert on_sqlite.refused("project", what, SLUG, file_of(tmp_path, " \n")) == f"The {what} is empty.\n"


# ---- rounds ----


def test_closed_rounds_stand_still(stancemark: Stancemark, world: World, tmp_path: Path) -> None:
    assert stancemark.well("round", "close", SLUG, "main").out == "Closed round main.\n"
    assert rounds(stancemark)["main"]["state"] == "closed"
    assert stancemark.refused("round", "close", SLUG, "main") == "Round “main” is closed already.\n"
    guide = file_of(tmp_path, "# Other\n")
    assert "is closed" in stancemark.refused("project", "guide", SLUG, guide, "--round", "main")
    assert "Every round is closed" in stancemark.refused("assign", SLUG, "--annotators", "Bob", "--per-document", 1)
    assert "in an open round" in stancemark.refused("unassign", SLUG, "--annotator", "Bob")
    assert world.operate("Alice", "000", {"id": _UUID, "action": "finish"})[0]["code"] == "locked"

    stancemark.well("round", "add", SLUG, "second main")
    done = stancemark.well("assign", SLUG, "--annotators", "Bob", "--per-document", 1, "--documents", "000")
    assert (done.out, done.err) == ("000  Bob\n", "1 new assignment on 1 article in round second main.\n")


_UUID = "0190f5a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("main", "There is a round “main” already. Choose another name."),
        ("", "A round's name has 1 to 40 letters, digits, spaces, dots and hyphens."),
        ("a/b", "A round's name has 1 to 40 letters, digits, spaces, dots and hyphens."),
    ],
)
def test_a_round_that_cannot_be(on_sqlite: Stancemark, name: str, said: str) -> None:
    assert on_sqlite.refused("round", "add", SLUG, name) == f"{said}\n"
    assert on_sqlite.refused("round", "close", SLUG, "pilot") == "There is no round “pilot” in this project.\n"
    assert list(rounds(on_sqlite)) == ["main"]


# ---- settings ----


def test_switches(stancemark: Stancemark, world: World) -> None:
    def switches() -> list[bool]:
        (row,) = world.rows("SELECT proposals_on, agreement_open, releases_open FROM project WHERE slug = 'letter'")
        return [bool(value) for value in row]

    assert switches() == [True, False, False]
    stancemark.well("project", "proposals", SLUG, "off")
    stancemark.well("project", "open", SLUG, "agreement")
    stancemark.well("project", "open", SLUG, "releases")
    assert switches() == [False, True, True]
    stancemark.well("project", "close", SLUG, "agreement")
    stancemark.well("project", "proposals", SLUG, "on")
    assert switches() == [True, False, True]
    assert "Invalid value" in stancemark.misused("project", "open", SLUG, "labels")
    assert "Invalid value" in stancemark.misused("project", "proposals", SLUG, "maybe")


# ---- speakers ----


def test_merging_speakers_only_redirects(stancemark: Stancemark) -> None:
    def merged() -> dict[str, str | None]:
        return {row["id"]: row["merged_into"] for row in stancemark.well("speaker", "list", SLUG, "--json").json}

    stancemark.well("speaker", "merge", SLUG, "google", "openai")
    assert merged()["google"] == "openai"
    assert "are one speaker already" in stancemark.refused("speaker", "merge", SLUG, "openai", "google")
    assert "is merged into “openai” already" in stancemark.refused("speaker", "merge", SLUG, "google", "actors")
    stancemark.well("speaker", "unmerge", SLUG, "google")
    assert merged()["google"] is None
    assert "is not merged" in stancemark.refused("speaker", "unmerge", SLUG, "google")
    assert stancemark.refused("speaker", "merge", SLUG, "nobody", "openai") == (
        "There is no speaker “nobody” in this project.\n"
    )


# ---- events ----


def test_events_say_who_did_what(stancemark: Stancemark, world: World) -> None:
    world.stored("Alice")
    stancemark.well("round", "close", SLUG, "main")
    rows = stancemark.well("events", SLUG, "--json").json
    assert {tuple(row) for row in rows} == {("at", "who", "action", "document", "detail")}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert rows[0]["action"] == "project-created"
    last = rows[-1]
    assert (last["who"], last["action"], last["detail"]) == ("operator", "round-closed", {"round": "main"})
    assert ("Alice", "000") in {(row["who"], row["document"]) for row in rows}

    table = stancemark.well("events", SLUG).out.splitlines()
    assert len(table) == len(rows) + 1
    assert table[-1].endswith('{"round": "main"}')
