"""Much that was done before: labels of somebody else on articles of their own, each with its event and its result."""

import random
from typing import Any

from sqlalchemy import insert

from tests.world import World, uid
from webapp.database import now
from webapp.models import Document, Event, OperationResult, label_table

PAST = "Past"  # who made those labels


def spans_of(text: str, excluded: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Words in a row, one to forty of them, outside of what is excluded."""
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append((at, at + len(word)))
        at += len(word)
    found = ((words[n][0], words[n + more][1]) for more in range(40) for n in range(len(words) - more))
    return [(s, e) for s, e in found if not any(s < gap["end"] and gap["start"] < e for gap in excluded)]


def add_articles(world: World, number: int) -> None:
    """The articles of the past, each assigned to that person."""
    dice = random.Random(1)
    words = ["claim", "court", "said", "model", "the", "use", "writers", "of", "fair", "and"]
    texts = [f"Article {n}. {' '.join(dice.choices(words, k=150)).capitalize()}." for n in range(number)]
    world.bring(*({"id": f"past-{n}", "text": text} for n, text in enumerate(texts)))
    world.add_person(PAST, "annotator")
    world.assign(PAST, documents=[f"past-{n}" for n in range(number)])


def add_labels(world: World, number: int, each: int, before: int = 0) -> None:
    """So many labels on each of the first `number` articles, on other words than those `before`."""
    person = world.person(PAST).id
    for n in range(number):
        document = world.document(f"past-{n}")
        spans = spans_of(document.text, document.excluded)[before : before + each]
        home = {"project_id": document.project_id, "document_id": document.id, "person_id": person}
        _add(world, home, [_label(document, *span) for span in spans])


def _add(world: World, home: dict[str, str], labels: list[dict[str, Any]]) -> None:
    with world.db.writing() as session:
        session.execute(insert(label_table), [home | label for label in labels])
        done = [home | {"at": now(), "id": uid()} for _ in labels]
        session.execute(insert(OperationResult), [one | {"revision": 1} for one in done])
        session.execute(insert(Event), [one | {"action": "label-added", "detail": {"revision": 1}} for one in done])


def _label(document: Document, start: int, end: int) -> dict[str, Any]:
    span = {"start_at": start, "end_at": end, "quote": document.text[start:end], "chain": []}
    said = {"speaker_id": "openai", "stance": "neutral", "claim_type": "FACT", "note": "", "revision": 1}
    how = {"origin": "marked", "speaker_origin": "picked", "on_target": True, "ascribed": False, "unsure": False}
    return span | said | how | {"id": uid(), "round": "main", "created_at": now(), "updated_at": now()}
