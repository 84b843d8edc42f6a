"""Is the process there, is the database there: for whoever watches the server."""

from flask import Blueprint, Response

from webapp import identity
from webapp.services import maintenance

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def readyz() -> Response:
    reason = maintenance.not_ready(identity.database())
    return Response(f"{reason or 'ready'}\n", 503 if reason else 200, content_type="text/plain; charset=utf-8")
