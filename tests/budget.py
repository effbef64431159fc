"""A budget of CPU seconds for the tests of each folder (tests/budget.json), checked at the end of `make test`.

The seconds are those of the test process and of all processes that it started: servers, browsers, PostgreSQL. Work of a
shared server counts for the folder that runs meanwhile. Processors differ, and a busy one is slower, so each process of
the run times a fixed calculation now and then: the budget is for a processor that takes `PACE` seconds for it.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.tiers import tier
from tests.witness import is_whole

KEPT = Path(__file__).with_name("budget.json")
PACE = 0.02
# A folder can exceed its budget by this factor and these seconds: two runs differ by as much.
TOLERANCE, FREE = 1.25, 10.0
METER = pytest.StashKey["Meter"]()
REPORT = pytest.StashKey[list[str]]()


class Meter:
    """The CPU seconds so far, by folder."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self.paces: list[float] = []
        self.folder, self.last = "", 0.0

    def enter(self, folder: str) -> None:
        """Count the seconds since the last call for the folder of that call."""
        if folder == self.folder:
            return
        now = cpu_seconds()
        if self.folder:
            self.spent[self.folder] += now - self.last
        self.folder, self.last = folder, now
        self.paces.append(pace())

    def seconds(self) -> dict[str, int]:
        """The CPU seconds of each folder, as a processor of the usual pace would have taken."""
        speed = PACE * len(self.paces) / sum(self.paces)
        return {folder: round(spent * speed) for folder, spent in sorted(self.spent.items())}


def cpu_seconds() -> float:
    """CPU seconds of this process and of all processes that it started."""
    here = psutil.Process()
    total = 0.0
    for process in [here, *here.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # it has ended, and its seconds count for its parent
            total += sum(process.cpu_times()[:4])
    return total


def pace() -> float:
    """CPU seconds of a fixed calculation."""
    started = time.thread_time()
    sum(number * number for number in range(400_000))
    return time.thread_time() - started


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--write-budget`, which `make budget` uses."""
    parser.addoption(
        "--write-budget", action="store_true", help="Write the CPU seconds of this whole run to tests/budget.json."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the meter."""
    config.stash[METER] = Meter()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Note which folder is running."""
    parts = item.nodeid.partition("::")[0].split("/")
    item.config.stash[METER].enter(parts[1] if len(parts) > 2 else ".")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add the seconds of a process of pytest-xdist."""
    told = getattr(node, "workeroutput", {})
    node.config.stash[METER].spent.update(told.get("spent", {}))
    node.config.stash[METER].paces += told.get("paces", [])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Pass the seconds on, or compare them with the budget."""
    config, meter = session.config, session.config.stash[METER]
    meter.enter("the end")
    if hasattr(config, "workeroutput"):
        config.workeroutput |= {"spent": dict(meter.spent), "paces": meter.paces}
    elif is_whole(config, exitstatus) and tier(config) == "fast":
        spent = meter.seconds()
        if config.getoption("write_budget"):
            KEPT.write_text(json.dumps(spent, indent=2) + "\n")
        config.stash[REPORT] = over(spent, json.loads(KEPT.read_text()))
        if config.stash[REPORT]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def over(spent: Mapping[str, int], budget: Mapping[str, int]) -> list[str]:
    """Return a sentence for each folder that is over its budget."""
    return [
        f"tests/{folder} took {seconds} CPU seconds; its budget is {budget.get(folder, 0)}: make its tests cheaper, or "
        "mark the slow ones; if they must take that long, say why in the commit, and run: make budget"
        for folder, seconds in spent.items()
        if seconds > budget.get(folder, 0) * TOLERANCE + FREE
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the seconds of each folder, and which are over budget."""
    meter = config.stash[METER]
    if len(meter.spent) > 1:
        spent = sorted(meter.seconds().items(), key=lambda each: -each[1])
        terminalreporter.section("CPU seconds")
        took = ", ".join(f"{folder} {seconds}" for folder, seconds in spent)
        busy = sum(meter.spent.values())
        terminalreporter.write(f"{sum(seconds for _, seconds in spent)} ({busy:.0f} of this processor): {took}\n")
    for sentence in config.stash.get(REPORT, []):
        terminalreporter.write(sentence + "\n", red=True)
