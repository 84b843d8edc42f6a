"""Scripts as they are served: a module and all that it imports in one, without comments and indentation.

Modules stand behind each other in the order in which a browser would run them. Ours keep to what this needs, and
tests/test_scripts.py checks it: named imports of modules beside them, exported declarations, no top-level name twice.
"""

import re
from collections.abc import Mapping

from rjsmin import jsmin

_IMPORT = re.compile(r"^import \{[^}]+\} from '\./([\w-]+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |let |function |class |async function )", re.MULTILINE)


def served(modules: Mapping[str, str], entry: str) -> str:
    """The module named `entry` as it is served. `modules`: sources by name ("ui.js"). Raises KeyError for one imported
    that is not among them."""
    script: str = jsmin(joined(modules, entry))
    return script


def joined(modules: Mapping[str, str], entry: str) -> str:
    """The same with comments and indentation."""
    return "".join(_EXPORT.sub("", _IMPORT.sub("", modules[name])) for name in _order(modules, entry))


def _order(modules: Mapping[str, str], name: str) -> list[str]:
    """The module behind all that it imports, each once, in the order in which browsers run them."""
    before = [other for imported in _IMPORT.findall(modules[name]) for other in _order(modules, imported)]
    return list(dict.fromkeys([*before, name]))
