"""What the page says of labels refused, kept here, hidden by a filter or made in an earlier text: always the truth."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests.browser.axe import violations
from tests.browser.team import ARTICLE, PROJECT, Team, choose_speaker, press, saved, sentence, walk_to
from webapp.domain.permissions import OPERATOR
from webapp.models import Document
from webapp.services import managing

FIRST, SECOND = "We firmly believe", "The letter is in response"


def label_first(page: Page) -> None:
    walk_to(page, FIRST)
    press(page, "r", "1", "o")


def spoken(page: Page) -> Callable[[], list[str]]:
    """All that the live region says from now on."""
    page.evaluate(
        """() => { const live = document.querySelector('#live');
        window.spoken = [];
        new MutationObserver(() => { if (live.textContent) window.spoken.push(live.textContent); })
          .observe(live, {childList: true, subtree: true, characterData: true}) }"""
    )
    return lambda: page.evaluate("window.spoken")


def stored(page: Page, team: Team) -> list[dict[str, object]]:
    labels: list[dict[str, object]] = page.request.get(f"{team.address}{ARTICLE}.json").json()["labels"]
    return labels


def test_what_was_refused_for_a_finished_article_goes_again_when_it_is_reopened(team: Team) -> None:
    here, there = team.visit("Alice"), team.visit("Alice")  # two browsers, so that neither tells the other
    expect(there.locator("#status")).to_have_text("Saved")
    here.get_by_role("button", name="Finish", exact=True).click()
    here.locator("#finish [data-cmd=finished]").click()
    here.wait_for_url("**/documents/002*")
    label_first(there)
    expect(there.locator("#status")).to_contain_text("1 label not accepted")
    expect(there.locator(".when-done").first).to_be_visible()
    there.get_by_role("button", name="Reopen").click()
    saved(there, 1)
    expect(there.locator("#status")).to_have_text("Saved")
    assert len(stored(there, team)) == 1
    assert violations(there) == []


def test_saved_is_said_only_of_what_the_server_has(team: Team) -> None:
    page = team.visit("Alice")
    said = spoken(page)
    label_first(page)
    saved(page, 1)
    page.wait_for_function("() => window.spoken.some(words => words.startsWith('Saved: '))")
    page.context.set_offline(True)
    walk_to(page, SECOND)
    press(page, "s", "1", "2", "p")
    expect(page.locator("#status")).to_have_text("Offline · 1 label kept here")
    page.evaluate("window.spoken.length = 0")
    press(page, "j", "s", "1", "2", "p")
    expect(page.locator("#status")).to_have_text("Offline · 2 labels kept here")
    page.wait_for_function("() => window.spoken.some(words => words.startsWith('Kept here: '))")
    assert not [words for words in said() if words.startswith("Saved")]
    page.context.set_offline(False)
    saved(page, 3)
    page.wait_for_function("() => window.spoken.at(-1) === 'Saved'")


def test_who_only_reads_is_told_nothing_of_saving_and_a_round_that_closes_says_so(team: Team) -> None:
    curt, alice = team.visit("Curt"), team.visit("Alice")
    curt.wait_for_selector("body[data-ready]", state="attached")
    expect(curt.locator("#status")).to_be_hidden()
    expect(curt.locator("#count")).to_have_text("16 sentences")
    press(curt, "j")
    expect(curt.locator("#count")).to_have_text("sentence 1 of 16")
    curt.set_viewport_size({"width": 390, "height": 800})
    expect(curt.locator(".fab")).to_be_hidden()
    managing.close_round(team.db, OPERATOR, PROJECT, "main")
    label_first(alice)  # under an open page
    expect(alice.locator(".when-locked")).to_be_visible()
    expect(alice.locator(".when-locked")).to_contain_text("closed")
    expect(alice.locator("#status")).to_contain_text("not accepted")


def test_a_new_speaker_of_any_kind_is_added_by_enter_and_finishing_begins_at_finish(team: Team) -> None:
    page = team.visit("Alice")
    walk_to(page, FIRST)
    press(page, "s", *"Zed letter", "Enter")
    kind = page.locator("#newkind")
    assert kind.locator("option").all_text_contents() == ["person", "organisation", "group", "document", "outlet"]
    label = page.locator("#new label").first
    assert (label.bounding_box() or {})["height"] < 48
    kind.select_option("document")
    kind.press("Enter")
    expect(page.locator("#spk")).to_have_value("Zed letter")
    press(page, "1", "o")
    saved(page, 1)
    press(page, "Shift+Enter")
    expect(page.locator("#finish [data-cmd=finished]")).to_be_focused()
    assert page.locator("#finish li").all_inner_texts()[0].split() == ["Labels", "1"]


def test_the_bar_is_within_the_window_down_to_the_foot_of_the_page(team: Team) -> None:
    page = team.visit("Alice")
    for height in (900, 560):
        page.set_viewport_size({"width": 1360, "height": height})
        for _ in range(0, 16, 3):
            press(page, "Escape", "j", "j", "j", "a")
            expect(page.locator("#bar")).to_be_visible()
            page.wait_for_function(
                """() => { const r = document.querySelector('#bar').getBoundingClientRect();
                return r.top >= 50 && r.bottom <= innerHeight + 1; }"""
            )
            press(page, "a")
        press(page, "Escape", *["k"] * 16)


def test_labels_of_an_earlier_text_are_shown_to_copy_and_not_dropped(team: Team) -> None:
    page = team.visit("Alice")
    page.context.set_offline(True)
    label_first(page)
    press(page, "i", *"mind this", "Escape")
    expect(page.locator("#status")).to_contain_text("kept here")
    with team.db.writing() as session:
        change = update(Document).where(Document.project_id.is_not(None), Document.id == "001")
        session.execute(change.values(text_sha256="0" * 64))
    page.context.set_offline(False)
    expect(page.locator("#status")).to_contain_text("not accepted")
    for _ in range(2):  # and again, until they are let go
        page.reload()
        expect(page.locator("#kept")).to_be_visible()
        expect(page.locator("#kept li")).to_contain_text("We firmly believe that America’s global AI leadership")
        expect(page.locator("#kept li")).to_contain_text("pro-copyright, position · mind this")
        expect(page.locator("#cards .card")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="Let them go").click()
    expect(page.locator("#kept")).to_be_hidden()
    expect(page.locator("#status")).to_have_text("Saved")


BROKEN_STORES = {
    "none": "Object.defineProperty(window, 'indexedDB', {value: undefined})",
    "refused": "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }",
    "fails": """IDBFactory.prototype.open = () => {
        const r = {}; setTimeout(() => r.onerror(new Event('error'))); return r }""",
    "full": """IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') };
        IDBObjectStore.prototype.add = IDBObjectStore.prototype.put""",
}


def test_a_browser_that_keeps_nothing_says_so_and_saves_directly(team: Team) -> None:
    for store in BROKEN_STORES.values():
        page = team.visit("Alice")
        page.add_init_script(store)
        team.open(page)
        label_first(page)
        expect(page.locator("#fragile")).to_be_visible()
        saved(page, 1)
        assert len(stored(page, team)) == 1
        assert violations(page) == []
        press(page, "Delete")
        saved(page, 0)
        page.close()


def leaving_asks(page: Page) -> None:
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()


def test_leaving_asks_while_something_is_not_sent_or_half_filled_in(team: Team) -> None:
    page = team.visit("Alice")
    page.context.set_offline(True)
    label_first(page)
    expect(page.locator("#status")).to_contain_text("kept here")
    leaving_asks(page)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page, 1)
    press(page, "j", "1")
    leaving_asks(page)
    press(page, "Escape")
    with page.expect_navigation():
        page.evaluate("setTimeout(() => location.reload())")


def test_an_old_browser_is_told_what_still_works(team: Team) -> None:
    page = team.visit("Alice")
    page.add_init_script("delete Intl.Segmenter")
    page.reload()
    expect(page.locator("#art")).to_contain_text("Scripts do not run here")
    page.get_by_role("link", name="Label sentence 3").click()
    form = page.locator("#plain")
    form.get_by_label("Speaker").select_option("hollywood-coalition")
    form.get_by_label("Pro-copyright").check()
    form.get_by_label("Position").check()
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#art")).to_contain_text(FIRST)
    assert len(stored(page, team)) == 1


def test_each_place_of_the_same_words_is_taken_or_left(team: Team) -> None:
    page = team.visit("Alice")
    words = repeated_words(page)
    place = sentence(page, words).first
    place.scroll_into_view_if_needed()
    page.evaluate(
        """([el, words]) => { const walk = document.createTreeWalker(el, 4), range = document.createRange();
        let node = walk.nextNode();
        while (!node.data.includes(words)) node = walk.nextNode();
        range.setStart(node, node.data.indexOf(words));
        range.setEnd(node, node.data.indexOf(words) + words.length);
        getSelection().removeAllRanges(); getSelection().addRange(range);
        el.dispatchEvent(new MouseEvent('mouseup', {bubbles: true})) }""",
        [place.element_handle(), words],
    )
    choose_speaker(page, "openai")
    press(page, "1", "o")
    saved(page, 1)
    press(page, "l")
    boxes = page.locator("#alike input")
    count = boxes.count()
    assert count > 1
    boxes.first.uncheck()
    page.get_by_role("button", name="Label", exact=True).click()
    saved(page, count)
    press(page, "u")
    saved(page, 1)


def repeated_words(page: Page) -> str:
    """Two words that stand at least three times in the article, within sentences."""
    found: str = page.evaluate(
        r"""() => { const seen = new Map();
        for (const s of document.querySelectorAll('.s'))
          for (const [, two] of s.textContent.matchAll(/(?=\b([a-zA-Z]{3,} [a-zA-Z]{3,})\b)/g))
            seen.set(two, (seen.get(two) ?? 0) + 1);
        return [...seen].sort((a, b) => b[1] - a[1]).find(x => x[1] > 2)?.[0] ?? '' }"""
    )
    assert found
    return found


# ---- filters ----


def three_labels(page: Page) -> None:
    for words, keys in (
        (FIRST, ["r", "1", "o"]),
        (SECOND, ["s", "2", "2", "p"]),
        ("The Black kid", ["s", "3", "3", "v", "h"]),
    ):
        walk_to(page, words)
        press(page, *keys)
    saved(page, 3)
    press(page, "Escape", "Escape")


def test_a_filter_shows_some_labels_and_loses_none(team: Team) -> None:
    page = team.visit("Alice")
    three_labels(page)
    press(page, "Shift+F")
    stance = page.get_by_label("Stance", exact=True)
    stance.select_option("pro-copyright")
    expect(page.locator("#few")).to_have_text("1 of 3 shown")
    expect(page.locator("#count")).to_contain_text("1 of 3 labels")
    expect(page.locator("#cards .card:visible")).to_have_count(1)
    expect(page.locator("mark[data-id]")).to_have_count(1)
    assert violations(page) == []
    stance.select_option("")
    page.get_by_label("Unsure").select_option("true")
    expect(page.locator("#cards .card:visible")).to_contain_text("unsure")
    page.get_by_label("Claim type", exact=True).select_option("FACT")
    expect(page.locator("#few")).to_have_text("No label fits")
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    press(page, "Escape", "n")  # the next quotation without any label, hidden ones count
    press(page, "s", "1", "1", "e")
    expect(page.locator("#cards .card:visible")).to_have_count(1)
    saved(page, 4)
    press(page, "u")
    saved(page, 3)
    assert len(stored(page, team)) == 3
    press(page, "Shift+F")
    expect(page.locator("#cards .card:visible")).to_have_count(3)
    expect(page.locator("#few")).to_have_text("")
    press(page, "Shift+F")
    stance.select_option("neutral")
    press(page, "Escape", *["["] * 6, "]", "]")
    expect(page.locator("#cards .card.on")).to_contain_text("neutral")
    press(page, "Shift+Enter")
    assert page.locator("#finish li").all_inner_texts()[0].split() == ["Labels", "3"]
    page.keyboard.press("Escape")
    page.reload()
    saved(page, 3)
    expect(page.locator("#cards .card:visible")).to_have_count(3)
