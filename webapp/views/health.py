"""Is the process there, is the database there: for whoever watches the server."""

from flask import Blueprint, Response

from webapp import identity
from webapp.domain.errors import Unavailable
from webapp.services import maintenance

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def readyz() -> Response:
    try:
        reason = maintenance.not_ready(identity.database())
    except Unavailable as why:
        reason = why.public
    return Response(f"{reason or 'ready'}\n", 503 if reason else 200, content_type="text/plain; charset=utf-8")
