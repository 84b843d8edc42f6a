"""Settings of a project for its curator: title, time zone, what annotators see, scheme and guide, exports."""

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.domain.export import formats
from webapp.forms import BundleForm, GuideForm, SchemeForm, SettingsForm, VersionForm
from webapp.services import bundles, managing, reporting

blueprint = Blueprint("settings", __name__)

_SET = ("title", "time_zone", "licence", "proposals_on", "agreement_open", "releases_open")


@blueprint.get("/p/<slug>/settings")
def settings(slug: str) -> Response:
    return _page(slug)


@blueprint.post("/p/<slug>/settings")
def save(slug: str) -> AnyResponse:
    form = SettingsForm()
    values = {name: form[name].data for name in _SET}
    if not form.done_by(lambda: managing.set_settings(identity.database(), identity.actor(), slug, **values)):
        return _page(slug, 422, form=form)
    flash("The settings were saved.")
    return _back(slug)


@blueprint.post("/p/<slug>/settings/scheme")
def scheme(slug: str) -> AnyResponse:
    form = SchemeForm()
    if not form.done_by(lambda: _told(form, "Scheme", managing.set_scheme(*_asked(slug, form)))):
        return _page(slug, 422, scheme=form)
    return _back(slug)


@blueprint.post("/p/<slug>/settings/guide")
def guide(slug: str) -> AnyResponse:
    form = GuideForm()
    if not form.done_by(lambda: _told(form, "Guide", managing.set_guide(*_asked(slug, form)))):
        return _page(slug, 422, guide=form)
    return _back(slug)


@blueprint.post("/p/<slug>/settings/bundle")
def bundle(slug: str) -> AnyResponse:
    """Take a bundle or a labels.jsonl in."""
    form = BundleForm()
    if not form.done_by(lambda: _take_in(slug, form)):
        return _page(slug, 422, bundle=form)
    return _back(slug)


def _take_in(slug: str, form: BundleForm) -> None:
    files = bundles.read_uploaded(form.file.data.filename or "", form.file.data.read())
    taken = bundles.import_bundle(identity.database(), identity.actor(), slug, files)
    flash(f"Taken in: {', '.join(f'{number} {what}' for what, number in taken.items())}.")


def _asked(slug: str, form: VersionForm) -> Any:
    return identity.database(), identity.actor(), slug, form.source, form.round.data or None


def _told(form: VersionForm, what: str, number: int) -> None:
    flash(
        f"{what} version {number} holds for {'round ' + form.round.data if form.round.data else 'the rounds to come'}."
    )


def _back(slug: str) -> AnyResponse:
    return htmx.done(url_for(".settings", slug=slug))


def _page(slug: str, status: int = 200, **given: Any) -> Response:
    setup = reporting.setup(identity.database(), identity.actor(), slug)
    forms = {
        "form": SettingsForm(formdata=None, obj=setup.project),
        "scheme": SchemeForm(formdata=None),
        "guide": GuideForm(formdata=None),
        "bundle": BundleForm(formdata=None),
    } | given
    for name in ("scheme", "guide"):
        forms[name].offer(setup.open_rounds)
    page = render_template(
        "projects/settings.html", setup=setup, zones=sorted(available_timezones()), formats=formats().values(), **forms
    )
    return make_response(page, status)
