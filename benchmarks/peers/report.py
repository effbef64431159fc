"""The results as tables, and in docs/performance.md between its markers."""

import json
import math
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import ROOT, Load
from benchmarks.peers.further import TWO
from benchmarks.peers.plot import plotted
from benchmarks.peers.servers import REFERENCES, SERVERS

DOCS = ROOT / "docs"
START, END = "<!-- peers: written by `python -m benchmarks.peers --write` -->", "<!-- end of peers -->"
Loads = dict[str, dict[str, list[Load]]]
COLUMNS = ("", "a second", "p50 ms", "p99 ms", "CPU µs each", "MiB at the peak", "speed beside Touchstone")
ONE = "beside one worker"  # a further column for two workers


def speed(loads: list[Load]) -> list[float]:
    """The speed of each round: requests or starts a second."""
    return [1000 / load.p50 if math.isnan(load.rate) else load.rate for load in loads]


def beside(loads: list[Load], others: list[Load] | None) -> float:
    """The speed relative to that of others, median of the rounds: 2 is twice as fast; nan without others."""
    if not others:
        return math.nan
    rounds = zip(speed(loads), speed(others), strict=True)
    return statistics.median(one / other for one, other in rounds)


def reference(by_server: dict[str, list[Load]]) -> list[Load] | None:
    """The figures of the Touchstone that the others are compared with; None if it has none."""
    return next((by_server[name] for name in REFERENCES if name in by_server), None)


def figure(loads: list[Load], of: Callable[[Load], float], *, spread: bool = False) -> str:
    """The median of a figure over the rounds, optionally with the lowest and the highest."""
    values = [of(load) for load in loads]
    if any(map(math.isnan, values)):
        return "–"
    digits = 0 if max(values) >= 100 else 1
    found = f"{statistics.median(values):,.{digits}f}"
    return found + f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})" if spread and len(values) > 1 else found


def ratio(value: float) -> str:
    """A ratio as it is shown."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.1g}"


def tables(loads: Loads) -> str:
    """A table for each job."""
    lines = []
    for job, by_server in loads.items():
        columns = (*COLUMNS, ONE) if job.endswith(TWO) else COLUMNS
        lines += [f"**{job[0].upper()}{job[1:]}**", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        for name, found in by_server.items():
            cells = [
                name,
                figure(found, lambda load: load.rate, spread=True),
                figure(found, lambda load: load.p50, spread=math.isnan(found[0].rate)),
                figure(found, lambda load: load.p99),
                figure(found, lambda load: load.cpu, spread=True),
                figure(found, lambda load: load.memory),
            ]
            cells.append(ratio(beside(found, reference(by_server))))
            if job.endswith(TWO):
                cells.append(ratio(beside(found, loads.get(job.removesuffix(TWO), {}).get(name))))
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def versions() -> str:
    """The versions of the peers, from the files that pin them."""
    here = ROOT / "benchmarks/peers"
    pinned = [line.replace("==", " ") for line in (here / "requirements.txt").read_text().splitlines() if "==" in line]
    node = json.loads((here / "package.json").read_text())["dependencies"]
    return ", ".join((*pinned, *(f"{name} {version.rpartition('@')[2]}" for name, version in node.items())))


def write(loads: Loads, how: str, folder: Path = DOCS) -> None:
    """Write the results to the page of this folder, and the plot beside it."""
    page = folder / "performance.md"
    before, _, rest = page.read_text().partition(START)
    _, found, after = rest.partition(END)
    assert found, f"{page} does not have the markers of this benchmark's results"
    ratios = {
        job: {name: beside(found, reference(by_server)) for name, found in by_server.items()}
        for job, by_server in loads.items()
        if reference(by_server)
    }
    (folder / "performance.svg").write_text(plotted(ratios))
    written = [
        START,
        f"\n{datetime.now(UTC):%-d %B %Y}; {how}; {versions()}.\n",
        "![Speed of each server beside Touchstone, job by job](performance.svg)\n",
        *(f"- `{name}`: {server.what}." for name, server in SERVERS.items()),
        "",
        tables(loads),
        END,
    ]
    page.write_text(before + "\n".join(written) + after)
