"""The two tiers of the tests: without `--all`, slow tests are left out, and some laws run on one database alone."""

import pytest

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all`, as `make test-all` has it."""
    parser.addoption("--all", action="store_true", dest="all_tests", help="Run what is slow too, on both databases.")


def tier(config: pytest.Config) -> str:
    """Which of the tiers this run is of."""
    return "all" if config.getoption("all_tests") else "fast"


def databases(config: pytest.Config, law: pytest.Function) -> tuple[str, ...]:
    """The databases that a law is tried on."""
    one = tier(config) == "fast" and law.get_closest_marker("one_database")
    return DATABASES[:1] if one else DATABASES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try a law that has a database on each kind, or on one."""
    if "new_database" in metafunc.fixturenames:
        found = databases(metafunc.config, metafunc.definition)
        metafunc.parametrize("new_database", found, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow."""
    if tier(config) == "fast":
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
