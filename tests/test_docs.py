"""What the documents say is so: sessions are run, tables compared with the program, links followed."""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

from tests.marked import article, label
from tests.servers import without_settings
from webapp.cli import main, stancemark
from webapp.config import PREFIX, Settings
from webapp.domain.export import Format, formats, labelstudio
from webapp.domain.files import records
from webapp.domain.foreign import readers
from webapp.domain.schemes import parse_scheme

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "seeds/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
README = (ROOT / "README.md").read_text()
TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") or path.name == ".ci"}
ANYTHING = "…"


# ---- sessions ----


@dataclass(frozen=True)
class Step:
    """A command of a session, and the lines that it is said to print."""

    command: str
    printed: list[str]


def sessions(document: Path) -> list[Step]:
    """The steps of all `console` blocks, in order: one session, in one folder."""
    blocks = re.findall(r"^```console\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    return [step for block in blocks for step in _steps(block)]


def _steps(block: str) -> Iterator[Step]:
    assert block.startswith("$ "), f"a session begins with a command: {block}"
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *lines = part.splitlines()
        more = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
        yield Step("\n".join([first, *more]), [line for line in lines if not line.startswith("> ")])


def is_printed(expected: list[str], printed: str) -> bool:
    """Whether the output is what is expected: … stands for anything in a line, a line of … for any lines."""
    patterns = [".*\n" if line == ANYTHING else _line(line) for line in expected]
    return re.fullmatch("".join(f"(?:{p})*" if p == ".*\n" else p for p in patterns), printed) is not None


def _line(line: str) -> str:
    return ".*".join(map(re.escape, line.split(ANYTHING))) + "\n"


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if sessions(path)], ids=lambda path: path.name)
def test_sessions_go_as_they_are_printed(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - without_settings().keys():
        monkeypatch.delenv(name)
    for step in sessions(document):
        code, printed = run_here(step.command) if is_ours_alone(step.command) else run_in_shell(step.command)
        assert code == 0, f"$ {step.command}\n{printed}"
        assert is_printed(step.printed, printed), f"$ {step.command}\n{printed}"


def is_ours_alone(command: str) -> bool:
    """Whether a shell has nothing to do but to start our program."""
    return command.startswith("stancemark ") and not re.search(r"[|<>&;$`*\n]", command)


def run_here(command: str) -> tuple[int, str]:
    """The program itself, in this process: most of a process of its own would be loading it. Exit code and output."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(printed):
        patch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), printed.buffer.getvalue().decode()


def run_in_shell(command: str) -> tuple[int, str]:
    """Exit code and output."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs}
    done = subprocess.run(
        ["sh", "-c", command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def test_readme_has_a_session() -> None:
    assert len(sessions(ROOT / "README.md")) > 15


def test_printed_lines_are_compared() -> None:
    assert is_printed(["Made …", "…", "end"], "Made x\nany\nlines\nend\n")
    assert is_printed([], "")
    for expected, printed in ((["Made"], "Made x\n"), ([], "error\n"), (["a", "b"], "b\na\n"), (["a"], "")):
        assert not is_printed(expected, printed)


# ---- commands ----


def commands(group: click.Group = stancemark, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of README, cells without their backticks."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def usage_of(words: str, command: click.Command) -> tuple[str, set[str], int]:
    """The words of a command, its options, and the number of its arguments."""
    options = {name for p in command.params if isinstance(p, click.Option) and not p.hidden for name in p.opts}
    return words, options, sum(isinstance(p, click.Argument) for p in command.params)


def usage_in(cell: str) -> tuple[str, set[str], int]:
    """The same of a row in README: `user add NAME [--admin]`."""
    usage = cell.strip("`")
    options = set(re.findall(r"--[a-z-]+", usage))
    plain = re.sub(r"\[--[^]]*\]…?|--[a-z-]+( [A-Z,]+)?", "", usage).split()
    return " ".join(w for w in plain if w.islower()), options, sum(w.rstrip("…").isupper() for w in plain)


def test_every_command_and_option_is_in_readme_and_the_other_way_round() -> None:
    said = sorted(usage_in(row[0]) for row in table("Commands"))
    assert said == sorted(usage_of(words, command) for words, command in commands())


def test_every_command_explains_itself() -> None:
    for words, command in commands():
        assert command.help, words
        assert command.help.rstrip().endswith("."), words


def test_the_global_option() -> None:
    assert "--database" in {name for p in stancemark.params for name in p.opts}
    assert "`--database URL` before the command" in README


# ---- settings and files ----


def test_every_setting_is_in_readme_with_its_default() -> None:
    rows = table("Configuration")
    assert [row[0].strip("`") for row in rows] == [
        "DATABASE_URL" if field.name == "database_url" else PREFIX + field.name.upper() for field in fields(Settings)
    ]
    assert [row[1].strip("`") for row in rows] == [_shown(getattr(Settings(), f.name)) for f in fields(Settings)]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value == () else str(value)


def test_the_columns_of_labels() -> None:
    (columns,) = re.findall(r"`labels\.jsonl`: `([^`]+)`", README)
    assert tuple(re.split(r",\s+", columns)) == records.LABEL


def test_every_format_is_in_readme() -> None:
    assert [row[0].strip("`") for row in table("Formats")] == list(formats())


FORMATS = (ROOT / "docs" / "formats.md").read_text()


@pytest.mark.parametrize("format", formats().values(), ids=lambda format: format.name)
def test_what_a_format_leaves_out_is_said(format: Format) -> None:
    section = FORMATS.partition(f"\n## {format.name}\n")[2].partition("\n## ")[0].partition("\n# ")[0]
    words = " ".join(section.split())
    assert format.leaves_out.removesuffix(".") in words
    assert ("othing is left out" in words) == (not format.leaves_out)
    (row,) = (line for line in FORMATS.splitlines() if line.startswith("| | "))
    assert {cell.strip() for cell in row.strip("|").split("|")} - {""} == set(formats())


def test_every_program_that_labels_come_from_is_told_of() -> None:
    rows = re.findall(
        r"^\| ([A-Za-z ]+?) (?:JSONL? )?\|", FORMATS.partition("# Labels from elsewhere")[2], re.MULTILINE
    )
    assert {name.lower().replace(" ", "") for name in rows} - {"from"} == {reader.name for reader in readers()}


def test_label_studio_is_shown_all_that_we_write() -> None:
    """The editor's configuration in the documents has a control for each name of our results, of the right kind."""
    (given,) = re.findall(r"^```xml\n(.*?)^```$", FORMATS, re.MULTILINE | re.DOTALL)
    tree = ElementTree.fromstring(given)
    controls = {e.get("name"): e.tag for e in tree if e.get("toName") == "text"}
    scheme = parse_scheme((ROOT / "seeds" / "scheme.toml").read_text())
    assert {e.get("value") for e in tree.iter("Label")} == scheme.stance_ids | {labelstudio.OFF_TARGET}
    assert {e.get("value") for e in tree.iter("Choice")} == scheme.claim_type_ids | set(labelstudio.FLAGS)
    text = "Words."
    given_label = label(text, 0, 6, note="n", chain=["openai"], unsure=True)
    task = labelstudio.task(article(text, given_label))
    kinds = {"labels": "Labels", "choices": "Choices", "textarea": "TextArea"}
    results = task["annotations"][0]["result"]
    assert {r["from_name"]: kinds[r["type"]] for r in results} == controls


def test_make_targets_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for path in DOCUMENTS for word in re.findall(r"(?:`|^ {4})make ([a-z]+)", path.read_text(), re.M)}
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_linked_or_named_is_there(document: Path) -> None:
    text = document.read_text()
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in linked if not (document.parent / link).exists()] == []
    named = [name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if name.split("/")[0] in TOP]
    assert [name for name in named if not (ROOT / name).exists()] == []
    if document.name == "CONTRIBUTING.md":
        assert len(named) > 20
