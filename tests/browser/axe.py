"""axe-core's findings on a page as it stands, and where asked for a picture of it, in tests/pictures/."""

import os
import re
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

PICTURES = Path(__file__).parents[1] / "pictures"
# resolves once scrolling has come to rest
AT_REST = """() => new Promise(done => {
  const look = (was, frames) => requestAnimationFrame(() => {
    if (frames > 3) done(); else look(scrollY, scrollY === was ? frames + 1 : 0);
  });
  look(scrollY, 0);
})"""

# A line for each element; all that axe found in order as well would be as dear to hand over as to find.
FIND = """async what => {
  const found = await axe.run(document, {runOnly: what, resultTypes: ['violations']});
  return found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id}: ${JSON.stringify(node.target)}: ${node.failureSummary}`));
}"""

# 390 and 320 px share a layout, and colours have nothing to do with the width
WINDOWS: tuple[tuple[int, Literal["light", "dark"] | None], ...] = ((1360, "light"), (390, None), (320, "dark"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe-core objects to, a line an element: `rule: selector: what to fix`. Empty is good."""
    _look_at(page)
    if page.evaluate("!window.axe"):
        page.evaluate(_axe())
    return _found(page, {"type": "tag", "values": RULES})


def wrongs_in_every_window(page: Page) -> list[str]:
    """What axe-core objects to wide and light, narrow and dark; and at which widths the page scrolls sideways."""
    found = []
    for width, scheme in WINDOWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => innerWidth === width", arg=width)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"scrolls sideways at {width} px")
        if scheme:
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} px, {scheme}: {line}" for line in violations(page)]
    return found


def _found(page: Page, what: dict[str, object]) -> list[str]:
    found: list[str] = page.evaluate(FIND, what)
    return found


def _look_at(page: Page) -> None:
    page.evaluate(AT_REST)
    if os.environ.get("STANCEMARK_PICTURES"):
        _picture(page)


def _picture(page: Page) -> None:
    """The window as it is seen, in the folder of the running test, numbered in the order of the test."""
    test = re.sub(r"[^\w.-]+", "-", os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)").rpartition("/")[2])
    path = re.sub(r"[^\w.-]+", "-", page.url.partition("//")[2].partition("/")[2]).strip("-")
    folder = PICTURES / test
    folder.mkdir(parents=True, exist_ok=True)
    number = _numbers.setdefault(test, count(1))
    page.screenshot(path=folder / f"{next(number):02} {path or 'home'}.png", timeout=30_000)


_numbers: dict[str, "count[int]"] = {}


@cache
def _axe() -> str:
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("axe.min.js").read_text()
