"""Who is asking: the signed-in person of a request, and the gate before every address."""

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.config import Settings
from webapp.database import Database
from webapp.domain.permissions import Actor
from webapp.errors import problem, wants_json
from webapp.services import accounts

# addresses that need no sign-in, by endpoint
OPEN = frozenset(
    {"static", "health.healthz", "health.readyz", "health.metrics", "accounts.sign_in", "accounts.welcome"}
)
_TOKEN = "token"


def database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def signed_in() -> accounts.SignedIn | None:
    """The person of this request, looked up once."""
    if "signed_in" not in g:
        token = session.get(_TOKEN)
        kept = settings()
        limits = (kept.session_idle_hours, kept.session_max_days)
        g.signed_in = accounts.who_is(database(), token, *limits) if isinstance(token, str) else None
    found: accounts.SignedIn | None = g.signed_in
    return found


def person() -> accounts.SignedIn:
    """Who is signed in, and their settings; behind the gate there is always somebody."""
    found = signed_in()
    if found is None:
        abort(401)
    return found


def actor() -> Actor:
    """The signed-in person."""
    return person().actor


def start(token: str) -> None:
    """Let this browser be signed in by the token of a new session; nothing of an earlier one stays."""
    session.clear()
    session.permanent = True
    session[_TOKEN] = token


def end() -> str:
    """Forget the session in this browser; returns its token."""
    token = str(session.get(_TOKEN, ""))
    session.clear()
    return token


def safe_next(address: str | None) -> str:
    """`address` if it is a path on this site, else the first page."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    return address if address.isprintable() and "\\" not in address else "/"


def _gate() -> AnyResponse | None:
    if request.endpoint in OPEN or signed_in() is not None:
        return None
    if wants_json():
        return problem(401, "Signed out", "Sign in and send it again; nothing was changed.")
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=here if here != "/" else None), 303)


def init_app(app: Flask) -> None:
    app.before_request(_gate)


def no_store(response: Response) -> Response:
    """Pages and data of signed-in people stay out of every cache."""
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
