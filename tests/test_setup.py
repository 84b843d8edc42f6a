"""`make run` from a bare clone: everything is installed once, and the program serves."""

import subprocess
from pathlib import Path

import pytest

from tests.servers import answers, serving

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a stranger has: the last commit and nothing else."""
    folder = tmp_path_factory.mktemp("clone") / "stancemark"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


def test_make_run_installs_serves_and_stops(clone: Path) -> None:
    with serving(clone, command=["make", "run"]) as server:
        assert f"{server.address}/welcome/" in server.printed()
    assert not answers(server.address)
    assert "Traceback" not in server.printed()
    assert (clone / "annotations.db").exists()

    installed = (clone / ".venv" / "run.stamp").stat().st_mtime
    with serving(clone, command=["make", "run"]) as server:
        assert "pip" not in server.printed()
    assert (clone / ".venv" / "run.stamp").stat().st_mtime == installed


def test_a_clone_stays_clean(clone: Path) -> None:
    """Nothing that installing or serving leaves behind is offered to git."""
    with serving(clone, command=["make", "run"]):
        status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == ""
