"""What a published file may not tell: moments become days, and ids that grow with time become keyed hashes."""

import hashlib
import uuid

_LENGTH_OF_DAY = len("2025-04-02")


def day_of(moment: str) -> str:
    """`2025-04-02` of `2025-04-02T09:01:00Z`; a day stays what it is."""
    return moment[:_LENGTH_OF_DAY]


def keyed_id(key: bytes, id: str) -> str:
    """A UUID (version 8) that is the same for the same key and id, and tells nothing of either."""
    digest = hashlib.blake2b(id.encode(), key=key, digest_size=16).digest()
    return str(uuid.UUID(int=_as_version_8(int.from_bytes(digest))))


def _as_version_8(number: int) -> int:
    """The number with the bits set by which RFC 9562 knows a UUID of one's own making."""
    number = number & ~(0xF << 76) | (8 << 76)
    return number & ~(0x3 << 62) | (2 << 62)
