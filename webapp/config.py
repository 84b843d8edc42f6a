"""Settings from the environment: a wrong value is one clear line and exit 2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

DEFAULT_DATABASE_URL = "sqlite:///annotations.db"
PREFIX = "STANCEMARK_"


class BadSetting(Exception):
    """A setting that cannot be used; the message says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; hours and days are whole numbers, sizes are in the unit that the name says."""

    database_url: str = DEFAULT_DATABASE_URL
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 8
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    max_upload_mb: int = 64
    metrics: bool = False
    session_idle_hours: int = 72
    session_max_days: int = 30

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def with_flags(self, **flags: str | int | None) -> "Settings":
        """A copy with the flags of `serve` that were given. Raises BadSetting."""
        given = {name: _parse(name, str(value)) for name, value in flags.items() if value is not None}
        return replace(self, **given)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 9 or not low <= int(value) <= high:
            raise BadSetting(f"a whole number from {low} to {high} is allowed")
        return int(value)

    return parse


def _switch(value: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if value.lower() not in words:
        raise BadSetting("on or off is allowed")
    return words[value.lower()]


def _hosts(value: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in value.split(",") if host.strip())


def _secret(value: str) -> str:
    if len(value) < 16:
        raise BadSetting("at least 16 characters are needed")
    return value


def _url(value: str) -> str:
    from sqlalchemy import make_url  # here, so that nothing waits for it that has no database
    from sqlalchemy.exc import ArgumentError

    try:
        known = make_url(value).drivername in ("sqlite", "postgresql+psycopg")
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise BadSetting("sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME is allowed")
    return value


def _host(value: str) -> str:
    if not value.strip():
        raise BadSetting("a host name or address is needed")
    return value.strip()


_PARSERS: dict[str, Callable[[str], Any]] = {
    "database_url": _url,
    "secret_key": _secret,
    "host": _host,
    "port": _whole(1, 65535),
    "workers": _whole(1, 64),
    "threads": _whole(1, 128),
    "trusted_hosts": _hosts,
    "proxy_hops": _whole(0, 8),
    "max_upload_mb": _whole(1, 1024),
    "metrics": _switch,
    "session_idle_hours": _whole(1, 8760),
    "session_max_days": _whole(1, 365),
}


_SECRETIVE = ("secret_key", "database_url")  # the key itself, or a password in it


def _variable(name: str) -> str:
    return "DATABASE_URL" if name == "database_url" else PREFIX + name.upper()


def _parse(name: str, value: str) -> Any:
    try:
        return _PARSERS[name](value)
    except BadSetting as why:
        shown = "…" if name in _SECRETIVE else value
        raise BadSetting(f"{_variable(name)}={shown}: {why}") from None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment`; raises BadSetting for an unknown STANCEMARK_ name or a wrong value."""
    names = {_variable(field.name): field.name for field in fields(Settings)}
    unknown = sorted(key for key in environment if key.startswith(PREFIX) and key not in names)
    if unknown:
        raise BadSetting(f"{unknown[0]}: no such setting; allowed are {', '.join(sorted(names))}")
    given = {names[key]: environment[key] for key in names if environment.get(key)}
    return Settings(**{name: _parse(name, value) for name, value in given.items()})
