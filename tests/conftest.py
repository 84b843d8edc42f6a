"""What every test may use: databases (tests/databases.py), servers (tests/servers.py). A skipped test fails the run."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.databases", "tests.servers", "tests.world"]

# The loaders that exports are tried with shall ask nobody.
os.environ["HF_HUB_OFFLINE"] = "1"

# A busy machine must not make a right program fail.
settings.register_profile(
    "house", settings.get_profile("default"), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """What is skipped was not checked."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
