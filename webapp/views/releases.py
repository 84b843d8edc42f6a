"""Releases: what the next one waits for, making it, its card and files, two compared, one's own labels beside gold."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.domain.errors import Forbidden
from webapp.domain.export import formats
from webapp.forms import ReleaseForm
from webapp.services import feedback, lacking, releases
from webapp.services.lacking import NextRelease
from webapp.services.releases import ReleasesPage, Wanted
from webapp.views.exports import zipped

blueprint = Blueprint("releases", __name__)

_MEDIA_TYPES = {
    "jsonl": "application/jsonl; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "toml": "application/toml; charset=utf-8",
}
_TABLE = '<div class="scroll" tabindex="0" role="region" aria-label="Table {} of the card"><table class="t">'
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


# ---- the list ----


@blueprint.get("/p/<slug>/releases", endpoint="releases")
def list_page(slug: str) -> str:
    found = _open(slug)
    coming, why = _coming(slug) if found.may_make else (None, "")
    return render_template("releases/page.html", found=found, coming=coming, why=why)


@blueprint.get("/p/<slug>/releases/state")
def state(slug: str) -> Response:
    """What htmx asks for while a release is being made; the page is loaded anew once it is there."""
    found = _open(slug)
    response = make_response(render_template("releases/_state.html", found=found))
    if found.waiting is None:
        response.headers["HX-Refresh"] = "true"
    return response


def _open(slug: str) -> ReleasesPage:
    return releases.open_releases(identity.database(), identity.actor(), slug)


def _coming(slug: str) -> tuple[NextRelease | None, str]:
    """What a release of the newest round would hold; nothing, and why, for who still annotates in it."""
    try:
        return lacking.next_release(identity.database(), identity.actor(), slug), ""
    except Forbidden as why:
        return None, why.message


# ---- making one ----


@blueprint.get("/p/<slug>/releases/new")
def new(slug: str) -> Response:
    return _new(slug, ReleaseForm(formdata=None))


@blueprint.post("/p/<slug>/releases/new")
def make(slug: str) -> AnyResponse:
    form = ReleaseForm()
    wanted = Wanted(tuple(request.args.getlist("round")), (form.note.data or "").strip(), bool(form.partial.data))
    if not form.done_by(lambda: lacking.ask(identity.database(), identity.actor(), slug, wanted)):
        return _new(slug, form, 422)
    flash("The release is being made.")
    return htmx.done(url_for(".releases", slug=slug))


def _new(slug: str, form: ReleaseForm, status: int = 200) -> Response:
    coming = lacking.next_release(identity.database(), identity.actor(), slug, request.args.getlist("round"))
    return make_response(render_template("releases/new.html", coming=coming, form=form), status)


# ---- one of them ----


@blueprint.get("/p/<slug>/releases/<int:n>")
def card(slug: str, n: int) -> str:
    found = releases.open_release(identity.database(), identity.actor(), slug, n)
    return render_template("releases/card.html", found=found, card=_drawn(found.card), formats=formats().values())


def _drawn(card: str) -> Markup:
    """The card below its title: front matter is for machines. Raw HTML is off, so what is rendered is safe."""
    _, _, body = card.removeprefix("---\n").partition("\n---\n")
    html = _MARKDOWN.render(body.lstrip().partition("\n")[2]).replace("<pre>", '<pre tabindex="0">')
    first, *rest = html.split("<table>")
    tables = (_TABLE.format(n) + part.replace("</table>", "</table></div>") for n, part in enumerate(rest, 1))
    return Markup("".join((first, *tables)))  # noqa: S704


@blueprint.get("/p/<slug>/releases/<int:n>/compare")
def compare(slug: str, n: int) -> str:
    other = request.args.get("with", type=int)
    found = releases.compare_releases(identity.database(), identity.actor(), slug, n, other)
    return render_template("releases/compare.html", found=found)


@blueprint.get("/p/<slug>/releases/<int:n>/mine")
def mine(slug: str, n: int) -> str:
    document = request.args.get("document") or None
    found = feedback.open_feedback(identity.database(), identity.actor(), slug, n, document)
    return render_template("releases/mine.html", found=found)


@blueprint.get("/p/<slug>/releases/<int:n>/bundle.zip")
def bundle(slug: str, n: int) -> Response:
    free = request.args.get("text-free") == "1"
    files = releases.bundle(identity.database(), identity.actor(), slug, n, text_free=free)
    return zipped(files, f"{slug}-release-{n}{'-text-free' if free else ''}.zip")


@blueprint.get("/p/<slug>/releases/<int:n>/<path:file>")
def file(slug: str, n: int, file: str) -> Response:
    parts: Iterator[bytes] = releases.open_file(identity.database(), identity.actor(), slug, n, file)
    response = Response(parts, content_type=_MEDIA_TYPES.get(file.rpartition(".")[2], "application/octet-stream"))
    name = file.replace("/", "-")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{n}-{name}"'
    return response
