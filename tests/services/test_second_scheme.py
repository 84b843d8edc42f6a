"""Another debate with a scheme of its own goes all the way without a change in the program."""

import json
from pathlib import Path

import pytest

from tests.world import World, put, uid
from webapp.domain.errors import Invalid
from webapp.domain.permissions import OPERATOR
from webapp.services import assigning, bundles, exporting, managing
from webapp.services.exporting import Terms

SCHEME = (Path(__file__).parents[1] / "data" / "a-second-scheme.toml").read_text("utf-8")
TEXT = "Wolves killed nine sheep. “Shoot them,” said the farmer."


@pytest.fixture
def wolves(world: World) -> World:
    managing.create_project(world.db, OPERATOR, "wolves", "Wolves", SCHEME)
    managing.set_roles(world.db, OPERATOR, "wolves", "Alice", frozenset({"annotator"}))
    world.bring({"id": "w1", "text": TEXT}, slug="wolves")
    assigning.assign(world.db, OPERATOR, "wolves", ["Alice"], 1)
    return world


def label(world: World, **changes: object) -> dict[str, object]:
    start = TEXT.index("Shoot them")
    return {
        "id": uid(),
        "text_sha256": world.document("w1", "wolves").text_sha256,
        "start": start,
        "end": start + 10,
        "quote": "Shoot them",
        "stance": "shoot",
        "claim_type": "loss",
        "speaker": {"name": "The farmer", "kind": "person", "affiliation": ""},
    } | changes


def test_labels_go_from_the_page_to_the_export_and_back(wolves: World) -> None:
    results = wolves.operate("Alice", "w1", put(label(wolves)), put(label(wolves, stance="neutral")), slug="wolves")
    assert [result["code"] or result["status"] for result in results] == ["stored", "unknown-stance"]
    _, parts = exporting.stream(wolves.db, OPERATOR, "wolves", "labels", "jsonl", Terms(names=True))
    exported = json.loads(b"".join(parts))
    assert (exported["stance"], exported["claim_type"], exported["quote"]) == ("shoot", "loss", "Shoot them")
    files = {name: b"".join(content) for name, content in exporting.bundle(wolves.db, OPERATOR, "wolves")}
    assert files["scheme.toml"].decode() == SCHEME
    managing.create_project(wolves.db, OPERATOR, "copy", "A copy")
    assert bundles.import_bundle(wolves.db, OPERATOR, "copy", files)["labels"] == 1


def test_every_value_of_the_scheme_can_be_chosen(wolves: World) -> None:
    for stance in ("shoot", "fence", "protect", "Undecided.2"):
        for claim_type in ("loss", "law"):
            speaker = {"name": f"{stance} {claim_type}", "kind": "group", "affiliation": ""}
            sent = label(wolves, stance=stance, claim_type=claim_type, speaker=speaker)
            assert wolves.operate("Alice", "w1", put(sent), slug="wolves")[0]["status"] == "stored"


def test_its_guide_tells_its_values(wolves: World) -> None:
    (row,) = wolves.rows(
        "SELECT source FROM guide_version JOIN project ON project.id = guide_version.project_id WHERE slug = 'wolves'"
    )
    for words in ("Wolves in the Alps", "Fences first", "Tells what the law says.", "key Z"):
        assert words in row.source
    assert "copyright" not in row.source.lower()


def test_speakers_of_the_seeds_stay_out(wolves: World) -> None:
    rows = wolves.rows("SELECT s.id FROM speaker s JOIN project p ON p.id = s.project_id WHERE p.slug = 'wolves'")
    assert rows == []


def test_a_value_in_use_may_not_vanish_from_an_open_round(wolves: World) -> None:
    wolves.operate("Alice", "w1", put(label(wolves)), slug="wolves")
    without = SCHEME.replace('id = "loss"', 'id = "damage"')
    with pytest.raises(Invalid, match="claim type loss"):
        managing.set_scheme(wolves.db, OPERATOR, "wolves", without, "main")
    unused = SCHEME.replace('id = "law"', 'id = "statute"')
    assert managing.set_scheme(wolves.db, OPERATOR, "wolves", unused, "main") == 2
    assert managing.set_scheme(wolves.db, OPERATOR, "wolves", without) == 3
    managing.add_round(wolves.db, OPERATOR, "wolves", "second")
    assert [(r["name"], r["scheme"]) for r in managing.list_rounds(wolves.db, OPERATOR, "wolves")] == [
        ("main", 2),
        ("second", 3),
    ]
    managing.close_round(wolves.db, OPERATOR, "wolves", "main")
    with pytest.raises(Invalid, match="closed"):
        managing.set_scheme(wolves.db, OPERATOR, "wolves", SCHEME, "main")
