"""docs/security.md names a test for every threat, and it is there; what files alone can show is shown here."""

import ast
import hashlib
import re
from functools import cache

import pytest

from tests.test_javascript import ROOT

LINES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "security.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| threat")
]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
VENDORED = {"htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"}


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


@pytest.mark.parametrize("line", LINES, ids=[line[0][:60] for line in LINES])
def test_every_threat_names_its_tests(line: list[str]) -> None:
    threat, against, tests = line
    assert threat and against
    assert NAMED.sub("", tests).strip(" ,") == "", "tests, and nothing else"
    named = NAMED.findall(tests)
    assert named and [f"{file}::{test}" for file, test in named if test not in functions_of(file)] == []


def test_there_are_threats() -> None:
    assert len(LINES) > 40


def test_the_audit_is_strict_and_no_part_of_the_tests() -> None:
    """Strict: a package that could not be looked up is a failure. It asks the network, so it is nothing for CI."""
    recipes = dict(re.findall(r"^(\w+):[^\n]*\n((?:\t[^\n]*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert "pip-audit --strict --require-hashes" in recipes["audit"] and "requirements/run.txt" in recipes["audit"]
    assert "audit" not in recipes["test"]


def test_vendored_files_are_what_they_were() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "static/vendor").glob("*.js")}
    assert found == VENDORED


def test_the_image_runs_as_somebody_else_than_root() -> None:
    users = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users and "0" not in users[-1]
