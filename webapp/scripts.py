"""Scripts as they are served: a module and all that it imports in one, without comments and indentation.

Each imported module becomes a function that is called once, in the order in which a browser would run them, and gives
what others import of it. Our modules keep to the forms that this needs (tests/test_scripts.py checks each): named
imports of modules beside them; exported constants, functions and classes; no module but the last one waits at its top.
"""

import re
from collections.abc import Mapping

from rjsmin import jsmin

_IMPORT = re.compile(r"^import \{([^}]+)\} from '\./([\w-]+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |function |class |async function )", re.MULTILINE)


def served(modules: Mapping[str, str], entry: str) -> str:
    """The module named `entry` as it is served. `modules`: sources by name ("ui.js"). Raises KeyError for one imported
    that is not among them."""
    script: str = jsmin(joined(modules, entry))
    return script


def joined(modules: Mapping[str, str], entry: str) -> str:
    """The same with comments and indentation."""
    *imported, last = _order(modules, entry)
    return "".join([*(_called(modules, name, [*imported, last]) for name in imported), _body(modules[last])])


def _order(modules: Mapping[str, str], name: str) -> list[str]:
    """The module behind all that it imports, each once, in the order in which browsers run them."""
    before = [other for _, imported in _IMPORT.findall(modules[name]) for other in _order(modules, imported)]
    return list(dict.fromkeys([*before, name]))


def _body(source: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", source))


def _called(modules: Mapping[str, str], name: str, users: list[str]) -> str:
    lists = [names for user in users for names, imported in _IMPORT.findall(modules[user]) if imported == name]
    wanted = ", ".join(dict.fromkeys(re.findall(r"[\w$]+", " ".join(lists))))
    return f"const {{ {wanted} }} = (() => {{\n{_body(modules[name])}\nreturn {{ {wanted} }};\n}})();\n"
