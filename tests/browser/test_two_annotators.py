"""The main job, end to end: two people label an article, each blind to the other; the curator exports what they did."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pandas
from playwright.sync_api import Page, expect

from tests.browser.team import ARTICLE, PROJECT, Team, choose_speaker, press, saved, sentence, walk_to
from webapp.places import place


def by_mouse(page: Page) -> None:
    """Three labels: a quotation, a dragged span inside it, one off target; then a slip is mended."""
    sentence(page, "We firmly believe").click()
    choose_speaker(page, "signator")
    page.locator(".stances label").first.click()
    page.locator(".claims label", has_text="Policy").click()
    saved(page, 1)
    drag(page, "But AI companies", 4, 45)
    choose_speaker(page, "openai")
    page.locator(".stances label").nth(1).click()
    page.locator(".claims label", has_text="Consequence").click()
    saved(page, 2)
    sentence(page, "The Black kid").click()
    page.get_by_role("button", name="Off target").click()
    choose_speaker(page, "duvernay")
    saved(page, 3)
    page.locator("#cards .card-b", has_text="Policy").click()
    page.locator(".claims label", has_text="Position").click()
    saved(page, 3)


def drag(page: Page, words: str, first: int, last: int) -> None:
    """Drag over characters `first` to `last` of a sentence, somewhat carelessly: the page snaps to words."""
    box = sentence(page, words).evaluate(
        """(el, [first, last]) => { el.scrollIntoView({block: "center"});
        const range = document.createRange(), walk = document.createTreeWalker(el, 4); const text = walk.nextNode();
        range.setStart(text, first); range.setEnd(text, last); const rects = range.getClientRects();
        const a = rects[0], b = rects[rects.length - 1];
        return [a.left + 1, a.top + a.height / 2, b.right - 1, b.top + b.height / 2]; }""",
        [first, last],
    )
    page.keyboard.press("Escape")
    page.mouse.move(box[0], box[1])
    page.mouse.down()
    page.mouse.move(box[2], box[3], steps=8)
    page.mouse.up()


def by_keys(page: Page) -> None:
    """Four labels without the mouse: type-ahead, carried on, repeated; then one is deleted and brought back."""
    walk_to(page, "We firmly believe")
    press(page, "s", *"signa", "Enter", "1", "o")
    saved(page, 1)
    walk_to(page, "America’s arts")
    press(page, "1", "f")
    if page.locator("#cards .card").count() == 1:  # not the same run here: the speaker is asked for
        press(page, "s", *"signa", "Enter")
    saved(page, 2)
    walk_to(page, "The companies can then")
    press(page, "s", *"voice of 001", "Enter", "1", "v", "h")
    saved(page, 3)
    walk_to(page, "Many of these")
    press(page, "j", ".")
    saved(page, 4)
    press(page, "Delete")
    saved(page, 3)
    press(page, "u")
    saved(page, 4)


def on_screen(page: Page) -> dict[str, dict[str, str]]:
    """What the page shows of each label, by its id: the marked words, and the words on its card."""
    shown: dict[str, dict[str, str]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#cards .card")].map(card => [card.dataset.id, {
        quote: [...document.querySelectorAll(`mark[data-id="${card.dataset.id}"]`)].map(m => m.textContent).join(""),
        card: [...card.querySelectorAll(".card-1, .card-2, .card-3")].map(part => part.textContent).join(" ") }]))"""
    )
    return shown


def exported(curator: Page, team: Team) -> list[dict[str, Any]]:
    answer = curator.request.get(f"{team.address}/p/{PROJECT}/export/labels.jsonl?names=1")
    assert answer.status == 200
    return [json.loads(line) for line in answer.text().splitlines()]


def words_of(label: dict[str, Any], speakers: dict[str, str]) -> list[str]:
    """What a card must say of an exported label."""
    fields = [label["stance"] or "off target", (label["claim_type"] or "").capitalize(), speakers[label["speaker"]]]
    return [*fields, *(["unsure"] if label["unsure"] else []), label["note"]]


def test_two_annotators_and_what_the_curator_exports(team: Team, tmp_path: Path) -> None:
    alice, bob = team.visit("Alice"), team.visit("Bob")
    by_mouse(alice)
    by_keys(bob)
    seen = {"Alice": on_screen(alice), "Bob": on_screen(bob)}

    for name, other, page in (("Alice", "Bob", alice), ("Bob", "Alice", bob)):
        page.reload()
        saved(page, len(seen[name]))
        assert on_screen(page) == seen[name], "a reload shows the same labels"
        html = page.content()
        assert not [id for id in seen[other] if id in html]
        assert other not in html
        assert page.request.get(f"{team.address}/p/{PROJECT}/export/labels.jsonl").status == 403

    curt = team.visit("Curt")
    labels = exported(curt, team)
    registry = registered_speakers()
    assert {(label["annotator"], label["id"]) for label in labels} == {(n, id) for n in seen for id in seen[n]}
    text = curt.request.get(f"{team.address}{ARTICLE}.json").json()["text"]
    for label in labels:
        shown = seen[label["annotator"]][label["id"]]
        assert text[label["start"] : label["end"]] == label["quote"] == shown["quote"]
        assert [w for w in words_of(label, registry) if w.lower() not in shown["card"].lower()] == []

    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(label) + "\n" for label in labels))
    table = pandas.read_json(path, lines=True)
    assert sorted(table["annotator"].value_counts().items()) == [("Alice", 3), ("Bob", 4)]


def registered_speakers() -> dict[str, str]:
    """Names of the registry by id, as the scheme of the project has them."""
    source = tomllib.loads((place("seeds") / "scheme.toml").read_text())
    return {speaker["id"]: speaker["name"] for speaker in source["speaker"]}


def test_finishing_locks_the_page_until_it_is_reopened(team: Team) -> None:
    alice = team.visit("Alice")
    sentence(alice, "We firmly believe").click()
    choose_speaker(alice, "signator")
    alice.locator(".stances label").first.click()
    alice.locator(".claims label", has_text="Position").click()
    saved(alice, 1)
    alice.get_by_role("button", name="Finish", exact=True).click()
    alice.locator("#finish [data-cmd=finished]").click()
    alice.wait_for_url("**/documents/002*")
    team.open(alice)
    sentence(alice, "We firmly believe").click()
    expect(alice.locator("#bar")).to_be_hidden()
    alice.get_by_role("button", name="Reopen").first.click()
    sentence(alice, "The letter is in response").click()
    expect(alice.locator("#bar")).to_be_visible()
