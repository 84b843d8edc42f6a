"""Whoever has no business here: strangers, requests that are too large, addresses with anything in them."""

import io
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.addresses import filled, first, rules
from tests.web.test_blindness import MOMENT, SIGN_OUT, TOKENS
from tests.world import SECRET, Visitor, World, put
from webapp import create_app
from webapp.config import Settings

HOSTILE = ("\0", "\ud800", "9" * 30, "../etc/passwd' OR 1=1 --%s", "é\r\nX: y" * 60)


def still(page: str) -> str:
    """A page without what differs from one asking to the next: tokens, and the time of a failure."""
    return MOMENT.sub("now", TOKENS.sub("", page))


def test_a_project_of_others_is_nowhere_to_be_seen(sqlite_only: World) -> None:
    """Each address in it answers a stranger as if there were no such project, to a look and to a change."""
    sqlite_only.add_person("Stranger")
    stranger = sqlite_only.visitor("Stranger")
    asks: dict[str, Callable[..., Any]] = {"GET": stranger.get, "POST": stranger.post}
    tried = 0
    for method, ask in asks.items():
        for rule in rules(sqlite_only.app, method, SIGN_OUT):
            if not rule.startswith("/p/<slug>"):
                continue
            there, nowhere = (ask(first(rule.replace("<slug>", slug))) for slug in ("letter", "lettre"))
            assert there.status_code == nowhere.status_code, (method, rule)
            assert there.status_code in (404, 415), (method, rule)
            assert still(there.text.replace("letter", "lettre")) == still(nowhere.text), (method, rule)
            tried += 1
    assert tried > 40


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_what_is_larger_than_an_upload_may_be_is_413_everywhere(sqlite_only: World, kind: str) -> None:
    app = create_app(Settings(database_url=sqlite_only.url, secret_key=SECRET, max_upload_mb=1))
    curt = sqlite_only.visitor("Curt")
    client, cookie = app.test_client(), curt.client.get_cookie("stancemark")
    assert cookie is not None
    client.set_cookie("stancemark", cookie.value)
    visitor = Visitor(client)
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"a" * (1 << 20) + b"\r\n--x--"
    for rule in rules(app, "POST", SIGN_OUT):
        answer = visitor.post(first(rule), data=body, content_type=kind)
        assert answer.status_code == 413, rule
    app.extensions["database"].close()


def test_very_many_fields_of_a_form_are_413(sqlite_only: World) -> None:
    curt = sqlite_only.visitor("Curt")
    many = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' for _ in range(2_000)) + b"--x--"
    answer = curt.post("/p/letter/settings", data=many, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


def test_nothing_in_an_address_is_an_error_of_ours(postgresql_only: World) -> None:
    """Every part of each address and the questions behind it, with what a database or a file system would choke on."""
    curt = postgresql_only.visitor("Curt")
    for rule in rules(postgresql_only.app, "GET", frozenset({"static"})):
        for words in HOSTILE if "<" in rule else ():
            hostile = quote(words.encode("utf-8", "surrogatepass"), safe="")
            asked = "&".join(f"{name}={hostile}" for name in ("round", "q", "page", "order", "label", "sentence"))
            address = re.sub("<(?!slug)[^>]+>", hostile, rule).replace("<slug>", "letter")
            for place in (address, f"{first(rule)}?{asked}"):
                answer = curt.get(place)
                assert answer.status_code < 500, place
                answer.close()


def test_a_failure_of_ours_tells_and_logs_no_secret(sqlite_only: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody's words, and nothing by which somebody could sign in, stand in the answer or in the log."""
    world, alice = sqlite_only, sqlite_only.visitor("Alice")
    cookie = alice.client.get_cookie("stancemark")
    with alice.client.session_transaction() as session:
        token = session["token"]
    assert cookie is not None
    world.change("ALTER TABLE operation_result RENAME TO something_else")
    with caplog.at_level(logging.DEBUG):
        answer = alice.operate("000", put(world.label(note="said in confidence")))
    assert answer.status_code == 500 and "unexpected" in caplog.text
    for secret in ("said in confidence", cookie.value, alice.token, token, "operation_result"):
        assert secret not in answer.text
    for secret in ("said in confidence", cookie.value, alice.token, token):
        assert secret not in caplog.text


def test_an_absent_database_tells_nothing_of_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Host, folder and user of the database are the operator's to know: they stand in the log, and in no answer."""
    url = f"postgresql+psycopg://somebody@/none?host={tmp_path}"
    app = create_app(Settings(database_url=url, secret_key=SECRET))
    visitor = Visitor(app.test_client())
    with visitor.client.session_transaction() as session:
        session["token"] = "some token"
    for address in ("/", "/readyz", "/p/letter/documents/000.json"):
        answer = visitor.get(address)
        assert answer.status_code == 503
        assert "somebody" not in answer.text and str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text
    app.extensions["database"].close()


def test_uploads_are_measured_before_they_are_read(sqlite_only: World) -> None:
    """What says it is too large is refused without a byte of it being taken."""

    class Unread(io.RawIOBase):
        def readinto(self, _into: object) -> int:
            raise AssertionError("the body was read")

    curt = sqlite_only.visitor("Curt")
    length = str(65 * 1024 * 1024)
    environ = {"wsgi.input": Unread(), "CONTENT_LENGTH": length, "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    for rule in rules(sqlite_only.app, "POST", SIGN_OUT):
        answer = curt.post(next(filled(rule)), environ_overrides=environ)
        assert answer.status_code == 413, rule
