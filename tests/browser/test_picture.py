"""README's picture of the annotation page: taken anew when asked (STANCEMARK_PICTURES=1), always possible to take."""

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitors import at_work
from tests.servers import STANCEMARK, Server, new_folder, serving, without_settings
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts

PICTURE = Path(__file__).parents[2] / "docs" / "annotate.png"
WIDTH, HEIGHT = 1280, 800
LARGEST_KB = 200


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Server]:
    """A server with the simulated labels."""
    folder = new_folder(tmp_path)
    subprocess.run([STANCEMARK, "init", "--demo"], cwd=folder, env=without_settings(), check=True, capture_output=True)
    with serving(folder) as server:
        yield server


def sign_in(page: Page, server: Server, name: str) -> None:
    with closing(Database(server.database_url)) as db:
        token = accounts.make_link(db, OPERATOR, name)
    page.goto(f"{server.address}/welcome/{token}")
    page.get_by_label("New password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.address}/")


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_annotation_page_can_be_pictured(page: Page, demo: Server) -> None:
    sign_in(page, demo, "alice")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.goto(f"{demo.address}/p/hollywood-letter/documents/000")
    at_work(page)
    page.locator("button[data-cmd=reopen]").first.click()
    page.locator("#art mark").nth(1).click()
    expect(page.locator("#bar")).to_be_visible()
    expect(page.locator("#bar input[value=pro-copyright]")).to_be_checked()

    taken = page.screenshot(animations="disabled", caret="hide")
    assert size_of(taken) == (WIDTH, HEIGHT)
    assert len(taken) <= LARGEST_KB * 1000
    if os.environ.get("STANCEMARK_PICTURES") == "1":
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(taken)


def test_the_picture_is_there() -> None:
    picture = PICTURE.read_bytes()
    assert size_of(picture) == (WIDTH, HEIGHT)
    assert 20_000 < len(picture) <= LARGEST_KB * 1000
