"""The program as users start it: a real gunicorn with two workers, on a port of its own, ended with Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_SECONDS = 180  # `make run` fetches packages first
STOP_SECONDS = 20
STANCEMARK = Path(sys.executable).with_name("stancemark")


@dataclass(frozen=True)
class Server:
    """One that answers, at an address like `http://127.0.0.1:41234`; a test may end its `process` itself."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def printed(self) -> str:
        """All that it has printed so far, the first sign-in link among it."""
        return self.log.read_text()


@contextmanager
def serving(
    folder: Path, *, command: Sequence[str | Path] = (STANCEMARK, "serve"), **environment: str
) -> Iterator[Server]:
    """Start `command` in `folder` with these settings, and stop it at the end, unless the test has done so."""
    port = free_port()
    environment = {**_without_settings(), "STANCEMARK_PORT": str(port), **environment}
    log = folder.parent / f"server-{port}.log"  # not in `folder`, which some tests want clean
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
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
    try:
        with urlopen(f"{address}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _without_settings() -> dict[str, str]:
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
