"""Stancemark: label who says what about it in news articles."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.config import Settings


def create_app(settings: "Settings") -> "Flask":
    """The web application: the one place that knows every part.

    What it needs is imported here, so that the pure rules of `webapp.domain` can be had without Flask.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from webapp import assets, compression, errors, identity, logs, metrics, places, security
    from webapp.database import Database
    from webapp.views import (
        accounts,
        adjudicating,
        adjudication_pages,
        agreement,
        annotating,
        events,
        exports,
        health,
        home,
        layout,
        making,
        moments,
        people,
        plain,
        projects,
        reading,
        releases,
        rounds,
        speakers,
        withdrawn,
    )
    from webapp.views import settings as settings_pages

    app = Flask("webapp", template_folder=str(places.place("templates")), static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        PERMANENT_SESSION_LIFETIME=settings.session_max_days * 86_400,
    )
    app.extensions["settings"] = settings
    app.extensions["database"] = Database(settings.database_url)
    logs.init_app(app)
    metrics.init_app(app)
    assets.init_app(app, places.place("static"))
    for part in (identity, security, errors, compression, layout, moments):
        part.init_app(app)
    members = (accounts, agreement, annotating, exports, health, home, plain, reading, releases)
    adjudicators = (adjudicating, adjudication_pages)
    curators = (events, making, people, projects, rounds, settings_pages, speakers, withdrawn)
    for room in (*members, *adjudicators, *curators):
        app.register_blueprint(room.blueprint)
    _work_out_shapes()
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _work_out_shapes() -> None:
    """msgspec looks at a type when something is first read into it; two threads at that at once end the process."""
    from msgspec import Struct
    from msgspec.json import Decoder

    waiting = Struct.__subclasses__()
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        Decoder(shape)
