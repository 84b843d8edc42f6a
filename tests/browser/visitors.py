"""What every visitor's browser is watched for."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request

PATIENCE_MILLISECONDS = 10_000


def watch(visitor: BrowserContext, wrongs: list[str]) -> None:
    """Note down in `wrongs` each error that a page of theirs throws, and each request to another host."""
    visitor.set_default_timeout(PATIENCE_MILLISECONDS)
    visitor.on("weberror", lambda error: wrongs.append(f"error on the page: {error.error}"))
    visitor.on("request", lambda request: wrongs.extend(_outside(request)))


def _outside(request: Request) -> list[str]:
    address = urlsplit(request.url)
    inside = address.scheme not in ("http", "https", "ws", "wss") or address.hostname in ("127.0.0.1", "localhost")
    return [] if inside else [f"request to another host: {request.url}"]
