"""Hooks of pytest: check all answers of a run against the declarations at its end, and fail the run if they differ."""

from typing import Any

import pytest

from api.app import create_app
from api.toolbox import create_toolbox
from config import Config
from tests import honesty
from tests.servers import Server

# The options of pytest that leave tests out.
CHOOSING = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")
SEEN = pytest.StashKey[set[honesty.Seen]]()
FOUND = pytest.StashKey[dict[str, list[str]]]()


def is_whole(config: pytest.Config, exitstatus: int) -> bool:
    """Whether every test of the tier ran and passed: each tier must see all declarations (tests/tiers.py)."""
    chosen = any(config.getoption(name, None) for name in CHOOSING)
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen
    return everything and exitstatus == pytest.ExitCode.OK


def pytest_configure(config: pytest.Config) -> None:
    """Start with an empty record."""
    config.stash[SEEN] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add the record of a process of pytest-xdist."""
    node.config.stash[SEEN] |= {honesty.Seen(*each) for each in getattr(node, "workeroutput", {}).get("seen", ())}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Pass the record on, or check it. All servers of the tests have ended, so their logs are complete."""
    config = session.config
    seen = config.stash[SEEN] | honesty.seen_in(Server.logs)
    if hasattr(config, "workeroutput"):
        config.workeroutput["seen"] = [tuple(each) for each in seen]
        return
    whole = is_whole(config, exitstatus)
    if not (seen or whole):
        return
    declared = honesty.promises(create_app(Config()))
    config.stash[FOUND] = {
        "seen, and not declared": honesty.undeclared(seen, declared),
        "declared, and seen in no test": honesty.unseen(seen, declared) if whole else [],
        "declared by the toolbox, and seen in no test": (
            honesty.unseen_of_toolbox(seen, create_toolbox(Config())) if whole else []
        ),
    }
    if any(config.stash[FOUND].values()) and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the differences."""
    for title, found in config.stash.get(FOUND, {}).items():
        if found:
            terminalreporter.section(title, red=True)
            terminalreporter.write("\n".join(found) + "\n")
