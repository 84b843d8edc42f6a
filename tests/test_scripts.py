"""The scripts as they are served do what the modules do: the joining and minifying changes no program."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from tests.test_javascript import NODE, ROOT
from webapp.scripts import joined, served

MODULES = {path.name: path.read_text() for path in sorted((ROOT / "static" / "js").glob("*.js"))}
MOST_BYTES = 18_000  # of the annotation page's own scripts, compressed


def wrongs(modules: dict[str, str], scripts: dict[str, tuple[str, str]]) -> str:
    """What the checks of tests/js/served.cjs find, a line each."""
    command = [NODE, "--expose-internals", Path("tests") / "js" / "served.cjs"]
    given = json.dumps({"modules": modules, "scripts": scripts})
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_served_scripts_are_the_programs_of_our_modules() -> None:
    assert len(MODULES) >= 8
    assert wrongs(MODULES, {name: (joined(MODULES, name), served(MODULES, name)) for name in MODULES}) == ""


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("import { a as b } from './b.js';\n", "import"),
        ("import * as b from './b.js';\n", "import"),
        ("const a = 1;\nexport { a };\n", "export"),
        ("export default 1;\n", "export"),
        ("const { x } = self;\nb(x);\n", "b would be that of b.js"),
    ],
)
def test_a_module_of_another_form_is_found(module: str, found: str) -> None:
    assert found in wrongs({"a.js": module, "b.js": "export const a = 1, b = 2;\n"}, {})


def test_a_minifier_that_changes_a_program_is_found() -> None:
    source = "f`a  b${ `c  d` }`;\n"
    assert wrongs({}, {"a.js": (source, source.replace("  ", " "))}) != ""


def test_a_module_runs_once_and_before_those_that_import_it() -> None:
    modules = {
        "a.js": "export const said = [];\nsaid.push('a');\n",
        "b.js": "import { said } from './a.js';\nexport function b() { return said; }\nsaid.push('b');\n",
        "c.js": "import { said } from './a.js';\nimport { b } from './b.js';\nsaid.push(0);\nconsole.log(`${b()}`);\n",
    }
    done = subprocess.run([NODE, "-e", served(modules, "c.js")], capture_output=True, text=True, timeout=60)
    assert done.stdout == "a,b,0\n", done.stderr


def test_the_annotation_pages_scripts_are_light() -> None:
    size = sum(len(gzip.compress(served(MODULES, name).encode(), 9, mtime=0)) for name in ("annotate.js", "ancient.js"))
    print(f"own scripts of the annotation page: {size} bytes compressed")
    assert size <= MOST_BYTES
