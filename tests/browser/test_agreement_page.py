"""The agreement report in Chromium, its figures computed by the job process that the server starts."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations, wrongs_in_every_window
from tests.servers import Server, new_folder, serving
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts, demo, managing

HERE = "/p/hollywood-letter"
PASSWORD = "correct horse battery"
COMPUTED = 60_000  # ms, on a machine with other work


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demonstration labels; Curt curates and is called by a long name beside."""
    with serving(new_folder(tmp_path_factory.mktemp("agreement"))) as started:
        db = Database(started.database_url)
        demo.load_demo(db)
        accounts.add_person(db, OPERATOR, "Curt", password=PASSWORD)
        managing.set_roles(db, OPERATOR, "hollywood-letter", "Curt", frozenset({"curator"}))
        db.close()
        yield started


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/sign-in?next={HERE}/")
    page.get_by_label("Name").fill("Curt")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{HERE}/")


def open_report(page: Page, server: Server) -> None:
    sign_in(page, server)
    page.goto(f"{server.address}{HERE}/agreement")
    expect(page.get_by_role("heading", name="Where agreement is lost")).to_be_visible(timeout=COMPUTED)
    expect(page.locator("#state")).not_to_contain_text("being", timeout=COMPUTED)


def test_the_figures_come_by_themselves_though_the_job_process_is_killed(page: Page, server: Server) -> None:
    sign_in(page, server)
    process = server.job_process()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    page.goto(f"{server.address}{HERE}/agreement")
    expect(page.get_by_text("The figures are being computed")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_role("heading", name="Where agreement is lost")).to_be_visible(timeout=COMPUTED)
    expect(page.get_by_text("3 annotators, 5 articles finished by two or more")).to_be_visible()
    expect(page.get_by_text("New figures are there")).to_be_visible(timeout=COMPUTED)
    page.get_by_role("link", name="Show them").click()
    expect(page.get_by_text("Figures, Spans")).to_be_attached()
    gamma = page.get_by_role("region", name="Table: Figures, Spans").get_by_role("row").filter(has_text="γ").first
    expect(gamma).to_contain_text("0.")


def test_the_report_fits_and_axe_is_content(page: Page, server: Server) -> None:
    open_report(page, server)
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    assert wrongs_in_every_window(page) == []
    page.goto(f"{server.address}{HERE}/agreement/clusters?field=claim_type&a=CONSEQUENCE&b=FACT")
    assert wrongs_in_every_window(page) == []


def test_from_a_number_to_its_labels_to_the_article_by_keyboard(page: Page, server: Server) -> None:
    open_report(page, server)
    cell = page.get_by_role("region", name="Table: Claim type").get_by_role("link").first
    cell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claim type")
    expect(page.locator(".passage mark").first).to_be_visible()
    expect(page.locator(".passage").first).to_contain_text("alice")
    page.locator(".passage h2 a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*")


def test_a_definition_is_one_click_away(page: Page, server: Server) -> None:
    open_report(page, server)
    page.get_by_role("region", name="Table: Stages").get_by_role("link", name="Stance").click()
    definition = page.locator("#def-krippendorff_alpha")
    expect(definition).to_be_in_viewport()
    expect(definition).to_have_text("Krippendorff α")


def test_on_paper_every_table_is_open_and_nothing_is_left_to_click(page: Page, server: Server, tmp_path: Path) -> None:
    open_report(page, server)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Download CSV")).to_be_hidden()
    expect(page.get_by_role("navigation").first).to_be_hidden()
    assert len(page.pdf(path=tmp_path / "report.pdf")) > 20_000
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
