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
    assert "Traceback" not in server.printed() and '"level": "error"' not in server.printed()

    installed = (clone / ".venv" / "run.stamp").stat().st_mtime
    with serving(clone, command=["make", "run"]) as server:
        assert "pip" not in server.printed()
    assert (clone / ".venv" / "run.stamp").stat().st_mtime == installed

    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == "", "what installing and serving leave behind is not for git"
    assert (clone / "annotations.db").exists()
