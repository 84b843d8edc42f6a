"""1,000 articles with 100,000 labels: taking them in, a release of them, and what leaves of it; seconds and the most
memory that each took.

Prints a table and writes bench/results/release.json.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

from bench.browser import Figure
from bench.report import PROJECT, bundle, seconds
from webapp.database import Database
from webapp.services import maintenance

RESULTS = Path(__file__).parent / "results" / "release.json"
ARCHIVE = "bundle.zip"
# what is measured, the command's words, and the most seconds and megabytes that the contract allows
COMMANDS = (
    ("import of 100,000 labels", ("import", "labels", ARCHIVE, "--project", PROJECT), None, None),
    ("release of 100,000 labels", ("release", PROJECT, "--partial"), 20.0, None),
    ("export of 100,000 labels", ("export", "labels", "--project", PROJECT, "--out", "labels.jsonl"), 1.5, 150.0),
    ("export of its gold", ("export", "gold", "--project", PROJECT, "--out", "gold.jsonl"), None, None),
)


def figures(folder: Path) -> Iterator[Figure]:
    no_op = seconds(lambda: _run(folder, "round", "list", PROJECT))
    for what, words, most, most_memory in COMMANDS:
        used = list[resource.struct_rusage]()
        took = seconds(lambda: used.append(_run(folder, *words)))  # noqa: B023
        yield Figure(what, took, "s", most, took / no_op, "stancemark round list")
        yield Figure(f"{what}, beyond the program's start", took - no_op, "s")
        yield Figure(f"{what}, processor time", used[0].ru_utime + used[0].ru_stime, "s")
        yield Figure(f"{what}, most memory", used[0].ru_maxrss / 1024, "MB", most_memory)


def _run(folder: Path, *words: str) -> resource.struct_rusage:
    """What the command used. This process stays small: a child's memory begins with its parent's."""
    command = [sys.executable, "-m", "webapp.cli", "--database", "sqlite:///bench.db", *words]
    place = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[1])}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=place, stdout=quiet, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return usage


def fill(folder: Path) -> None:
    """The database with the seeds, and the bundle beside it."""
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in bundle().items():
            archive.writestr(name, content)
    with closing(Database(f"sqlite:///{folder / 'bench.db'}")) as db:
        maintenance.prepare(db)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filling = get_context("spawn").Process(target=fill, args=(folder,))
        filling.start()
        filling.join()
        assert filling.exitcode == 0
        found = list(figures(folder))
    for figure in found:
        print(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
