"""One map from what went wrong to what is answered: problem+json for programs, a page for people."""

import json
import logging

from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.database import now
from webapp.domain import errors as domain
from webapp.services.accounts import THROTTLE_MINUTES

STATUS: dict[type[domain.StancemarkError], int] = {
    domain.Malformed: 400,
    domain.Forbidden: 403,
    domain.NotFound: 404,
    domain.Invalid: 422,
    domain.Throttled: 429,
    domain.Unavailable: 503,
    domain.Underway: 202,
}

# what a page says first, and the sentence under it where nothing better is known
WORDS: dict[int, tuple[str, str]] = {
    202: ("One moment", "This is being worked out. Come back in some seconds."),
    400: (
        "This cannot be read",
        "The request was damaged or its page is out of date. Go back, reload the page and try again.",
    ),
    401: ("You are signed out", "Sign in and go on; nothing was changed."),
    403: ("This is not open to you", "Ask the curator of the project if you need it."),
    404: ("There is no such page", "The address may be mistyped, or what it named is gone."),
    405: ("This cannot be done here", "Go back and use the buttons of the page."),
    413: ("This is too large", "Send less at once; nothing was changed."),
    415: ("This is no JSON", "Send application/json."),
    422: ("This cannot be taken", "Something in it is not as it should be; nothing was changed."),
    429: ("Too many tries", "Wait a little and try again."),
    500: ("The server could not answer", "Your labels are kept in this browser and will be sent."),
    503: ("The database is away", "Nothing was changed. Try again in a moment."),
}

_RETRY_AFTER = {202: 1, 429: THROTTLE_MINUTES * 60, 503: 2}  # seconds

_log = logging.getLogger("stancemark")


def status_of(why: domain.StancemarkError) -> int:
    return next((STATUS[kind] for kind in type(why).__mro__ if kind in STATUS), 422)


def wants_json() -> bool:
    """Whether the address is one of the machine forms."""
    return request.path.endswith((".json", ".jsonl", "/operations", "/decisions")) or request.is_json


def problem(status: int, title: str, detail: str) -> Response:
    """An answer as problem+json."""
    body = {"title": title, "status": status, "detail": detail}
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/problem+json")


def answer(status: int, detail: str = "", title: str = "") -> Response:
    """The right kind of answer for who asks; the status has words of its own where none are given."""
    usual, words = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    title = title or usual
    if wants_json():
        return problem(status, title, detail or words)
    page = render_template("error.html", title=title, words=detail or words, status=status, moment=now())
    return Response(page, status)


def _when_to_try_again(response: Response) -> Response:
    if seconds := _RETRY_AFTER.get(response.status_code):
        response.headers.setdefault("Retry-After", str(seconds))
    return response


def init_app(app: Flask) -> None:
    app.after_request(_when_to_try_again)

    @app.errorhandler(domain.StancemarkError)
    def refused(why: domain.StancemarkError) -> Response:
        return answer(status_of(why), why.message)

    @app.errorhandler(domain.Underway)
    def underway(why: domain.Underway) -> Response:
        made = answer(202, why.message)
        made.headers["Refresh"] = "1"  # a page comes by itself, without scripts too; programs go by Retry-After
        return made

    @app.errorhandler(domain.Unavailable)
    def away(why: domain.Unavailable) -> Response:
        _log.warning("%s at %s", why.message, request.endpoint)
        return answer(503, why.public)

    @app.errorhandler(CSRFError)
    def no_token(_why: CSRFError) -> Response:
        return answer(400, "The page is out of date. Reload it and send the form again.")

    @app.errorhandler(HTTPException)
    def http(why: HTTPException) -> Response:
        code = why.code or 500
        if code < 400:
            return Response(why.get_response().get_data(), code, dict(why.get_headers()))
        made = answer(code)
        if code == 405:
            made.headers["Allow"] = ", ".join(getattr(why, "valid_methods", None) or ())
        return made

    @app.errorhandler(Exception)
    def unexpected(why: Exception) -> Response:
        _log.exception("unexpected %s at %s", type(why).__name__, request.endpoint)
        return answer(500)
