"""`/metrics` for Prometheus: requests by the template of their address, saves, jobs. Nobody's words or names."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, g, request

if TYPE_CHECKING:
    from webapp.services.annotating import Result

# where the library looks for the folder in which the workers of one server share their counts
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # any other word may be sent


def share_folder() -> Callable[[], None]:
    """Make the folder for the processes that come; before any of them counts. Returns what takes it away again."""
    folder = os.environ[_FOLDER] = tempfile.mkdtemp(prefix="stancemark-metrics-")
    return lambda: shutil.rmtree(folder, ignore_errors=True)


class Counts:
    """The counts of this process. The library is imported here: who measures nothing need not load it."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._own = CollectorRegistry()
        self.requests = Counter("stancemark_requests", "Answers.", ("method", "route", "status"), registry=self._own)
        self.seconds = Histogram(
            "stancemark_request_seconds",
            "From a request to the beginning of its answer.",
            ("method", "route"),
            registry=self._own,
            buckets=_SECONDS,
        )
        self.saves = Counter(
            "stancemark_saves",
            "Operations on labels; a refused one with its code.",
            ("status", "code"),
            registry=self._own,
        )

    def page(self, jobs: Mapping[str, int]) -> bytes:
        """All workers' counts as Prometheus reads them."""
        from prometheus_client import CollectorRegistry, generate_latest, multiprocess

        counted = self._own
        if _FOLDER in os.environ:
            counted = CollectorRegistry()
            multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + _jobs_page(jobs)


def _jobs_page(jobs: Mapping[str, int]) -> bytes:
    """Written by hand: the database knows these, no process counts them."""
    head = "# HELP stancemark_jobs Slow work that waits or is being done.\n# TYPE stancemark_jobs gauge\n"
    return (head + "".join(f'stancemark_jobs{{state="{state}"}} {number}\n' for state, number in jobs.items())).encode()


def counts() -> Counts | None:
    """Those of this application; None where nothing is measured."""
    found: Counts | None = current_app.extensions["metrics"]
    return found


def count_saves(results: "Iterable[Result]") -> None:
    """To be called once for each request with operations."""
    if found := counts():
        for result in results:
            found.saves.labels(result.status, result.refusal.code if result.refusal else "").inc()


def _begin() -> None:
    g.begun = perf_counter()


def _end(response: Response) -> Response:
    if (found := counts()) and "begun" in g:
        method = request.method if request.method in _METHODS else "other"
        route = request.url_rule.rule if request.url_rule else ""
        found.requests.labels(method, route, response.status_code).inc()
        found.seconds.labels(method, route).observe(perf_counter() - g.begun)
    return response


def init_app(app: Flask) -> None:
    """To be called first, so that all that is done for a request is measured."""
    app.extensions["metrics"] = Counts() if app.extensions["settings"].metrics else None
    if app.extensions["metrics"]:
        app.before_request(_begin)
        app.after_request(_end)
