"""`import`, `export` and `segments`: files in and out."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from webapp.cli import console
from webapp.config import Settings
from webapp.domain.errors import Invalid
from webapp.domain.export import LEFT_OUT, Files, formats
from webapp.domain.permissions import OPERATOR
from webapp.domain.prose import segments as segmenting
from webapp.domain.text import canonical, sha256_of
from webapp.services import bundles, exporting, importing
from webapp.services.exporting import Terms
from webapp.services.importing import Outcome

_MARKS = ("manifest.json", LEFT_OUT)  # the file by which a folder of ours is known


@click.group("import")
def import_group() -> None:
    """Bring in documents or labels."""


@import_group.command("documents")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--project", required=True, metavar="SLUG", help="Into which project.")
@click.pass_obj
def import_documents(settings: Settings, paths: tuple[str, ...], project: str) -> None:
    """Import articles: .txt, .md, .jsonl, .csv and .zip of those. Good files stay in when others are refused."""
    unreadable: list[Outcome] = []
    with console.opened(settings) as db:
        taken = importing.import_documents(db, OPERATOR, project, _contents(paths, unreadable))
    outcomes = taken + unreadable
    for outcome in outcomes:
        click.echo(_line_of(outcome))
    refused = dict.fromkeys(outcome.file for outcome in outcomes if outcome.status == "refused")
    if refused:
        raise Invalid(f"Nothing was taken from {', '.join(refused)}. Mend what is named above and import it again.")


def _contents(paths: tuple[str, ...], unreadable: list[Outcome]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            content = Path(path).read_bytes()
        except OSError as why:
            unreadable.append(Outcome(path, 0, "refused", reason=f"it cannot be read: {why.strerror}"))
        else:
            yield path, content


def _line_of(outcome: Outcome) -> str:
    place = f"{outcome.file}, line {outcome.line}" if outcome.line else outcome.file
    if outcome.status == "refused":
        return f"refused  {place}: {outcome.reason}"
    if outcome.status == "there":
        return f"already there  {outcome.document}  ({place}, same text)"
    return f"added  {outcome.document}  ({place})"


@import_group.command("labels")
@click.argument("bundle")
@click.option("--project", required=True, metavar="SLUG", help="Into which project.")
@click.pass_obj
def import_labels(settings: Settings, bundle: str, project: str) -> None:
    """Import a bundle, a labels.jsonl, Label Studio JSON, doccano JSONL or brat folders, all or nothing."""
    with console.opened(settings) as db:
        taken = bundles.import_bundle(db, OPERATOR, project, bundles.read_bundle(Path(bundle)))
    click.echo(", ".join(f"{number} {what}" for what, number in taken.items()) + " taken in.")


@click.command("export")
@click.argument("kind", type=click.Choice(["documents", "labels", "gold", "bundle"]))
@click.option("--project", required=True, metavar="SLUG", help="From which project.")
@click.option(
    "--out",
    required=True,
    metavar="PATH",
    help="What to write; several files are a zip if this ends in .zip, else a folder.",
)
@click.option("--format", "format_name", type=click.Choice(list(formats())), default="jsonl", show_default=True)
@click.option("--names", is_flag=True, help="Annotators by name instead of pseudonym.")
@click.option("--text-free", is_flag=True, help="Leave the articles' words out.")
@click.option("--force", is_flag=True, help="Replace what is at PATH.")
@click.pass_obj
def export(
    settings: Settings, kind: str, project: str, out: str, format_name: str, names: bool, text_free: bool, force: bool
) -> None:
    """Write documents, labels, the newest release's gold, or a bundle; equal data gives equal bytes."""
    if kind == "bundle" and format_name != "jsonl":
        raise click.UsageError("--format is for documents, labels and gold; a bundle has its own files.")
    path, terms = Path(out), Terms(names, text_free)
    is_one = kind != "bundle" and not formats()[format_name].files
    check_free(path, is_one, force)
    with console.opened(settings) as db, whole(path) as partial:
        if is_one:
            _write_parts(exporting.stream(db, OPERATOR, project, kind, format_name, terms)[1], partial)
        elif kind == "bundle":
            write_files(exporting.bundle(db, OPERATOR, project, terms), path, partial)
        else:
            write_files(exporting.files(db, OPERATOR, project, kind, format_name, terms), path, partial)
    click.echo(f"Wrote {out}.", err=True)


def check_free(path: Path, is_one: bool, force: bool) -> None:
    """Raises Invalid where something is at `path` that must not be replaced: a folder goes only if we wrote it."""
    if not path.exists():
        return
    if not force:
        raise Invalid(f"{path} is there already. Give another path, or --force to replace it.")
    is_ours = any((path / name).is_file() for name in _MARKS) or (path.is_dir() and not any(path.iterdir()))
    if path.is_dir() and (is_one or not is_ours):
        raise Invalid(f"{path} is a folder and no export. Give another path; --force replaces files and exports only.")


def write_files(files: Files, path: Path, partial: Path) -> None:
    if path.suffix == ".zip":
        with partial.open("wb") as handle:
            exporting.write_zip(files, handle)
    else:
        exporting.write_folder(files, partial)


def _write_parts(parts: Iterator[bytes], path: Path) -> None:
    with path.open("wb") as handle:
        handle.writelines(parts)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to; it takes the name only when all is written. Raises Invalid."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 (resolve would follow a link and leave it)
    partial = path.with_name(f".{path.name}.partial")
    try:
        _remove(partial)
        yield partial
        _remove(path)
        partial.replace(path)
    except OSError as why:
        raise Invalid(f"{path} cannot be written: {why.strerror}.") from None
    finally:
        _remove(partial)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@click.command()
@click.argument("file")
@click.option("--excluded", multiple=True, metavar="START:END", help="A region without units; may be given again.")
@click.option("--json", "as_json", is_flag=True, required=True, help="Print one JSON document.")
def segments(file: str, excluded: tuple[str, ...], as_json: bool) -> None:
    """The selectable units of a text file."""
    text = canonical(console.read_text(file))
    units = segmenting.segment(text, [_region(words, len(text)) for words in excluded])
    listed = [{name: value for name, value in asdict(unit).items() if value is not None} for unit in units]
    console.print_json({"text_sha256": sha256_of(text), "units": listed})


def _region(words: str, length: int) -> tuple[int, int]:
    start, _, end = words.partition(":")
    if not (start.isdecimal() and end.isdecimal() and int(start) < int(end) <= length):
        raise Invalid(f"--excluded {words}: START:END with 0 ≤ START < END ≤ {length} is expected.")
    return int(start), int(end)


COMMANDS = (import_group, export, segments)
