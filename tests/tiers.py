"""The two tiers of the tests: without `--all`, slow tests do not run, and fewer tests run on PostgreSQL."""

from collections import Counter

import pytest

DATABASES = ("sqlite", "postgresql")
# In the fast tier, one of so many cases of a test runs on PostgreSQL too: most cases differ in what is sent, and then
# storage behaves as for the case before. All cases run on SQLite.
SAMPLE = 8


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
    """Deselect what only `--all` runs: slow tests, most combinations of `crossed` tests, most cases on PostgreSQL."""
    if tier(config) == "fast":
        cases: Counter[str] = Counter()
        left_out = [item for item in items if not is_fast(item, cases)]
        config.hook.pytest_deselected(items=left_out)
        dropped = set(left_out)
        items[:] = [item for item in items if item not in dropped]


def is_fast(item: pytest.Item, cases: Counter[str]) -> bool:
    """Whether the fast tier runs this test. `cases` counts the earlier cases of each test on PostgreSQL."""
    if item.get_closest_marker("slow"):
        return False
    if item.get_closest_marker("crossed") and not is_on_diagonal(item):
        return False
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return True
    if item.callspec.params.get("new_database") != "postgresql" or item.get_closest_marker("every_case"):
        return True
    name = item.nodeid.partition("[")[0]
    cases[name] += 1
    return cases[name] % SAMPLE == 1


def is_on_diagonal(item: pytest.Item) -> bool:
    """Whether a case combines the values of its two lists at the same place; the shorter list is repeated.

    So each value of both lists is in some case.
    """
    assert isinstance(item, pytest.Function)
    params = item.callspec.params
    places, lengths = [], []
    for mark in item.iter_markers("parametrize"):
        names, cases = mark.args
        values = [case.values if isinstance(case, type(pytest.param())) else case for case in cases]
        names = [each.strip() for each in names.split(",")] if isinstance(names, str) else names
        own = tuple(params[name] for name in names)
        places.append(next(n for n, each in enumerate(values) if each == own or (len(own) == 1 and each == own[0])))
        lengths.append(len(values))
    assert len(places) == 2, f"{item.nodeid}: `crossed` is for two `parametrize`"
    return (places[0] - places[1]) % min(lengths) == 0
