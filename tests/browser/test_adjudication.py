"""Adjudicating in Chromium: by keys alone, in two browsers at once, without a line, on every kind of window."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from tests.browser.axe import violations
from tests.browser.visitors import watch
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.labels import Finish, LabelInput, Put, Reopen
from webapp.domain.permissions import OPERATOR, Actor
from webapp.domain.text import sha256_of
from webapp.models import Document, Person
from webapp.services import accounts, adjudicating, annotating, assigning, demo, importing, managing

SEEDS, SIDE = "hollywood-letter", "side"
PASSWORD = "correct horse battery"
ANNOTATORS = ("Anouk", "Bertram")  # names that no article has
MOST_KEYS = 1.3  # a cluster that is asked, where the proposal is right
TEXT = (
    'The studios said "we want a licence for every film". Nobody knew what it costs. '
    '"Learning from books is fair", the company answered. The ministry will look into it.'
)
FIRST, SECOND = "we want a licence for every film", "Learning from books is fair"
LICENCE = {"speaker": "openai", "stance": "pro-copyright", "claim_type": "POLICY"}


@dataclass
class Court:
    """A running server with the demo labels, adjudicators Ada and Curt, and a project for articles of a test's own."""

    address: str
    db: Database
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    sessions: dict[str, Any] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        with self.db.reading() as session:
            person = session.scalars(select(Person).where(Person.name == name)).one()
            return Actor(person.id, person.name, person.is_admin)

    def visit(self, name: str, path: str, width: int = 1360, **more: Any) -> Page:
        """`name` at that page, in a browser of their own."""
        if name not in self.sessions:
            self.sessions[name] = self._sign_in(name)
        context = self.browser.new_context(
            storage_state=self.sessions[name],
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            **more,
        )
        watch(context, self.wrongs)
        self.contexts.append(context)
        page = context.new_page()
        self.open(page, path)
        return page

    def open(self, page: Page, path: str) -> None:
        page.goto(self.address + path)
        if re.search(r"/adjudicate/\w", path):
            page.wait_for_selector("body[data-ready]")

    def article(self, first: dict[str, Any], second: dict[str, Any], text: str = TEXT, words: str = FIRST) -> str:
        """A new article on which Anouk's label is `first` and Bertram's is `second`, both finished; its page."""
        id = f"a{uuid.uuid4().hex[:12]}"
        (outcome,) = importing.import_documents(self.db, OPERATOR, SIDE, [(f"{id}.txt", f"{text} ({id})".encode())])
        assert outcome.status == "added", outcome
        assigning.assign(self.db, OPERATOR, SIDE, ANNOTATORS, 2, documents=[id])
        for name, values in zip(ANNOTATORS, (first, second), strict=True):
            self.label(name, id, words, **values)
            self.turn(name, id, Finish(str(uuid.uuid4())))
        return f"/p/{SIDE}/adjudicate/{id}"

    def label(self, name: str, id: str, words: str, label_id: str = "", base: int = 0, **values: Any) -> str:
        """A label on these words, new or in the place of that one; its id."""
        with self.db.reading() as session:
            text = session.scalars(select(Document).where(Document.id == id)).one().text
        start, label_id, sha = text.index(words), label_id or str(uuid.uuid4()), sha256_of(text)
        span = (start, start + len(words), words)
        self.turn(name, id, Put(str(uuid.uuid4()), LabelInput(label_id, sha, *span, base=base, **(LICENCE | values))))
        return label_id

    def turn(self, name: str, id: str, operation: Put | Finish | Reopen) -> None:
        answer = annotating.operate(self.db, self.actor(name), SIDE, id, [operation])
        assert [result.status for result in answer.results] == ["stored"], answer

    def clusters(self, path: str) -> list[dict[str, Any]]:
        """As they are stored now."""
        _, _, slug, _, id = path.split("/")
        return adjudicating.open_document(self.db, OPERATOR, slug, id).clusters

    def _sign_in(self, name: str) -> Any:
        context = self.browser.new_context()
        page = context.new_page()
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.address}/")
        state = context.storage_state()
        context.close()
        return state


@pytest.fixture(scope="module")
def running_court(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Court]:
    with serving(new_folder(tmp_path_factory.mktemp("court"))) as server:
        db = Database(server.database_url)
        demo.load_demo(db)
        managing.close_round(db, OPERATOR, SEEDS, "main")  # one of the three has not finished all
        managing.create_project(db, OPERATOR, SIDE, "Side")
        for name, role in {"Ada": "adjudicator", "Curt": "curator"}.items():
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            for slug in (SEEDS, SIDE):
                managing.set_roles(db, OPERATOR, slug, name, frozenset({role}))
        for name in ANNOTATORS:
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, SIDE, name, frozenset({"annotator"}))
        yield Court(server.address, db, browser)
        db.close()


