"""Pages and JSON go out gzipped where the browser takes it; static files are compressed once, in assets.py."""

import gzip

from flask import Flask, Response, request

_SMALLEST = 1_000  # bytes: below that the gzip header eats the gain
_TYPES = ("text/html", "application/json", "application/problem+json", "text/plain")


def _gzip(response: Response) -> Response:
    if response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    if response.mimetype not in _TYPES or request.accept_encodings.find("gzip") < 0:
        return response
    body = response.get_data()
    if len(body) >= _SMALLEST:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


def init_app(app: Flask) -> None:
    app.after_request(_gzip)
