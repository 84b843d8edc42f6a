"""The browser and the accessibility check are real: they see what is there."""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations

GOOD = (
    "<!doctype html><html lang=en><title>Articles</title><main><h1>Articles</h1><p id=made>none</p></main>"
    "<script>document.querySelector('#made').textContent = 'made by a script'</script></html>"
)


def test_a_page_runs_its_scripts(page: Page) -> None:
    page.set_content(GOOD)
    assert page.text_content("#made") == "made by a script"


def test_axe_has_nothing_against_a_good_page(page: Page) -> None:
    page.set_content(GOOD)
    assert violations(page) == []


@pytest.mark.parametrize(
    ("mistake", "rule"),
    [("<img src=''>", "image-alt"), ("<p style='color:#ccc'>pale</p>", "color-contrast"), ("<input>", "label")],
)
def test_axe_finds_a_mistake(page: Page, mistake: str, rule: str) -> None:
    page.set_content(GOOD.replace("</main>", f"{mistake}</main>"))
    assert rule in {line.split(":")[0] for line in violations(page)}
