"""Downloads for the curator: documents and labels in every format that holds them, and the project as a bundle."""

import tempfile

from flask import Blueprint, Response, request, send_file

from webapp import identity
from webapp.domain.export import Files, formats
from webapp.services import exporting
from webapp.services.exporting import Terms

blueprint = Blueprint("exports", __name__)

_IN_MEMORY = 4 * 1024 * 1024


def _terms() -> Terms:
    return Terms(names=request.args.get("names") == "1", text_free=request.args.get("text-free") == "1")


@blueprint.get("/p/<slug>/export/<kind>.<format>")
def export(slug: str, kind: str, format: str) -> Response:
    asked = identity.database(), identity.actor(), slug, kind, format, _terms()
    known = formats().get(format)
    if known and known.files:
        return zipped(exporting.files(*asked), f"{slug}-{kind}.{known.ending}")
    made, parts = exporting.stream(*asked)
    response = Response(parts, content_type=made.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{kind}.{made.ending}"'
    return response


@blueprint.get("/p/<slug>/export/bundle.zip")
def bundle(slug: str) -> Response:
    return zipped(exporting.bundle(identity.database(), identity.actor(), slug, _terms()), f"{slug}.zip")


def zipped(files: Files, name: str) -> Response:
    # no `with`: the answer reads it after this function is left, and closes it
    spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    try:
        exporting.write_zip(files, spool)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return send_file(spool, mimetype="application/zip", as_attachment=True, download_name=name)
