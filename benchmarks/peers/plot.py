"""The plot: a line for each job, with each server's speed relative to Touchstone's, by powers of ten."""

import math
from html import escape

LEFT, RIGHT, LINE, TOP = 330, 30, 24, 94
WIDTH = 940
# A separate mark besides the colour (of Okabe and Ito), for readers who cannot distinguish the colours.
MARKS = {
    "touchstone": ("●", "#888888"),
    "touchstone-uncached": ("◉", "#888888"),
    "touchstone-logging": ("○", "#888888"),
    "touchstone-space": ("◐", "#888888"),
    "touchstone-journal": ("◑", "#888888"),
    "touchstone-fault": ("◒", "#888888"),
    "touchstone-data": ("◍", "#888888"),
    "fastapi": ("■", "#009e73"),
    "flask-restful": ("▲", "#2f8fd0"),
    "json-server-0": ("◆", "#e69f00"),
    "json-server-1": ("◇", "#e69f00"),
    "httpbin": ("▼", "#cc79a7"),
    "prism": ("★", "#d55e00"),
    "bare-application": ("□", "#56b4e9"),
    "bare-resource": ("△", "#56b4e9"),
    "bare-resource-wsgi": ("▽", "#56b4e9"),
}
STYLE = """
  text { font: 13px sans-serif; fill: #24292f; dominant-baseline: central }
  .mark { font-size: 17px } rect { fill: #ffffff } line { stroke: #d0d7de } .one { stroke: #24292f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } rect { fill: #0d1117 } line { stroke: #30363d } .one { stroke: #e6edf3 }
  }
"""


def plotted(ratios: dict[str, dict[str, float]]) -> str:
    """An SVG of each job's speeds relative to Touchstone's (1: equal; to the right: faster than Touchstone)."""
    compared = {job: by_server for job, by_server in ratios.items() if len(by_server) > 1}
    shown = [ratio for by_server in compared.values() for ratio in by_server.values()]
    low, high = math.floor(math.log10(min([*shown, 0.5]))), math.ceil(math.log10(max([*shown, 2])))
    height = TOP + LINE * len(compared) + 10

    def x(ratio: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(ratio) - low) / (high - low), 1)

    def text(place: float, y: float, what: str, more: str = "") -> str:
        return f'<text x="{place}" y="{y}" {more}>{escape(what)}</text>'

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Speed beside Touchstone</title>",
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height}"/>',
    ]
    used = [name for name in MARKS if any(name in by_server for by_server in compared.values())]
    for number, name in enumerate(used):
        mark, colour = MARKS[name]
        place, y = 12 + number % 6 * 154, 14 + number // 6 * 20
        lines += [text(place, y, mark, f'class="mark" style="fill: {colour}"'), text(place + 16, y, name)]
    for power in range(low, high + 1):
        for step in (1, 2, 5) if power < high else (1,):
            place = x(step * 10**power)
            one = ' class="one"' if step * 10**power == 1 else ""
            lines.append(f'<line x1="{place}" x2="{place}" y1="{TOP - 8}" y2="{height - 6}"{one}/>')
        lines.append(text(x(10**power), TOP - 18, f"× {10**power:g}", 'text-anchor="middle"'))
    for number, (job, by_server) in enumerate(compared.items()):
        y = TOP + LINE * number + LINE / 2
        lines.append(text(12, y, job))
        for name, ratio in by_server.items():
            mark, colour = MARKS[name]
            lines.append(text(x(ratio), y, mark, f'class="mark" text-anchor="middle" style="fill: {colour}"'))
    return "\n".join([*lines, "</svg>", ""])
