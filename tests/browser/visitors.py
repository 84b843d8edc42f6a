"""What every visitor's browser is watched for, and how long all of them wait."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, expect

PATIENCE_MILLISECONDS = 30_000  # on a machine with other work; nobody waits longer than for what is to be seen
# What visitors to the annotation page have: with smooth scrolling a point on the page holds only for a moment.
CALM = {"reduced_motion": "reduce"}
# The letters are those of our fonts, and a picture of it all has been on the screen.
PAINTED = """async () => {
  await document.fonts.ready;
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

expect.set_options(timeout=PATIENCE_MILLISECONDS)


def watch(visitor: BrowserContext, wrongs: list[str]) -> None:
    """Note down in `wrongs` each error that a page of theirs throws, and each request to another host."""
    visitor.set_default_timeout(PATIENCE_MILLISECONDS)
    visitor.on("weberror", lambda error: wrongs.append(f"error on the page: {error.error}"))
    visitor.on("request", lambda request: wrongs.extend(_outside(request)))


def at_work(page: Page) -> None:
    """Wait until the annotation page takes keys and nothing of it moves by itself any more."""
    page.wait_for_selector("body[data-ready]")
    page.evaluate(PAINTED)


def _outside(request: Request) -> list[str]:
    address = urlsplit(request.url)
    inside = address.scheme not in ("http", "https", "ws", "wss") or address.hostname in ("127.0.0.1", "localhost")
    return [] if inside else [f"request to another host: {request.url}"]
