"""What a published file may not tell: moments become days, and ids that grow with time become keyed hashes."""

import hashlib

_LENGTH_OF_DAY = len("2025-04-02")


def day_of(moment: str) -> str:
    """`2025-04-02` of `2025-04-02T09:01:00Z`; a day stays what it is."""
    return moment[:_LENGTH_OF_DAY]


def keyed_id(key: bytes, id: str) -> str:
    """A UUID (version 8) that is the same for the same key and id, and tells nothing of either."""
    digits = hashlib.blake2b(id.encode(), key=key, digest_size=16).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]  # with the 8, as RFC 9562 knows a UUID of one's own making
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
