"""JSON that may be trusted: one meaning only, and nothing in it that a database or another program would choke on."""

import json
from typing import Any, NoReturn

from webapp.domain.errors import Invalid, Malformed
from webapp.domain.text import has_unstorable


def parse(raw: bytes | str) -> Any:
    """The value in `raw`. Raises Malformed (no JSON, nested too deep) or Invalid (doubled key, NaN, NUL)."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except UnicodeDecodeError as why:
        raise Malformed(f"This is not UTF-8 (byte {why.start}).") from None
    except RecursionError:
        raise Malformed("This JSON is nested too deep.") from None
    except json.JSONDecodeError as why:
        raise Malformed(f"This is not JSON: {why.msg}, line {why.lineno}, column {why.colno}.") from None
    except ValueError:
        raise Malformed("This JSON holds a number with too many digits.") from None
    _check_strings(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise Invalid(f"The key “{next(n for n in names if names.count(n) > 1)}” is there twice.")
    return made


def _no_number(name: str) -> NoReturn:
    raise Invalid(f"{name} is no number that can be stored.")


def _check_strings(value: Any) -> None:
    waiting = [value]  # a stack of our own: what json could parse may still be too deep to recurse over
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and (why := has_unstorable(item)):
            raise Invalid(f"There is {why} in {item[:40]!a}.")
