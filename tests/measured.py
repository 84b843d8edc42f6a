"""What a server's processes take, stage by stage: processor time and the most memory, asked of the system."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Server

_TICK = os.sysconf("SC_CLK_TCK")
_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass
class Stage:
    """`server`, `clients`: processor seconds of the server's processes and of this one."""

    name: str
    seconds: float = 0.0
    server: float = 0.0
    clients: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)  # MB resident, the most that a process of each role had
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def tell(self, words: str) -> None:
        self.notes.append(words)

    def rate(self, what: str, number: int) -> None:
        self.counts[what] = number

    def answers(self, kind: str, seconds: Sequence[float]) -> None:
        """How long the answers of a kind took."""
        if seconds:
            ranked = sorted(seconds)
            middle, late = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.99)]
            figures = f"median {middle * 1000:.0f}, p99 {late * 1000:.0f}, most {ranked[-1] * 1000:.0f} ms"
            self.tell(f"{kind} ({len(ranked):,}): {figures}")

    def lines(self) -> Iterator[str]:
        took = f"{self.seconds:8.1f} s  server {self.server:7.1f} s  clients {self.clients:6.1f} s"
        memory = "".join(f"  {role} {size} MB" for role, size in sorted(self.memory.items()))
        yield f"{self.name:52}{took}{memory}"
        for what, number in self.counts.items():
            yield f"    {number:,} {what}, {number / self.seconds:,.0f} a second"
        yield from (f"    {words}" for words in self.notes)


class Stages:
    """`with stages("labelling") as stage:` measures a stage; a thread beside looks for the most memory."""

    def __init__(self, server: Server) -> None:
        self._server, self._done = server, threading.Event()
        self._stages: list[Stage] = []
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @contextmanager
    def __call__(self, name: str) -> Iterator[Stage]:
        stage = Stage(name)
        self._stages.append(stage)
        begun, server, clients = time.perf_counter(), self._processor_seconds(), time.process_time()
        yield stage
        stage.seconds = time.perf_counter() - begun
        stage.server = self._processor_seconds() - server
        stage.clients = time.process_time() - clients

    def stop(self) -> None:
        self._done.set()
        self._watcher.join()

    def table(self) -> str:
        return "\n".join(["", *(line for stage in self._stages for line in stage.lines())])

    def _watch(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN_LOOKS):
            for process in self._processes() if self._stages else ():
                role, most = _role(process), self._stages[-1].memory
                most[role] = max(_memory(process), most.get(role, 0))

    def _processes(self) -> list[int]:
        """The server's master and all below it."""
        found = [self._server.process.pid]
        for process in found:
            found += [int(child) for child in _read(process, f"task/{process}/children").split()]
        return found

    def _processor_seconds(self) -> float:
        """Of all that live, and of those that they have seen ending."""
        fields = (_read(process, "stat").rpartition(")")[2].split() for process in self._processes())
        return sum(sum(map(int, one[11:15])) for one in fields) / _TICK


def seconds_of(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _role(process: int) -> str:
    command = _read(process, "cmdline").split("\0")
    if {"--once", "--claimed"} & {*command}:
        return "job"
    if "jobs" in command:
        return "its parent"
    return "worker"  # or their master, which is smaller


def _memory(process: int) -> int:
    """Resident now: a web worker that checks a password takes 64 MB more for a moment."""
    found = [line for line in _read(process, "status").splitlines() if line.startswith("VmRSS")]
    return int(found[0].split()[1]) // 1024 if found else 0


def _read(process: int, name: str) -> str:
    """Empty where the process has just ended."""
    try:
        return Path(f"/proc/{process}/{name}").read_text()
    except OSError:
        return ""
