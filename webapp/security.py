"""Headers on every answer, the CSRF token and the check of where a change comes from."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.sansio.utils import host_is_trusted

from webapp.errors import answer

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
# a static file is no page: little can be done with it, and a first visit asks for a dozen
FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LARGEST_JSON = 256 * 1024  # bytes
_SAFE = ("GET", "HEAD", "OPTIONS")


class _Cookies(SecureCookieSessionInterface):
    """The session's cookie is for https only where the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def _from_elsewhere() -> Response | None:
    """Refuse a change that a page of another site sends; programs without a browser's headers may pass to the token."""
    if request.method in _SAFE:
        return None
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return answer(403, "This came from another site; nothing was changed.")
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.host:
        return answer(403, "This came from another site; nothing was changed.")
    return None


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # half an IPv6 address
        return ""


def _bounded() -> None:
    """JSON bodies are small; the limit must stand before anybody, the look for a token too, opens the body."""
    if not request.is_json:
        return
    request.max_content_length = LARGEST_JSON
    if request.content_length is None:  # it comes in chunks, and would be cut off at the limit without a word
        request.max_content_length = LARGEST_JSON + 1
        if len(request.get_data()) > LARGEST_JSON:
            abort(413)


def _unstorable() -> Response | None:
    """Refuse a NUL in address or form before a database is asked: PostgreSQL would fail on it."""
    given = [("the address", request.path), *_values(request.args), *_values(request.form)]
    place = next((place for place, words in given if "\0" in f"{place}{words}"), None)
    if place is None:
        return None
    return answer(400, f"There is a NUL character in {place.replace(chr(0), '')}; nothing was changed.")


def _values(given: MultiDict[str, str]) -> Iterable[tuple[str, str]]:
    return ((f"the field “{name}”", words) for name, words in given.items(multi=True))


def _untrusted_host() -> Response | None:
    """Refuse an address that is not ours; whoever watches the server may ask it by any name."""
    allowed = current_app.extensions["settings"].trusted_hosts
    if not allowed or request.blueprint == "health" or host_is_trusted(request.host, allowed):
        return None
    return answer(400, "This server does not answer under that name.")


def _with_headers(response: Response) -> Response:
    for name, value in (FILE_HEADERS if request.endpoint == "static" else HEADERS).items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def init_app(app: Flask) -> None:
    """To be called after the sign-in gate: who is signed out is told so before any look at a token."""
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME="stancemark",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # the cookie ends with the session's longest life, so once is enough
        WTF_CSRF_TIME_LIMIT=None,  # an annotator's page stays open for days; the token ends with the session
        WTF_CSRF_SSL_STRICT=False,  # _from_elsewhere checks Origin, which says more than Referer
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    app.before_request(_untrusted_host)
    app.before_request(_from_elsewhere)
    app.before_request(_bounded)
    CSRFProtect(app)
    app.before_request(_unstorable)
    app.after_request(_with_headers)
