"""What everybody in a project reads: guide, scheme, speakers."""

from flask import Blueprint, render_template, request, url_for

from webapp import identity
from webapp.services import reading
from webapp.services.reading import Rules
from webapp.views.guide_html import draw
from webapp.views.projects import wanted_part

blueprint = Blueprint("reading", __name__, url_prefix="/p/<slug>")


@blueprint.get("/guide")
def guide(slug: str) -> str:
    rules = _rules(slug)

    def href(article: str) -> str | None:
        return url_for("annotating.page", slug=slug, doc=article) if article in rules.articles else None

    drawn = draw(rules.guide_version.source, rules.scheme, href)
    return render_template("reading/guide.html", rules=rules, guide=drawn, version=rules.guide_version)


@blueprint.get("/scheme")
def scheme(slug: str) -> str:
    rules = _rules(slug)
    return render_template("reading/scheme.html", rules=rules, scheme=rules.scheme, version=rules.scheme_version)


def _rules(slug: str) -> Rules:
    return reading.open_rules(identity.database(), identity.actor(), slug, request.args.get("round"))


@blueprint.get("/speakers")
def speakers(slug: str) -> str:
    registry = reading.open_registry(identity.database(), identity.actor(), slug, wanted_part())
    return render_template("reading/speakers.html", registry=registry)
