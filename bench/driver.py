"""Clients that keep their connection and send the next request when the last is answered: processes of ours, raw
sockets, so that the driver takes little of what it measures."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

PROCESSES = 2
LEAD = 0.2  # seconds for every process to be there before the first sends

Requests = Callable[[], Iterator[bytes]]  # the whole requests of one client, one after another


@dataclass
class Drive:
    """What came of it: answers that were as wished, seconds from the first to the last, and how long each took."""

    answers: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # seconds

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        found = sorted(self.latencies)
        return found[min(len(found) - 1, int(len(found) * share))] * 1000


def drive(port: int, clients: Sequence[Requests], wished: bytes, seconds: float) -> Drive:
    """Let all clients work for so long. Raises AssertionError at the first answer without the `wished` bytes."""
    number, begin = min(PROCESSES, len(clients)), time.monotonic() + LEAD
    parts = [_start(port, clients[n::number], wished, begin, seconds) for n in range(number)]
    drives = [_result(*part) for part in parts]
    return Drive(
        sum(d.answers for d in drives), max(d.seconds for d in drives), [t for d in drives for t in d.latencies]
    )


def _start(*work: Any) -> tuple[BaseProcess, Connection]:
    """A process that does the work and sends what came of it."""
    here, there = Pipe(duplex=False)
    process = get_context("fork").Process(target=lambda: there.send(_work(*work)))
    process.start()
    there.close()  # so that the end of a process that fails is seen
    return process, here


def _result(process: BaseProcess, connection: Connection) -> Drive:
    try:
        found: Drive = connection.recv()
    except EOFError:
        raise AssertionError("A client failed; see above.") from None
    finally:
        process.join()
    return found


class _Client:
    """One connection: what it has asked, since when, and what has come so far."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._come = b""
        self._sent = 0.0

    def ask(self) -> None:
        request = next(self._requests)
        self._come, self._sent = b"", time.monotonic()
        self.socket.sendall(request)

    def take(self, wished: bytes) -> float | None:
        """Seconds since it asked, once the answer is whole."""
        more = self.socket.recv(1 << 18)
        assert more, f"cut off after {self._come[:300]!r}"
        self._come += more
        head, found, body = self._come.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        assert wished in self._come, self._come[:1000]
        return time.monotonic() - self._sent


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _work(port: int, clients: Sequence[Requests], wished: bytes, begin: float, seconds: float) -> Drive:
    done, waiting = Drive(), selectors.DefaultSelector()
    there = [_Client(port, requests()) for requests in clients]
    for client in there:
        waiting.register(client.socket, selectors.EVENT_READ, client)
    time.sleep(max(0.0, begin - time.monotonic()))
    for client in there:
        client.ask()
    left, end = len(there), begin + seconds
    while left:
        for key, _ in waiting.select():
            took = key.data.take(wished)
            if took is not None:
                done.answers += 1
                done.latencies.append(took)
                if time.monotonic() < end:
                    key.data.ask()
                else:  # the server may close it before the last of the others is answered
                    waiting.unregister(key.fileobj)
                    left -= 1
    done.seconds = time.monotonic() - begin
    for client in there:
        client.socket.close()
    return done
