"""`stancemark serve` as it runs for users: a real gunicorn with two workers. What does not start: tests/cli."""

import json
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.servers import STOP_SECONDS, Client, Server, answers, new_folder, serving
from webapp.database import Database
from webapp.models import Project
from webapp.services import jobs

PASSWORD = "correct horse battery staple"
ENOUGH = 12  # requests, so that both workers have answered some


@pytest.fixture(scope="module")
def curator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Whoever has used the first link of a server that tests may share, after looking at it and a mistake."""
    with serving(new_folder(tmp_path_factory.mktemp("shared"))) as server:
        client = Client(server)
        assert [client.get(server.first_link())[0] for _ in range(2)] == [200, 200]
        assert client.post(server.first_link(), password="short")[0] == 422
        yield signed_in(server)


def signed_in(server: Server) -> Client:
    client = Client(server)
    assert client.post(server.first_link(), password=PASSWORD)[0] == 200
    return client


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + STOP_SECONDS
    while not is_so():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.05)


def ignores_interrupts(process: int) -> bool:
    found = re.search(r"SigIgn:\s+([0-9a-f]+)", Path(f"/proc/{process}/status").read_text())
    assert found
    return bool(int(found[1], 16) & 1 << (signal.SIGINT - 1))


def test_the_first_link_works_once(curator: Client) -> None:
    server = curator.server
    assert "Hollywood letter on AI and copyright" in curator.get("/")[1]
    assert Client(server).get(server.first_link())[0] == 404
    assert Client(server).post("/sign-in", name="curator", password=PASSWORD)[0] == 200


def test_two_workers_agree_who_is_signed_in(curator: Client) -> None:
    assert len(curator.server.workers()) == 2
    assert {curator.get("/account")[0] for _ in range(ENOUGH)} == {200}
    assert {Client(curator.server).get("/account.json")[0] for _ in range(ENOUGH)} == {401}


def test_a_killed_worker_is_replaced_and_nobody_is_signed_out(curator: Client) -> None:
    server = curator.server
    for victim in server.workers():
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda victim=victim: victim not in server.workers() and len(server.workers()) == 2)
        assert curator.get("/account")[0] == 200


def test_workers_stop_when_the_master_says_so(curator: Client) -> None:
    """A terminal's Ctrl-C reaches them too; what they are doing then is finished, and nothing waits for a lock."""
    server = curator.server
    workers = server.workers()
    for worker in workers:
        wait_until(lambda worker=worker: ignores_interrupts(worker))
        os.kill(worker, signal.SIGINT)
    assert {Client(server).get("/sign-in")[0] for _ in range(ENOUGH)} == {200}
    assert server.workers() == workers


def test_a_worker_stays_small(curator: Client) -> None:
    for _ in range(ENOUGH):
        curator.get("/")
    sizes = [_resident_mb(worker) for worker in curator.server.workers()]
    print("resident memory of each worker, MB:", sizes)
    assert max(sizes) <= 120


def _resident_mb(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) // 1024


def test_a_killed_job_process_is_replaced(curator: Client) -> None:
    server = curator.server
    wait_until(lambda: server.job_process() is not None)
    killed = server.job_process()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: server.job_process() not in (None, killed))


def test_after_its_address_a_start_prints_its_log_and_nothing_else(curator: Client) -> None:
    first, *lines = curator.server.printed().splitlines()
    assert first == "Made sqlite:///annotations.db"
    assert [line.partition(":")[0] for line in lines[:2]] == [
        "Stancemark is at http",
        "First sign-in, for one hour and one use",
    ]
    assert all(json.loads(line)["event"] for line in lines[2:]) and len(lines) > ENOUGH


# ---- starts and stops ----


def test_one_server_is_started_stopped_and_killed(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    secret = folder / "annotations.db.secret"
    with serving(folder) as server:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        made, first = secret.read_text(), server.first_link().rpartition("/")[2]
        assert len(made) >= 43
        check_stopped(server, signal.SIGTERM, under_way(server))
    with serving(folder) as server:
        assert said_at_start(server) == [], "it was closed in order, and all was in place"
        assert server.first_link().rpartition("/")[2] != first
        assert Client(server).get(f"/welcome/{first}")[0] == 404
        client = signed_in(server)
        check_stopped(server, signal.SIGINT)
    leave_a_job(server.database_url)
    with serving(folder) as server:
        (said,) = said_at_start(server)
        assert said.startswith("1 job may be under way in another process; what stands still for 30 seconds ")
        assert "/welcome/" not in server.printed()
        client.server = server
        assert client.get("/account")[0] == 200, "a restart signs nobody out"
        wait_until(lambda: server.job_process() is not None)
        left = server.job_process()
        os.killpg(server.process.pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{left}").exists())
        server.process.wait()
    assert secret.read_text() == made
    assert list(folder.glob("*.secret.*")) == []


def leave_a_job(url: str) -> None:
    """One that somebody has just begun."""
    with closing(Database(url)) as db:
        with db.writing() as session:
            jobs.want(session, session.scalars(select(Project.id)).one(), "figures", "main", {"rounds": ["main"]})
        assert jobs.claim(db)


def said_at_start(server: Server) -> list[str]:
    """What it says before its address."""
    lines = server.printed().splitlines()
    return lines[: next(n for n, line in enumerate(lines) if line.startswith("Stancemark is at "))]


def under_way(server: Server) -> socket.socket:
    """A form of which the server has begun to read what is yet to be sent."""
    host, port = server.address.removeprefix("http://").split(":")
    sending = socket.create_connection((host, int(port)), timeout=STOP_SECONDS)
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 6\r\n"
    sending.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
    assert sending.recv(100).startswith(b"HTTP/1.1 100 Continue")
    return sending


def check_stopped(server: Server, sent: signal.Signals, asking: socket.socket | None = None) -> None:
    """It ends in order, with all its processes, when what is `asking` has its answer."""
    workers = server.workers()
    os.killpg(server.process.pid, sent)
    wait_until(lambda: not answers(server.address))
    if asking:
        with asking, HTTPResponse(asking) as answer:
            asking.sendall(b"name=A")
            answer.begin()
            assert answer.status == 400 and b"The page is out of date" in answer.read()
    assert server.process.wait(timeout=STOP_SECONDS) == 0
    assert [id for id in workers if Path(f"/proc/{id}").exists()] == []
    assert "Traceback" not in server.printed() and '"level": "error"' not in server.printed()
