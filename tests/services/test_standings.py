"""Whatever people do in whatever order: the queue counts what the pages show, the pages show what `gold` computes."""

import random
import uuid
from contextlib import suppress
from dataclasses import astuple
from typing import Any

from tests.decisions import decide, decision, gold, opened
from tests.world import OTHER_WORDS, SLUG, WORDS, World, delete, finish, put, reopen
from webapp.domain.annotations import annotations
from webapp.domain.errors import Invalid
from webapp.domain.files.annotation_files import own_scheme, read_records
from webapp.domain.gold.consensus import bundle_gold
from webapp.domain.permissions import OPERATOR
from webapp.domain.schemes import parse_scheme
from webapp.services import adjudicating
from webapp.services.comparing import comparable
from webapp.services.standings import counts_of

SEED = 5  # one with which everything happens that the test asks for at its end
SPANS = (WORDS, WORDS[:-1], OTHER_WORDS, "Google", "Hollywood")
HOLDERS = {"000": ("Alice", "Bob", "Carol"), "001": ("Alice", "Bob")}


class People:
    """Three who label two articles, and Curt, who decides and gives back; each step is one of theirs by chance."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.labels: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def step(self) -> None:
        document = self.chance.choice(list(HOLDERS))
        acts = {self.label: 5, self.decide: 2, self.give_back: 2}
        (act,) = self.chance.choices(list(acts), list(acts.values()))
        act(document)

    def label(self, document: str) -> None:
        name = self.chance.choice(HOLDERS[document])
        own = self.labels.setdefault((name, document), [])
        self.world.operate(name, document, reopen())
        known = self.chance.choice(own) if own and self.chance.random() < 0.6 else None
        if known and self.chance.random() < 0.3:
            self._tried(own, known, self.world.operate(name, document, delete(known["id"], known["base"])))
        else:
            sent = self._drawn(document, known)
            self._tried(own, sent, self.world.operate(name, document, put(sent)))
        if self.chance.random() < 0.9:
            self.world.operate(name, document, finish())

    def _drawn(self, document: str, known: dict[str, Any] | None) -> dict[str, Any]:
        words = [span for span in SPANS if span in self.world.document(document).text]
        return self.world.label(
            self.chance.choice(words),
            document,
            id=known["id"] if known else str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            base=known["base"] if known else 0,
            stance=self.chance.choice(["pro-fair-use", "pro-copyright", "neutral"]),
            claim_type=self.chance.choice(["FACT", "POLICY"]),
        )

    def _tried(self, own: list[dict[str, Any]], sent: dict[str, Any], results: list[dict[str, Any]]) -> None:
        if results[0]["status"] == "stored":
            own[:] = [one for one in own if one["id"] != sent["id"]] + [sent | {"base": results[0]["revision"]}]

    def decide(self, document: str) -> None:
        for name in HOLDERS[document]:
            self.world.operate(name, document, finish())
        chosen = gold(self.world, "Google", document=document)
        clusters = opened(self.world, document).clusters
        one = self.chance.choice(clusters) if clusters else None
        action = self.chance.choice(["accept", "set", "reject", "clear"] if one else ["add"])
        base = one["decision_row"]["revision"] if one and one["decision_row"] else 0
        key = one["key"] if one else ""
        decide(self.world, decision(action, key, base, gold=chosen), document=document)

    def give_back(self, document: str) -> None:
        with suppress(Invalid):
            adjudicating.give_back(self.world.db, OPERATOR, SLUG, document)


def computed(world: World) -> dict[str, list[dict[str, Any]]]:
    """What `stancemark gold --project` computes, by article."""
    files, texts = comparable(world.db, OPERATOR, SLUG)
    records = read_records(files, None, texts)
    scheme = parse_scheme((own_scheme(files, records, None) or b"").decode())
    found = bundle_gold(annotations(records), scheme, "one-coin")["clusters"]
    return {document: [one for one in found if one["document"] == document] for document in HOLDERS}


def test_what_is_kept_follows_whatever_is_done(sqlite_only: World) -> None:
    people = People(sqlite_only, SEED)
    for _ in range(12):
        people.label("000")
    seen = set()
    for number in range(40):
        people.step()
        if number % 3:
            continue
        rows = {row.document: row for row in adjudicating.queue(sqlite_only.db, OPERATOR, SLUG).rows}
        for document, expected in computed(sqlite_only).items():
            clusters, row = opened(sqlite_only, document).clusters, rows[document]
            counts = (row.clusters, row.waiting, row.stale, row.decided, row.hardness)
            assert counts == astuple(counts_of(clusters)), number
            shown = [(one["labels"], one["reasons"], one["stance"]) for one in clusters if one["labels"]]
            assert shown == [(one["labels"], one["reasons"], one["stance"]) for one in expected]
            seen |= {("stale", one["stale"]) for one in clusters} | {(reason,) for reason in row_reasons(clusters)}
            seen |= {("decided", one["decision_row"] is not None) for one in clusters}
    assert {("stale", True), ("decided", True), ("low_posterior",), ("tie_stance",)} <= seen


def row_reasons(clusters: list[dict[str, Any]]) -> list[str]:
    return [reason for one in clusters for reason in one["reasons"]]