@pytest.fixture
def court(running_court: Court) -> Iterator[Court]:
    """The server; the test fails when a page throws an error or asks anything of another host."""
    yield running_court
    for context in running_court.contexts:
        context.close()
    wrongs = [*running_court.wrongs]
    running_court.contexts.clear()
    running_court.wrongs.clear()
    assert wrongs == []


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page) -> None:
    expect(page.locator("#status")).to_have_attribute("data-state", "saved")


def decided(page: Page, number: int, of: int) -> None:
    expect(page.locator(".where.decided-n")).to_have_text(f"{number} of {of} decided")


def values(row: dict[str, Any]) -> tuple[str, str, str]:
    gold = row["gold"]
    return gold["speaker"], gold["stance"], gold["claim_type"]


# ---- by keys ----


def test_from_the_demo_labels_to_nothing_left_by_keys_alone(court: Court) -> None:
    rows = adjudicating.queue(court.db, OPERATOR, SEEDS).rows
    asked = sum(row.waiting or 0 for row in rows)
    page = court.visit("Ada", f"/p/{SEEDS}/adjudicate")
    page.get_by_role("link", name="Decide", exact=True).focus()
    press(page, "Enter")
    right, tied, keys = 0, 0, 0
    for row in rows:
        page.wait_for_url(f"**/adjudicate/{row.document}")
        page.wait_for_selector("body[data-ready]")
        for number in range(row.waiting or 0):
            decided(page, number, row.waiting or 0)
            is_tied = page.locator("#table .open").count() > 0
            press(page, "1" if is_tied else "Enter")
            tied, right, keys = tied + is_tied, right + (not is_tied), keys + 1
        expect(page.locator("#over-t")).to_have_text(f"All {row.waiting} decided")
        saved(page)
        expect(page.locator("#next")).to_have_text(re.compile("To adjudicate" if row is rows[-1] else "Open the next"))
        press(page, "Enter")
    expect(page.get_by_text("Everything that is ready is decided")).to_be_visible()
    print(f"\n{keys} keys for {asked} asked clusters: {keys / asked:.2f} each; {tied} of them tied, one key each")
    assert right + tied == asked
    assert keys / asked <= MOST_KEYS
    assert sum(row.waiting or 0 for row in adjudicating.queue(court.db, OPERATOR, SEEDS).rows) == 0
    assert {row.decided for row in adjudicating.queue(court.db, OPERATOR, SEEDS).rows} != {0}


def test_a_tie_is_named_and_chosen_field_by_field(court: Court) -> None:
    path = court.article({"claim_type": "POLICY"}, {"claim_type": "VALUE", "stance": "neutral"})
    page = court.visit("Ada", path)
    press(page, "Enter")
    expect(page.get_by_role("alert")).to_have_text("Choose the stance: pro-copyright or neutral.")
    expect(page.get_by_role("group", name="Stance").get_by_role("radio").first).to_be_focused()
    press(page, "3", "Enter")
    expect(page.get_by_role("alert")).to_have_text("Choose the claim type: policy or value.")
    press(page, "v", "Enter")
    decided(page, 1, 1)
    saved(page)
    (cluster,) = court.clusters(path)
    assert values(cluster["decision_row"]) == ("openai", "neutral", "VALUE")
    assert cluster["decision_row"]["by"] == "Ada"


def test_words_comment_missed_passage_and_undo(court: Court) -> None:
    path = court.article({}, {"claim_type": "VALUE"})
    page = court.visit("Ada", path)
    press(page, "2", "k")  # Bertram or Anouk: one key
    expect(page.locator("#state")).to_have_text(re.compile("accepted|changed"))
    press(page, "g", "Shift+ArrowLeft", "Enter", "k", "i")
    page.keyboard.type("One word more.")
    press(page, "Escape", "a")
    expect(page.locator("#barq")).to_have_text("Nobody knew what it costs.")
    press(page, "j")
    expect(page.locator("#barq")).to_have_text(SECOND)
    press(page, "s")
    page.keyboard.type("goo")
    press(page, "Enter", "w")
    page.keyboard.type("deadl")
    press(page, "Enter", "2", "v", "Enter")
    decided(page, 2, 2)
    saved(page)
    labelled, added = court.clusters(path)
    assert added["decision_row"]["gold"]["chain"][-2:] == ["deadline", "google"]
    assert labelled["decision_row"]["gold"]["quote"] == f'said "{FIRST}'
    assert labelled["decision_row"]["note"] == "One word more."
    assert (added["quote"], *values(added["decision_row"])) == (SECOND, "google", "pro-fair-use", "VALUE")
    press(page, "0")
    saved(page)
    assert court.clusters(path)[1]["decision_row"]["action"] == "reject"
    press(page, "u", "u")
    decided(page, 1, 1)
    saved(page)
    assert [cluster["quote"] for cluster in court.clusters(path)] == [FIRST]
    press(page, "u", "u", "u")
    decided(page, 0, 1)
    saved(page)
    assert court.clusters(path)[0]["decision_row"] is None
    press(page, *["Shift+U"] * 5)
    decided(page, 2, 2)
    saved(page)
    assert court.clusters(path)[1]["decision_row"]["action"] == "reject"
    press(page, "u")
    saved(page)
    golds = [[one["decision_row"]["gold"] for one in found] for found in (court.clusters(path), (labelled, added))]
    assert golds[0] == golds[1]


