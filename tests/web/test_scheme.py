"""The scheme and the registry of speakers, as everybody in a project reads them."""

import re

from tests.world import SLUG, World
from webapp.domain.permissions import OPERATOR
from webapp.places import place
from webapp.services import managing, speakers

SEED = (place("seeds") / "scheme.toml").read_text("utf-8")
NEW = {"name": "The <b>Example</b> Institute", "kind": "organisation", "affiliation": "somewhere"}


def page(world: World, name: str, which: str) -> str:
    answer = world.visitor(name).get(f"/p/{SLUG}/{which}")
    assert answer.status_code == 200
    return answer.text


def rows(html: str) -> dict[str, str]:
    """Name of a speaker to its row in words."""
    found = re.findall(r'<tr id="([^"]+)">(.*?)</tr>', html, re.S)
    return {id: re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row)).strip() for id, row in found}


# ---- scheme ----


def test_stances_claim_types_and_switches_with_their_keys(world: World) -> None:
    html = page(world, "Alice", "scheme")
    for word in ("pro-copyright", "pro-fair-use", "neutral", "Consequence", "Does it praise, blame or rank?", "Unsure"):
        assert word in html
    assert [html.count(f"<kbd>{key}</kbd>") for key in "123PEDOMFVXTAH"] == [1] * 14
    assert html.index("Policy") < html.index("Consequence") < html.index(">Other<")


def test_marks_are_as_the_scheme_has_them(sqlite_only: World) -> None:
    managing.set_scheme(sqlite_only.db, OPERATOR, SLUG, SEED.replace('mark = "dotted"', 'mark = "wavy"'), "main")
    html = page(sqlite_only, "Alice", "scheme")
    assert "color-grey mark-wavy" in html
    assert "Version 2 of" in html


def test_another_round_has_its_own_scheme(world: World) -> None:
    managing.set_scheme(world.db, OPERATOR, SLUG, SEED.replace('name = "Value"', 'name = "Judgement"'))
    managing.add_round(world.db, OPERATOR, SLUG, "second")
    assert "Judgement" not in page(world, "Alice", "scheme")
    assert "Judgement" in page(world, "Curt", "scheme")
    assert "Judgement" not in page(world, "Curt", "scheme?round=main")


# ---- speakers ----


def test_the_registry_is_listed_by_name_with_what_belongs_to_it(world: World) -> None:
    html = page(world, "Alice", "speakers")
    found, names = rows(html), re.findall(r'<th scope="row">([^<]+)', html)
    assert names == sorted(names, key=str.casefold)
    assert len(found) == SEED.count("[[speaker]]")
    assert "Signatories of the Hollywood letter" in found["ruffalo"]
    assert "Ruffalo" in found["ruffalo"]
    assert "Merge" not in html


def test_a_proposal_is_seen_by_its_author_and_by_curators_only(world: World) -> None:
    world.stored("Alice", speaker=NEW)
    shown = {name: page(world, name, "speakers") for name in ("Alice", "Bob", "Curt")}
    assert ["Institute" in shown[name] for name in shown] == [True, False, True]
    assert "proposed by Alice" in shown["Curt"]
    assert "<b>Example" not in "".join(shown.values())


def test_a_curator_takes_a_proposal_in(world: World) -> None:
    world.stored("Alice", speaker=NEW)
    curt = world.visitor("Curt")
    (take_in,) = re.findall(r'action="([^"]+/take-in)"', curt.get(f"/p/{SLUG}/speakers").text)
    assert curt.post(take_in).status_code == 303
    assert "part of the registry now" in curt.get(f"/p/{SLUG}/speakers").text
    assert "Institute" in page(world, "Bob", "speakers")


def test_a_merged_speaker_stands_with_the_one_it_means(world: World) -> None:
    world.stored("Alice", speaker="openai")
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "openai", "google")
    speakers.merge_speaker(world.db, OPERATOR, SLUG, "google", "iatse")
    html = page(world, "Curt", "speakers")
    found = rows(html)
    assert not {"openai", "google"} & set(found)
    assert "OpenAI merged" in found["iatse"]
    assert re.search(r"\b1\b", found["iatse"])
    assert f'action="/p/{SLUG}/speakers/openai/unmerge"' in html
    assert "unmerge" not in page(world, "Alice", "speakers")


def test_labels_are_counted_for_who_may_know_and_simulated_ones_marked(world: World) -> None:
    world.stored("Alice")
    assert "Labels</th>" not in page(world, "Bob", "speakers")
    assert rows(page(world, "Curt", "speakers"))["openai"].split()[-2:] == ["1", "Merge"]
    world.change("UPDATE label SET origin = 'simulated'")
    assert rows(page(world, "Curt", "speakers"))["openai"].split()[-3:] == ["1", "simulated", "Merge"]
    managing.set_roles(world.db, OPERATOR, SLUG, "Carol", frozenset({"curator", "annotator"}))
    assert "Labels</th>" not in page(world, "Carol", "speakers")
