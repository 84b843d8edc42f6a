"""The annotation page as a person meets it: sound in every state, the promised number of keys, refusals, no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.team import ARTICLE, PROJECT, Team, choose_speaker, press, saved, sentence, walk_to
from webapp.domain.permissions import OPERATOR
from webapp.services import managing, speakers

FIRST = "We firmly believe"


def label_first(page: Page) -> None:
    walk_to(page, FIRST)
    press(page, "r", "1", "o")
    saved(page, 1)


def bar_open(page: Page) -> None:
    sentence(page, FIRST).click()
    expect(page.locator("#bar")).to_be_visible()


def speaker_list(page: Page) -> None:
    bar_open(page)
    press(page, "s")
    expect(page.locator("#spklist")).to_be_visible()


def who_reports_whom(page: Page) -> None:
    bar_open(page)
    press(page, "r", "w")
    expect(page.locator("#more")).to_be_visible()


def missing_speaker(page: Page) -> None:
    walk_to(page, FIRST)
    press(page, "1", "o")
    expect(page.locator("#err")).to_be_visible()


def keys(page: Page) -> None:
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()


def finishing(page: Page) -> None:
    label_first(page)
    press(page, "Shift+Enter")
    expect(page.locator("#finish")).to_be_visible()


STATES: list[Callable[[Page], None]] = [
    bar_open,
    speaker_list,
    who_reports_whom,
    missing_speaker,
    keys,
    label_first,
    finishing,
]


# all states in the widest and in the narrowest window; between them those that a window's layout moves most
WINDOWS = [("light", 1360, STATES), ("dark", 320, STATES), ("dark", 1000, [who_reports_whom, finishing])]


@pytest.mark.parametrize(("scheme", "width", "states"), WINDOWS)
def test_every_state_is_sound(team: Team, scheme: str, width: int, states: list[Callable[[Page], None]]) -> None:
    page = team.visit("Alice", width, color_scheme=scheme)
    for state in states:
        team.open(page)
        state(page)
        assert violations(page) == [], state.__name__
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state.__name__
        page.keyboard.press("Escape")
        for _ in range(page.locator("#cards .card").count()):
            press(page, "]", "Delete")
        expect(page.locator("#cards .card")).to_have_count(0)
        saved(page, 0)


def test_states_without_a_form_are_sound_and_say_why(team: Team) -> None:
    curt = team.visit("Curt")
    expect(curt.locator("#art")).to_contain_text("This article is not assigned to you")
    assert violations(curt) == []
    alice = team.visit("Alice")
    label_first(alice)
    managing.close_round(team.db, OPERATOR, PROJECT, "main")
    alice.reload()
    expect(alice.locator("#art")).to_contain_text("Round main is closed")
    expect(alice.locator("mark[data-id]")).to_have_count(1)
    sentence(alice, FIRST).click()
    expect(alice.locator("#bar")).to_be_hidden()
    assert violations(alice) == []


def test_labels_cost_the_keys_that_the_design_counts(team: Team) -> None:
    """J R 1 O, J 1 F carried on in the run, J ., J S 3 1 E, J S g o Enter 1 E; a slip is mended by one key."""
    page = team.visit("Alice")
    walk_to(page, "Actor and director")
    press(page, "j", "r", "1", "o")
    saved(page, 1)
    press(page, "j", "1", "f")
    saved(page, 2)
    press(page, "v")
    expect(page.locator("#cards .card.on .claim")).to_have_text("Value")
    press(page, "j", ".")
    saved(page, 3)
    press(page, "j", "s", "3", "1", "e")
    saved(page, 4)
    press(page, "j", "s", "g", "o", "Enter", "1", "e")
    saved(page, 5)
    origins = [label["speaker_origin"] for label in stored(page, team)]
    assert origins[:2] == ["confirmed", "carried"]
    assert set(origins[2:]) <= {"carried", "repeated", "picked", "typed"}
    press(page, "u", "u")
    saved(page, 3)
    press(page, "Shift+U")
    saved(page, 4)


def stored(page: Page, team: Team) -> list[dict[str, object]]:
    labels: list[dict[str, object]] = page.request.get(f"{team.address}{ARTICLE}.json").json()["labels"]
    return labels


def test_overlapping_and_nested_labels_and_a_new_speaker(team: Team) -> None:
    page = team.visit("Alice")
    label_first(page)
    press(page, "Escape", "Escape", "Shift+ArrowLeft", "Shift+ArrowLeft", "s", *"Zed Zedson", "Enter")
    expect(page.locator("#new")).to_be_visible()
    page.get_by_role("button", name="Add").click()
    press(page, "2", "v")
    saved(page, 2)
    assert page.locator("mark mark").count() >= 1
    outer, inner = sorted(stored(page, team), key=lambda label: -len(str(label["quote"])))
    assert str(inner["quote"]) in str(outer["quote"]) and outer["quote"] != inner["quote"]
    (proposal,) = (s for s in speakers.list_speakers(team.db, OPERATOR, PROJECT) if s["name"] == "Zed Zedson")
    assert (proposal["proposed_by"], outer["speaker"]) == ("Alice", proposal["id"])
    page.reload()
    saved(page, 2)
    expect(page.locator("#cards")).to_contain_text("Zed Zedson")


def test_a_refused_label_comes_back_into_the_form(team: Team) -> None:
    page = team.visit("Alice")
    speakers.merge_speaker(team.db, OPERATOR, PROJECT, "openai", "google")
    walk_to(page, FIRST)
    press(page, "s", *"openai", "ArrowUp", "ArrowDown", "Enter", "1", "o")
    expect(page.locator("#err")).to_contain_text("merged")
    expect(page.locator("#status")).to_have_attribute("data-state", "refused")
    expect(page.locator("#cards .card")).to_have_count(0)
    choose_speaker(page, "google")
    saved(page, 1)


def test_labels_made_without_a_line_are_sent_when_it_is_back(team: Team) -> None:
    page = team.visit("Alice")
    page.context.set_offline(True)
    walk_to(page, FIRST)
    press(page, "r", "1", "o")
    expect(page.locator("#status")).to_contain_text("kept here")
    page.context.set_offline(False)
    saved(page, 1)
    assert len(stored(page, team)) == 1


def test_the_guide_is_one_key_away(team: Team) -> None:
    page = team.visit("Alice")
    with page.context.expect_page() as opened:
        press(page, "Shift+G")
    opened.value.wait_for_url(f"**/p/{PROJECT}/guide*")


def test_without_scripts_a_sentence_is_labelled_changed_and_finished_by_plain_forms(team: Team) -> None:
    page = team.visit("Alice", java_script_enabled=False)
    expect(page.locator("#art")).to_contain_text(FIRST)
    page.get_by_role("link", name="Label sentence 3").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Who is speaking?")
    form = page.locator("#plain")
    form.get_by_label("Speaker").select_option("hollywood-coalition")
    form.get_by_label("Pro-copyright").check()
    form.get_by_label("Position").check()
    form.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Change").click()
    form.get_by_label("Value").check()
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    (label,) = stored(page, team)
    assert (label["claim_type"], label["revision"]) == ("VALUE", 2)
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#art")).to_contain_text("You finished this article")
    page.get_by_role("button", name="Reopen").click()
    page.get_by_role("link", name="Change").click()
    form.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Change")).to_have_count(0)
    assert stored(page, team) == []
