"""The curator's pages in Chromium: at every width, light and dark, by keyboard, and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations, wrongs_in_every_window
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, demo, managing

HERE = "/p/hollywood-letter"
PASSWORD = "correct horse battery"
PAGES = (
    *("/", "/documents", "/people", "/people?show=stances", "/people?show=claims", "/people/annotator-02"),
    *("/people/annotator-02/articles/000?round=main", "/withdrawn", "/rounds", "/settings", "/events"),
    *("/scheme", "/speakers/openai/merge?into=google"),
)
LONG = "Maximiliane-Annabella-von-Hohenstein-Wartenburg-und-zu-Altenhausen <b>Ä</b>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the demonstration labels, Curt who curates, Alice who annotates, and a very long name."""
    with serving(new_folder(tmp_path_factory.mktemp("curator"))) as server:
        db = Database(server.database_url)
        demo.load_demo(db)
        for name, role in (("Curt", "curator"), ("Dora", "annotator"), (LONG, "annotator")):
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, "hollywood-letter", name, frozenset({role}))
        assigning.assign(db, OPERATOR, "hollywood-letter", ["Dora", LONG], 2)
        taken = {"documents": ["002"], "with_begun": True, "reason": "Left the team"}
        assigning.unassign(db, OPERATOR, "hollywood-letter", "alice", **taken)
        db.close()
        yield server.address


def sign_in(page: Page, address: str, name: str = "Curt") -> None:
    page.goto(f"{address}/sign-in?next={HERE}/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{HERE}/")


def test_every_page_fits_and_axe_is_content(page: Page, address: str) -> None:
    sign_in(page, address)
    for path in PAGES:
        page.goto(f"{address}{HERE}{path}")
        assert wrongs_in_every_window(page) == [], path


def test_the_annotators_overview_is_in_order_too(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, address, LONG)
    for path in ("/", "/documents"):
        page.goto(f"{address}{HERE}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert violations(page) == []
        assert "Dora" not in page.content() and "simulated" not in page.content()


def test_a_round_is_opened_and_closed_by_keyboard(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}{HERE}/rounds")
    page.get_by_label("Name").focus()
    page.keyboard.type("extra")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Round extra is open")).to_be_visible()
    button = page.get_by_role("button", name="Close round extra")
    expect(button).to_be_hidden()
    page.get_by_role("row", name="extra").get_by_text("Close …").focus()
    page.keyboard.press("Enter")
    expect(button).to_be_visible()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Round extra is closed; its labels stand still.")).to_be_visible()


def test_only_the_fields_of_the_choice_are_shown(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}{HERE}/rounds")
    sample, ids = page.get_by_label("Sample, in percent"), page.get_by_label("Ids of chosen articles")
    expect(sample).to_be_hidden()
    page.get_by_label("A random sample").check()
    expect(sample).to_be_visible()
    expect(ids).to_be_hidden()
    page.get_by_label("Chosen ones").check()
    expect(ids).to_be_visible()


def test_without_javascript(browser: Browser, address: str, tmp_path: Path) -> None:
    """Upload with a refused line, invite, take back: plain forms all the way."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.jsonl"
    good.write_text("A good one.")
    bad.write_text('{"id": "b"}\n')
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}{HERE}/documents")
    page.get_by_label("Files").set_input_files([good, bad])
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("row", name="bad.jsonl")).to_contain_text("Refused:")
    expect(page.get_by_role("row", name="good.txt")).to_contain_text("1 article was added.")
    page.goto(f"{address}{HERE}/people")
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_role("button", name="Invite").click()
    expect(page.locator("code")).to_contain_text(f"{address}/welcome/")
    page.get_by_role("link", name="Dora").click()
    page.get_by_label("Take back").first.check()
    page.get_by_text("Take articles back …").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back: 1 not begun")).to_be_visible()
    context.close()
