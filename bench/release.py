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
        memory = list[float]()
        took = seconds(lambda: memory.append(_run(url, *words, *out)))  # noqa: B023
        yield Figure(what, took, "s", most, took / no_op, "stancemark round list")
        yield Figure(f"{what}, most memory", memory[0], "MB", most_memory)


def _run(url: str, *words: str) -> float:
    """The most memory that the command held, in MB."""
    command = [sys.executable, "-m", "webapp.cli", "--database", url, *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        db = Database(url)
        maintenance.prepare(db)
        bundles.import_bundle(db, OPERATOR, PROJECT, bundle())
        db.close()
        found = list(figures(url, folder))
    for figure in found:
        print(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
