"""Labelling without JavaScript: a plain form below a sentence, sent to the page's own address."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from webapp import identity
from webapp.database import new_id
from webapp.domain.labels import Delete, Finish, LabelInput, LabelReference, Operation, Put, Reopen
from webapp.services import annotating
from webapp.services.articles import Article
from webapp.views.annotating import open_article, render_page

blueprint = Blueprint("plain", __name__)


@blueprint.post("/p/<slug>/documents/<doc>")
def save(slug: str, doc: str) -> AnyResponse:
    """One operation from a form; refused, the page comes back with the form as it was and the reason."""
    article = open_article(slug, doc)
    asked = request.args.get("round")
    operation = _operation(request.form, article)
    answer = annotating.operate(identity.database(), identity.actor(), slug, doc, [operation], asked)
    refusal = answer.results[0].refusal
    if refusal is not None:
        return _refused(article, refusal.message, refusal.field)
    return redirect(url_for("annotating.page", slug=slug, doc=doc, round=asked, _anchor="art"), 303)


def _refused(article: Article, message: str, field: str) -> Response:
    start, end = _number(request.form, "start") or 0, _number(request.form, "end") or 0
    plain = {
        "start": start,
        "end": end,
        "quote": article.document.text[start:end],
        "label": _entered(request.form)
        | {"id": request.form.get("label_id"), "revision": _number(request.form, "base")},
        "error": message,
        "field": field,
    }
    return make_response(render_page(article, plain), 422)


def _operation(form: MultiDict[str, str], article: Article) -> Operation:
    wanted, reference = form.get("do", "save"), LabelReference(form.get("label_id", ""), _number(form, "base") or 0)
    if wanted == "finish":
        return Finish(new_id())
    if wanted == "reopen":
        return Reopen(new_id())
    if wanted == "delete":
        return Delete(new_id(), reference)
    return Put(new_id(), _label(form, article))


def _label(form: MultiDict[str, str], article: Article) -> LabelInput:
    start, end = _number(form, "start"), _number(form, "end")
    entered = _entered(form)
    speaker = entered["speaker"]
    return LabelInput(
        id=form.get("label_id") or new_id(),
        base=_number(form, "base") or 0,
        text_sha256=form.get("text_sha256") or article.document.text_sha256,
        start=start,
        end=end,
        quote=None if start is None or end is None else article.document.text[max(0, start) : max(0, end)],
        chain=_kept_chain(form, article, speaker),
        **entered,
    )


def _entered(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of the form as a label has them."""
    on_target = "on_target" in form
    return {
        "speaker": form.get("speaker") or None,
        "stance": (form.get("stance") or None) if on_target else None,
        "claim_type": form.get("claim_type") or None,
        "on_target": on_target,
        "ascribed": "ascribed" in form,
        "unsure": "unsure" in form,
        "note": form.get("note", "").replace("\r\n", "\n"),
    }


def _kept_chain(form: MultiDict[str, str], article: Article, speaker: str | None) -> tuple[str, ...]:
    """The form has no chain: a label keeps the one it has as long as its speaker stays."""
    label = next((label for label in article.labels if label["id"] == form.get("label_id")), None)
    return tuple(label["chain"]) if label and label["speaker"] == speaker else ()


def _number(form: MultiDict[str, str], name: str) -> int | None:
    words = form.get(name, "")
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else None
