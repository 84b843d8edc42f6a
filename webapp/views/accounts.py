"""Signing in and out, one-time links, the account page and its settings."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import htmx, identity
from webapp.domain.errors import Invalid, NotFound, Throttled
from webapp.domain.files import strict_json
from webapp.errors import answer, status_of
from webapp.forms import ChangePasswordForm, NewPasswordForm, SignInForm
from webapp.services import accounts

blueprint = Blueprint("accounts", __name__)


def _address() -> str:
    return request.remote_addr or ""


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> AnyResponse:
    form, following = SignInForm(), identity.safe_next(request.values.get("next"))
    if request.method == "GET":
        if identity.signed_in():
            return redirect(following, 303)
        return _sign_in_page(form, following)
    if not form.validate():
        return _sign_in_page(form, following, 422)
    try:
        token = accounts.sign_in(identity.database(), form.name.data or "", form.password.data or "", _address())
    except (Invalid, Throttled) as why:
        form.password.errors = [why.message]
        return _sign_in_page(form, following, status_of(why))
    identity.start(token)
    return htmx.done(following)


def _sign_in_page(form: SignInForm, following: str, status: int = 200) -> Response:
    return make_response(render_template("accounts/sign_in.html", form=form, next=following), status)


@blueprint.route("/welcome/<token>", methods=["GET", "POST"])
def welcome(token: str) -> AnyResponse:
    try:
        return _welcome(token)
    except NotFound as why:
        return answer(404, why.message, "This link no longer works")


def _welcome(token: str) -> AnyResponse:
    form, name = NewPasswordForm(), accounts.link_owner(identity.database(), token)
    if request.method == "POST" and form.validate():
        identity.start(accounts.use_link(identity.database(), token, form.password.data or ""))
        return htmx.done(url_for("home.my_work"))
    page = render_template("accounts/welcome.html", form=form, name=name)
    return make_response(page, 422 if request.method == "POST" else 200)


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    asked, actor = request.form.get("everywhere") == "1", identity.actor()
    accounts.sign_out(identity.database(), actor, identity.end(), everywhere=asked)
    return htmx.done(url_for(".sign_in"))


@blueprint.route("/account", methods=["GET", "POST"])
def account() -> AnyResponse:
    form = ChangePasswordForm()
    if request.method == "GET":
        return _account_page(form)
    if not form.validate():
        return _account_page(form, 422)
    old, new = form.old.data or "", form.password.data or ""
    try:
        token = accounts.change_password(identity.database(), identity.actor(), old, new, _address())
    except (Invalid, Throttled) as why:
        form.old.errors = [why.message]
        return _account_page(form, status_of(why))
    identity.start(token)
    return htmx.done(url_for(".account", changed=1))


def _account_page(form: ChangePasswordForm, status: int = 200) -> Response:
    page = render_template("accounts/account.html", form=form, changed="changed" in request.args)
    return make_response(page, status)


@blueprint.post("/account/preferences")
def preferences() -> Response:
    """One setting of the pages, as JSON `{"name","value"}`."""
    given = strict_json.parse(request.get_data())
    if not isinstance(given, dict) or set(given) != {"name", "value"} or not isinstance(given["name"], str):
        raise Invalid("A name and a value are expected.")
    accounts.set_preference(identity.database(), identity.person(), given["name"], given["value"])
    response = Response(status=204)
    if given["name"] == "scheme":
        response.set_cookie("scheme", given["value"], max_age=31_536_000, samesite="Lax", secure=request.is_secure)
    return response
