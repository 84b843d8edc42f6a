"""What a server's processes take, stage by stage: processor time and the most memory, asked of the system."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
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
    job_memory: int = 0  # MB, the most that a job's own process had
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
        memory = f"  job {self.job_memory} MB" if self.job_memory else ""
        yield f"{self.name:52}{took}{memory}"
        for what, number in self.counts.items():
            yield f"    {number:,} {what}, {number / self.seconds:,.0f} a second"
        yield from (f"    {words}" for words in self.notes)


class Stages:
    """`with stages("labelling") as stage:` measures a stage; a thread beside looks for the most memory."""

    def __init__(self, server: Server) -> None:
        self._server, self._done = server, threading.Event()
        self._stages: list[Stage] = []
        self._most: dict[str, int] = {}
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
        most = ", ".join(f"{role} {size} MB" for role, size in sorted(self._most.items()))
        return "\n".join(["", *(line for stage in self._stages for line in stage.lines()), f"most memory: {most}"])

    def _watch(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN_LOOKS):
            for process in self._processes():
                role, size = _role(process), _most_memory(process)
                self._most[role] = max(size, self._most.get(role, 0))
                if role == "job" and self._stages:
                    self._stages[-1].job_memory = max(size, self._stages[-1].job_memory)

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


def _role(process: int) -> str:
    command = _read(process, "cmdline").split("\0")
    if {"--once", "--claimed"} & {*command}:
        return "job"
    if "jobs" in command:
        return "job process"
    return "web worker"  # or their master, which is smaller


def _most_memory(process: int) -> int:
    found = [line for line in _read(process, "status").splitlines() if line.startswith("VmHWM")]
    return int(found[0].split()[1]) // 1024 if found else 0


def _read(process: int, name: str) -> str:
    """Empty where the process has just ended."""
    try:
        return Path(f"/proc/{process}/{name}").read_text()
    except OSError:
        return ""
