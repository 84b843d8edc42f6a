"""A Chromium for the tests: one that is there, else Playwright's own download, else Debian's package.

Best the headless shell: the same engine without the windows around it opens a page for a quarter of the work.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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


def chromium(of_playwright: Path, *, whole: bool = False) -> Path:
    """The program to start, rather a whole one where asked for; RuntimeError when there is none and none to be had."""
    with _one_process_at_a_time():
        for fetch in (_fetch_nothing, _fetch_playwrights, _fetch_debians):
            fetch()
            for path in _present(of_playwright, whole):
                if _runs(path):
                    return path
    raise RuntimeError("no Chromium, and none to be had: install one so that `chromium --version` answers")


def _present(of_playwright: Path, whole: bool) -> list[Path]:
    shell, *others = (Path(shutil.which(name) or name) for name in (SHELL, *WHOLE))
    return [of_playwright, *others, shell] if whole else [shell, of_playwright, *others]


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
        install = ("apt-get", "install", "--yes", "--no-install-recommends")
        any(_quietly(*install, package) for package in (SHELL, WHOLE[0]))


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
