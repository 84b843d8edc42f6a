"""People at work on a seed article in browsers of their own, and what their hands do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.browser.visitors import CALM, at_work
from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, managing

PROJECT = "hollywood-letter"
ARTICLE = f"/p/{PROJECT}/documents/001"
PASSWORD = "correct horse battery"
PEOPLE = {"Alice": "annotator", "Bob": "annotator", "Curt": "curator"}


@dataclass
class Team:
    """A running server and its people, each in a browser of their own."""

    address: str
    browser: Browser
    db: Database
    sessions: dict[str, StorageState] = field(default_factory=dict)  # of who has signed in, by name
    contexts: list[BrowserContext] = field(default_factory=list)

    def visit(self, name: str, width: int = 1360, **more: Any) -> Page:
        """Signed in and at the article; `more` goes to the browser's context."""
        viewport = {"width": width, "height": 900}
        context = self.browser.new_context(storage_state=self.sessions[name], viewport=viewport, **(CALM | more))
        self.contexts.append(context)
        page = context.new_page()
        if more.get("java_script_enabled", True):
            self.open(page)
        else:
            page.goto(self.address + ARTICLE)
        return page

    def open(self, page: Page) -> None:
        page.goto(self.address + ARTICLE)
        at_work(page)

    def sign_in(self, name: str) -> None:
        with closing(self.browser.new_context()) as context:
            page = context.new_page()
            page.goto(f"{self.address}/sign-in")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{self.address}/")
            self.sessions[name] = context.storage_state()


@dataclass(frozen=True)
class Snapshot:
    """The rows of a SQLite database, to be brought back under the server that runs on it."""

    database: str
    copy: Path

    def take(self) -> None:
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", [str(self.copy)])

    def bring_back(self) -> None:
        with closing(sqlite3.connect(self.database, isolation_level=None, timeout=30)) as connection:
            connection.execute("ATTACH ? AS kept", [str(self.copy)])
            connection.execute("BEGIN IMMEDIATE")
            for (table,) in connection.execute("SELECT name FROM kept.sqlite_master WHERE type = 'table'").fetchall():
                connection.execute(f"DELETE FROM main.{table}")
                connection.execute(f"INSERT INTO main.{table} SELECT * FROM kept.{table}")
            connection.execute("COMMIT")


@pytest.fixture(scope="session")
def running_team(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Team, Snapshot]]:
    folder = tmp_path_factory.mktemp("team")
    with serving(new_folder(folder)) as server, closing(Database(server.database_url)) as db:
        for name, role in PEOPLE.items():
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, PROJECT, name, frozenset({role}))
        assigning.assign(db, OPERATOR, PROJECT, ["Alice", "Bob"], 2)
        team = Team(server.address, browser, db)
        for name in PEOPLE:
            team.sign_in(name)
        snapshot = Snapshot(str(db.url.database), folder / "snapshot.db")
        snapshot.take()
        yield team, snapshot


@pytest.fixture
def team(running_team: tuple[Team, Snapshot]) -> Iterator[Team]:
    """Alice and Bob have every seed article, Curt curates; nothing of an earlier test is left."""
    team, snapshot = running_team
    yield team
    for context in team.contexts:
        context.close()
    team.contexts.clear()
    snapshot.bring_back()


def sentence(page: Page, words: str) -> Locator:
    return page.locator(".s", has_text=words)


def saved(page: Page, labels: int) -> None:
    expect(page.locator("#cards .card")).to_have_count(labels)
    expect(page.locator("#status")).to_have_attribute("data-state", "saved")


def choose_speaker(page: Page, letters: str) -> None:
    page.locator("#spk").click()
    page.locator("#spk").fill(letters)
    page.locator("#spklist [role=option]").first.click()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def walk_to(page: Page, words: str) -> None:
    for _ in range(60):
        page.keyboard.press("j")
        if words in (page.locator("[aria-current=true]").text_content() or ""):
            return
    raise AssertionError(f"J never came to “{words}”")
