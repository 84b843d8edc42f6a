"""The annotation page, its JSON form, and the operations that change labels."""

from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from webapp import identity, metrics
from webapp.domain.errors import Invalid
from webapp.domain.files import strict_json
from webapp.domain.labels import OperationsRequest
from webapp.services import annotating, articles
from webapp.services.articles import Article
from webapp.views import article_page
from webapp.views.keymap import keymap
from webapp.views.moments import since

blueprint = Blueprint("annotating", __name__)

Shape = TypeVar("Shape")


@blueprint.get("/p/<slug>/documents/<doc>")
def page(slug: str, doc: str) -> str:
    article = open_article(slug, doc)
    return render_page(article, _plain_form(article))


def render_page(article: Article, plain: dict[str, Any] | None = None) -> str:
    """The page, with a plain form below a sentence where one was asked for."""
    data = page_data(article) | {"plain": plain}
    return render_template("annotate/page.html", **article_page.context(data), keymap=keymap(article.scheme))


def _plain_form(article: Article) -> dict[str, Any] | None:
    """The empty form below sentence `?sentence=N` (counted from 1), or that of the label `?label=ID`."""
    label = next((label for label in article.labels if label["id"] == request.args.get("label")), None)
    sentences = [unit for unit in article.units if unit["kind"] == "sentence"]
    number = request.args.get("sentence", type=int, default=0)
    place = label or (sentences[number - 1] if 0 < number <= len(sentences) else None)
    if place is None or article.state != "open":
        return None
    start, end = place["start"], place["end"]
    quote = article.document.text[start:end]
    return {"start": start, "end": end, "quote": quote, "label": label, "error": "", "field": ""}


@blueprint.get("/p/<slug>/documents/<doc>.json")
def as_json(slug: str, doc: str) -> Response:
    article = open_article(slug, doc)
    return jsonify(
        {
            "id": article.document.id,
            "title": article.title,
            "text": article.document.text,
            "text_sha256": article.document.text_sha256,
            "excluded": article.document.excluded,
            "units": article.units,
            "round": article.round.name,
            "state": "locked" if article.state == "reading" else article.state,
            "labels": article.labels,
            "person": identity.actor().name,
            "csrf_token": generate_csrf(),
        }
    )


@blueprint.post("/p/<slug>/documents/<doc>/operations")
def operations(slug: str, doc: str) -> Response:
    body = read_json(OperationsRequest)
    answer = annotating.operate(
        identity.database(), identity.actor(), slug, doc, body.operations, request.args.get("round")
    )
    metrics.count_saves(answer.results)
    return jsonify({"results": [result.record() for result in answer.results], "state": answer.state})


def read_json(shape: type[Shape]) -> Shape:
    """The body as `shape`. Raises Malformed or Invalid; answers 415 for what is no JSON."""
    if request.mimetype != "application/json":
        abort(415)
    try:
        return msgspec.convert(strict_json.parse(request.get_data()), shape)
    except msgspec.ValidationError as why:
        raise Invalid(f"{why}") from None


def open_article(slug: str, doc: str) -> Article:
    """The article of the address for the person who asks. Raises NotFound, Forbidden."""
    return articles.open_article(identity.database(), identity.actor(), slug, doc, request.args.get("round"))


def page_data(article: Article) -> dict[str, Any]:
    """What the template shows, in the words of the page."""
    document, signed_in = article.document, identity.signed_in()
    assert signed_in is not None
    return {
        "project": article.project,
        "document": {
            **{name: getattr(document, name) for name in ("id", "outlet", "byline", "published", "url", "text")},
            **{name: getattr(document, name) for name in ("text_sha256", "headings", "excluded")},
            "display_title": article.title,
        },
        "units": article.units,
        "round": article.round.name,
        "state": article.state,
        "locked_reason": article.locked_reason or _in_adjudication(article),
        "labels": article.labels,
        "scheme": article.scheme,
        "speakers": article.speakers,
        "position": article.position,
        "next_href": article.next_document
        and url_for("annotating.page", slug=article.project.slug, doc=article.next_document),
        "preferences": signed_in.preferences,
        "person_id": signed_in.actor.person_id,
        "person": signed_in.actor.name,
        "voice": article.voice,
        "addresses": _addresses(article),
    }


def _in_adjudication(article: Article) -> str:
    if article.state != "locked" or article.adjudicated_since is None:
        return ""
    return f"In adjudication since {since(article.adjudicated_since, article.project.time_zone)}."


def _addresses(article: Article) -> dict[str, str]:
    here: dict[str, Any] = {"slug": article.project.slug, "doc": article.document.id}
    asked = request.args.get("round")
    return {
        "operations": url_for("annotating.operations", **here, round=asked),
        "json": url_for("annotating.as_json", **here, round=asked),
        "plain": url_for("plain.save", **here, round=asked),
        "guide": url_for("reading.guide", slug=here["slug"]),
        "documents": url_for("projects.documents", slug=here["slug"]),
        "sign_in": url_for("accounts.sign_in"),
        "preferences": url_for("accounts.preferences"),
    }
