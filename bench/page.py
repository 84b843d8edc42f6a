"""The annotation page with 100 kB and 1,000 labels: what it costs on the server, on the line and in Chromium.

Prints a table and writes bench/results/page.json: each time also as a ratio to a peer of the same run.
"""

import gzip
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from bench import browser
from webapp import create_app
from webapp.config import Settings
from webapp.database import Database
from webapp.domain.labels import LabelInput, Operation, Put
from webapp.domain.permissions import OPERATOR, Actor
from webapp.places import place
from webapp.services import accounts, annotating, articles, assigning, importing, maintenance, managing

PROJECT = maintenance.SEED_PROJECT
ADDRESS = f"/p/{PROJECT}/documents"
PASSWORD = "correct horse battery"
SECRET = "a secret of the bench"
LABELS, KILOBYTES = 1_000, 100
ROUNDS = 25
RESULTS = Path(__file__).with_name("results") / "page.json"


def long_text() -> str:
    """The seed articles one after another until there are 100 kB."""
    seeds = [json.loads(line)["text"] for line in (place("seeds") / "articles.jsonl").read_text("utf-8").splitlines()]
    text = "\n\n".join(seeds * 8)
    return text.encode()[: KILOBYTES * 1024].decode("utf-8", "ignore")


def fill(db: Database) -> Actor:
    """Ann, with the long article and 1,000 labels on it, the seed article 000 assigned too."""
    maintenance.prepare(db)
    accounts.add_person(db, OPERATOR, "Ann", password=PASSWORD)
    managing.set_roles(db, OPERATOR, PROJECT, "Ann", frozenset({"annotator"}))
    importing.import_documents(db, OPERATOR, PROJECT, [("long.txt", long_text().encode())])
    assigning.assign(db, OPERATOR, PROJECT, ["Ann"], 1, documents=["long", "000"])
    signed_in = accounts.who_is(db, accounts.sign_in(db, "Ann", PASSWORD, "bench"), 72, 30)
    assert signed_in
    label(db, signed_in.actor)
    return signed_in.actor


def label(db: Database, ann: Actor) -> None:
    article = articles.open_article(db, ann, PROJECT, "long")
    found = _places(article)
    speakers = [speaker.id for speaker in article.speakers]
    for start in range(0, len(found), 100):
        batch = [_put(article, span, speakers[n % 7]) for n, span in enumerate(found[start : start + 100])]
        annotating.operate(db, ann, PROJECT, "long", batch)


def _places(article: Any) -> list[tuple[int, int]]:
    """1,000 spans: sentences and what is quoted in them, and for the rest the first words of long sentences."""
    text = article.document.text
    units = {(u["start"], u["end"]) for u in article.units if u["kind"] in ("sentence", "piece")}
    openings = {(s, s + text[s:e].index(" ", (e - s) // 2)) for s, e in units if " " in text[s:e][(e - s) // 2 : -1]}
    return sorted([*units, *sorted(openings - units)[: LABELS - len(units)]])


def _put(article: Any, span: tuple[int, int], speaker: str) -> Operation:
    start, end = span
    values = {"stance": "neutral", "claim_type": "FACT", "speaker": speaker}
    quote = article.document.text[start:end]
    sha = article.document.text_sha256
    return Put(str(uuid.uuid4()), LabelInput(str(uuid.uuid4()), sha, start, end, quote, **values))


@contextmanager
def database() -> Iterator[tuple[str, Database, int]]:
    """Its address, the open database, and how many labels there are."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        db = Database(url)
        ann = fill(db)
        yield url, db, len(articles.open_article(db, ann, PROJECT, "long").labels)
        db.close()


def visitor(url: str, db: Database) -> FlaskClient:
    """Ann's browser without a network between."""
    app = create_app(Settings(database_url=url, secret_key=SECRET))
    app.add_url_rule("/no-op", "no-op", lambda: ("", 204))
    client = app.test_client()
    with client.session_transaction() as session:
        session["token"] = accounts.sign_in(db, "Ann", PASSWORD, "bench")
    return client


def milliseconds(action: Callable[[], object]) -> float:
    """The median of 25 runs, after one that warms up."""
    action()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def on_the_server(client: FlaskClient) -> Iterator[browser.Figure]:
    no_op = milliseconds(lambda: client.get("/no-op"))
    yield browser.Figure("no-op request, server", no_op, "ms")
    for path, what, most in (("long", "long article", 60), ("000", "seed article", None), ("long.json", "JSON", None)):
        took = milliseconds(lambda path=path: client.get(f"{ADDRESS}/{path}"))
        yield browser.Figure(f"{what}, server", took, "ms", most, took / no_op, "no-op request")
    size = len(gzip.compress(client.get(f"{ADDRESS}/long").get_data(), 5))
    yield browser.Figure("long article, page", size / 1000, "kB gz", 250)


def main() -> None:
    with database() as (url, db, labels):
        figures = [browser.Figure("labels on the long article", labels, "")]
        figures += on_the_server(visitor(url, db))
        figures += browser.figures(url, ADDRESS, "Ann", PASSWORD)
    for figure in figures:
        print(figure)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([figure.record() for figure in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
