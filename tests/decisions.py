"""Deciding in the small world: Curt's decisions on articles that Alice, Bob and Carol finished."""

from typing import Any

import msgspec

from tests.world import OTHER_WORDS, SLUG, World, finish, uid
from webapp.domain.gold.adjudication import DecisionsRequest
from webapp.services import adjudicating
from webapp.services.adjudicating import Adjudication

THREE = ("Alice", "Bob", "Carol")


def decision(action: str, key: str = "", base: int = 0, **more: Any) -> dict[str, Any]:
    return {"id": uid(), "action": action, "key": key, "base": base, **more}


def decide(world: World, *given: dict[str, Any], by: str = "Curt", document: str = "000", **more: Any) -> list[Any]:
    """What became of the decisions, by the service itself."""
    request = msgspec.convert({"decisions": list(given)}, DecisionsRequest)
    answer = adjudicating.decide(world.db, world.actor(by), SLUG, document, request.decisions, **more)
    return [result.record() for result in answer.results]


def opened(world: World, document: str = "000", by: str = "Curt", **more: Any) -> Adjudication:
    return adjudicating.open_document(world.db, world.actor(by), SLUG, document, **more)


def cluster(world: World, words: str = OTHER_WORDS, document: str = "000") -> dict[str, Any]:
    """The cluster (or own span) with these words; the one with labels where both are there."""
    found = [one for one in opened(world, document).clusters if one["quote"] == words]
    return max(found, key=lambda one: len(one["labels"]))


def gold(world: World, words: str = OTHER_WORDS, **changes: Any) -> dict[str, Any]:
    """What a span may be decided to be."""
    label = world.label(words, **changes)
    names = ("start", "end", "quote", "speaker", "chain", "stance", "on_target", "ascribed", "claim_type")
    return {name: label[name] for name in names if name in label}


def all_finish(world: World, *names: str, document: str = "000") -> None:
    for name in names or THREE:
        assert world.operate(name, document, finish())[0]["status"] == "stored"


def disputed(world: World) -> dict[str, dict[str, Any]]:
    """Article 000 finished by three who agree on WORDS but not on the stance of OTHER_WORDS; the labels by person."""
    labels = {}
    for name, stance in zip(THREE, ("pro-fair-use", "pro-copyright", "neutral"), strict=True):
        world.stored(name)
        labels[name] = world.stored(name, OTHER_WORDS, stance=stance)
    all_finish(world)
    return labels
