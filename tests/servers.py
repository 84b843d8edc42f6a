"""The program as users start it: a real gunicorn with two workers, on a port of its own, ended with Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

START_SECONDS = 180  # `make run` fetches packages first
STOP_SECONDS = 20
STANCEMARK = Path(sys.executable).with_name("stancemark")


@dataclass(frozen=True)
class Server:
    """One that answers, at an address like `http://127.0.0.1:41234`; a test may end its `process` itself."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    database_url: str

    def printed(self) -> str:
        """All that it has printed so far, the first sign-in link among it."""
        return self.log.read_text()

    def first_link(self) -> str:
        """The link that it printed for whoever comes first; fails where it printed none."""
        found = re.search(rf"{self.address}/welcome/\S+", self.printed())
        assert found, self.printed()
        return found[0]

    def workers(self) -> list[int]:
        """The ids of its web workers."""
        return [child for child in self._children() if "jobs" not in _words_of(child)]

    def job_process(self) -> int | None:
        """The id of the process that waits for slow work."""
        return next((child for child in self._children() if "jobs" in _words_of(child)), None)

    def _children(self) -> list[int]:
        return children_of(self.process.pid)


def children_of(process: int) -> list[int]:
    """The ids of the processes that it has started; none where it has just ended."""
    try:
        return [int(id) for id in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _words_of(process: int) -> list[str]:
    """Its command line; empty where it has just ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:
        return []


class Client:
    """A browser without scripts, with cookies of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, address: str) -> tuple[int, str]:
        """Status and page at a path, or at a whole address."""
        return self._ask(Request(self._whole(address)))

    def post(self, address: str, **fields: str) -> tuple[int, str]:
        """Fill in the form that stands at the address, and send it; redirects are followed."""
        status, page = self.get(address)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if token is None:
            return status, page
        return self._ask(Request(self._whole(address), urlencode({"csrf_token": token[1], **fields}).encode()))

    def _whole(self, address: str) -> str:
        return address if address.startswith("http") else self.server.address + address

    def _ask(self, request: Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=STOP_SECONDS) as answer:
                return int(answer.status), answer.read().decode()
        except HTTPError as refusal:
            return refusal.code, refusal.read().decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The program on a new SQLite database with the seed articles, and nobody signed in yet."""
    with serving(new_folder(tmp_path)) as started:
        yield started


def new_folder(parent: Path) -> Path:
    folder = parent / "server"
    folder.mkdir()
    return folder


@contextmanager
def serving(
    folder: Path, *, command: Sequence[str | Path] = (STANCEMARK, "serve"), **environment: str
) -> Iterator[Server]:
    """Start `command` in `folder` with these settings, and stop it at the end, unless the test has done so."""
    port = int(environment.get("STANCEMARK_PORT") or free_port())
    environment = {**without_settings(), "STANCEMARK_PORT": str(port), **environment}
    log = folder.parent / f"server-{port}.log"  # not in `folder`, which some tests want clean
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    database_url = environment.get("DATABASE_URL", f"sqlite:///{folder / 'annotations.db'}")
    server = Server(f"http://127.0.0.1:{port}", process, log, database_url)
    try:
        _wait_for(server)
        yield server
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    """Whether a server is there, and its database too."""
    try:
        with urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def without_settings() -> dict[str, str]:
    """The environment, less settings for the program and what `make test` hands to a `make` below it."""
    settings = ("STANCEMARK_", "DATABASE_URL", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(settings)}


def _wait_for(server: Server) -> None:
    limit = time.monotonic() + START_SECONDS
    while not answers(server.address):
        if server.process.poll() is not None or time.monotonic() > limit:
            raise AssertionError(f"the server did not start:\n{server.printed()}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, as a terminal sends it: to the whole group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
