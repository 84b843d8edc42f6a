"""A bad line: a proxy between browser and server that fails at random where labels are sent. All else it passes on."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from urllib.parse import urlsplit

FAULTS = ("500", "request lost", "answer lost", "delay", "twice")
BAG = (*FAULTS, "pass on", "pass on", "pass on")  # dealt out in a random order, then again: each kind occurs
SHORTEST_DELAY, LONGEST_DELAY = 0.2, 1.5  # seconds
LONGEST_WORK = 0.03  # seconds; about as long as the server takes for operations
SERVER_SECONDS = 30
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Proxy(ThreadingHTTPServer):
    """Passes on to `upstream`, an address like `http://127.0.0.1:41234`; what it does follows from `seed`."""

    daemon_threads = True

    def __init__(self, upstream: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.upstream = urlsplit(upstream).netloc
        self.dealt: Counter[str] = Counter()
        self.at_next: Callable[[], None] | None = None  # done once, while the server is at work on operations
        self._random = Random(seed)
        self._bag: list[str] = []
        self._lock = Lock()

    def deal(self) -> str:
        """What happens to the next request with operations."""
        with self._lock:
            if not self._bag:
                self._bag = self._random.sample(BAG, len(BAG))
            kind = self._bag.pop()
            self.dealt[kind] += 1
            return kind

    def pause(self, shortest: float, longest: float) -> None:
        """Wait for so many seconds, or between."""
        with self._lock:
            seconds = self._random.uniform(shortest, longest)
        time.sleep(seconds)

    def strike(self) -> None:
        with self._lock:
            action, self.at_next = self.at_next, None
        if action is not None:
            self.pause(0, LONGEST_WORK)
            action()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away in the middle of an answer is daily bread here."""


class _Line(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_GET(self) -> None:
        self._answer(self._ask(b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.partition("?")[0].endswith("/operations"):
            self._fail_somehow(self.server.deal(), body)
        else:
            self._answer(self._ask(body))

    def _fail_somehow(self, kind: str, body: bytes) -> None:
        if kind == "500":
            return self._answer(Answer(500, [("Content-Type", "text/html")], b"<h1>Internal Server Error</h1>"))
        if kind == "request lost":
            return self._hang_up()
        if kind == "delay":
            self.server.pause(SHORTEST_DELAY, LONGEST_DELAY)
        answers = self._ask_twice(body) if kind == "twice" else [self._ask(body, self.server.strike)]
        return self._hang_up() if kind == "answer lost" else self._answer(answers[-1])

    def _ask_twice(self, body: bytes) -> list[Answer]:
        """Both at the same moment."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda _: self._ask(body, self.server.strike), range(2)))

    def _ask(self, body: bytes, when_asked: Callable[[], None] = lambda: None) -> Answer:
        """The server's answer; 502 where it is gone."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        connection = HTTPConnection(self.server.upstream, timeout=SERVER_SECONDS)
        try:
            connection.request(self.command, self.path, body, headers)
            when_asked()
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        except (OSError, HTTPException):
            return Answer(502, [("Content-Type", "text/html")], b"<h1>Bad Gateway</h1>")
        finally:
            connection.close()

    def _answer(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _hang_up(self) -> None:
        """Close the line without a word; Chromium may then ask again by itself."""
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """The test counts what it needs."""


@contextmanager
def bad_line(upstream: str, seed: int) -> Iterator[Proxy]:
    with Proxy(upstream, seed) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
