"""Every case of tests/cases/agreement through the commands, as its README says."""

import csv
import json
import math
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bundles import jsonl
from tests.cli.conftest import Done, Stancemark
from tests.servers import STANCEMARK, without_settings

CASES = sorted((Path(__file__).parents[1] / "cases" / "agreement").glob("*.json"))
AS_PROCESS = ("table-ratings", "gold-provenance", "bundle-round-unknown")

Case = dict[str, Any]
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[([^=\]]+)=([^\]]*)\]")


def read(path: Path) -> Case:
    case: Case = json.loads(path.read_text())
    return case


def words_of(case: Case, folder: Path) -> list[str]:
    """The arguments of the case's command; its input is written below `folder`."""
    given, files, out = case["input"], folder / "files", folder / "out"
    for made in (files, out):
        made.mkdir()
    for name, text in given.get("files", {}).items():
        (files / name).write_text(text, encoding="utf-8", newline="")
    source = write_table(given, folder) if given["kind"] == "table" else write_bundle(given, folder)
    flags = [flag.format(files=files, out=out) for flag in case.get("flags", [])]
    return [case["command"], str(source), "--json", *case["options"], *flags]


def write_table(given: Case, folder: Path) -> Path:
    path = folder / "table.csv"
    head = ["unit", "annotator", "value", "document"][: len(given["rows"][0])]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *given["rows"]])
    return path


def write_bundle(given: Case, folder: Path) -> Path:
    path = folder / "bundle"
    path.mkdir()
    for name in ("documents", "labels", "assignments", "rounds"):
        if name in given:
            (path / f"{name}.jsonl").write_bytes(jsonl(given[name]))
    if "scheme" in given:
        (path / "scheme.toml").write_text(given["scheme"], encoding="utf-8", newline="")
    return path


def at(value: Any, path: str) -> Any:
    """What a path leads to: .name into an object, [3] into a list, [key=value] to the members that have it."""
    selected = False
    for name, place, key, wanted in STEP.findall(path):
        if key:
            value, selected = [member for member in value if has(member[key], wanted)], True
            continue
        value, selected = only(value, path) if selected else value, False
        value = value[name] if name else value[int(place)]
    return only(value, path) if selected else value


def has(value: Any, wanted: str) -> bool:
    return wanted in map(str, value) if isinstance(value, list) else str(value) == wanted


def only(members: list[Any], path: str) -> Any:
    assert len(members) == 1, f"{path}: {len(members)} members are left"
    return members[0]


def unmet(case: Case, found: Any) -> Iterator[str]:
    """Every expectation that does not hold."""
    for expected in case["expect"]:
        value = at(found, expected["path"])
        if not holds(value, expected):
            yield f"{expected['path']}: {value!r}, expected {expected}"


def holds(value: Any, expected: Case) -> bool:
    if expected.get("check") == "text":
        return isinstance(value, str) and bool(value.strip())
    if "tol" in expected:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return is_number and abs(value - expected["value"]) <= expected["tol"]
    return type(value) is type(expected["value"]) and bool(value == expected["value"])


def check(case: Case, done: Done, folder: Path) -> None:
    assert done.code == case.get("exit", 0), done
    if done.code:
        assert done.out == ""
        assert re.fullmatch(r"error: [^\n]+\n", done.err), done.err
        return
    assert list(unmet(case, done.json)) == []
    if "ratings" in case:
        with (folder / "out" / "ratings.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == case["ratings"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, commands: Callable[[str], Stancemark], tmp_path: Path) -> None:
    case, stancemark = read(path), commands(f"sqlite:///{tmp_path}/no-such.db")
    check(case, stancemark(*words_of(case, tmp_path)), tmp_path)
    assert not (tmp_path / "no-such.db").exists()


@pytest.mark.parametrize("name", AS_PROCESS)
def test_case_as_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    case = read(CASES[0].with_name(f"{name}.json"))
    words = [STANCEMARK, *words_of(case, tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, env=without_settings(), capture_output=True, text=True, timeout=60)
    check(case, Done(done.returncode, done.stdout, done.stderr), tmp_path)


def test_all_cases_are_here() -> None:
    assert len(CASES) >= 106
    assert {"agreement", "gold"} == {read(path)["command"] for path in CASES}
