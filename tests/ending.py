"""For what is linear in its input: given so much that anything slower would go on for hours."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 300  # a thousand times what it takes, so that no busy machine can fail a test


@contextmanager
def ending() -> Iterator[None]:
    """Fails what has not come to an end by then, instead of letting the test run hang."""

    def give_up(*_: object) -> None:
        raise AssertionError("it does not come to an end")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
