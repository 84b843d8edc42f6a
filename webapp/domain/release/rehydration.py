"""A text-free export joined with one's own copies of the articles: every hash is checked, and nothing is guessed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files import strict_json
from webapp.domain.release import manifest
from webapp.domain.release.wordless import CROISSANT, replaced
from webapp.domain.text import sha256_of

JOINED = ("documents.jsonl", "labels.jsonl", "gold.jsonl")
_DESCRIBING = (CROISSANT, manifest.NAME)  # hold checksums of the others
_MOST_NAMED = 50

Line = dict[str, Any]


class Copies:
    """Articles at hand, as (id, text)."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self.by_hash: dict[str, str] = {}
        self.by_id: dict[str, list[str]] = defaultdict(list)
        for id, text in texts:
            self.by_hash[sha256_of(text)] = text
            self.by_id[id].append(text)

    def of(self, id: str, sha256: str) -> str:
        """Raises Invalid where no copy has that hash."""
        if (text := self.by_hash.get(sha256)) is not None:
            return text
        if self.by_id.get(id):
            found = sha256_of(self.by_id[id][0])
            raise Invalid(f"the copy of “{id}” has another text (SHA-256 {found[:12]}…, wanted is {sha256[:12]}…)")
        raise Invalid(f"there is no copy of “{id}” among the texts (SHA-256 {sha256[:12]}…)")

    def only(self, id: str) -> str:
        """Where no hash is known: the one text of that id. Raises Invalid."""
        texts = set(self.by_id.get(id, ()))
        if len(texts) != 1:
            what = "several different copies" if texts else "no copy"
            raise Invalid(f"there is {what} of “{id}” among the texts")
        return texts.pop()


def rehydrated(files: Mapping[str, bytes], copies: Copies) -> dict[str, bytes]:
    """The files with their words again. Raises Invalid with every line that does not fit, and then nothing is given."""
    if not any(name in files for name in JOINED):
        raise Invalid(f"There is nothing to join in it: {', '.join(JOINED)} or a bundle of these is expected.")
    manifest.check(files)
    joining = _Joining(files, copies)
    made = {name: joining.joined(name) for name in JOINED if name in files}
    joining.raise_any()
    return {**files, **made, **_described(files, made)}


class _Joining:
    """The files of one export on their way. The texts of its articles are known from its documents, or line by line."""

    def __init__(self, files: Mapping[str, bytes], copies: Copies) -> None:
        self.files, self.copies = files, copies
        self.problems: list[str] = []
        self.texts: dict[str, str] = {}
        self.missing: set[str] = set()  # named already

    def joined(self, name: str) -> bytes:
        fill: Callable[[Line], Line] = self._document if name == "documents.jsonl" else self._label
        return b"".join(self._lines(name, fill))

    def _lines(self, name: str, fill: Callable[[Line], Line]) -> Iterator[bytes]:
        encoder = msgspec.json.Encoder()
        for number, raw in enumerate(self.files[name].split(b"\n"), 1):
            if raw.strip():
                try:
                    yield encoder.encode(fill(_object(raw))) + b"\n"
                except KeyError as why:
                    self.problems.append(f"{name}, line {number}: {why.args[0]} is missing")
                except StancemarkError as why:
                    self.problems.append(f"{name}, line {number}: {why.message}")

    def _document(self, line: Line) -> Line:
        id, sha256 = line["id"], line["text_sha256"]
        try:
            self.texts[id] = line["text"] or self.copies.of(id, sha256)
        except Invalid:
            self.missing.add(id)
            raise
        return line | {"text": self.texts[id]}

    def _label(self, line: Line) -> Line:
        sha256 = line.pop("quote_sha256", None)
        if line["quote"] or line["document"] in self.missing:
            return line
        quote = self._text(line)[line["start"] : line["end"]]
        if sha256 is None:
            raise Invalid("quote_sha256 is missing, so that its words cannot be checked")
        if sha256_of(quote) != sha256:
            raise Invalid(f"the words at {line['start']} to {line['end']} of “{line['document']}” have another hash")
        return line | {"quote": quote}

    def _text(self, line: Line) -> str:
        id = line["document"]
        if id not in self.texts:
            if "documents.jsonl" in self.files:
                raise Invalid(f"there is no document “{id}” in documents.jsonl")
            known = line.get("text_sha256")
            self.texts[id] = self.copies.of(id, known) if known else self.copies.only(id)
        return self.texts[id]

    def raise_any(self) -> None:
        if self.problems:
            more = len(self.problems) - _MOST_NAMED
            shown = [*self.problems[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
            raise Invalid("\n".join(["Nothing was written.", *shown]))


def _object(raw: bytes) -> Line:
    line = strict_json.parse(raw)
    if not isinstance(line, dict):
        raise Invalid("this is no JSON object")
    return line


def _described(files: Mapping[str, bytes], made: Mapping[str, bytes]) -> dict[str, bytes]:
    """What tells checksums, with those of the files as they are now."""
    new = {manifest.sha256_of_bytes(files[name]): manifest.sha256_of_bytes(content) for name, content in made.items()}
    described: dict[str, bytes] = {}
    for name in _DESCRIBING:
        if name in files:
            described[name] = replaced(files[name], new)
            new[manifest.sha256_of_bytes(files[name])] = manifest.sha256_of_bytes(described[name])
    if manifest.NAME in described:
        described[manifest.NAME] = manifest.renewed(described[manifest.NAME])
    return described
