"""What `agreement` and `gold` compute from: a bundle, a table or a project, and the scheme that goes with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from webapp.config import Settings
from webapp.domain.annotations import Annotations, Records, annotations
from webapp.domain.errors import Invalid
from webapp.domain.files.annotation_files import FILES, input_sha256, own_scheme, read_records
from webapp.domain.files.bundle_files import unzipped
from webapp.domain.release import manifest
from webapp.domain.schemes import Scheme, parse_scheme
from webapp.places import place

_ZIP_BEGINS = b"PK\x03\x04"


@dataclass(frozen=True)
class BundleSource:
    """The files of a bundle by name; `texts` are words, by document, that its files had to leave out."""

    files: Mapping[str, bytes]
    texts: Mapping[str, str]
    round: str | None

    @property
    def input_sha256(self) -> str:
        return input_sha256(self.files)

    @cached_property
    def records(self) -> Records:
        """Raises Invalid with file, line and reason."""
        return read_records(self.files, self.round, self.texts)

    @cached_property
    def annotations(self) -> Annotations:
        """What counts of them. Raises Invalid."""
        return annotations(self.records, self.round)


@dataclass(frozen=True)
class TableSource:
    """A long CSV."""

    name: str
    content: bytes

    @property
    def input_sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


Source = BundleSource | TableSource


@dataclass(frozen=True)
class UsedScheme:
    """A scheme and the hash of its file."""

    scheme: Scheme
    sha256: str


def read_source(settings: Settings, source: str | None, project: str | None, round: str | None) -> Source:
    """SOURCE, or the project in its place. Raises Invalid, NotFound; UsageError for both, neither, a table's round."""
    if (source is None) == (project is None):
        raise click.UsageError("Give SOURCE (a bundle or a CSV file), or --project.")
    if source is None:
        assert project is not None
        return _project(settings, project, round)
    try:
        found = _path(Path(source), round)
        if isinstance(found, BundleSource):
            manifest.check_present(found.files)
    except OSError as why:
        raise Invalid(f"{source} cannot be read: {why.strerror}.") from None
    if isinstance(found, TableSource) and round is not None:
        raise click.UsageError("--round is for bundles and projects; a table has no rounds.")
    return found


def _path(path: Path, round: str | None) -> Source:
    if path.is_dir():
        return BundleSource(_folder(path), {}, round)
    content = path.read_bytes()
    if path.suffix.lower() == ".zip" or content.startswith(_ZIP_BEGINS):
        return BundleSource(unzipped(path.name, content), {}, round)
    return TableSource(path.name, content)


def _folder(path: Path) -> dict[str, bytes]:
    """Of a folder only what is computed from: it may hold anything else."""
    wanted = [*(path / name for name in (*FILES, "scheme.toml", manifest.NAME)), *sorted(path.glob("schemes/*.toml"))]
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in wanted if file.is_file()}


def _project(settings: Settings, slug: str, round: str | None) -> BundleSource:
    from webapp.cli import console  # a bundle or a table needs no database, nor the time to load its libraries
    from webapp.domain.permissions import OPERATOR
    from webapp.services.comparing import comparable

    with console.opened(settings) as db:
        files, texts = comparable(db, OPERATOR, slug)
    return BundleSource(files, texts, round)


def scheme_for(source: Source, file: str | None) -> UsedScheme:
    """The scheme in a file, else the bundle's own, else the one that the program ships. Raises Invalid."""
    if file is not None:
        return _used(file, _bytes(file))
    if isinstance(source, BundleSource):
        own = own_scheme(source.files, source.records, source.round)
        if own is not None:
            return _used("scheme.toml", own)
    return _used("seeds/scheme.toml", (place("seeds") / "scheme.toml").read_bytes())


def _bytes(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as why:
        raise Invalid(f"{file} cannot be read: {why.strerror}.") from None


def _used(name: str, content: bytes) -> UsedScheme:
    try:
        return UsedScheme(parse_scheme(content.decode("utf-8-sig")), hashlib.sha256(content).hexdigest())
    except UnicodeDecodeError as why:
        raise Invalid(f"{name} is not UTF-8 (byte {why.start}). Save it as UTF-8.") from None
    except Invalid as why:
        raise Invalid(f"{name}: {why.message}") from None
