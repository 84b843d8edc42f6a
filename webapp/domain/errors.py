"""One small tree of errors; each message says what is wrong, where, and what to do next."""


class StancemarkError(Exception):
    """Root of every refusal. `message` is fit to be shown to a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(StancemarkError):
    """What was given cannot be taken (422 on the web, exit 1 on the command line)."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Malformed(StancemarkError):
    """A body that is no JSON at all (400)."""


class NotFound(StancemarkError):
    """There is no such thing, or its existence is not the asker's to know (404)."""


class Forbidden(StancemarkError):
    """The asker lacks the right (403)."""


class Throttled(StancemarkError):
    """Too many tries in too short a time (429)."""


class Unavailable(StancemarkError):
    """The database is away, busy beyond patience, or full (503).

    `message` may name files, hosts and people, for operators; `public` is for whoever asks the server.
    """

    def __init__(self, message: str, public: str = "") -> None:
        super().__init__(message)
        self.public = public or message


class Underway(StancemarkError):
    """What was asked for is being worked out, and is there when asked again some moments later (202)."""
