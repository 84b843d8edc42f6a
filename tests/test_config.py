"""Settings from the environment: defaults, what is taken, and one clear line for the rest."""

import pytest

from webapp.config import BadSetting, Settings, read_settings


def read(**environment: str) -> Settings:
    return read_settings(environment)


def test_without_an_environment_the_defaults_count() -> None:
    found = read(PATH="/bin", HOME="/root")
    assert found == Settings()
    assert (found.database_url, found.host, found.port) == ("sqlite:///annotations.db", "127.0.0.1", 8000)
    assert (found.workers, found.threads, found.proxy_hops, found.max_upload_mb) == (2, 8, 0, 64)
    assert (found.metrics, found.session_idle_hours, found.session_max_days) == (False, 72, 30)
    assert found.uses_sqlite


@pytest.mark.parametrize(
    ("variable", "value", "name", "read_as"),
    [
        ("DATABASE_URL", "postgresql+psycopg://me:pw@db/name", "database_url", "postgresql+psycopg://me:pw@db/name"),
        ("STANCEMARK_SECRET_KEY", "x" * 16, "secret_key", "x" * 16),
        ("STANCEMARK_HOST", " 0.0.0.0 ", "host", "0.0.0.0"),
        ("STANCEMARK_PORT", "9", "port", 9),
        ("STANCEMARK_WORKERS", "4", "workers", 4),
        ("STANCEMARK_THREADS", "16", "threads", 16),
        ("STANCEMARK_TRUSTED_HOSTS", "a.example, b.example,", "trusted_hosts", ("a.example", "b.example")),
        ("STANCEMARK_PROXY_HOPS", "1", "proxy_hops", 1),
        ("STANCEMARK_MAX_UPLOAD_MB", "128", "max_upload_mb", 128),
        ("STANCEMARK_METRICS", "ON", "metrics", True),
        ("STANCEMARK_METRICS", "off", "metrics", False),
        ("STANCEMARK_SESSION_IDLE_HOURS", "1", "session_idle_hours", 1),
        ("STANCEMARK_SESSION_MAX_DAYS", "7", "session_max_days", 7),
        ("STANCEMARK_PORT", "", "port", 8000),
    ],
)
def test_what_is_set_counts(variable: str, value: str, name: str, read_as: object) -> None:
    assert getattr(read(**{variable: value}), name) == read_as


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "annotations.db"),
        ("DATABASE_URL", "postgresql://x/y"),
        ("DATABASE_URL", "postgresql+psycopg://u@h:port/name"),
        ("STANCEMARK_SECRET_KEY", "short"),
        ("STANCEMARK_HOST", " "),
        ("STANCEMARK_PORT", "http"),
        ("STANCEMARK_PORT", "65536"),
        ("STANCEMARK_PORT", "-1"),
        ("STANCEMARK_PORT", "8000.0"),
        ("STANCEMARK_PORT", "٨"),
        ("STANCEMARK_PORT", "9" * 5_000),
        ("STANCEMARK_WORKERS", "0"),
        ("STANCEMARK_THREADS", "0"),
        ("STANCEMARK_PROXY_HOPS", "many"),
        ("STANCEMARK_MAX_UPLOAD_MB", "0"),
        ("STANCEMARK_METRICS", "perhaps"),
        ("STANCEMARK_SESSION_IDLE_HOURS", "0"),
        ("STANCEMARK_SESSION_MAX_DAYS", "forever"),
    ],
    ids=lambda value: value[:40],
)
def test_a_wrong_value_is_one_line_that_says_what_is_allowed(variable: str, value: str) -> None:
    with pytest.raises(BadSetting) as why:
        read(**{variable: value})
    words = str(why.value)
    assert words.startswith(variable) and "\n" not in words and ("allowed" in words or "needed" in words)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadSetting) as why:
        read(STANCEMARK_WORKER="2")
    assert str(why.value).startswith("STANCEMARK_WORKER: no such setting") and "STANCEMARK_WORKERS" in str(why.value)


def test_secrets_are_not_repeated() -> None:
    for variable, value in (("STANCEMARK_SECRET_KEY", "hush"), ("DATABASE_URL", "mysql://me:hush@db/x")):
        with pytest.raises(BadSetting) as why:
            read(**{variable: value})
        assert "hush" not in str(why.value)


def test_flags_come_before_the_environment() -> None:
    found = read(STANCEMARK_PORT="9", STANCEMARK_WORKERS="4").with_flags(port=10, host=None, workers=None)
    assert (found.port, found.workers, found.host) == (10, 4, "127.0.0.1")
    with pytest.raises(BadSetting, match="STANCEMARK_PORT"):
        read().with_flags(port=70_000)
