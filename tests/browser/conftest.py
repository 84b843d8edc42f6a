"""Chromium, and a page in it that nobody has used before."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.browser.chromium import FLAGS, chromium
from tests.browser.team import team  # noqa: F401  a fixture for all tests of this folder

PATIENCE_MILLISECONDS = 10_000


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
    visitor.set_default_timeout(PATIENCE_MILLISECONDS)
    visitor.on("weberror", lambda error: wrongs.append(f"error on the page: {error.error}"))
    visitor.on("request", lambda request: wrongs.extend(_outside(request)))
    yield visitor
    visitor.close()
    assert wrongs == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def _outside(request: Request) -> list[str]:
    address = urlsplit(request.url)
    inside = address.scheme not in ("http", "https", "ws", "wss") or address.hostname in ("127.0.0.1", "localhost")
    return [] if inside else [f"request to another host: {request.url}"]
