"""The way around on every page: thirteen entries, several projects, phones; printing; the style sheet as served."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from tests.browser.axe import violations
from tests.browser.test_pages_curator import HERE, PASSWORD, sign_in
from tests.servers import new_folder, serving
from webapp.assets import squeezed
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.models import Assignment
from webapp.places import place
from webapp.services import accounts, assigning, demo, importing, managing

LONG = "A second project whose title goes on and on, as titles do when a committee has had a word in each of them, " * 2
WORD = "Donaudampfschifffahrtselektrizitatenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
FIVE = "".join(
    f'[[stance]]\nid = "s{n}"\nname = "Stance {n}"\ndefinition = "One."\nkey = "{n}"\nmark = "{mark}"\ncolor = "grey"\n'
    for n, mark in enumerate(("solid", "dashed", "dotted", "double", "wavy"))
)
# pages that are yet to come are put in
MORE = """() => {
  const list = document.querySelector('#pages ul').cloneNode();
  const there = [...document.querySelectorAll('#pages a')].map(a => a.textContent);
  for (const name of ['Adjudicate', 'Agreement', 'Releases'].filter(name => !there.includes(name)))
    list.insertAdjacentHTML('beforeend', `<li><a href="/${name}">${name}</a></li>`);
  document.querySelector('#pages').append(list);
}"""

# the table of articles and people with forty of these
FORTY = """() => {
  document.querySelector('.matrix').classList.add('many');
  for (const row of document.querySelectorAll('.matrix tr')) {
    const cell = row.lastElementChild;
    for (let n = row.children.length; n <= 40; n++) row.append(cell.cloneNode(true));
  }
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with two projects that Curt curates, the second one with five stances that have no glyph."""
    with serving(new_folder(tmp_path_factory.mktemp("ways"))) as server:
        db = Database(server.database_url)
        accounts.add_person(db, OPERATOR, "Curt", password=PASSWORD)
        accounts.add_person(db, OPERATOR, "Ada", password=PASSWORD, admin=True)
        seed = managing.seed_text("scheme.toml")
        start, end = seed.index("[[stance]]"), seed.index("[[claim_type]]")
        managing.create_project(db, OPERATOR, "second", LONG[:200].strip(), seed[:start] + FIVE + seed[end:])
        for slug in ("hollywood-letter", "second"):
            managing.set_roles(db, OPERATOR, slug, "Curt", frozenset({"curator"}))
        managing.set_guide(db, OPERATOR, "second", "# Guide\n\n[Elsewhere](https://example.org/a)\n", "main")
        demo.load_demo(db)
        _long_words(db)
        db.close()
        yield server.address


def _long_words(db: Database) -> None:
    """In the second project a person, an article, a round and a reason that no line can hold."""
    name, round = WORD[:80], WORD[:40]
    accounts.add_person(db, OPERATOR, name)
    managing.set_roles(db, OPERATOR, "second", name, frozenset({"annotator", "adjudicator"}))
    managing.add_round(db, OPERATOR, "second", round)
    article = {"id": "long", "title": WORD, "outlet": WORD, "byline": WORD, "text": f"One {WORD}. Two."}
    importing.import_documents(db, OPERATOR, "second", [("a.jsonl", json.dumps(article).encode())])
    assigning.assign(db, OPERATOR, "second", [name], 1)
    with db.writing() as session:
        session.execute(update(Assignment).where(Assignment.document_id == "long").values(state="done"))
    reason = {"with_begun": True, "reason": WORD}
    assigning.unassign(db, OPERATOR, "second", name, **reason)


def test_thirteen_pages_stand_in_one_row(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1360, "height": 800})
    sign_in(page, address)
    page.goto(f"{address}/p/second/people")
    page.evaluate(MORE)
    tops = page.evaluate("[...document.querySelectorAll('#pages a')].map(a => a.getBoundingClientRect().top)")
    assert len(tops) == 12 and len(set(tops)) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="People")).to_have_attribute(
        "aria-current", "page"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_they_open_by_keyboard(page: Page, address: str, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, address)
    page.evaluate(MORE)
    link = page.get_by_role("link", name="Rounds", exact=True)
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Pages").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Pages").click()
    link.click()
    expect(page.get_by_role("heading", name="Rounds", exact=True)).to_be_visible()


def test_from_one_project_to_another(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, address)
    page.locator("[popovertarget=projects]").click()
    assert violations(page) == []
    page.get_by_role("list", name="Projects").get_by_role("link", name="A second project").click()
    page.wait_for_url(f"{address}/p/second/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_administrator_makes_a_project_by_keyboard(page: Page, address: str, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, address, "Ada")
    page.goto(f"{address}/")
    page.get_by_role("link", name="New project").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Title").focus()
    page.keyboard.type(f"Lamps, {scheme}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Enter a short name")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Short name").focus()
    page.keyboard.type(f"lamps-{scheme}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/p/lamps-{scheme}/")
    expect(page.get_by_role("link", name="Import articles")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_too(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    sign_in(page, address)
    page.get_by_role("button", name="Pages").click()
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.get_by_role("heading", name="Events", exact=True)).to_be_visible()
    context.close()


def test_stances_are_told_apart_without_colour_and_glyphs(page: Page, address: str) -> None:
    """Five grey stances without a glyph: each has a line and a sign of its own."""
    sign_in(page, address)
    page.goto(f"{address}/p/second/scheme")
    rows = page.get_by_role("region", name="Table of stances").locator("tbody .st")
    looks = rows.evaluate_all(
        """all => all.map(st => {
          const line = getComputedStyle(st), sign = getComputedStyle(st.querySelector('i'), '::before');
          return [line.textDecorationLine + line.textDecorationStyle,
                  sign.boxShadow + sign.borderRadius + sign.transform];
        })"""
    )
    lines, signs = zip(*looks, strict=True)
    assert [line.removeprefix("underline") for line in lines] == ["solid", "dashed", "dotted", "double", "wavy"]
    assert len(set(signs)) == 5


@pytest.mark.parametrize("width", [1360, 320])
def test_words_that_no_line_can_hold_break(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, address)
    person = "/people/annotator-02"
    pages = ["/", "/documents", "/people", "/people?show=stances", person, f"{person}/articles/long?round={WORD[:40]}"]
    for path in (*pages, "/withdrawn", "/rounds", "/settings", "/events", "/guide", "/scheme", "/speakers"):
        answer = page.goto(f"{address}/p/second{path}")
        assert answer is not None and answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_print(page: Page, address: str) -> None:
    """Black on white in dark mode too, no ways around, addresses of outside links, no table cut off."""
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(color_scheme="dark")
    sign_in(page, address)
    page.emulate_media(media="print", color_scheme="dark")
    for path in (f"{HERE}/guide", "/p/second/guide", f"{HERE}/", f"{HERE}/people", f"{HERE}/scheme"):
        page.goto(f"{address}{path}")
        expect(page.locator(".top")).to_be_hidden()
        expect(page.locator(".ways")).to_be_hidden()
        ink, overflows = page.evaluate(
            """() => [getComputedStyle(document.querySelector('h1')).color,
                      [...document.querySelectorAll('.scroll')].map(e => getComputedStyle(e).overflowX)]"""
        )
        assert ink == "rgb(0, 0, 0)", path
        assert set(overflows) <= {"visible"}, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"{address}{HERE}/")
    page.evaluate(FORTY)
    width = "document.querySelector('.matrix').getBoundingClientRect().width"
    assert page.evaluate(width) < 2 * 1040, "a landscape page shrinks what is up to twice as wide"
    page.goto(f"{address}/p/second/guide")
    address_shown = "getComputedStyle(document.querySelector('.guide a[href^=http]'), '::after').content"
    assert "https://example.org/a" in page.evaluate(address_shown)


def test_the_style_sheet_means_the_same_as_served(page: Page) -> None:
    source = (place("static") / "css" / "app.css").read_text()
    texts = page.evaluate(
        """sheets => sheets.map(text => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(text);
          return [...sheet.cssRules].map(rule => rule.cssText).join('\\n').replace(/\\s*([,;:])\\s*/g, '$1');
        })""",
        [source, squeezed(source)],
    )
    assert texts[0] == texts[1] and len(texts[0]) > 20_000
