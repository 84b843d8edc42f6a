"""Logs: one JSON object a line, each answer with an id that its headers carry too. No name, no address, no text."""

import json
import logging
import secrets
import traceback
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, has_request_context, request

_log = logging.getLogger("stancemark")
_QUIET = ("static", "health.healthz", "health.readyz", "health.metrics")  # asked for all the time, or by machines


class JsonLines(logging.Formatter):
    """Of an error its kind and where it arose: its words may quote what somebody wrote."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at.replace("+00:00", "Z"), "level": record.levelname.lower()}
        line["event"] = record.getMessage()
        if has_request_context() and "request_id" in g:
            line["request"] = g.request_id
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            line |= _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _told(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def configure() -> None:
    """For a process of the server: everything goes to standard error in this form."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _log.setLevel(logging.INFO)


def _begin() -> None:
    g.request_id, g.asked = secrets.token_hex(8), perf_counter()


def _end(response: Response) -> Response:
    if request.endpoint in _QUIET or "request_id" not in g:
        return response
    response.headers["X-Request-Id"] = g.request_id
    if _log.isEnabledFor(logging.INFO):
        fields = {
            "method": request.method if request.method.isalpha() and len(request.method) < 10 else "other",
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "ms": round((perf_counter() - g.asked) * 1000, 1),
        }
        _log.info("answer", extra={"fields": fields})
    return response


def init_app(app: Flask) -> None:
    """To be called first, so that all that is done for a request has its id."""
    app.before_request(_begin)
    app.after_request(_end)
