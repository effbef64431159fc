"""The results as tables, and in docs/performance.md between its markers."""

import json
import math
import statistics
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.measuring import ROOT, Load
from benchmarks.peers.plot import plotted
from benchmarks.peers.servers import SERVERS

PAGE, PLOT = ROOT / "docs/performance.md", ROOT / "docs/performance.svg"
START, END = "<!-- peers: written by `python -m benchmarks.peers --write` -->", "<!-- end of peers -->"
Loads = dict[str, dict[str, list[Load]]]
COLUMNS = ("", "a second", "p50 ms", "p99 ms", "CPU µs each", "MiB at the peak", "speed beside Touchstone")


def speed(loads: list[Load]) -> list[float]:
    """The speed of each round: requests or starts a second."""
    return [1000 / load.p50 if math.isnan(load.rate) else load.rate for load in loads]


def beside(loads: list[Load], by_server: dict[str, list[Load]]) -> float:
    """The speed relative to Touchstone's, median of the rounds: 2 is twice as fast; nan if Touchstone has none."""
    if "touchstone" not in by_server:
        return math.nan
    rounds = zip(speed(loads), speed(by_server["touchstone"]), strict=True)
    return statistics.median(one / other for one, other in rounds)


def figure(loads: list[Load], of: Callable[[Load], float], *, spread: bool = False) -> str:
    """The median of a figure over the rounds, optionally with the lowest and the highest."""
    values = [of(load) for load in loads]
    if any(map(math.isnan, values)):
        return "–"
    digits = 0 if max(values) >= 100 else 1
    found = f"{statistics.median(values):,.{digits}f}"
    return found + f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})" if spread and len(values) > 1 else found


def tables(loads: Loads) -> str:
    """A table for each job."""
    lines = []
    for job, by_server in loads.items():
        lines += [f"**{job[0].upper()}{job[1:]}**", "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
        for name, found in by_server.items():
            cells = [
                name,
                figure(found, lambda load: load.rate, spread=True),
                figure(found, lambda load: load.p50, spread=math.isnan(found[0].rate)),
                figure(found, lambda load: load.p99),
                figure(found, lambda load: load.cpu, spread=True),
                figure(found, lambda load: load.memory),
            ]
            ratio = beside(found, by_server)
            cells.append(f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.1g}")
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def versions() -> str:
    """The versions of the peers, from the files that pin them."""
    here = ROOT / "benchmarks/peers"
    pinned = [line.replace("==", " ") for line in (here / "requirements.txt").read_text().splitlines() if "==" in line]
    node = json.loads((here / "package.json").read_text())["dependencies"]
    return ", ".join((*pinned, *(f"{name} {version.rpartition('@')[2]}" for name, version in node.items())))


def write(loads: Loads, how: str) -> None:
    """Write the results to the page, and the plot beside it."""
    page = PAGE.read_text()
    before, _, rest = page.partition(START)
    _, found, after = rest.partition(END)
    assert found, f"{PAGE} does not have the markers of this benchmark's results"
    ratios = {
        job: {name: beside(found, by_server) for name, found in by_server.items()}
        for job, by_server in loads.items()
        if "touchstone" in by_server
    }
    PLOT.write_text(plotted(ratios))
    written = [
        START,
        f"\n{datetime.now(UTC):%-d %B %Y}; {how}; {versions()}.\n",
        "![Speed of each server beside Touchstone, job by job](performance.svg)\n",
        *(f"- `{name}`: {server.what}." for name, server in SERVERS.items()),
        "",
        tables(loads),
        END,
    ]
    PAGE.write_text(before + "\n".join(written) + after)
