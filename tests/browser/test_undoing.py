"""Undo and redo over all that was done since the page was opened."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.office import Office
from tests.browser.team import press, saved

LETTER = """“We firmly believe that art matters,” said Ava DuVernay. “It is worth it.” “And it is ours,” she added.

The firm disagreed. “It is fair use,” OpenAI said, “and it is good for everybody.”

Google called it “good for everybody.”"""

# All that the page shows of the labels: the words of each, and its card, by its id.
SHOWN = """() => Object.fromEntries([...document.querySelectorAll("#cards .card")].map(card => [card.dataset.id, [
  [...document.querySelectorAll(`#art mark[data-id="${card.dataset.id}"]`)].map(mark => mark.textContent).join(""),
  [...card.querySelectorAll(".card-1, .card-2, .card-3")].map(part => part.textContent).join(" ")]]))"""
# Each changes something and is one step to take back.
STEPS = (
    ("a label", ["j", "r", "1", "e"]),
    ("another claim type", ["v"]),
    ("another stance", ["2"]),
    ("unsure", ["h"]),
    ("other words", ["Shift+ArrowLeft"]),
    ("another speaker", ["s", *"google", "Enter"]),
    ("a note", ["i", *"who?", "Escape"]),
    ("off target", ["t"]),
    ("deleted", ["Delete"]),
    ("the last one again", ["j", "."]),
    ("a label of words that stand twice", ["s", *"openai", "Enter"]),
)


def shown(page: Page) -> dict[str, Any]:
    labels: dict[str, Any] = page.evaluate(SHOWN)
    return labels


def test_undo_reaches_back_to_the_opening_over_every_kind_of_change(office: Office) -> None:
    article = office.article(LETTER)
    (earlier,) = office.label(article, article.span("The firm disagreed."))
    page = office.visit("Alice", article)
    states = [shown(page)]
    assert list(states[0]) == [earlier]
    for name, keys in STEPS:
        press(page, *keys)
        expect(page.locator("#redo")).to_be_disabled()
        states.append(shown(page))
        assert states[-1] != states[-2], name
    saved(page, len(states[-1]))

    for n, (name, _) in reversed([*enumerate(STEPS)]):
        press(page, "u")
        assert shown(page) == states[n], f"{name}, undone"
    expect(page.locator("#undo")).to_be_disabled()
    saved(page, 1)
    assert [label["id"] for label in office.stored(page, article)] == [earlier]

    for n, (name, _) in enumerate(STEPS, 1):
        page.locator("#redo").click()
        assert shown(page) == states[n], f"{name}, done again"
    in_the_moment = "() => { document.querySelector('#redo').click(); return document.activeElement.className; }"
    press(page, "u")
    page.locator("#redo").focus()
    assert page.evaluate(in_the_moment) == "s", "a key that follows at once is not lost at a button that is off"
    expect(page.locator("#redo")).to_be_disabled()
    for key, state in (("u", states[-2]), ("Shift+U", states[-1])):
        press(page, key)
        assert shown(page) == state, "what was done again can be undone"
    saved(page, len(states[-1]))
    page.reload()
    saved(page, len(states[-1]))
    assert shown(page) == states[-1]
    expect(page.locator("#undo")).to_be_disabled()
