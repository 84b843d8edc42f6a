"""GET …/adjudicate/<doc>.json and POST …/decisions: shapes, whole requests that are refused, anything sent."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decisions import all_finish, cluster, decision, disputed, gold
from tests.web.test_operations import anything, problem
from tests.world import OTHER_WORDS, SLUG, WORDS, Visitor, World, put, reopen, uid
from webapp.domain.annotations import annotations
from webapp.domain.files.annotation_files import own_scheme, read_records
from webapp.domain.gold.consensus import bundle_gold
from webapp.domain.permissions import OPERATOR
from webapp.domain.schemes import parse_scheme
from webapp.services import assigning, managing
from webapp.services.comparing import comparable

ADDRESS = "/p/letter/adjudicate/000"
DECISIONS = f"{ADDRESS}/decisions"
JSON = {"Content-Type": "application/json"}
KEYS_OF_GOLD = {
    *("document", "start", "end", "quote", "labels", "annotators", "eligible", "single_by_plan", "on_target"),
    *("ascribed", "stance", "claim_type", "speaker", "chain", "stance_posterior", "claim_type_posterior", "votes"),
    *("decision", "reasons"),
}


@pytest.fixture
def curt(sqlite_only: World) -> Visitor:
    disputed(sqlite_only)
    return sqlite_only.visitor("Curt")


def printed_by_gold(world: World) -> list[dict[str, Any]]:
    """The clusters that `stancemark gold --project letter --json` computes."""
    files, texts = comparable(world.db, OPERATOR, SLUG)
    records = read_records(files, None, texts)
    scheme = parse_scheme((own_scheme(files, records, None) or b"").decode())
    found: list[dict[str, Any]] = bundle_gold(annotations(records), scheme, "one-coin")["clusters"]
    return found


def send(visitor: Visitor, *given: Any, query: str = "") -> Any:
    return visitor.post(f"{DECISIONS}{query}", json={"decisions": list(given)})


# ---- what is answered ----


def test_the_clusters_are_those_of_gold(curt: Visitor, sqlite_only: World) -> None:
    """Word for word what `stancemark gold --project` prints, and what the page needs besides."""
    sqlite_only.stored("Alice", "Google", "001", unsure=True)
    sqlite_only.stored("Bob", "Google", "001")
    sqlite_only.stored("Alice", "Hollywood", "002")
    for document, names in (("001", ("Alice", "Bob")), ("002", ("Alice",))):
        all_finish(sqlite_only, *names, document=document)
    expected = printed_by_gold(sqlite_only)
    found = [
        {name: one[name] for name in KEYS_OF_GOLD}
        for document in ("000", "001", "002")
        for one in curt.get(f"/p/letter/adjudicate/{document}.json").json["clusters"]
    ]
    for one, other in zip(found, expected, strict=True):
        for name in ("stance_posterior", "claim_type_posterior"):
            assert one.pop(name) == pytest.approx(other.pop(name), abs=1e-7)
    assert found == expected and {one["decision"] for one in found} == {"auto", "human"}


def test_an_article_to_adjudicate(curt: Visitor, sqlite_only: World) -> None:
    answer = curt.get(f"{ADDRESS}.json")
    assert answer.status_code == 200 and answer.content_type == "application/json"
    found = answer.json
    document = sqlite_only.document("000")
    assert (found["round"], found["ready"], found["why"], found["id"]) == ("main", True, "", "000")
    assert (found["text"], found["text_sha256"]) == (document.text, document.text_sha256)
    assert found["annotators"] == [{"letter": letter, "state": "done"} for letter in "ABC"]
    first, second = found["clusters"]
    assert set(first) >= KEYS_OF_GOLD | {"key", "labels_full", "stale", "decision_row", "earlier", "waiting"}
    assert [label["annotator"] for label in second["labels_full"]] == ["A", "B", "C"]
    assert {label["stance"] for label in second["labels_full"]} == {"pro-fair-use", "pro-copyright", "neutral"}
    assert (first["stale"], first["decision_row"], first["waiting"], second["waiting"]) == (False, None, False, True)
    assert found["csrf_token"] and found["person"] == "Curt"


def test_names_are_told_only_where_they_are_asked_for(curt: Visitor) -> None:
    hidden, shown = curt.get(f"{ADDRESS}.json").json, curt.get(f"{ADDRESS}.json?names=1").json
    hidden = json.dumps(hidden | {"text": ""})
    assert not any(name in hidden for name in ("Alice", "Bob", "Carol", "annotator-0"))
    assert {one["name"] for one in shown["annotators"]} == {"Alice", "Bob", "Carol"}


def test_results_come_in_order(curt: Visitor, sqlite_only: World) -> None:
    agreed, other = cluster(sqlite_only, WORDS)["key"], cluster(sqlite_only)["key"]
    sent = [decision("accept", agreed), decision("accept", other), decision("reject", other, note="No claim")]
    answer = send(curt, *sent)
    assert answer.status_code == 200 and answer.json["state"] == "open"
    results = answer.json["results"]
    assert [(r["id"], r["status"], r["revision"], r["code"], r["field"]) for r in results] == [
        (sent[0]["id"], "stored", 1, None, None),
        (sent[1]["id"], "refused", None, "missing-field", "stance"),
        (sent[2]["id"], "stored", 1, None, None),
    ]
    keys = {"id", "status", "revision", "code", "field", "message", "key", "decision_row"}
    assert all(set(result) == keys for result in results)
    (late,) = send(curt, decision("set", other, gold=gold(sqlite_only))).json["results"]
    row = late["decision_row"]
    assert (late["code"], row["action"], row["gold"], row["note"], row["by"]) == (
        *("conflict", "reject", None, "No claim"),
        "Curt",
    )
    assert row == cluster(sqlite_only)["decision_row"]


def test_the_state_says_whether_one_may_decide(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.operate("Bob", "000", reopen())
    found = curt.get(f"{ADDRESS}.json").json
    assert (found["ready"], "2 of 3" in found["why"]) == (False, True)
    answer = send(curt, decision("reject", found["clusters"][0]["key"])).json
    assert (answer["state"], answer["results"][0]["code"]) == ("locked", "not-ready")


def test_a_round_can_be_named(curt: Visitor, sqlite_only: World) -> None:
    managing.add_round(sqlite_only.db, OPERATOR, SLUG, "second")
    sqlite_only.assign("Alice", documents=["000"], round="second")
    assert curt.get(f"{ADDRESS}.json").json["round"] == "second"
    found = curt.get(f"{ADDRESS}.json?round=main").json
    assert (found["round"], len(found["clusters"])) == ("main", 2)
    (result,) = send(curt, decision("reject", found["clusters"][0]["key"]), query="?round=main").json["results"]
    assert result["status"] == "stored"
    assert curt.get(f"{ADDRESS}.json?round=no-such").status_code == 404


def test_ids_with_dots(curt: Visitor, sqlite_only: World) -> None:
    sqlite_only.bring({"id": "a.b", "text": "One word."})
    sqlite_only.assign("Alice", documents=["a.b"])
    sqlite_only.stored("Alice", "word", "a.b")
    all_finish(sqlite_only, "Alice", document="a.b")
    found = curt.get("/p/letter/adjudicate/a.b.json").json
    assert found["id"] == "a.b" and found["clusters"][0]["single_by_plan"]
    sent = {"decisions": [decision("accept", found["clusters"][0]["key"])]}
    assert curt.post("/p/letter/adjudicate/a.b/decisions", json=sent).json["results"][0]["status"] == "stored"


def test_annotators_read_that_labels_stand_still_and_why(curt: Visitor, sqlite_only: World) -> None:
    alice = sqlite_only.visitor("Alice")
    assert alice.article("000")["state"] == "done"
    send(curt, decision("reject", cluster(sqlite_only)["key"]))
    assert alice.article("000")["state"] == "locked"
    assert "In adjudication since today." in alice.get("/p/letter/documents/000").text
    (result,) = alice.results("000", put(sqlite_only.label("Google")))
    assert (result["code"], "in adjudication" in result["message"]) == ("locked", True)
    answer = curt.post(f"{ADDRESS}/give-back", data={})
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/p/letter/adjudicate")
    assert alice.article("000")["state"] == "done"
    assert "In adjudication" not in alice.get("/p/letter/documents/000").text


# ---- who may ----


@pytest.mark.parametrize("name", ["Alice", "Stranger"])
def test_it_is_for_who_adjudicates(curt: Visitor, sqlite_only: World, name: str) -> None:
    sqlite_only.add_person("Stranger")
    visitor, status = sqlite_only.visitor(name), 403 if name == "Alice" else 404
    key = cluster(sqlite_only)["key"]
    for document in ("000", "003", "no-such"):
        address = f"/p/letter/adjudicate/{document}"
        problem(visitor.get(f"{address}.json"), status)
        problem(visitor.post(f"{address}/decisions", json={"decisions": [decision("reject", key)]}), status)
        assert visitor.post(f"{address}/give-back").status_code == status
    assert sqlite_only.rows("SELECT * FROM decision") == []


def test_who_annotates_too_reads_why_it_is_closed(sqlite_only: World) -> None:
    managing.set_roles(sqlite_only.db, OPERATOR, SLUG, "Alice", frozenset({"annotator", "curator"}))
    sqlite_only.stored("Bob", OTHER_WORDS)
    all_finish(sqlite_only, "Bob", "Carol")
    alice = sqlite_only.visitor("Alice")
    assert "once you have finished" in problem(alice.get(f"{ADDRESS}.json"), 403)
    problem(send(alice, decision("add", gold=gold(sqlite_only))), 403)
    all_finish(sqlite_only, "Alice")
    assert len(alice.get(f"{ADDRESS}.json").json["clusters"]) == 1
    managing.add_round(sqlite_only.db, OPERATOR, SLUG, "second")
    sqlite_only.assign("Alice", documents=["000"], round="second")
    problem(alice.get(f"{ADDRESS}.json?round=main"), 403)  # what others said of it then would colour what she says now
    assigning.unassign(sqlite_only.db, OPERATOR, SLUG, "Alice", documents=["000"], with_begun=True, reason="ill")
    assert alice.get(f"{ADDRESS}.json?round=main").status_code == 200


def test_signed_out_and_tokens_and_origins(curt: Visitor, sqlite_only: World) -> None:
    body = {"decisions": [decision("reject", cluster(sqlite_only)["key"])]}
    client = sqlite_only.app.test_client()
    problem(client.get(f"{ADDRESS}.json"), 401)
    problem(client.post(DECISIONS, json=body), 401)
    problem(curt.client.post(DECISIONS, json=body), 400)
    problem(curt.post(DECISIONS, json=body, headers={"Origin": "https://elsewhere.example"}), 403)
    problem(curt.post("/p/letter/adjudicate/no-such/decisions", json=body), 404)
    assert sqlite_only.rows("SELECT * FROM decision") == []


# ---- whole requests that are refused ----


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"action": "burn"}, "$.decisions[0].action"),
    ({"more": 1}, "$.decisions[0]"),
    ({"base": "0"}, "$.decisions[0].base"),
    ({"base": 1.5}, "$.decisions[0].base"),
    ({"key": None}, "$.decisions[0].key"),
    ({"note": 7}, "$.decisions[0].note"),
    ({"gold": []}, "$.decisions[0].gold"),
    ({"gold": {"start": "1"}}, "$.decisions[0].gold.start"),
    ({"gold": {"ascribed": None}}, "$.decisions[0].gold.ascribed"),
    ({"gold": {"chain": [1]}}, "$.decisions[0].gold.chain[0]"),
    ({"gold": {"base": 0}}, "$.decisions[0].gold"),
    ({"id": 7}, "$.decisions[0].id"),
]


def test_a_wrong_shape_is_422_with_the_path(curt: Visitor) -> None:
    for change, path in WRONG:
        assert f"`{path}`" in problem(send(curt, decision("set", "key") | change), 422)


def test_limits(curt: Visitor) -> None:
    problem(send(curt), 422)
    problem(send(curt, *[decision("reject", "k")] * 101), 422)
    assert len(send(curt, *(decision("reject", "k") for _ in range(100))).json["results"]) == 100
    body = json.dumps({"decisions": [decision("reject", "k")]})
    padded = body + " " * (256 * 1024 - len(body))
    assert curt.post(DECISIONS, data=padded, headers=JSON).status_code == 200
    problem(curt.post(DECISIONS, data=padded + " ", headers=JSON), 413)
    problem(curt.post(DECISIONS, data=body, content_type="text/plain"), 415)
    for malformed in (b"", b"{", b"\xff", b"[" * 100_000):
        problem(curt.post(DECISIONS, data=malformed, headers=JSON), 400)


def test_values_that_nothing_could_keep_are_refused(curt: Visitor) -> None:
    unkeepable = ("NaN", "1e999", '"a\\u0000b"', '"\\ud800"', '{"a":1,"a":2}', "[" * 300 + "]" * 300)
    for field, words in product(("note", "key", "base"), unkeepable):
        body = json.dumps({"decisions": [decision("reject") | {field: "HERE"}]}).replace('"HERE"', words)
        answer = curt.post(DECISIONS, data=body, headers=JSON)
        assert answer.status_code in (400, 422)
        problem(answer, answer.status_code)


def test_numbers_beyond_every_column_are_refused_for_themselves(curt: Visitor, sqlite_only: World) -> None:
    key = cluster(sqlite_only)["key"]
    for number in (2**31, 2**63, 10**400, -1):
        spans = [decision("add", gold=gold(sqlite_only) | {name: number}) for name in ("start", "end")]
        results = send(curt, decision("reject", key, number), *spans).json["results"]
        assert [result["code"] for result in results] == ["conflict", "out-of-range", "out-of-range"]


def test_addresses_with_anything_in_them_are_no_errors(curt: Visitor) -> None:
    for place in ("/p/%00/adjudicate/000", "/p/letter/adjudicate/%00", ADDRESS):
        for query in ("", "?round=%00", "?round=%ED%A0%80", "?round=" + "x" * 3_000, "?names=%00"):
            assert curt.get(f"{place}.json{query}").status_code < 500
            assert curt.post(f"{place}/decisions{query}", json={"decisions": [decision("reject")]}).status_code < 500


FIELDS = {
    "start": st.integers(-2, 7_000) | st.none(),
    "end": st.integers(-2, 7_000),
    "quote": st.text(max_size=20),
    "speaker": st.sampled_from(["openai", "nobody", None]) | st.fixed_dictionaries({"name": st.text(max_size=5)}),
    "chain": st.lists(st.sampled_from(["openai", "voice-000", ""]), max_size=3),
    "stance": st.sampled_from(["neutral", "", None]),
    "on_target": st.booleans(),
    "claim_type": st.sampled_from(["FACT", None, "x"]),
}
almost = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str) | st.sampled_from([uid(), "x"]),
        "action": st.sampled_from(["accept", "set", "reject", "add", "clear"]),
    },
    optional={
        "key": st.sampled_from(["KEY", "", "decision-", f"decision-{uid()}"]),
        "base": st.integers(-1, 3),
        "gold": st.none() | st.fixed_dictionaries({}, optional=FIELDS) | st.just("GOLD"),
        "note": st.text(max_size=5),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=anything | st.fixed_dictionaries({"decisions": anything | st.lists(almost | anything, max_size=4)}))
def test_no_json_is_an_error_of_ours_and_what_is_decided_has_its_words(
    curt: Visitor, sqlite_only: World, body: Any
) -> None:
    found = {"KEY": cluster(sqlite_only)["key"], "GOLD": gold(sqlite_only)}
    sent = json.dumps(body)
    for name, value in found.items():
        sent = sent.replace(f'"{name}"', json.dumps(value))
    answer = curt.post(DECISIONS, data=sent.encode("utf-8", "surrogatepass"), headers=JSON)
    assert answer.status_code in (200, 400, 422), answer.text
    for one in curt.get(f"{ADDRESS}.json").json["clusters"]:
        row = one["decision_row"] or {}
        span = row.get("gold") or one
        assert sqlite_only.document("000").text[span["start"] : span["end"]] == span["quote"] != ""
