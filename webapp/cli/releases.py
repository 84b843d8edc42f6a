"""`release` freezes the gold dataset; `rehydrate` joins a text-free export with one's own copies of the articles."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from webapp.cli import console
from webapp.cli.files import check_free, whole, write_files
from webapp.config import Settings
from webapp.domain.errors import Invalid
from webapp.domain.files.document_files import read_files
from webapp.domain.permissions import OPERATOR
from webapp.domain.release.rehydration import JOINED, Copies, rehydrated

_ARTICLES = frozenset({".txt", ".md", ".jsonl", ".csv", ".zip"})
_STEPS = 100


@click.command()
@click.argument("slug")
@click.option("--round", "rounds", multiple=True, metavar="R", help="Of which round; may be given again.")
@click.option("--note", default="", metavar="TEXT", help="What to say of it in its card.")
@click.option("--partial", is_flag=True, help="Make it though something waits for somebody; the card says so.")
@click.pass_obj
def release(settings: Settings, slug: str, rounds: tuple[str, ...], note: str, partial: bool) -> None:
    """Freeze the gold dataset of a round (the newest if none is named), or of several."""
    from webapp.services import releasing
    from webapp.services.releases import Wanted

    shown = click.progressbar(length=_STEPS, file=sys.stderr, hidden=not sys.stderr.isatty())
    with console.opened(settings) as db, shown as bar:
        made = releasing.release(db, OPERATOR, slug, Wanted(rounds, note, partial), lambda _, share: _to(bar, share))
    kind = "partial release" if made.partial else "release"
    counts = ", ".join(console.many(made.counts[name], word) for name, word in _COUNTED)
    click.echo(f"Made {kind} {made.number} of {slug}: {counts}.")


_COUNTED = (("gold", "gold label"), ("documents", "article"), ("labels", "label"))


def _to(bar: "click._termui_impl.ProgressBar[int]", share: float) -> None:
    bar.update(int(_STEPS * share) - bar.pos)


@click.command()
@click.argument("export")
@click.argument("more", nargs=-1, metavar="[PATH]…")
@click.option("--texts", multiple=True, required=True, metavar="PATH", help="Files or folders with the articles.")
@click.option("--out", required=True, metavar="PATH", help="What to write: a file, a folder, or a zip if it ends so.")
def rehydrate(export: str, more: tuple[str, ...], texts: tuple[str, ...], out: str) -> None:
    """Join a text-free export (bundle, or one .jsonl of it) with copies of its articles; every hash is checked."""
    from webapp.services.bundles import read_bundle

    source, target = Path(export), Path(out)
    is_one = source.is_file() and source.suffix.lower() == ".jsonl"
    check_free(target, is_one, force=False)
    files = {_kind_of(source): _bytes(source)} if is_one else read_bundle(source)
    made = rehydrated(files, Copies(_articles((*texts, *more))))
    with whole(target) as partial:
        if is_one:
            partial.write_bytes(next(iter(made.values())))
        else:
            write_files(((name, iter([content])) for name, content in made.items()), target, partial)
    click.echo(f"Wrote {out}.", err=True)


def _kind_of(path: Path) -> str:
    """Which file of a bundle it is: by its name, else by its keys. Raises Invalid."""
    if path.name in JOINED:
        return path.name
    head = _bytes(path).partition(b"\n")[0]
    keys = {b'"release":': "gold.jsonl", b'"annotator":': "labels.jsonl", b'"text":': "documents.jsonl"}
    found = next((name for key, name in keys.items() if key in head), None)
    if found is None:
        raise Invalid(f"{path} is no export of documents, labels or gold.")
    return found


def _articles(paths: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Id and text of every article. Raises Invalid for a file that holds none; in a folder such files are no matter."""
    for path in map(Path, paths):
        for file in _inside(path) if path.is_dir() else [path]:
            for read in read_files(str(file), _bytes(file)):
                if read.problems and file == path:
                    raise Invalid(f"{read.name}: {read.problems[0].reason}.")
                yield from ((found.document.id, found.document.text) for found in read.found)


def _inside(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _ARTICLES and file.is_file())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as why:
        raise Invalid(f"{path} cannot be read: {why.strerror}.") from None


COMMANDS = (release, rehydrate)
