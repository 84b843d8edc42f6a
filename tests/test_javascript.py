"""The JavaScript tests in tests/js, run by the node that Playwright brings along."""

import re
import subprocess
from pathlib import Path

import playwright
import pytest

ROOT = Path(__file__).parents[1]
NODE = Path(playwright.__file__).parent / "driver" / "node"
SUITES = sorted((ROOT / "tests" / "js").rglob("*.test.*js"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_suite(suite: Path) -> None:
    # Not `node --test`: that counts a file without a test as one that passed.
    done = subprocess.run([NODE, suite], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _count("pass", done.stdout) > 0, f"{suite.name} ran no test"
    assert _count("skipped", done.stdout) == _count("todo", done.stdout) == 0, f"{suite.name} skips tests"


def _count(kind: str, output: str) -> int:
    found = re.search(rf"^. {kind} (\d+)$", output, re.MULTILINE)
    return int(found[1]) if found else -1
