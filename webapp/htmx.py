"""The few helpers for parts: one address answers with the page, or with the part of it that htmx asks for."""

from typing import Any

from flask import Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse


def asked_by_htmx() -> bool:
    """Whether a part is wanted; going back in the browser's history wants the whole page."""
    asked = request.headers
    return asked.get("HX-Request") == "true" and asked.get("HX-History-Restore-Request") != "true"


def page_or_part(page: str, part: str, status: int = 200, **context: Any) -> Response:
    """`page` for a browser, its `part` for htmx; both from the same context."""
    made = make_response(render_template(part if asked_by_htmx() else page, **context), status)
    made.headers["Vary"] = "HX-Request"
    return made


def done(address: str) -> AnyResponse:
    """After a change: on to `address`, without the form being sent again by a reload."""
    return redirect(address, 303)
