"""The agreement report of 1,000 articles with 100,000 labels: computing it, opening its page, and saving beside it.

Prints a table and writes bench/results/report.json.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.browser import Figure
from bench.page import PASSWORD, long_text, milliseconds, visitor
from webapp.database import Database
from webapp.domain.labels import Delete, LabelInput, LabelReference, Put
from webapp.domain.permissions import OPERATOR, Actor
from webapp.models import Job
from webapp.services import accounts, agreeing, annotating, articles, assigning, bundles, jobs, maintenance, managing

PROJECT = maintenance.SEED_PROJECT
PAGE = f"/p/{PROJECT}/agreement"
DOCUMENTS, ANNOTATORS, EACH = 1_000, 5, 20
SAVES = 150
STANCES, CLAIMS = ("pro-copyright", "pro-fair-use", "neutral"), ("POLICY", "FACT", "VALUE", "POSITION")
RESULTS = Path(__file__).parent / "results" / "report.json"


def bundle() -> dict[str, bytes]:
    """Everybody has finished every article; each of twenty spans is marked by most, a little off, and labelled alike
    three times of four."""
    dice, words = random.Random(1), long_text()
    documents, labels, assignments = [], [], []
    people = [f"annotator {n}" for n in range(ANNOTATORS)]
    for number in range(DOCUMENTS):
        start = dice.randrange(len(words) - 4_000)
        text = " ".join(words[start : start + 4_000].split())
        id = f"long-{number:04}"
        documents.append({"id": id, "title": f"Article {number}", "text": f"{id} {text}"})
        assignments += [{"round": "main", "document": id, "annotator": name, "state": "done"} for name in people]
        labels += _labels(dice, id, f"{id} {text}", people)
    rows = {"documents.jsonl": documents, "labels.jsonl": labels, "assignments.jsonl": assignments}
    return {name: "".join(json.dumps(row) + "\n" for row in found).encode() for name, found in rows.items()}


def _labels(dice: random.Random, id: str, text: str, people: list[str]) -> Iterator[dict[str, Any]]:
    ends = [n for n, letter in enumerate(text) if letter == " "]
    step = len(ends) // EACH
    for place in range(EACH):
        stance, claim = dice.choice(STANCES), dice.choice(CLAIMS)
        for name in people:
            first, last = place * step + dice.randrange(2), place * step + step // 2 + dice.randrange(2)
            start, end = ends[first] + 1, ends[last]
            yield {
                "id": str(uuid.UUID(int=dice.getrandbits(128))),
                "round": "main",
                "state": "done",
                "document": id,
                "annotator": name,
                "start": start,
                "end": end,
                "quote": text[start:end],
                "speaker": dice.choice(("openai", "google")),
                "stance": stance if dice.random() < 0.75 else dice.choice(STANCES),
                "claim_type": claim if dice.random() < 0.75 else dice.choice(CLAIMS),
            }


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def fill(db: Database) -> Actor:
    """The bundle taken in; Ann curates, and annotates a seed article."""
    maintenance.prepare(db)
    accounts.add_person(db, OPERATOR, "Ann", password=PASSWORD)
    managing.set_roles(db, OPERATOR, PROJECT, "Ann", frozenset({"curator", "annotator"}))
    bundles.import_bundle(db, OPERATOR, PROJECT, bundle())
    assigning.assign(db, OPERATOR, PROJECT, ["Ann"], 1, documents=["000"])
    signed_in = accounts.who_is(db, accounts.sign_in(db, "Ann", PASSWORD, "bench"), 72, 30)
    assert signed_in
    return signed_in.actor


def of_the_page(url: str, db: Database) -> Iterator[Figure]:
    client = visitor(url, db)
    no_op = milliseconds(lambda: client.get("/no-op"))
    client.get(PAGE)
    job = jobs.claim(db)
    assert job is not None and job.kind == "figures"
    yield Figure("all figures but γ", seconds(lambda: agreeing.compute_figures(db, job)), "s", 10)
    jobs.finish(db, job)
    assert "5 annotators" in client.get(PAGE).text
    took = milliseconds(lambda: client.get(PAGE))
    yield Figure("report page, figures there", took / 1000, "s", 1, took / no_op, "no-op request")


def of_saving(url: str, db: Database, ann: Actor) -> Iterator[Figure]:
    """The median save alone, then with γ being computed beside it as the job process does."""
    alone = _median_save(db, ann)
    environment = dict(os.environ) | {"DATABASE_URL": url}
    with subprocess.Popen([sys.executable, "-m", "webapp.cli", "jobs", "--once"], env=environment) as process:
        while not _is_at_it(db):
            time.sleep(0.05)
        beside = _median_save(db, ann)
        assert process.poll() is None, "γ was done before the saves were"
        process.terminate()
    yield Figure("save, nothing beside it", alone, "ms")
    yield Figure("save while γ is computed", beside, "ms", None, beside / alone, "save alone")


def _is_at_it(db: Database) -> bool:
    """Whether the other process has told how far it is: its libraries are loaded by then, and the labels read."""
    with db.reading() as session:
        return session.scalar(select(Job.progress).where(Job.kind == "gamma")) not in (None, "")


def _median_save(db: Database, ann: Actor) -> float:
    article = articles.open_article(db, ann, PROJECT, "000")
    text, sha = article.document.text, article.document.text_sha256
    values = {"stance": "neutral", "claim_type": "FACT", "speaker": "openai"}
    id, base, times = str(uuid.uuid4()), 0, []
    sentence = next(unit for unit in article.units if unit["kind"] == "sentence")
    start, end = sentence["start"], sentence["end"]
    for number in range(SAVES):
        label = LabelInput(id, sha, start, end, text[start:end], **values, base=base, note=str(number))
        begun = time.perf_counter()
        (result,) = annotating.operate(db, ann, PROJECT, "000", [Put(str(uuid.uuid4()), label)]).results
        times.append((time.perf_counter() - begun) * 1000)
        assert result.status == "stored", result
        base = result.revision
    annotating.operate(db, ann, PROJECT, "000", [Delete(str(uuid.uuid4()), LabelReference(id, base))])
    return statistics.median(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        db = Database(url)
        ann = fill(db)
        figures = [*of_the_page(url, db), *of_saving(url, db, ann)]
        db.close()
    for figure in figures:
        print(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
