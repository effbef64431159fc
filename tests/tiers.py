"""The two tiers of the tests: without `--all`, slow tests do not run, and some tests run on SQLite only."""

import pytest

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--all`, which `make test-all` uses."""
    parser.addoption(
        "--all", action="store_true", dest="all_tests", help="Run slow tests too, and all tests on both databases."
    )


def tier(config: pytest.Config) -> str:
    """The tier of this run."""
    return "all" if config.getoption("all_tests") else "fast"


def databases(config: pytest.Config, test: pytest.Function) -> tuple[str, ...]:
    """The databases that a test runs on."""
    one = tier(config) == "fast" and test.get_closest_marker("one_database")
    return DATABASES[:1] if one else DATABASES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a database on each kind, or on one."""
    if "new_database" in metafunc.fixturenames:
        found = databases(metafunc.config, metafunc.definition)
        metafunc.parametrize("new_database", found, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect slow tests, except with `--all`."""
    if tier(config) == "fast":
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
