"""Releases in the small world: what is decided there, frozen, and read back."""

import json
from typing import Any

from tests.decisions import cluster, decide, decision, disputed, gold
from tests.world import SLUG, World
from webapp.domain.permissions import OPERATOR
from webapp.models import Release
from webapp.services import managing, releases, releasing
from webapp.services.releases import Wanted

Files = dict[str, bytes]


def settle(world: World, stance: str = "pro-copyright", note: str = "As the guide has it.") -> None:
    """Everything in round main is decided: 000 is done and in dispute, Curt chooses, and the round is closed."""
    disputed(world)
    managing.close_round(world.db, OPERATOR, SLUG, "main")
    chosen = gold(world, stance=stance)
    (done,) = decide(world, decision("set", cluster(world)["key"], gold=chosen, note=note))
    assert done["status"] == "stored"


def make(world: World, *rounds: str, note: str = "", partial: bool = False) -> Release:
    return releasing.release(world.db, OPERATOR, SLUG, Wanted(rounds, note, partial))


def frozen(world: World, number: int = 1) -> Files:
    return {name: b"".join(parts) for name, parts in releases.bundle(world.db, OPERATOR, SLUG, number)}


def rows(files: Files, stem: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[f"{stem}.jsonl"].splitlines()]
