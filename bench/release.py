"""A release of 1,000 articles with 100,000 labels, and what leaves of it: seconds and the most memory that it took.

Prints a table and writes bench/results/release.json.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from bench.browser import Figure
from bench.report import PROJECT, bundle, seconds
from webapp.database import Database
from webapp.domain.permissions import OPERATOR
from webapp.services import bundles, maintenance

RESULTS = Path(__file__).parent / "results" / "release.json"
COMMANDS = {
    "release": ("release of 100,000 labels", ("release", PROJECT, "--partial"), 20.0, None),
    "labels": ("export of 100,000 labels", ("export", "labels", "--project", PROJECT), 1.5, 150.0),
    "gold": ("export of its gold", ("export", "gold", "--project", PROJECT), None, None),
}


def figures(url: str, folder: Path) -> Iterator[Figure]:
    no_op = seconds(lambda: _run(url, "round", "list", PROJECT))
    for name, (what, words, most, most_memory) in COMMANDS.items():
        out = () if name == "release" else ("--out", str(folder / f"{name}.jsonl"))
        used = list[resource.struct_rusage]()
        took = seconds(lambda: used.append(_run(url, *words, *out)))  # noqa: B023
        yield Figure(what, took, "s", most, took / no_op, "stancemark round list")
        yield Figure(f"{what}, beyond the program's start", took - no_op, "s")
        yield Figure(f"{what}, processor time", used[0].ru_utime + used[0].ru_stime, "s")
        yield Figure(f"{what}, most memory", used[0].ru_maxrss / 1024, "MB", most_memory)


def _run(url: str, *words: str) -> resource.struct_rusage:
    """What the command used. This process stays small: a child's memory begins with its parent's."""
    command = [sys.executable, "-m", "webapp.cli", "--database", url, *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return usage


def fill(url: str) -> None:
    db = Database(url)
    maintenance.prepare(db)
    bundles.import_bundle(db, OPERATOR, PROJECT, bundle())
    db.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        filling = get_context("spawn").Process(target=fill, args=(url,))
        filling.start()
        filling.join()
        assert filling.exitcode == 0
        found = list(figures(url, folder))
    for figure in found:
        print(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
