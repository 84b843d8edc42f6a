"""`stancemark serve` as it runs for users: a real gunicorn with two workers."""

import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import STANCEMARK, STOP_SECONDS, Client, Server, answers, new_folder, serving, without_settings
from webapp.config import Settings

PASSWORD = "correct horse battery staple"
ENOUGH = 12  # requests, so that both workers have answered some


def refused(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a `serve` that must not start."""
    command = [STANCEMARK, "serve", *arguments]
    environment = {**without_settings(), **environment}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def curator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Whoever has used the first link of a server that tests may share."""
    with serving(new_folder(tmp_path_factory.mktemp("shared"))) as server:
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


@pytest.mark.parametrize("which", ["server", "postgresql_server"])
def test_the_first_link_works_once(which: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(which)
    link = server.first_link()

    status, page = Client(server).get(link)
    assert (status, "curator" in page) == (200, True)
    client = signed_in(server)
    assert "Hollywood letter on AI and copyright" in client.get("/")[1]

    assert Client(server).get(link)[0] == 404
    assert Client(server).post("/sign-in", name="curator", password=PASSWORD)[0] == 200


def test_a_link_looked_at_is_not_used_up(server: Server) -> None:
    for _ in range(3):
        assert Client(server).get(server.first_link())[0] == 200
    assert Client(server).post(server.first_link(), password="short")[0] == 422
    signed_in(server)


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


def test_a_start_prints_a_new_link_only_until_somebody_has_signed_in(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    with serving(folder) as server:
        first = server.first_link().rpartition("/")[2]
    with serving(folder) as server:
        assert server.first_link().rpartition("/")[2] != first
        assert Client(server).get(f"/welcome/{first}")[0] == 404
        signed_in(server)
    with serving(folder) as server:
        assert "/welcome/" not in server.printed()
        assert Client(server).post("/sign-in", name="curator", password=PASSWORD)[0] == 200


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(server: Server, sent: signal.Signals) -> None:
    workers = server.workers()
    os.killpg(server.process.pid, sent)
    assert server.process.wait(timeout=STOP_SECONDS) == 0
    assert not answers(server.address)
    assert [id for id in workers if Path(f"/proc/{id}").exists()] == []
    assert "Traceback" not in server.printed() and '"level": "error"' not in server.printed()


def test_workers_stop_when_the_master_says_so(curator: Client) -> None:
    """A terminal's Ctrl-C reaches them too; what they are doing then is finished, and nothing waits for a lock."""
    server = curator.server
    workers = server.workers()
    for worker in workers:
        wait_until(lambda worker=worker: ignores_interrupts(worker))
        os.kill(worker, signal.SIGINT)
    assert {Client(server).get("/sign-in")[0] for _ in range(ENOUGH)} == {200}
    assert server.workers() == workers


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    secret = folder / "annotations.db.secret"
    with serving(folder) as server:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        made = secret.read_text()
        assert len(made) >= 43
        client = signed_in(server)
    with serving(folder) as again:
        assert secret.read_text() == made
        client.server = again
        assert client.get("/account")[0] == 200, "a restart signs nobody out"
    assert list(folder.glob("*.secret.*")) == []


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


# ---- what does not start ----


def test_a_taken_port_is_said_before_anything_is_made(curator: Client, tmp_path: Path) -> None:
    port = curator.server.address.rpartition(":")[2]
    code, said = refused(tmp_path, "--port", port)
    assert code == 1
    assert said == (
        f"error: Cannot listen at 127.0.0.1, port {port}: Address already in use. "
        "Choose another with --host or --port.\n"
    )
    assert not (tmp_path / "annotations.db").exists()
    assert curator.get("/account")[0] == 200


def test_postgresql_needs_a_secret_key(tmp_path: Path, blank_postgresql_url: str) -> None:
    code, said = refused(tmp_path, DATABASE_URL=blank_postgresql_url)
    assert code == 2
    assert re.fullmatch(r"error: STANCEMARK_SECRET_KEY is not set: with PostgreSQL it is needed, .*\n", said)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("STANCEMARK_WORKER", "2", "STANCEMARK_WORKERS"),
        ("STANCEMARK_WORKERS", "two", "a whole number from 1 to 64"),
        ("STANCEMARK_METRICS", "perhaps", "on or off"),
        ("DATABASE_URL", "mysql://ada:hunter2@example.org/x", "postgresql+psycopg://"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, name: str, value: str, allowed: str) -> None:
    code, said = refused(tmp_path, **{name: value})
    assert code == 2
    assert said.startswith(f"error: {name}")
    assert allowed in said
    assert said.count("\n") == 1
    assert "hunter2" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, said = refused(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/missing/annotations.db")
    assert code == 1
    assert "No such file or directory" in said
    assert said.count("\n") == 1


def test_flags_go_before_the_environment(tmp_path: Path) -> None:
    code, said = refused(tmp_path, "--threads", "0", STANCEMARK_THREADS="4")
    assert (code, said) == (2, "error: STANCEMARK_THREADS=0: a whole number from 1 to 128 is allowed\n")
    assert Settings(threads=4).with_flags(threads=6, port=None).threads == 6


def test_a_killed_job_process_is_replaced(curator: Client) -> None:
    server = curator.server
    wait_until(lambda: server.job_process() is not None)
    killed = server.job_process()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: server.job_process() not in (None, killed))


def test_no_job_process_outlives_a_server_that_was_killed(server: Server) -> None:
    wait_until(lambda: server.job_process() is not None)
    left = server.job_process()
    os.killpg(server.process.pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{left}").exists())
