"""POST …/operations: the answer's shape, whole requests that are refused, and anything that a client may send."""

import io
import json
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.databases import Postgres
from tests.world import OTHER_WORDS, WORDS, Visitor, World, delete, finish, put, reopen, uid
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import managing

ADDRESS = "/p/letter/documents/000/operations"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def alice(sqlite_only: World) -> Visitor:
    return sqlite_only.visitor("Alice")


def stored(world: World) -> list[Any]:
    return world.rows("SELECT label.*, document.text FROM label JOIN document ON document.id = label.document_id")


def problem(answer: Any, status: int) -> str:
    """The detail of a refused request, which must be problem+json."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) == {"title", "status", "detail"}
    assert answer.json["status"] == status and answer.json["title"]
    return str(answer.json["detail"])


# ---- what is answered ----


def test_results_come_in_order_with_the_state_after_the_last(world: World) -> None:
    alice, label, first, last = world.visitor("Alice"), world.label(), uid(), uid()
    answer = alice.operate("000", put(label, first), put(world.label(stance="for"), "no-uuid"), finish(last))
    assert answer.status_code == 200 and answer.content_type == "application/json"
    assert answer.json["state"] == "done"
    assert [(r["id"], r["status"], r["revision"], r["code"]) for r in answer.json["results"]] == [
        (first, "stored", 1, None),
        ("no-uuid", "refused", None, "bad-id"),
        (last, "stored", None, None),
    ]
    keys = {"id", "status", "revision", "code", "field", "message", "label"}
    assert all(set(result) == keys for result in answer.json["results"])


def test_a_refusal_names_field_and_words(alice: Visitor, sqlite_only: World) -> None:
    (result,) = alice.results("000", put(sqlite_only.label(speaker=None)))
    assert (result["status"], result["code"], result["field"]) == ("refused", "missing-field", "speaker")
    assert result["message"] == "Who is speaking? Choose a speaker."
    assert result["label"] is None


def test_a_conflict_carries_the_current_label(alice: Visitor, sqlite_only: World) -> None:
    label = sqlite_only.stored(note="kept")
    (result,) = alice.results("000", put(label))
    assert result["code"] == "conflict"
    assert result["label"]["note"] == "kept" and result["label"]["revision"] == 1


def test_the_state_tells_open_done_and_locked(alice: Visitor, sqlite_only: World) -> None:
    assert alice.operate("000", reopen()).json["state"] == "open"
    assert alice.operate("000", finish()).json["state"] == "done"
    managing.close_round(sqlite_only.db, OPERATOR, "letter", "main")
    assert alice.operate("000", reopen()).json["state"] == "locked"


def test_a_round_can_be_named_in_the_address(alice: Visitor, sqlite_only: World) -> None:
    managing.add_round(sqlite_only.db, OPERATOR, "letter", "second one")
    sqlite_only.assign("Alice", documents=["000"], round="second one")
    assert alice.results("000", put(sqlite_only.label()), query="?round=main")[0]["status"] == "stored"
    assert sqlite_only.rows("SELECT round FROM label")[0].round == "main"
    assert alice.article("000")["round"] == "second one"
    assert alice.article("000", "?round=main")["round"] == "main"


def test_one_hundred_operations_are_taken(alice: Visitor) -> None:
    results = alice.results("000", *(finish() for _ in range(100)))
    assert {result["status"] for result in results} == {"stored"}


def test_a_body_just_below_256_kb_is_taken(alice: Visitor, sqlite_only: World) -> None:
    body = json.dumps({"operations": [put(sqlite_only.label())]})
    padded = body + " " * (256 * 1024 - len(body))
    assert alice.post(ADDRESS, data=padded, headers=JSON).status_code == 200
    problem(alice.post(ADDRESS, data=padded + " ", headers=JSON), 413)


def test_a_body_in_chunks_is_measured_too(alice: Visitor, sqlite_only: World) -> None:
    body = json.dumps({"operations": [put(sqlite_only.label())]})
    chunked = {"wsgi.input_terminated": True}

    def send(words: str) -> TestResponse:
        stream = io.BytesIO(words.encode())
        return alice.post(ADDRESS, input_stream=stream, headers=JSON, environ_overrides=chunked)

    assert send(body + " " * (256 * 1024 - len(body))).status_code == 200
    for more in (1, 2, 100_000):
        problem(send(body + " " * (256 * 1024 - len(body) + more)), 413)


# ---- whole requests that are refused ----


def test_signed_out_is_told_before_any_look_at_the_token(sqlite_only: World) -> None:
    client = sqlite_only.app.test_client()
    for headers in ({}, {"X-CSRFToken": "wrong"}, {"Origin": "https://elsewhere.example"}):
        problem(client.post(ADDRESS, json={"operations": [finish()]}, headers=headers), 401)
    problem(client.post(ADDRESS, data="{", headers=JSON), 401)
    problem(client.get("/p/letter/documents/000.json"), 401)


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 5_000])
def test_a_missing_or_wrong_token_is_refused(alice: Visitor, sqlite_only: World, token: str | None) -> None:
    headers = {} if token is None else {"X-CSRFToken": token}
    answer = alice.client.post(ADDRESS, json={"operations": [put(sqlite_only.label())]}, headers=headers)
    problem(answer, 400)
    assert stored(sqlite_only) == []


def test_a_token_of_another_session_is_refused(alice: Visitor, sqlite_only: World) -> None:
    with sqlite_only.visitor("Bob").client.session_transaction() as session:
        session["csrf_token"] = "another secret"
    bobs = sqlite_only.visitor("Bob").token
    with alice.client.session_transaction() as session:
        session["csrf_token"] = "of her own"
    answer = alice.client.post(ADDRESS, json={"operations": [finish()]}, headers={"X-CSRFToken": bobs})
    problem(answer, 400)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.elsewhere.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://["},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_foreign_origin_is_refused(alice: Visitor, sqlite_only: World, headers: dict[str, str]) -> None:
    answer = alice.post(ADDRESS, json={"operations": [put(sqlite_only.label())]}, headers=headers)
    problem(answer, 403)
    assert stored(sqlite_only) == []


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
def test_the_own_origin_is_taken(alice: Visitor, headers: dict[str, str]) -> None:
    assert alice.post(ADDRESS, json={"operations": [finish()]}, headers=headers).status_code == 200


@pytest.mark.parametrize("address", ["/p/letter/documents/no-such/operations", "/p/no-such/documents/000/operations"])
def test_what_is_not_there_is_404(alice: Visitor, address: str) -> None:
    problem(alice.post(address, json={"operations": [finish()]}), 404)


def test_a_project_of_others_is_404(sqlite_only: World) -> None:
    sqlite_only.add_person("Stranger")
    stranger = sqlite_only.visitor("Stranger")
    there = problem(stranger.operate("000", finish()), 404)
    not_there = problem(stranger.post("/p/lettre/documents/000/operations", json={"operations": [finish()]}), 404)
    assert there.replace("letter", "lettre") == not_there
    assert stranger.get("/p/letter/documents/000.json").status_code == 404


@pytest.mark.parametrize("mimetype", ["text/plain", "application/x-www-form-urlencoded", "", "application/json5"])
def test_what_is_not_said_to_be_json_is_415(alice: Visitor, mimetype: str) -> None:
    answer = alice.post(ADDRESS, data=json.dumps({"operations": [finish()]}), content_type=mimetype)
    problem(answer, 415)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"operations", b'{"operations": [}', b"\xff\xfe{}", b'{"a": "\xff"}', b"\xef\xbb\xbf{}", b"{} {}",
     b"[" * 100_000, b'{"a":' * 50_000, b"[" * 5_000 + b"]" * 5_000, b"9" * 5_000, b"'x'", b"\x00"],
)  # fmt: skip
def test_malformed_json_is_400(alice: Visitor, body: bytes) -> None:
    problem(alice.post(ADDRESS, data=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "words",
    ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '{"a":1,"a":2}',
     '{"\\u0000":1}', "[" * 300 + "]" * 300],
)  # fmt: skip
@pytest.mark.parametrize("field", ["note", "start", "more"])
def test_values_that_nothing_could_keep_are_refused(alice: Visitor, sqlite_only: World, words: str, field: str) -> None:
    label = json.dumps(sqlite_only.label(**{field: "HERE"})).replace('"HERE"', words)
    body = f'{{"operations": [{{"id": "{uid()}", "action": "put", "label": {label}}}]}}'
    answer = alice.post(ADDRESS, data=body, headers=JSON)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)
    assert stored(sqlite_only) == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"operations": []}, "operations"),
        ({"operations": [finish()] * 101}, "operations"),
        ({"operations": [finish() | {"more": 1}]}, "$.operations[0]"),
        ({"operations": [finish(), {"id": uid(), "action": "put", "label": {"id": uid(), "start": "0"}}]},
         "$.operations[1].label.start"),
        ([finish()], "object"),
        ("words", "object"),
        (7, "object"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_422_with_the_path(alice: Visitor, body: Any, path: str) -> None:
    assert path in problem(alice.post(ADDRESS, json=body), 422)


def test_of_a_request_with_a_wrong_shape_nothing_is_stored(alice: Visitor, sqlite_only: World) -> None:
    problem(alice.operate("000", put(sqlite_only.label()), {"id": uid(), "action": "burn"}), 422)
    assert stored(sqlite_only) == []


def test_numbers_beyond_every_column_are_refused_for_themselves(world: World) -> None:
    alice, label = world.visitor("Alice"), world.stored()
    for number in (10**9, 2**31, 2**63, 10**30, 10**400, -(10**400)):
        for changes in ({"start": number}, {"end": number}, {"base": number, "id": label["id"]}, {"base": number}):
            (result,) = alice.results("000", put(world.label(OTHER_WORDS, **changes)))
            assert result["code"] in ("out-of-range", "conflict", "bad-id")
        (result,) = alice.results("000", delete(label["id"], number))
        assert result["code"] == "conflict"


def test_addresses_with_anything_in_them_are_no_errors(world: World) -> None:
    alice, body = world.visitor("Alice"), {"operations": [put(world.label())]}
    for place in ("/p/%00/documents/000", "/p/letter/documents/%00", "/p/letter/documents/000"):
        for query in ("", "?round=%00", "?round=%ED%A0%80", "?round=" + "x" * 3_000):
            assert alice.get(f"{place}.json{query}").status_code < 500
            assert alice.post(f"{place}/operations{query}", json=body).status_code < 500


# ---- anything that a client may send ----

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["put", "delete", "finish", "reopen", WORDS, uid()]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
almost = st.fixed_dictionaries(
    {
        "id": st.sampled_from([uid(), "x"]) | st.uuids().map(str),
        "action": st.just("put"),
        "label": st.fixed_dictionaries(
            {"id": st.uuids().map(str), "start": st.integers(-2, 7_000), "end": st.integers(-2, 7_000)},
            optional={
                "quote": st.just("HERE") | st.text(max_size=20),
                "speaker": st.sampled_from(["openai", "nobody"])
                | st.fixed_dictionaries({"name": st.text(max_size=5), "kind": st.sampled_from(["person", "x"])}),
                "stance": st.sampled_from(["neutral", "pro-copyright", "", None]),
                "claim_type": st.sampled_from(["FACT", None, "x"]),
                "chain": st.lists(st.sampled_from(["openai", "voice-000", ""]), max_size=3),
                "note": st.text(max_size=5),
                "on_target": st.booleans(),
                "base": st.integers(0, 2),
            },
        ),
    }
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=anything | st.fixed_dictionaries({"operations": anything | st.lists(almost | anything, max_size=4)}))
def test_no_json_is_an_error_of_ours_and_labels_keep_their_words(alice: Visitor, sqlite_only: World, body: Any) -> None:
    sent = json.dumps(body).replace('"HERE"', json.dumps(WORDS)).encode("utf-8", "surrogatepass")
    answer = alice.post(ADDRESS, data=sent, headers=JSON)
    assert answer.status_code in (200, 400, 422), answer.text
    for row in stored(sqlite_only):
        assert row.text[row.start_at : row.end_at] == row.quote


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.sampled_from(["AI", "Trump", "OpenAI", "Google", "letter"]), left=st.integers(-2, 2), data=st.data())
def test_only_spans_with_their_own_words_are_stored(
    alice: Visitor, sqlite_only: World, words: str, left: int, data: st.DataObject
) -> None:
    text = sqlite_only.document("000").text
    start = text.index(words) + left
    end = start + data.draw(st.integers(-1, 40))
    quote = text[start:end] if data.draw(st.booleans()) else data.draw(st.sampled_from(["", " ", "A", "Tr"]))
    label = sqlite_only.label() | {"id": uid(), "start": start, "end": end, "quote": quote}
    (result,) = alice.results("000", put(label))
    assert (result["status"] == "stored") <= (text[start:end] == quote)
    for row in stored(sqlite_only):
        assert row.text[row.start_at : row.end_at] == row.quote and row.quote == row.quote.strip() != ""


# ---- the database is away ----


def test_a_locked_database_is_503_and_nothing_is_stored(sqlite_only: World) -> None:
    alice, operation = sqlite_only.visitor("Alice"), put(sqlite_only.label())
    sqlite_only.app.extensions["database"].close()
    with Database(sqlite_only.url).engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        answer = alice.operate("000", operation)
        other.exec_driver_sql("ROLLBACK")
    problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert alice.results("000", operation)[0]["status"] == "stored"


def test_a_database_that_cannot_be_written_is_503(sqlite_only: World) -> None:
    alice, operation = sqlite_only.visitor("Alice"), put(sqlite_only.label())
    sqlite_only.close()
    _read_only(sqlite_only, True)
    try:
        problem(alice.operate("000", operation), 503)
    finally:
        _read_only(sqlite_only, False)
    assert alice.results("000", operation)[0]["status"] == "stored"


def _read_only(world: World, on: bool) -> None:
    """A setting of the connection instead of the file's mode: root writes to any file."""
    engine = world.app.extensions["database"].engine
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if on else 'OFF'}")


def test_a_postgresql_that_is_gone_is_503(postgresql_only: World, postgres: Postgres) -> None:
    alice = postgresql_only.visitor("Alice")
    name = postgresql_only.db.url.database
    postgresql_only.close()
    with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    problem(alice.operate("000", finish()), 503)
    assert alice.get("/readyz").status_code == 503
    assert alice.get("/healthz").status_code == 200
