"""Every address of the program, from its URL map: a new page is tried by what is tried on all, or has to be listed."""

import re
from collections.abc import Iterator

from flask import Flask

from webapp.assets import Assets
from webapp.places import place

# what can stand for each part of an address; one that is not listed here fails the tests that ask
PARTS: dict[str, tuple[str, ...]] = {
    "slug": ("letter", "no-such"),
    "doc": ("000", "001", "003", "no-such"),
    "kind": ("documents", "labels", "gold"),
    "format": ("jsonl", "csv"),
    "key": ("annotator-01", "annotator-02"),
    "id": ("openai", "no-such"),
    "n": ("1",),
    "token": ("no-such",),
    "file": ("labels.jsonl",),
    "digest": (Assets(place("static")).digest,),
    "name": ("css/app.css",),
}
_PART = re.compile(r"<(?:[a-z_]+:)?([a-z_]+)>")


def filled(rule: str) -> Iterator[str]:
    """The rule's addresses, with all that can stand in it."""
    part = _PART.search(rule)
    if part is None:
        yield rule
        return
    for value in PARTS[part[1]]:
        yield from filled(rule[: part.start()] + value + rule[part.end() :])


def first(rule: str) -> str:
    """The rule's address of what there is."""
    return next(filled(rule))


def rules(app: Flask, method: str, without: frozenset[str] = frozenset()) -> list[str]:
    """All rules that take the method, but for those of the endpoints `without`."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted(rule.rule for rule in found if rule.endpoint not in without)
