"""What must be in the files of a project, by what was told to those who made it."""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

from tests.fieldwork import GOLD, Adjudicator, Annotator
from tests.simulated import Article
from tests.web.pages import words

FIELDS = ("speaker", "stance", "claim_type", "on_target", "ascribed")
Row = dict[str, Any]
Bundle = dict[str, bytes]


def unzipped(content: bytes) -> Bundle:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines_of(bundle: Bundle, stem: str) -> list[Row]:
    return [json.loads(line) for line in bundle[f"{stem}.jsonl"].splitlines()]


def rows_of(page: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)]


def check_labels(bundle: Bundle, articles: Sequence[Article], annotators: Sequence[Annotator], round: str) -> None:
    """Every label that was acknowledged and not deleted is there once, as it was sent, on its words; none else."""
    texts = {row["id"]: row["text"] for row in lines_of(bundle, "documents")}
    assert texts == {one.id: one.text for one in articles}
    rows = lines_of(bundle, "labels")
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows) == sum(one.living for one in annotators)
    for one in annotators:
        for document, labels in one.labels.items():
            for id, label in labels.items():
                row = found[id]
                assert (row["document"], row["annotator"], row["round"]) == (document, one.person.name, round)
                assert row["state"] == one.states[document]
                assert texts[document][row["start"] : row["end"]] == row["quote"] == label["quote"]
                sent = {name: value for name, value in label.items() if name not in ("text_sha256", "base")}
                assert sent == {name: row[name] for name in sent}


def expected_gold(proposals: Sequence[Row], bundle: Bundle, adjudicators: Sequence[Adjudicator]) -> Iterator[Row]:
    """The gold that follows from what `stancemark gold` proposes of the bundle and what the adjudicators sent."""
    annotators = {row["id"]: row["annotator"] for row in lines_of(bundle, "labels")}
    made = [one for who in adjudicators for of in who.made.items() for one in _placed(*of)]
    by_labels = {(one["document"], one["labels"]): one for one in made}
    assert len(by_labels) == len(made)
    for proposal in proposals:
        mine = by_labels.pop((proposal["document"], tuple(proposal["labels"])), None)
        assert mine or proposal["decision"] == "auto", proposal
        who = sorted({annotators[id] for id in proposal["labels"]})
        if mine is None:
            yield _record(proposal, proposal, "single" if proposal["single_by_plan"] else "agreement", who)
        elif mine["action"] != "reject":
            yield _record(mine["gold"] if mine["action"] == "set" else proposal, proposal, "adjudicator", who)
    for mine in by_labels.values():
        assert mine["action"] == "add", mine
        yield _record(mine["gold"], {"document": mine["document"], "votes": {}}, "adjudicator", [])


def comparable(rows: Iterable[Row]) -> list[str]:
    """Gold in an order of its own, without what only a release gives."""
    names = (*GOLD, "document", "decided_by", "annotators", "votes")
    return sorted(json.dumps({name: row[name] for name in names}) for row in rows)


def _placed(document: str, made: Sequence[Row]) -> Iterator[Row]:
    for one in made:
        labels = tuple(one["cluster"]["labels"]) if one["cluster"] else (one["id"],)
        yield {**one, "document": document, "labels": labels}


def _record(gold: Row, cluster: Row, decided_by: str, annotators: list[str]) -> Row:
    votes = [
        {"field": field, "value": value, "count": count}
        for field in FIELDS
        for value, count in sorted(cluster["votes"].get(field, {}).items(), key=lambda vote: (-vote[1], vote[0]))
    ]
    chosen = {name: gold[name] for name in GOLD} | {"ascribed": bool(gold["ascribed"])}
    rest = {"document": cluster["document"], "decided_by": decided_by, "annotators": annotators, "votes": votes}
    return chosen | rest
