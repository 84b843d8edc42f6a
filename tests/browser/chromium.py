"""A Chromium for the tests: one that is there, else Playwright's own download, else Debian's package."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these it calls home, and a closed network fills its log.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
FETCH_SECONDS = 300


def chromium(of_playwright: Path) -> Path:
    """The program to start; raises RuntimeError when there is none and none can be fetched."""
    with _one_process_at_a_time():
        for fetch in (_fetch_nothing, _fetch_playwrights, _fetch_debians):
            fetch()
            for path in _present(of_playwright):
                if _runs(path):
                    return path
    raise RuntimeError("no Chromium, and none to be had: install one so that `chromium --version` answers")


def _present(of_playwright: Path) -> list[Path]:
    found = (shutil.which(name) for name in NAMES)
    return [of_playwright, *(Path(path) for path in found if path)]


def _runs(path: Path) -> bool:
    """A download may lack system libraries, and a name in the path may be an empty shell."""
    return path.exists() and _quietly(path, "--version")


def _fetch_nothing() -> None:
    """First use what is there."""


def _fetch_playwrights() -> None:
    _quietly(sys.executable, "-m", "playwright", "install", "chromium", "--no-shell")


def _fetch_debians() -> None:
    if os.getuid() == 0 and shutil.which("apt-get"):
        _quietly("apt-get", "update")
        _quietly("apt-get", "install", "--yes", "--no-install-recommends", "chromium")


def _quietly(*command: str | Path) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@contextmanager
def _one_process_at_a_time() -> Iterator[None]:
    """Test processes side by side must not both run the package manager."""
    with Path(tempfile.gettempdir(), f"stancemark-chromium-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
