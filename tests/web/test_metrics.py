"""/metrics, and what the log says: figures by route, and nobody's words, names or addresses."""

import json
import logging
import re
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.servers import Client, new_folder, serving
from tests.world import SECRET, SLUG, WORDS, Visitor, World, put
from webapp import create_app
from webapp.config import Settings
from webapp.logs import JsonLines

Figures = dict[tuple[str, ...], float]


def figures(page: str, name: str, *labels: str) -> Figures:
    """The samples of a name, by the values of these labels."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {tuple(s.labels[label] for label in labels): s.value for s in samples if s.name == name}


@pytest.fixture
def measured(world: World) -> World:
    """The small world under a server that measures."""
    world._app = create_app(Settings(database_url=world.url, secret_key=SECRET, metrics=True))
    world._app.config["PROPAGATE_EXCEPTIONS"] = False
    return world


def test_off_unless_asked_for(sqlite_only: World) -> None:
    assert sqlite_only.app.test_client().get("/metrics").status_code == 404
    assert sqlite_only.visitor("Curt").get("/metrics").status_code == 404


def test_requests_saves_and_jobs_are_counted(measured: World) -> None:
    alice, curt = measured.visitor("Alice"), measured.visitor("Curt")
    label = measured.label()
    operation = put(label)
    alice.results("000", operation, put(measured.label(stance="for")))
    alice.results("000", operation)
    curt.get(f"/p/{SLUG}/agreement")
    for method, address in (("GET", "/no/such/page"), ("BREW", "/"), ("GET", f"/p/{SLUG}/documents/no-such")):
        alice.client.open(address, method=method)
    answer = measured.app.test_client().get("/metrics")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")

    saves = figures(answer.text, "stancemark_saves_total", "status", "code")
    assert saves == {("stored", ""): 1, ("refused", "unknown-stance"): 1, ("repeated", ""): 1}
    requests = figures(answer.text, "stancemark_requests_total", "method", "route", "status")
    assert requests["POST", "/p/<slug>/documents/<doc>/operations", "200"] == 2
    assert requests["GET", "", "404"] == 1 and {method for method, *_ in requests} == {"GET", "POST", "other"}
    assert requests["GET", "/p/<slug>/documents/<doc>", "404"] == 1
    seconds = figures(answer.text, "stancemark_request_seconds_count", "method", "route")
    assert seconds["POST", "/p/<slug>/documents/<doc>/operations"] == 2
    assert figures(answer.text, "stancemark_jobs", "state") == {("waiting",): 1, ("running",): 0}
    for word in ("Alice", SLUG, "documents/000", "no-such", "BREW", label["id"]):
        assert word not in answer.text


def test_workers_count_together_and_the_log_is_json(tmp_path: Path) -> None:
    with serving(new_folder(tmp_path), STANCEMARK_METRICS="on") as server:
        for _ in range(12):
            assert Client(server).get("/sign-in")[0] == 200
        with urlopen(f"{server.address}/sign-in") as page:
            id = page.headers["X-Request-Id"]
        counted = figures(Client(server).get("/metrics")[1], "stancemark_requests_total", "route", "status")
        assert counted["/sign-in", "200"] == 13
        printed = server.printed()
    logged = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    (line,) = [line for line in logged if line.get("request") == id]
    assert (line["method"], line["route"], line["status"], line["level"]) == ("GET", "/sign-in", 200, "info")
    assert len(logged) == 13 and line["ms"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["at"])


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.setFormatter(JsonLines())
    caplog.set_level(logging.INFO, "stancemark")
    return caplog


def test_a_failure_is_logged_by_its_kind_and_place_not_by_its_words(
    sqlite_only: World, log: pytest.LogCaptureFixture
) -> None:
    alice: Visitor = sqlite_only.visitor("Alice")
    sqlite_only.change("ALTER TABLE label RENAME COLUMN note TO forgotten")
    answer = alice.operate("000", put(sqlite_only.label(note="a secret note")))
    assert answer.status_code == 500
    lines = [json.loads(line) for line in log.text.splitlines() if line.startswith("{")]
    (failure,) = [line for line in lines if line["level"] == "error"]
    assert failure["request"] == answer.headers["X-Request-Id"]
    assert failure["error"] == "OperationalError" and any("services/" in frame for frame in failure["trace"])
    for word in ("Alice", "a secret note", WORDS, SLUG, "127.0.0.1"):
        assert word not in log.text
