"""`serve`: the web server, and nothing that `init` would not do before."""

import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy import make_url

from webapp import create_app, logs, metrics
from webapp.cli import console, jobs, starting
from webapp.config import BadSetting, Settings
from webapp.database import Database
from webapp.domain.errors import Invalid
from webapp.services import accounts

_SECONDS_TO_STOP = 8  # for answers under way; a client that sends half a request does not hold the end up longer

# The longer a worker waits before it takes a connection, the more it has already: so those that stay open for many
# requests are shared out; whoever woke up first would often take them all, and the other worker stand idle.
_WAIT_EACH, _WAIT_MOST = 0.0002, 0.004  # seconds

_SECONDS_BETWEEN_STARTS = 10.0  # of the job process, should it end at once


class _Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker, which stops in peace."""

    def init_signals(self) -> None:
        """A terminal sends Ctrl-C to the workers too, and the master tells them again; gunicorn's own answer to both
        at once can wait for its own lock until it is killed. So only the master is listened to, and requests are
        finished.
        """
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGQUIT, self.handle_exit)

    def accept(self, listener: Any) -> None:
        """A worker with fewer connections goes first."""
        if self.alive:
            time.sleep(min(self.nr_conns * _WAIT_EACH, _WAIT_MOST))
        super().accept(listener)

    def set_accept_enabled(self, enabled: bool) -> None:
        """On stopping: whoever has connected by now is answered. Left open, the port would let more come in, to wait
        in vain; closed, it sends them away at once, or to the workers that come after a reload.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def run(self) -> None:
        self.wsgi.extensions["database"].when_stuck = lambda: os.kill(os.getpid(), signal.SIGTERM)  # another comes
        super().run()
        self.wsgi.extensions["database"].close()  # whoever closes a SQLite file last takes its log away

    def _accept_all(self, listener: Any) -> None:
        before = -1
        while before != self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own messages in the form of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.JsonLines())


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which keeps the job process alive as it does its workers."""

    def __init__(self, app: "_Server") -> None:
        super().__init__(app)
        self._jobs: subprocess.Popen[bytes] | None = None
        self._jobs_started = -_SECONDS_BETWEEN_STARTS

    def manage_workers(self) -> None:
        """Called about once a second."""
        super().manage_workers()
        has_ended = self._jobs is None or self._jobs.poll() is not None
        if has_ended and time.monotonic() - self._jobs_started >= _SECONDS_BETWEEN_STARTS:
            self._jobs, self._jobs_started = jobs.start(self.app.settings), time.monotonic()

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        if self._jobs is not None:
            self._jobs.terminate()
        self.app.forget_metrics()
        super().halt(reason, exit_status)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; each worker makes its own application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.forget_metrics = metrics.share_folder() if settings.metrics else lambda: None
        super().__init__()

    def run(self) -> None:
        _Master(self).run()

    def load_config(self) -> None:
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        chosen: dict[str, Any] = {
            "bind": f"{host}:{self.settings.port}",
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            "worker_class": _Worker,
            "graceful_timeout": _SECONDS_TO_STOP,
            "control_socket_disable": True,  # it would be a file in a folder that may be read-only
            "loglevel": "warning",
            "logger_class": _Log,
            "proc_name": "stancemark",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self.settings)


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret key, where none is given one made once beside the SQLite file. Raises BadSetting."""
    if settings.secret_key:
        return settings
    if not settings.uses_sqlite:
        raise BadSetting("STANCEMARK_SECRET_KEY is not set: with PostgreSQL it is needed, the same for every server")
    path = secret_file(settings)
    try:
        if not path.exists():
            _write_secret(path)
        return settings.with_flags(secret_key=path.read_text("ascii"))
    except OSError as why:
        raise Invalid(f"The secret key {path} cannot be made or read: {why.strerror}. Mend its folder.") from None


def secret_file(settings: Settings) -> Path:
    """Where the secret key is kept: beside the SQLite file. Raises BadSetting for a database without a file."""
    file = make_url(settings.database_url).database
    if not file or file == ":memory:":
        raise BadSetting("DATABASE_URL names no file: only sqlite:///FILE can be served")
    return Path(f"{file}.secret")


def _check_port(settings: Settings) -> None:
    """Raises Invalid where the server could not listen; before anything is made, and before the first link changes."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as why:
        words = f"Cannot listen at {settings.host}, port {settings.port}: {why.strerror}."
        raise Invalid(f"{words} Choose another with --host or --port.") from None


def _write_secret(path: Path) -> None:
    """A new key at `path`, whole or not at all; where two servers start at once the first one's stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _shown_address(settings: Settings) -> str:
    """An address that can be clicked: a server that listens everywhere is reached on this machine too."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{host}:{settings.port}"


@click.command()
@click.option("--host", help="The address to listen at; default 127.0.0.1.")
@click.option("--port", type=int, help="The port to listen at; default 8000.")
@click.option("--workers", type=int, help="Worker processes; default 2.")
@click.option("--threads", type=int, help="Threads a worker; default 8.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, workers: int | None, threads: int | None) -> None:
    """Make or upgrade the database, then serve the pages until Ctrl-C."""
    settings = settings.with_flags(host=host, port=port, workers=workers, threads=threads)
    _check_port(settings)
    settings = with_secret(settings)
    with closing(Database(settings.database_url)) as db:  # before gunicorn forks: no connection is shared
        done = starting.prepare(db)
        starting.tell_of_jobs(db)
        token = accounts.first_link(db)
        if done.is_new:
            click.echo(f"Made {console.shown(db)}")
    address = _shown_address(settings)
    click.echo(f"Stancemark is at {address}/")
    if token:
        click.echo(f"First sign-in, for one hour and one use: {address}/welcome/{token}")
    logs.configure()
    _Server(settings).run()


COMMANDS = (serve,)
