"""docs/openapi.json says what the JSON addresses are, and holds: against the URL map, the types and any request.

`STANCEMARK_OPENAPI=1 .venv/bin/pytest tests/web/test_openapi.py` writes the shapes of requests anew from the types.
`make soak` sends thirty times as many requests.
"""

import json
import os
import re
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks, openapi
from schemathesis.specs.openapi import checks as openapi_checks

from tests.test_javascript import ROOT
from tests.web.addresses import first, rules
from tests.world import OTHER_WORDS, WORDS, Visitor, World, finish, uid
from webapp.domain.gold.adjudication import DecisionsRequest
from webapp.domain.labels import OperationsRequest

FILE = ROOT / "docs" / "openapi.json"
DESCRIBED: dict[str, Any] = json.loads(FILE.read_text())
ADDRESSES = [(path, method) for path, item in DESCRIBED["paths"].items() for method in item if method != "parameters"]
SOAK = bool(os.environ.get("STANCEMARK_SOAK"))
EXAMPLES = {"get": 300, "post": 900} if SOAK else {"get": 10, "post": 30}
CHOICES = ("action", "origin", "speaker_origin", "name", "on_target", "ascribed")  # left as they were drawn
PLAIN: dict[tuple[str, str], dict[str, Any]] = {  # of each address a request that goes well
    ("/p/{slug}/documents/{doc}.json", "get"): {"who": "Alice", "doc": "000"},
    ("/p/{slug}/documents/{doc}/operations", "post"): {
        "who": "Alice",
        "doc": "000",
        "body": {"operations": [finish()]},
    },
    ("/p/{slug}/adjudicate/{doc}.json", "get"): {"who": "Curt", "doc": "001"},
    ("/p/{slug}/adjudicate/{doc}/decisions", "post"): {
        "who": "Curt",
        "doc": "001",
        "body": {"decisions": [{"id": uid(), "key": "no-such", "action": "reject"}]},
    },
    ("/p/{slug}/adjudicate.json", "get"): {"who": "Curt"},
    ("/p/{slug}/agreement.json", "get"): {"who": "Curt"},
    ("/account/preferences", "post"): {"who": "Alice", "body": {"name": "letters", "value": True}},
}
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


def test_every_json_address_is_described(sqlite_only: World) -> None:
    """Addresses that end in .json, and those that take nothing but JSON, as the program has them."""
    app, curt = sqlite_only.app, sqlite_only.visitor("Curt")
    found = {(rule, "get") for rule in rules(app, "GET") if rule.endswith(".json")}
    found |= {(rule, "post") for rule in rules(app, "POST") if curt.post(first(rule)).status_code == 415}
    found.add(("/account/preferences", "post"))
    assert {(re.sub("<([a-z]+)>", r"{\1}", rule), method) for rule, method in found} == set(ADDRESSES)


def test_the_shapes_of_requests_are_those_of_the_types() -> None:
    template = "#/components/schemas/{name}"
    _, found = msgspec.json.schema_components([OperationsRequest, DecisionsRequest], ref_template=template)
    shapes = json.loads(json.dumps(found))
    if os.environ.get("STANCEMARK_OPENAPI"):
        DESCRIBED["components"]["schemas"] |= shapes
        FILE.write_text(json.dumps(DESCRIBED, indent=1, ensure_ascii=False) + "\n")
    described = DESCRIBED["components"]["schemas"]
    assert {name: described.get(name) for name in shapes} == shapes


def test_every_reference_leads_somewhere() -> None:
    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', FILE.read_text()):
        assert name in DESCRIBED["components"][kind], name


class Fuzzed:
    """A world in which 000 can be labelled by Alice and 001 be decided by Curt, and what is sent to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        described = json.loads(FILE.read_text())
        for name, known in {"slug": ["letter"], "doc": ["000", "001", "no-such"], "round": ["main"]}.items():
            described["components"]["parameters"][name]["schema"] = {"type": "string", "enum": known}
        self.schema = openapi.from_dict(described)
        self.schema.app = world.app
        self.answered = Counter[int]()
        self.visitors = {name: world.visitor(name) for name in ("Alice", "Curt")}
        self.known = [*self._made(), "openai", "neutral", "pro-fair-use", "FACT", "person", ""]

    def _made(self) -> list[str]:
        """What stands in the database, so that requests are about something."""
        label = self.world.stored("Alice")
        for name in ("Alice", "Bob"):
            self.world.stored(name, "Google", "001")
            self.world.operate(name, "001", finish())
        found = self.visitors["Curt"].get("/p/letter/adjudicate/001.json").json
        keys = [cluster["key"] for cluster in found["clusters"]]
        return [label["id"], label["text_sha256"], WORDS, OTHER_WORDS, "Google", uid(), *keys]

    def send(self, path: str, method: str, data: st.DataObject) -> None:
        """One request as described, or not quite; every answer must be one that is described."""
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(self.schema[path][method].as_strategy(generation_mode=mode))
        visitor = self.visitors[data.draw(st.sampled_from(sorted(self.visitors)))]
        if isinstance(case.body, dict | list):
            case.body = self._with_known(case.body, data)
        self.answered[self._answer(case, visitor)] += 1

    def send_plain(self, path: str, method: str, who: str, doc: str = "", body: Any = None) -> int:
        """The request of PLAIN; its status."""
        parts = {"slug": "letter", "doc": doc}
        named = {name: value for name, value in parts.items() if f"{{{name}}}" in path}
        given = {"media_type": "application/json", "body": body} if body else {}
        case = self.schema[path][method].Case(path_parameters=named, **given)
        return self._answer(case, self.visitors[who])

    def _answer(self, case: Any, visitor: Visitor) -> int:
        cookie = visitor.client.get_cookie("stancemark")
        assert cookie is not None
        headers = {"X-CSRFToken": visitor.token, "Accept-Encoding": "identity"}
        answer = case.call_and_validate(headers=headers, cookies={"stancemark": cookie.value}, checks=CHECKS)
        return int(answer.status_code)

    def _with_known(self, value: Any, data: st.DataObject) -> Any:
        """Half of the words are such as mean something here."""
        if isinstance(value, dict):
            return {
                name: self._with_known(inner, data) if name not in CHOICES else value[name]
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._with_known(inner, data) for inner in value]
        if isinstance(value, str) and data.draw(st.booleans()):
            return data.draw(st.sampled_from(self.known))
        return value


@pytest.mark.parametrize(("path", "method"), ADDRESSES)
def test_every_answer_is_one_that_is_described(sqlite_only: World, path: str, method: str) -> None:
    fuzzed = Fuzzed(sqlite_only)

    @settings(max_examples=EXAMPLES[method], derandomize=not SOAK, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        fuzzed.send(path, method, data)

    run()
    assert 401 not in fuzzed.answered, fuzzed.answered


@pytest.mark.parametrize(("path", "method"), ADDRESSES)
def test_a_plain_request_goes_well_as_described(sqlite_only: World, path: str, method: str) -> None:
    """What is drawn above may all be refused; this shows that such visitors and articles can be answered."""
    assert Fuzzed(sqlite_only).send_plain(path, method, **PLAIN[path, method]) < 300
