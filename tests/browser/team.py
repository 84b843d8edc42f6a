"""People at work on a seed article in browsers of their own, and what their hands do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

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
    contexts: list[BrowserContext]
    db: Database

    def visit(self, name: str, width: int = 1360, **more: Any) -> Page:
        """Signed in and at the article; `more` goes to the browser's context."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, **more)
        self.contexts.append(context)
        page = context.new_page()
        page.goto(f"{self.address}/sign-in?next={ARTICLE}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{ARTICLE}")
        return page


@pytest.fixture
def team(tmp_path: Path, browser: Browser) -> Iterator[Team]:
    """Alice and Bob have every seed article, Curt curates."""
    with serving(new_folder(tmp_path)) as server:
        db = Database(server.database_url)
        for name, role in PEOPLE.items():
            accounts.add_person(db, OPERATOR, name, password=PASSWORD)
            managing.set_roles(db, OPERATOR, PROJECT, name, frozenset({role}))
        assigning.assign(db, OPERATOR, PROJECT, ["Alice", "Bob"], 2)
        team = Team(server.address, browser, [], db)
        yield team
        for context in team.contexts:
            context.close()
        db.close()


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
