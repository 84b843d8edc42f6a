"""What the first visit of the annotation page costs on the line: contract, section 7."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.servers import new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, assigning, managing

MOST_BYTES, MOST_REQUESTS = 110_000, 14
PROJECT, PASSWORD = "hollywood-letter", "correct horse battery"


def test_the_first_visit_is_light(tmp_path: Path, browser: Browser) -> None:
    with serving(new_folder(tmp_path)) as server:
        db = Database(server.database_url)
        accounts.add_person(db, OPERATOR, "Alice", password=PASSWORD)
        managing.set_roles(db, OPERATOR, PROJECT, "Alice", frozenset({"annotator"}))
        assigning.assign(db, OPERATOR, PROJECT, ["Alice"], 1)
        db.close()
        signing_in = browser.new_context()
        page = signing_in.new_page()
        page.goto(f"{server.address}/sign-in")
        page.get_by_label("Name").fill("Alice")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{server.address}/")
        state = signing_in.storage_state()
        signing_in.close()
        visit = browser.new_context(storage_state=state)  # the same person, with an empty cache
        sizes = transferred(visit.new_page(), f"{server.address}/p/{PROJECT}/documents/000")
        visit.close()
    print(f"first visit: {sum(sizes)} bytes, {len(sizes)} requests")
    assert sum(sizes) <= MOST_BYTES
    assert 4 < len(sizes) <= MOST_REQUESTS


def transferred(page: object, address: str) -> list[int]:
    """Bytes of each answer, headers included, until the page rests."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)  # type: ignore[attr-defined]
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda done: sizes.append(int(done["encodedDataLength"])))
    page.goto(address, wait_until="networkidle")  # type: ignore[attr-defined]
    return sizes
