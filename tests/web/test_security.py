"""Headers on every answer, the cookie, and that every change needs a token of this site."""

import re
from collections import Counter

import pytest
from werkzeug.test import TestResponse

from tests.web.addresses import first, rules
from tests.world import SECRET, Visitor, World
from webapp import create_app
from webapp.config import Settings

# what each answer carries; a static file needs less
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def alice(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Alice")


def assert_guarded(answer: TestResponse) -> None:
    """The headers without which a browser would do more with it than it should."""
    address = answer.request.path
    wanted = HEADERS if address.startswith("/static/") else HEADERS | PAGE_HEADERS
    assert {name: answer.headers.get(name) for name in wanted} == wanted, address
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, address
    assert not re.search(r"unsafe|http|\*|data:|blob:", policy), address


def test_every_answer_has_the_headers(sqlite_only: World) -> None:
    """Each address of the URL map, whoever asks and whatever is answered; and what is no address."""
    app, answered = sqlite_only.app, Counter[int]()
    for visitor in (sqlite_only.visitor("Curt"), sqlite_only.visitor("Alice"), Visitor(app.test_client())):
        pages = [visitor.get(address) for address in ("/no-such", *map(first, rules(app, "GET")))]
        changes = [visitor.client.post(first(rule)) for rule in rules(app, "POST")]
        for answer in (*pages, *changes, visitor.client.put("/account")):
            assert_guarded(answer)
            answered[answer.status_code] += 1
            answer.close()  # an export is a file of its own until it is sent
    assert {200, 303, 400, 401, 403, 404, 405} <= set(answered)
    assert not any(status >= 500 for status in answered)


@pytest.mark.parametrize("address", ["/", "/sign-in", "/account", "/p/letter/", "/p/letter/documents/000", "/no-such"])
def test_pages_ask_no_third_party_and_hold_no_inline_code(alice: Visitor, address: str) -> None:
    page = alice.get(address).text
    for found in re.findall(r'(?:src|href|action)="([^"]*)"', page):
        assert not re.match(r"(https?:)?//", found), found
    assert "<style" not in page and " style=" not in page
    for tag in re.findall(r"<script[^>]*>", page):
        assert "src=" in tag or "application/json" in tag


def test_the_cookie_is_closed_to_scripts_and_other_sites(sqlite_only: World) -> None:
    answer = sqlite_only.app.test_client().get("/sign-in")
    (cookie,) = (c for c in answer.headers.getlist("Set-Cookie") if c.startswith("stancemark="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    answer = sqlite_only.app.test_client().get("/sign-in", base_url="https://localhost")
    (cookie,) = (c for c in answer.headers.getlist("Set-Cookie") if c.startswith("stancemark="))
    assert "Secure" in cookie
    assert answer.headers["Strict-Transport-Security"]


def test_a_cookie_that_was_changed_is_worth_nothing(alice: Visitor) -> None:
    cookie = alice.client.get_cookie("stancemark")
    assert cookie is not None
    alice.client.set_cookie("stancemark", cookie.value[:-4] + "AAAA")
    assert alice.get("/p/letter/documents/000.json").status_code == 401


def test_another_servers_secret_is_worth_nothing(sqlite_only: World, alice: Visitor) -> None:
    other = create_app(Settings(database_url=sqlite_only.url, secret_key=SECRET[::-1]))
    client, cookie = other.test_client(), alice.client.get_cookie("stancemark")
    assert cookie is not None
    client.set_cookie("stancemark", cookie.value)
    assert client.get("/p/letter/documents/000.json").status_code == 401
    other.extensions["database"].close()


def test_every_change_needs_the_token_and_this_site(sqlite_only: World) -> None:
    """Whatever may be sent to: nothing passes without a token, or from another site."""
    curt, posts = sqlite_only.visitor("Curt"), rules(sqlite_only.app, "POST")
    for address in map(first, posts):
        assert curt.client.post(address).status_code == 400, address
        for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert curt.post(address, headers=headers).status_code == 403, address
    assert len(posts) >= 15
    assert len(sqlite_only.rows("SELECT 1 FROM event WHERE person_id IS NOT NULL AND action != 'reopened'")) == 0


def test_every_page_needs_signing_in(sqlite_only: World) -> None:
    client = sqlite_only.app.test_client()
    open_to_all = {"static", "health.healthz", "health.readyz", "accounts.sign_in", "accounts.welcome", "icon"}
    open_to_all.add("health.metrics")  # 404 unless it is switched on: tests/web/test_metrics.py
    for rule in sqlite_only.app.url_map.iter_rules():
        if rule.endpoint in open_to_all:
            continue
        address = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(address, method=method)
            assert answer.status_code in (303, 401), (method, address)
            assert answer.status_code == 401 or answer.headers["Location"].startswith("/sign-in")
    assert client.get("/no-such").status_code == 303


def test_the_wrong_method_is_405_with_those_there_are(alice: Visitor) -> None:
    answer = alice.get("/p/letter/documents/000/operations")
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]
    assert answer.content_type == "application/problem+json"


def test_hosts_can_be_limited(sqlite_only: World) -> None:
    app = create_app(Settings(database_url=sqlite_only.url, secret_key=SECRET, trusted_hosts=("good.example",)))
    client = app.test_client()
    assert client.get("/sign-in", base_url="http://good.example").status_code == 200
    assert client.get("/sign-in", base_url="http://evil.example").status_code == 400
    assert client.get("/healthz", base_url="http://10.0.0.1").status_code == 200
    app.extensions["database"].close()


def test_forwarded_addresses_count_only_behind_a_proxy(sqlite_only: World) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    for hops, secure in ((0, False), (1, True)):
        app = create_app(Settings(database_url=sqlite_only.url, secret_key=SECRET, proxy_hops=hops))
        answer = app.test_client().get("/sign-in", headers=headers)
        assert ("Strict-Transport-Security" in answer.headers) is secure
        app.extensions["database"].close()


def test_a_static_file_has_the_headers_that_matter_to_it(alice: Visitor) -> None:
    page = alice.get("/p/letter/documents/000").text
    address = re.findall(r'href="(/static/[^"]*app\.css)"', page)[0]
    headers = alice.get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in headers["Cache-Control"] and "Set-Cookie" not in headers
