"""Is the process there, is the database there: for whoever watches the server."""

from flask import Blueprint, Response, abort

from webapp import identity
from webapp import metrics as measured
from webapp.domain.errors import Unavailable
from webapp.services import jobs, maintenance

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


@blueprint.get("/metrics")
def metrics() -> Response:
    """For Prometheus, where STANCEMARK_METRICS is on."""
    counts = measured.counts()
    if counts is None:
        abort(404)
    try:
        waiting = jobs.count_living(identity.database())
    except Unavailable:  # the rest is all the more wanted then
        waiting = {}
    return Response(counts.page(waiting), content_type="text/plain; version=0.0.4; charset=utf-8")
