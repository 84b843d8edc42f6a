"""Signing in, my work, account, guide, scheme, speakers in a browser: wide and narrow, light and dark, by keyboard."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations, wrongs_in_every_window
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, demo, managing

PROJECT = "hollywood-letter"
PASSWORD = "a few words in a row"
PEOPLE = {"Ada": "annotator", "Ben": "annotator", "Curt": "curator"}
LONG_NAME = "Alice-Mary-Elizabeth-Alexandrina-Longest-Name-of-All"
WIDE = (1360, 900)

PAGES = {
    "Ada": ("/", "/account", f"/p/{PROJECT}/guide", f"/p/{PROJECT}/scheme", f"/p/{PROJECT}/speakers"),
    "Curt": ("/", f"/p/{PROJECT}/speakers"),
    LONG_NAME: ("/", "/account", "/no-such-page"),
    "alice": ("/",),
}


@dataclass(frozen=True)
class Place:
    address: str
    welcome: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server with two projects, simulated labels, and everybody's password set."""
    with serving(new_folder(tmp_path_factory.mktemp("personal"))) as server:
        db = Database(server.database_url)
        demo.load_demo(db)
        for name, role in PEOPLE.items():
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, PROJECT, name, frozenset({role}))
        accounts.add_person(db, OPERATOR, LONG_NAME, password=PASSWORD)
        managing.create_project(
            db, OPERATOR, "second", "Of water prices, and of how newspapers tell what they are " * 3
        )
        managing.set_roles(db, OPERATOR, "second", LONG_NAME, frozenset({"curator"}))
        managing.set_roles(db, OPERATOR, "second", "Ada", frozenset({"annotator"}))
        accounts.use_link(db, accounts.make_link(db, OPERATOR, "alice"), PASSWORD)
        assigning.assign(db, OPERATOR, PROJECT, ["Ada", "Ben"], 2)
        welcome = accounts.make_link(db, OPERATOR, "bob")
        db.close()
        yield Place(server.address, f"{server.address}/welcome/{welcome}")


def sign_in(page: Page, place: Place, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{place.address}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{place.address}/")


def test_every_page_is_sound(place: Place, browser: Browser) -> None:
    for name, addresses in PAGES.items():
        visitor = browser.new_context()
        page = visitor.new_page()
        sign_in(page, place, name)
        for address in addresses:
            page.goto(place.address + address)
            assert wrongs_in_every_window(page) == [], (name, address)
        visitor.close()


def test_pages_of_the_signed_out_are_sound(place: Place, page: Page) -> None:
    for address in (f"{place.address}/sign-in", place.welcome, f"{place.address}/welcome/used"):
        page.goto(address)
        assert wrongs_in_every_window(page) == [], address


def test_signing_in_by_keyboard_alone(place: Place, page: Page) -> None:
    page.goto(f"{place.address}/p/{PROJECT}/scheme")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("not the words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Name and password do not match.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    assert wrongs_in_every_window(page) == []
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{PROJECT}/scheme")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_labels_that_wait_in_this_browser_are_told(place: Place, page: Page) -> None:
    page.goto(f"{place.address}/sign-in")
    expect(page.locator("#waiting")).to_be_hidden()
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    page.evaluate(
        """() => new Promise(done => {
            const request = indexedDB.open('stancemark', 1);
            request.onupgradeneeded = () => request.result.createObjectStore('operations', { autoIncrement: true });
            request.onsuccess = () => {
                const store = request.result.transaction('operations', 'readwrite').objectStore('operations');
                for (const id of ['a', 'b', 'b', 'c']) store.add({ action: 'put', label: { id } });
                store.add({ action: 'finish' });
                store.transaction.oncomplete = () => { request.result.close(); done(); };
            };
        })"""
    )
    page.reload()
    expect(page.locator("#waiting")).to_have_text("3 labels wait here and are sent after you sign in.")


def test_filters_change_the_list_in_place_and_back_undoes_it(place: Place, page: Page) -> None:
    sign_in(page, place, "Ada")
    page.evaluate("window.same = true")
    tabs = page.get_by_role("navigation", name="Filter your articles")
    tabs.get_by_role("link", name="Finished").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No article is finished")).to_be_visible()
    expect(tabs.get_by_role("link", name="Finished")).to_be_focused()
    expect(page).to_have_url(f"{place.address}/?project={PROJECT}&show=finished")
    assert page.evaluate("window.same")
    assert violations(page) == []
    page.go_back()
    expect(page.get_by_role("row")).to_have_count(6 + 4)
    expect(page.get_by_role("heading", name="My work")).to_have_count(1)


def test_filters_and_forms_work_without_scripts(place: Place, browser: Browser) -> None:
    visitor = browser.new_context(java_script_enabled=False)
    page = visitor.new_page()
    sign_in(page, place, "Ada")
    page.get_by_role("link", name="Begun").click()
    expect(page.get_by_text("No article is begun")).to_be_visible()
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    page.goto(f"{place.address}/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    visitor.close()


def shade(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).colorScheme"))


def test_light_and_dark_stay_as_chosen(place: Place, page: Page) -> None:
    page.goto(f"{place.address}/sign-in")
    page.get_by_role("button", name="Light or dark").click()
    assert shade(page) == "dark"
    sign_in(page, place, "Ada")
    assert shade(page) == "dark"
    page.goto(f"{place.address}/account")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    with page.expect_response("**/account/preferences") as answer:
        page.get_by_role("radio", name="Light").check()
    assert answer.value.status == 204
    page.reload()
    assert shade(page) == "light"
    with page.expect_response("**/account/preferences"):
        page.get_by_role("radio", name="As the system").check()
    page.reload()
    assert page.locator("html").get_attribute("data-scheme") is None


def test_the_contents_of_the_guide_lead_to_what_they_name(place: Place, page: Page) -> None:
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    sign_in(page, place, "Ada")
    page.goto(f"{place.address}/p/{PROJECT}/guide")
    page.get_by_role("link", name="6. Hard cases and rulings").click()
    heading = page.get_by_role("heading", name="6. Hard cases and rulings")
    expect(heading).to_be_in_viewport()
    below_header = page.locator("header.top").bounding_box()
    assert below_header is not None
    box = heading.bounding_box()
    assert box is not None
    assert below_header["y"] + below_header["height"] <= box["y"] < WIDE[1] / 2
    expect(page.get_by_role("link", name="1. What to label")).to_be_in_viewport()


def test_marks_of_the_guide_have_the_line_of_their_stance(place: Place, page: Page) -> None:
    sign_in(page, place, "Ada")
    page.goto(f"{place.address}/p/{PROJECT}/guide")
    lines = page.evaluate(
        "[...document.querySelectorAll('.guide mark')].map(m => getComputedStyle(m).textDecorationStyle)"
    )
    assert {"solid", "dashed", "dotted"} <= set(lines)
