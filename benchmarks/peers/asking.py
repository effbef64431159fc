"""Fills the variables of a request: values found before, and counters; once in Python, repeatedly in wrk.

`<number>` is a different text each time. `<id>` and `<version>` iterate over the articles: in the first pass each is at
its first version, and in each later pass at the next one. Each part of a measurement (the check, the warm-up, the
measured run) has its own numbers and articles.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

from benchmarks.peers.jobs import Ask

PARTS = 3
COUNTING = """
-- wrk calls this once before it sends anything.
local sent = -2
function request()
  sent = sent + 1
  local id, version = %(first)d + sent %% %(share)d, 1 + math.floor(sent / %(share)d)
  local values = {number = "%(part)d-" .. sent, id = id, version = version}
  local function filled(text) return (text:gsub("<(%%a+)>", values)) end
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = filled(tostring(value)) end
  return wrk.format(wrk.method, filled(wrk.path), headers, wrk.body)
end
"""


def put_in(ask: Ask, values: dict[str, str]) -> Ask:
    """The request with these values in its path and fields; variables without a value remain."""

    def filled(text: str) -> str:
        return re.sub("<([a-z]+)>", lambda found: values.get(found[1], found[0]), text)

    return replace(ask, path=filled(ask.path), fields={name: filled(value) for name, value in ask.fields.items()})


def once(ask: Ask) -> Ask:
    """The request of the check: the first of its part."""
    return put_in(ask, {"number": "0-0", "id": "1", "version": "1"})


def script(ask: Ask, part: int, rows: int, folder: Path) -> Path:
    """Write the script of wrk for this part of a measurement of so many rows."""
    lines = [f"wrk.path = {json.dumps(ask.path)}", f"wrk.method = {json.dumps(ask.method)}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in ask.fields.items()]
    if ask.body:
        body = folder / "body"
        body.write_bytes(ask.body)
        lines += [f'local body = io.open("{body}", "rb")', 'wrk.body = body:read("*a")', "body:close()"]
    if once(ask) != ask:
        share = rows // PARTS
        lines.append(COUNTING % {"part": part, "first": part * share + 1, "share": share})
    written = folder / "wrk.lua"
    written.write_text("\n".join(lines) + "\n")
    return written
