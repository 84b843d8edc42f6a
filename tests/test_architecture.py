"""The house holds: imports go one way, functions and files stay short, each room states its rule."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WEBAPP = ROOT / "webapp"
MODULES = [path for path in sorted(WEBAPP.rglob("*.py")) if "versions" not in path.parts]
OURS = [*MODULES, *sorted((ROOT / "static" / "js").glob("*.js"))]
ROOMS = sorted({path.parent for path in MODULES})
MEDIAN_LINES, LONGEST_FUNCTION, LONGEST_FILE = 8, 60, 400
RUNTIME_PACKAGES = 35
# Written in halves, so that this file does not hold what it looks for.
REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_each_room_states_its_rule(room: Path) -> None:
    rule = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    assert re.fullmatch(r"[A-Z].{20,}\.", rule.split("\n\n")[0], re.DOTALL), "say the room's rule in a sentence"


def test_functions_are_short() -> None:
    lengths = {name: lines for path in MODULES for name, lines in _functions(path)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_LINES


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_few_packages_at_run_time() -> None:
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE)
    assert 10 < len(set(locked)) <= RUNTIME_PACKAGES


@pytest.mark.parametrize("lock", ["run", "build", "dev"])
def test_each_locked_package_has_its_hash(lock: str) -> None:
    requirements = re.split(r"\n(?=[a-z])", (ROOT / "requirements" / f"{lock}.txt").read_text())[1:]
    assert [line for line in requirements if "==" not in line or "--hash=sha256:" not in line] == []


def test_no_registry_is_named() -> None:
    naming = [path for path in _tracked() if any(host.encode() in path.read_bytes() for host in REGISTRIES)]
    assert naming == []


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function and method with its lines, from `def` to its last one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / name for name in listing.split("\0") if name]
    assert len(paths) > 20
    return [path for path in paths if path.is_file()]
