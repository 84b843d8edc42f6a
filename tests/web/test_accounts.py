"""Signing in and out, one-time links, the account page."""

from flask.testing import FlaskClient
from markupsafe import escape

from tests.world import Visitor, World, raw_csrf
from webapp.domain.permissions import OPERATOR
from webapp.services import accounts

PASSWORD = "a few words in a row"
OTHER_PASSWORD = "some other words in a row"


def with_password(world: World, name: str) -> None:
    accounts.use_link(world.db, accounts.make_link(world.db, OPERATOR, name), PASSWORD)


def sign_in(client: FlaskClient, name: str, password: str, **more: str) -> tuple[int, str, str]:
    """Status, where to, and the page."""
    form = {"name": name, "password": password, "csrf_token": raw_csrf(client), **more}
    answer = client.post("/sign-in", data=form)
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def sign_out(visitor: Visitor, **form: str) -> None:
    answer = visitor.post("/sign-out", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")


# ---- signing in ----


def test_a_right_password_leads_to_the_work(world: World) -> None:
    with_password(world, "Alice")
    client = world.app.test_client()
    assert sign_in(client, " alice ", PASSWORD)[:2] == (303, "/")
    assert "My work" in client.get("/").text


def test_the_page_asked_for_comes_after_signing_in(sqlite_only: World) -> None:
    with_password(sqlite_only, "Alice")
    client = sqlite_only.app.test_client()
    asked = client.get("/p/letter/guide?round=main")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/p/letter/guide?round%3Dmain")
    assert 'value="/p/letter/guide?round=main"' in client.get(asked.headers["Location"]).text
    assert sign_in(client, "Alice", PASSWORD, next="/p/letter/guide?round=main")[1] == "/p/letter/guide?round=main"


def test_another_site_is_never_followed(sqlite_only: World) -> None:
    with_password(sqlite_only, "Alice")
    for address in ("//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "javascript:alert(1)"):
        assert sign_in(sqlite_only.app.test_client(), "Alice", PASSWORD, next=address)[1] == "/"


def test_a_wrong_password_and_an_unknown_name_read_the_same(world: World) -> None:
    with_password(world, "Alice")
    for name, password in (("Alice", "not the words"), ("Nobody", PASSWORD)):
        status, _, page = sign_in(world.app.test_client(), name, password)
        assert status == 422
        assert page.index('id="password"') < page.index("Name and password do not match.")
        assert f'value="{name}"' in page
        assert PASSWORD not in page


def test_a_missing_name_is_told_at_its_field(sqlite_only: World) -> None:
    status, _, page = sign_in(sqlite_only.app.test_client(), "", "")
    assert status == 422
    assert "Enter your name." in page
    assert "Enter your password." in page


def test_many_wrong_passwords_have_to_wait(sqlite_only: World) -> None:
    with_password(sqlite_only, "Alice")
    client = sqlite_only.app.test_client()
    for _ in range(accounts.MOST_WRONG_PER_NAME):
        assert sign_in(client, "Alice", "not the words")[0] == 422
    status, _, page = sign_in(client, "Alice", PASSWORD)
    assert status == 429
    assert "Too many wrong passwords." in page
    form = {"name": "Alice", "password": PASSWORD, "csrf_token": raw_csrf(client)}
    assert client.post("/sign-in", data=form).headers["Retry-After"] == str(60 * accounts.THROTTLE_MINUTES)


def test_markup_in_a_name_stays_words(sqlite_only: World) -> None:
    name = '<b>Eve & "Co"</b>'
    page = sign_in(sqlite_only.app.test_client(), name, "not the words")[2]
    assert "<b>Eve" not in page
    sqlite_only.add_person(name)
    account = sqlite_only.visitor(name).get("/account").text
    assert "<b>Eve" not in account
    assert str(escape(name)) in account


def test_a_form_without_its_token_changes_nothing(sqlite_only: World) -> None:
    with_password(sqlite_only, "Alice")
    answer = sqlite_only.app.test_client().post("/sign-in", data={"name": "Alice", "password": PASSWORD})
    assert answer.status_code == 400
    assert "out of date" in answer.text


def test_who_is_signed_in_is_sent_on(sqlite_only: World) -> None:
    answer = sqlite_only.visitor("Alice").get("/sign-in?next=/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")


def test_signing_in_leaves_nothing_of_the_session_before(sqlite_only: World) -> None:
    """Whoever slipped somebody a session, or saw its token, has nothing once they are signed in."""
    with_password(sqlite_only, "Alice")
    client, before = sqlite_only.app.test_client(), Visitor(sqlite_only.app.test_client())
    with client.session_transaction() as session:
        session["token"], session["more"] = "chosen by somebody else", "kept"
    token = raw_csrf(client)
    tokens = set()
    for _ in range(2):
        assert sign_in(client, "Alice", PASSWORD)[0] == 303
        with client.session_transaction() as session:
            assert set(session) <= {"token", "_permanent"}
            tokens.add(session["token"])
        client.get("/account")
        assert client.post("/account/preferences", headers={"X-CSRFToken": token}, json={}).status_code == 400
        with client.session_transaction() as session:
            session.clear()
    assert len(tokens) == 2 and "chosen by somebody else" not in tokens
    assert before.get("/account").status_code == 303


# ---- one-time links ----


def test_a_link_is_a_form_that_can_be_looked_at_and_used_once(world: World) -> None:
    client = world.app.test_client()
    address = f"/welcome/{accounts.make_link(world.db, OPERATOR, 'Alice')}"
    for _ in range(2):
        shown = client.get(address)
        assert shown.status_code == 200
        assert "Welcome, Alice" in shown.text
    used = client.post(address, data={"password": PASSWORD, "csrf_token": raw_csrf(client)})
    assert (used.status_code, used.headers["Location"]) == (303, "/")
    assert client.get("/account").status_code == 200
    assert sign_in(world.app.test_client(), "Alice", PASSWORD)[0] == 303
    again = world.app.test_client().get(address)
    assert again.status_code == 404
    assert '<h1 id="what">This link no longer works</h1>' in again.text
    assert "Ask for a new one." in again.text
    assert 'href="/sign-in"' in again.text


def test_an_unknown_and_an_expired_link_read_the_same(sqlite_only: World) -> None:
    token = accounts.make_link(sqlite_only.db, OPERATOR, "Alice", hours=-1)
    client = sqlite_only.app.test_client()
    pages = [client.get(f"/welcome/{one}") for one in (token, "unknown")]
    assert [page.status_code for page in pages] == [404, 404]
    assert all("This link was used, has expired, or was replaced" in page.text for page in pages)


def test_a_newer_link_ends_the_older(sqlite_only: World) -> None:
    old, new = (accounts.make_link(sqlite_only.db, OPERATOR, "Alice") for _ in range(2))
    client = sqlite_only.app.test_client()
    assert [client.get(f"/welcome/{token}").status_code for token in (old, new)] == [404, 200]


def test_a_short_password_leaves_the_link_as_it_was(sqlite_only: World) -> None:
    client = sqlite_only.app.test_client()
    address = f"/welcome/{accounts.make_link(sqlite_only.db, OPERATOR, 'Alice')}"
    refused = client.post(address, data={"password": "short", "csrf_token": raw_csrf(client)})
    assert refused.status_code == 422
    assert "A password has 10 to 200 characters." in refused.text
    assert client.get("/account").status_code == 303
    assert client.get(address).status_code == 200


# ---- the account ----


def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    with_password(world, "Alice")
    here, elsewhere = world.visitor("Alice"), world.visitor("Alice")
    answer = here.post("/account", data={"old": PASSWORD, "password": OTHER_PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?changed=1")
    assert "The password was changed." in here.get("/account?changed=1").text
    assert elsewhere.get("/account").status_code == 303
    assert sign_in(world.app.test_client(), "Alice", PASSWORD)[0] == 422
    assert sign_in(world.app.test_client(), "Alice", OTHER_PASSWORD)[0] == 303


def test_the_present_password_must_be_right(sqlite_only: World) -> None:
    with_password(sqlite_only, "Alice")
    alice = sqlite_only.visitor("Alice")
    answer = alice.post("/account", data={"old": "not the words", "password": OTHER_PASSWORD})
    assert answer.status_code == 422
    assert "The present password is not right." in answer.text
    assert OTHER_PASSWORD not in answer.text
    assert sign_in(sqlite_only.app.test_client(), "Alice", PASSWORD)[0] == 303


def test_signing_out_ends_this_session_only(world: World) -> None:
    here, elsewhere = world.visitor("Alice"), world.visitor("Alice")
    sign_out(here)
    assert [visitor.get("/account").status_code for visitor in (here, elsewhere)] == [303, 200]


def test_signing_out_everywhere_ends_all_sessions_of_this_person(world: World) -> None:
    here, elsewhere, bob = world.visitor("Alice"), world.visitor("Alice"), world.visitor("Bob")
    sign_out(here, everywhere="1")
    assert [visitor.get("/account").status_code for visitor in (here, elsewhere, bob)] == [303, 303, 200]


def test_a_stored_cookie_is_worth_nothing_after_signing_out(sqlite_only: World) -> None:
    alice, copy = sqlite_only.visitor("Alice"), sqlite_only.app.test_client()
    kept = alice.client.get_cookie("stancemark")
    assert kept is not None
    copy.set_cookie("stancemark", kept.value)
    assert copy.get("/account").status_code == 200
    sign_out(alice)
    assert copy.get("/account").status_code == 303


def test_dark_is_kept_in_a_cookie_and_stands_in_the_page(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    assert "data-scheme" not in alice.get("/account").text
    answer = alice.post("/account/preferences", json={"name": "scheme", "value": "dark"})
    assert answer.status_code == 204
    assert '<html lang="en" data-scheme="dark">' in alice.get("/account").text


def test_a_setting_that_there_is_not_is_refused(sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    for wrong in ({"name": "scheme", "value": "pink"}, {"name": "nothing", "value": True}, {"name": "scheme"}, []):
        answer = alice.post("/account/preferences", json=wrong)
        assert answer.status_code == 422
        assert answer.mimetype == "application/problem+json"
    assert "data-scheme" not in alice.get("/account").text


def test_no_page_of_these_may_be_cached_or_framed(sqlite_only: World) -> None:
    for answer in (sqlite_only.app.test_client().get("/sign-in"), sqlite_only.visitor("Alice").get("/account")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "style=" not in answer.text
