"""The browser and the accessibility check are real: they see what is there."""

from playwright.sync_api import Page

from tests.browser.axe import violations, wrongs_in_every_window

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


def test_axe_finds_mistakes(page: Page) -> None:
    page.set_content(GOOD.replace("</main>", "<img src=''><p style='color:#ccc'>pale</p><input></main>"))
    assert {"image-alt", "color-contrast", "label"} <= {line.split(":")[0] for line in violations(page)}


def test_every_window_is_looked_at(page: Page) -> None:
    narrow_and_dark = "@media (max-width: 400px) and (prefers-color-scheme: dark) { p { color: #eee } }"
    style = f"<style>{narrow_and_dark} @media (max-width: 350px) {{ h1 {{ width: 400px }} }}</style>"
    page.set_content(GOOD.replace("</title>", f"</title>{style}"))
    sideways, pale = wrongs_in_every_window(page)
    assert sideways == "scrolls sideways at 320 px"
    assert pale.startswith("320 px, dark: color-contrast: ")
