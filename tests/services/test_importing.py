"""Articles on their way in: added, there already, or refused; a file is all or nothing."""

import json
from typing import Any

import pytest

from tests.world import World
from webapp.domain.errors import Forbidden, NotFound
from webapp.domain.permissions import OPERATOR
from webapp.services import importing, managing


def bring(world: World, *files: tuple[str, str], slug: str = "letter") -> list[tuple[str, str]]:
    contents = [(name, content.encode()) for name, content in files]
    outcomes = importing.import_documents(world.db, OPERATOR, slug, contents)
    return [(outcome.status, outcome.document) for outcome in outcomes]


def line(**record: Any) -> str:
    return json.dumps(record) + "\n"


def documents(world: World) -> set[str]:
    rows = world.rows("SELECT document.id FROM document WHERE id NOT IN ('000', '001', '002', '003', '004')")
    return {row.id for row in rows}


def test_articles_are_added_with_their_units(world: World) -> None:
    assert bring(world, ("a.txt", "One sentence. And another."), ("b.md", "# T\n\nWords.")) == [
        ("added", "a"),
        ("added", "b"),
    ]
    found = world.document("a")
    assert [unit["kind"] for unit in found.units].count("sentence") == 2
    assert found.text == "One sentence. And another."


def test_no_unit_lies_in_an_excluded_region(world: World) -> None:
    text = "First sentence. Caption here. Last sentence."
    world.bring({"id": "x", "text": text, "excluded": [{"start": 16, "end": 29, "kind": "caption", "why": "x"}]})
    spans = [(unit["start"], unit["end"]) for unit in world.document("x").units]
    assert spans and all(end <= 16 or start >= 29 for start, end in spans)


def test_the_same_text_is_there_already(world: World) -> None:
    file = ("a.jsonl", line(id="x", text="Words.") + line(id="y", text="Others."))
    bring(world, file)
    assert bring(world, file) == [("there", "x"), ("there", "y")]
    assert bring(world, ("z.txt", "Words.")) == [("there", "x")]
    assert documents(world) == {"x", "y"}


def test_an_id_with_another_text_is_refused(world: World) -> None:
    bring(world, ("a.jsonl", line(id="x", text="Words.") + line(id="y", text="Others.")))
    assert bring(world, ("x.txt", "More words.")) == [("refused", "x")]
    assert bring(world, ("x.txt", "Others.")) == [("refused", "x")]
    assert world.document("x").text == "Words."


def test_an_id_that_had_to_be_changed_counts_as_it_was(world: World) -> None:
    bring(world, ("a.jsonl", line(id="x y", text="Words.")))
    assert bring(world, ("b.jsonl", line(id="x y", text="More."))) == [("refused", "x-y")]
    assert bring(world, ("c.jsonl", line(id="x y", text="Words."))) == [("there", "x-y")]
    assert bring(world, ("d.jsonl", line(id="x/y", text="Third."))) == [("added", "x-y-2")]
    assert bring(world, ("e.jsonl", line(id="z z", text="4") + line(id="z z", text="5"))) == [("refused", "z-z")]
    assert documents(world) == {"x-y", "x-y-2"}
    assert json.loads(world.document("x-y-2").extra) == {"source_id": "x/y"}


def test_articles_without_an_id_never_clash(world: World) -> None:
    file = "title,text\nNews,One.\nNews,Two.\n,Three.\n"
    assert bring(world, ("a.csv", file)) == [("added", "News"), ("added", "News-2"), ("added", "a-4")]
    again = file.replace(".", "!")
    assert bring(world, ("a.csv", again)) == [("added", "News-3"), ("added", "News-4"), ("added", "a-4-2")]


def test_a_file_with_one_bad_line_brings_none_and_names_every_bad_line(world: World) -> None:
    lines = line(id="x", text="Words.") + "{\n" + line(id="000", text="Other.") + line(id="y", text="")
    outcomes = importing.import_documents(world.db, OPERATOR, "letter", [("a.jsonl", lines.encode())])
    assert [(o.file, o.line, o.status) for o in outcomes] == [("a.jsonl", n, "refused") for n in (2, 4)]
    lines = line(id="x", text="Words.") + line(id="000", text="Other.") + line(id="001", text="Other, too.")
    outcomes = importing.import_documents(world.db, OPERATOR, "letter", [("a.jsonl", lines.encode())])
    assert [(o.line, o.document, o.status) for o in outcomes] == [(2, "000", "refused"), (3, "001", "refused")]
    assert all("another text" in o.reason for o in outcomes)
    assert documents(world) == set()


def test_a_doubled_id_in_a_file_is_refused(world: World) -> None:
    assert bring(world, ("a.jsonl", line(id="x", text="One.") + line(id="x", text="Two."))) == [("refused", "x")]
    assert bring(world, ("a.jsonl", line(id="x", text="One.") + line(id="x", text="One."))) == [
        ("added", "x"),
        ("there", "x"),
    ]


def test_good_files_stay_in_when_others_are_refused(world: World) -> None:
    found = bring(world, ("a.txt", "Words."), ("b.pdf", "%PDF"), ("c.txt", "More."))
    assert found == [("added", "a"), ("refused", ""), ("added", "c")]
    assert documents(world) == {"a", "c"}


def test_an_import_leaves_one_event_a_file(world: World) -> None:
    bring(world, ("a.jsonl", line(id="x", text="One.") + line(id="y", text="Two.")), ("bad.txt", ""))
    (event,) = world.rows("SELECT * FROM event WHERE action = 'documents-imported' ORDER BY id DESC LIMIT 1")
    assert '"x"' in str(event.detail).replace("'", '"') and "a.jsonl" in str(event.detail)


def test_only_curators_import(world: World) -> None:
    with pytest.raises(Forbidden):
        importing.import_documents(world.db, world.actor("Alice"), "letter", [("a.txt", b"Words.")])
    world.add_person("Stranger")
    with pytest.raises(NotFound):
        importing.import_documents(world.db, world.actor("Stranger"), "letter", [("a.txt", b"Words.")])
    importing.import_documents(world.db, world.actor("Curt"), "letter", [("a.txt", b"Words.")])
    assert documents(world) == {"a"}


def test_one_article_may_be_in_two_projects(world: World) -> None:
    managing.create_project(world.db, OPERATOR, "second", "Another")
    assert bring(world, ("a.txt", "Words.")) == bring(world, ("a.txt", "Words."), slug="second") == [("added", "a")]
