"""JSON that may be trusted: one meaning only, and nothing in it that a database or another program would choke on."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

from webapp.domain.errors import Invalid, Malformed
from webapp.domain.text import has_unstorable

DEEPEST = 100  # lists and objects inside each other


def parse(raw: bytes | str) -> Any:
    """The value in `raw`. Raises Malformed (no JSON, nested too deep) or Invalid (doubled key, NaN, 1e999, NUL)."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError as why:
        raise Malformed(f"This is not UTF-8 (byte {why.start}).") from None
    except RecursionError:
        raise Malformed("This JSON is nested too deep.") from None
    except json.JSONDecodeError as why:
        line = f"line {why.lineno}, " if "\n" in text.strip() else ""
        raise Malformed(f"This is not JSON: {why.msg}, {line}column {why.colno}.") from None
    except ValueError:
        raise Malformed("This JSON holds a number with too many digits.") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise Invalid(f"The key “{next(n for n in names if names.count(n) > 1)}” is there twice.")
    return made


def _no_number(name: str) -> NoReturn:
    raise Invalid(f"{name} is no number that can be stored.")


def _number(digits: str) -> float:
    return float(digits) if isfinite(float(digits)) else _no_number(digits)


def _check(value: Any) -> None:
    """Refuse strings that cannot be stored, and what json could parse but may fail to write again."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise Malformed("This JSON is nested too deep.")
        if any(isinstance(item, str) and has_unstorable(item) for item in level):
            raise _unstorable(value)
        level, depth = [inner for item in level for inner in _inside(item)], depth + 1


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return (*item.keys(), *item.values())
    return item if isinstance(item, list) else ()


def _unstorable(value: Any) -> Invalid:
    """The refusal that names the first such string by its path, `$.operations[0].note`."""
    level = [("$", value)]
    while True:  # one is there, and less deep than DEEPEST
        for path, item in level:
            if isinstance(item, str) and (why := has_unstorable(item)):
                return Invalid(f"There is {why} in {item[:40]!a} - at `{path}`")
        level = [inner for path, item in level for inner in _places(path, item)]


def _places(path: str, item: Any) -> Iterable[tuple[str, Any]]:
    """What is inside, each with its path; a key stands at the path of its object."""
    if isinstance(item, dict):
        keys = ((path, key) for key in item)
        return (*keys, *((f"{path}.{key[:40]}", inner) for key, inner in item.items()))
    return [(f"{path}[{n}]", inner) for n, inner in enumerate(item)] if isinstance(item, list) else ()
