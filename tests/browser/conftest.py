"""Chromium, and a page in it that nobody has used before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import FLAGS, chromium
from tests.browser.office import office, running_office  # noqa: F401  fixtures for all tests of this folder
from tests.browser.team import running_team, team  # noqa: F401
from tests.browser.visitors import watch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium(Path(playwright.chromium.executable_path))
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor of their own: no cookies, nothing stored. Another one: `browser.new_context()`.

    The test fails when a page of theirs throws an error or asks anything of another host.
    """
    wrongs: list[str] = []
    visitor = browser.new_context()
    watch(visitor, wrongs)
    yield visitor
    visitor.close()
    assert wrongs == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
