"""The annotation page with 100 kB and many labels: how long the server takes, how much goes over the line."""

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

from webapp import create_app
from webapp.config import Settings
from webapp.database import Database
from webapp.domain.labels import LabelInput, Operation, Put
from webapp.domain.permissions import OPERATOR, Actor
from webapp.places import place
from webapp.services import accounts, annotating, articles, assigning, importing, maintenance, managing

PROJECT = maintenance.SEED_PROJECT
PASSWORD = "correct horse battery"
LABELS, KILOBYTES = 1_000, 100  # as many places as the article has, at most
ROUNDS = 25


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
    token = accounts.sign_in(db, "Ann", PASSWORD, "bench")
    signed_in = accounts.who_is(db, token, 72, 30)
    assert signed_in
    label(db, signed_in.actor)
    return signed_in.actor


def label(db: Database, ann: Actor) -> None:
    article = articles.open_article(db, ann, PROJECT, "long")
    places = [(u["start"], u["end"]) for u in article.units if u["kind"] in ("sentence", "piece")]
    spans = sorted(set(places))[:LABELS]
    speakers = [speaker.id for speaker in article.speakers]
    for start in range(0, len(spans), 100):
        batch = [_put(article, span, speakers[n % 7]) for n, span in enumerate(spans[start : start + 100])]
        annotating.operate(db, ann, PROJECT, "long", batch)


def _put(article: Any, span: tuple[int, int], speaker: str) -> Operation:
    start, end = span
    values = {"stance": "neutral", "claim_type": "FACT", "speaker": speaker}
    quote = article.document.text[start:end]
    sha = article.document.text_sha256
    return Put(str(uuid.uuid4()), LabelInput(str(uuid.uuid4()), sha, start, end, quote, **values))


@contextmanager
def visitor() -> Iterator[tuple[FlaskClient, int]]:
    """Ann's browser without a network between, and how many labels there are."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        db = Database(url)
        ann = fill(db)
        count = len(articles.open_article(db, ann, PROJECT, "long").labels)
        app = create_app(Settings(database_url=url, secret_key="a secret of the bench"))
        app.add_url_rule("/no-op", "no-op", lambda: ("", 204))
        client = app.test_client()
        with client.session_transaction() as session:
            session["token"] = accounts.sign_in(db, "Ann", PASSWORD, "bench")
        yield client, count
        db.close()


def milliseconds(action: Callable[[], object]) -> float:
    """The median of 25 runs, after one that warms up."""
    action()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    address = f"/p/{PROJECT}/documents"
    with visitor() as (client, labels):
        no_op = milliseconds(lambda: client.get("/no-op"))
        for name in ("long", "000"):
            page = client.get(f"{address}/{name}").get_data()
            took = milliseconds(lambda name=name: client.get(f"{address}/{name}"))
            size = len(gzip.compress(page, 5))
            what = f"annotation page, {labels} labels" if name == "long" else "annotation page, seed article"
            print(f"{what}: {took:.1f} ms on the server ({took / no_op:.0f} × no-op), {size / 1000:.1f} kB gz")
        took = milliseconds(lambda: client.get(f"{address}/long.json"))
        print(f"its JSON form: {took:.1f} ms ({took / no_op:.0f} × no-op)")
        print(f"no-op request: {no_op:.2f} ms")


if __name__ == "__main__":
    main()
