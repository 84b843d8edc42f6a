"""Releases in Chromium: made by keys alone, followed by another one, and every page on every window."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from tests.browser.axe import wrongs_in_every_window
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.gold.adjudication import DecisionInput
from webapp.domain.permissions import OPERATOR, Actor
from webapp.models import Person
from webapp.services import accounts, adjudicating, demo, managing, releasing
from webapp.services.releases import Wanted

SLUG = "hollywood-letter"
HERE = f"/p/{SLUG}/releases"
PASSWORD = "correct horse battery"
MADE = 60_000  # ms, on a machine with other work
LONG = "Unabhängigkeitserklärungsentwurfsbesprechungsteilnehmerinnen " * 3


@dataclass(frozen=True)
class Archive:
    """A server with the demo labels in a closed round. Curt curates; alice made some of the labels."""

    address: str
    db: Database

    def actor(self, name: str) -> Actor:
        with self.db.reading() as session:
            person = session.scalars(select(Person).where(Person.name == name)).one()
            return Actor(person.id, person.name, person.is_admin)

    def visit(self, page: Page, name: str) -> None:
        page.goto(f"{self.address}/sign-in?next={HERE}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1, name="Releases")).to_be_visible()

    def release(self) -> None:
        releasing.release(self.db, OPERATOR, SLUG, Wanted((), LONG, True))

    def decide(self, action: str) -> None:
        """Of the first passage of 000 that waits; a rejection makes no gold."""
        found = adjudicating.open_document(self.db, self.actor("Curt"), SLUG, "000")
        one = next(cluster for cluster in found.clusters if cluster["waiting"])
        given = DecisionInput(str(uuid.uuid4()), action, one["key"], note=LONG)  # type: ignore[arg-type]
        answer = adjudicating.decide(self.db, self.actor("Curt"), SLUG, "000", [given])
        assert answer.results[0].status == "stored", answer


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """With two releases, the second one with a decision more."""
    with serving(new_folder(tmp_path_factory.mktemp("releases"))) as started:
        db = Database(started.database_url)
        demo.load_demo(db)
        accounts.add_person(db, OPERATOR, "Curt", password=PASSWORD)
        managing.set_roles(db, OPERATOR, SLUG, "Curt", frozenset({"curator"}))
        with db.writing() as session:  # as though alice had followed her link
            curt = session.scalars(select(Person).where(Person.name == "Curt")).one()
            session.execute(update(Person).where(Person.name == "alice").values(password_hash=curt.password_hash))
        managing.close_round(db, OPERATOR, SLUG, "main")
        managing.set_settings(db, OPERATOR, SLUG, releases_open=True, title=LONG.strip()[:200])
        made = Archive(started.address, db)
        made.release()
        made.decide("accept")
        made.release()
        yield made
        db.close()


def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    """By the keyboard alone."""
    found = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    found.focus()
    expect(found).to_be_focused()
    page.keyboard.press(key)


def make(page: Page, number: int, note: str) -> None:
    press(page, "link", "Make a release …")
    expect(page.get_by_role("heading", level=1, name=f"Make release {number}")).to_be_visible()
    page.get_by_label("Note").focus()
    page.keyboard.type(note)
    press(page, "checkbox", "Release what there is; the release says that it is partial", "Space")
    press(page, "button", f"Make release {number}")
    expect(page.get_by_role("link", name=f"Release {number}", exact=True)).to_be_visible(timeout=MADE)


def test_by_keys_to_a_release_and_the_next_one_and_what_is_new_in_it(page: Page, archive: Archive) -> None:
    archive.visit(page, "Curt")
    make(page, 3, "The third.")
    archive.decide("accept")
    page.reload()
    make(page, 4, "One more.")
    press(page, "link", "What is new in release 4")
    expect(page.get_by_role("heading", level=1, name="From release 3 to 4")).to_be_visible()
    expect(page.get_by_role("region", name="In numbers")).to_contain_text("1added0dropped0changed")
    page.go_back()
    press(page, "link", "Release 3")
    expect(page.get_by_role("heading", level=1, name="Release 3")).to_be_visible()
    with page.expect_download() as download:
        press(page, "link", "Download all (zip)")
    assert download.value.suggested_filename == f"{SLUG}-release-3.zip"


def test_every_page_fits_and_axe_is_content(page: Page, archive: Archive) -> None:
    page.emulate_media(reduced_motion="reduce")
    for name, paths in (("Curt", ("", "/new", "/2", "/2/compare")), ("alice", ("/2/mine",))):
        page.context.clear_cookies()
        archive.visit(page, name)
        for path in paths:
            page.goto(f"{archive.address}{HERE}{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert wrongs_in_every_window(page) == [], path
