"""manifest.json: what a bundle holds, with a checksum of every file; and whether the files are still those."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from webapp.domain.errors import Invalid, StancemarkError
from webapp.domain.files import strict_json

NAME = "manifest.json"
_MOST_NAMED = 20


def sha256_of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def written(said: Mapping[str, Any]) -> bytes:
    """The file: `said` in its order, and last a checksum of all that stands before it."""
    return _text({**said, "sha256": sha256_of_bytes(_text(said))})


def renewed(content: bytes) -> bytes:
    """The file after something in it was changed on purpose, with the checksum of what it is now."""
    said = msgspec.json.decode(content)
    said.pop("sha256", None)
    return written(said)


def _text(said: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def check(files: Mapping[str, bytes]) -> None:
    """Raises Invalid, naming them, where files are missing or not those that manifest.json knows; none is no matter."""
    _compare(files, _known(files))


def check_present(files: Mapping[str, bytes]) -> None:
    """The same for a part of a bundle: files that are not at hand are no matter. Raises Invalid."""
    _compare(files, {name: sha256 for name, sha256 in _known(files).items() if name in files})


def _known(files: Mapping[str, bytes]) -> dict[str, str]:
    return _checksums(files[NAME]) if NAME in files else {}


def _compare(files: Mapping[str, bytes], known: Mapping[str, str]) -> None:
    wrong = [_what(name, files, sha256) for name, sha256 in known.items() if _differs(files.get(name), sha256)]
    if wrong:
        raise Invalid(
            "The bundle is damaged: " + "; ".join(wrong[:_MOST_NAMED]) + ". Get it again. "
            f"If its files were changed on purpose, take {NAME} out of it."
        )


def _differs(content: bytes | None, sha256: str) -> bool:
    return content is None or sha256_of_bytes(content) != sha256


def _what(name: str, files: Mapping[str, bytes], sha256: str) -> str:
    return f"{name} has another checksum than {NAME} says ({sha256[:12]}…)" if name in files else f"{name} is missing"


def _checksums(content: bytes) -> dict[str, str]:
    try:
        said = strict_json.parse(content)
        known = msgspec.convert(said["files"], dict[str, str])
    except (StancemarkError, msgspec.ValidationError, KeyError, TypeError):
        raise Invalid(f"The bundle is damaged: {NAME} cannot be read. Get it again, or take {NAME} out.") from None
    rest = {name: value for name, value in said.items() if name != "sha256"}
    if written(rest) != content:
        raise Invalid(f"The bundle is damaged: {NAME} is not as it was written. Get it again, or take {NAME} out.")
    return known