# ---- others ----


def test_two_adjudicators_do_not_overwrite_each_other(court: Court) -> None:
    path = court.article({}, {"claim_type": "VALUE"})
    ada, curt = court.visit("Ada", path), court.visit("Curt", path)
    press(ada, "1")
    saved(ada)
    first = court.clusters(path)[0]["decision_row"]
    press(curt, "0")
    trouble = curt.get_by_role("group", name="Not accepted")
    expect(trouble).to_contain_text("Somebody else decided this meanwhile.")
    expect(trouble).to_contain_text("Yours: no label")
    expect(curt.locator("#why")).to_contain_text("Ada")
    assert violations(curt) == []
    assert court.clusters(path)[0]["decision_row"] == first
    curt.get_by_role("button", name="Take mine").click()
    saved(curt)
    assert [court.clusters(path)[0]["decision_row"][name] for name in ("action", "by")] == ["reject", "Curt"]
    press(ada, "k", "2")
    ada.get_by_role("button", name="Leave it as it is").click()
    saved(ada)
    assert court.clusters(path)[0]["decision_row"]["action"] == "reject"


def test_labels_that_change_after_a_decision_ask_again(court: Court) -> None:
    path = court.article({}, {"claim_type": "VALUE"})
    id = path.split("/")[-1]
    theirs = next(x["id"] for x in court.clusters(path)[0]["labels_full"] if x["claim_type"] == "VALUE")
    page = court.visit("Curt", path)
    press(page, "0")
    saved(page)
    page.get_by_text("Give it back to its annotators").click()
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_text("Given back")).to_be_visible()
    court.turn("Bertram", id, Reopen(str(uuid.uuid4())))
    page.goto(court.address + path)
    expect(page.get_by_role("heading", name="Not ready yet")).to_be_visible()
    assert violations(page) == []
    court.label("Bertram", id, FIRST, theirs, 1)
    court.turn("Bertram", id, Finish(str(uuid.uuid4())))
    court.open(page, path)
    expect(page.locator("#state")).to_have_text("asked again")
    expect(page.locator("#why")).to_contain_text("Decided before: no label (Curt")
    press(page, "Enter")
    decided(page, 1, 1)
    saved(page)
    assert court.clusters(path)[0]["decision_row"]["revision"] == 2


def test_names_are_asked_for_only_on_demand(court: Court) -> None:
    path = court.article({}, {"claim_type": "VALUE"})
    page = court.visit("Ada", path)
    assert not [name for name in ANNOTATORS if name in page.content()]
    press(page, "n")
    for name in ANNOTATORS:
        expect(page.locator("#table")).to_contain_text(name)
    press(page, "n")
    expect(page.locator("#table")).not_to_contain_text(ANNOTATORS[0])


def test_decisions_wait_for_the_line_through_a_reload(court: Court) -> None:
    path = court.article({}, {"claim_type": "VALUE"})
    page = court.visit("Ada", path)
    page.route("**/decisions", lambda route: route.abort())
    press(page, "1")
    expect(page.locator("#status")).to_have_text("Offline · 1 decision kept here")
    page.on("dialog", lambda dialog: dialog.accept())
    court.open(page, path)
    decided(page, 1, 1)
    page.unroute("**/decisions")
    page.reload()
    saved(page)
    assert court.clusters(path)[0]["decision_row"]["by"] == "Ada"


# ---- every window ----


@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark"), (320, "light")])
def test_every_state_fits_and_axe_is_content(court: Court, width: int, scheme: str) -> None:
    path = court.article({}, {"claim_type": "VALUE", "stance": "neutral", "unsure": True})
    page = court.visit("Ada", path, width, color_scheme=scheme)
    for keys in (("?",), ("Escape", "Enter"), ("Escape", "2")):  # the keys, the form with a question, the end
        press(page, *keys)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("heading", name="All 1 decided")).to_be_visible()
    court.open(page, f"/p/{SIDE}/adjudicate")
    expect(page.get_by_role("heading", name="Articles")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
