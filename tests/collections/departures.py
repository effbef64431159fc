"""Where this server deliberately answers otherwise than json-server. Each is a row of docs/json-server.md, and tested.

    python -m tests.collections.departures http://127.0.0.1:8000

writes recorded/departures.json: what this server answers to each recorded request that a departure covers. It fails for
a difference that none covers. The server must have spaces.
"""

import json
import sys
from urllib.parse import urlsplit

from tests.collections.comparing import HERE, Compared, reads, writes
from tests.collections.departure import Departure
from tests.collections.query_departures import QUERIES
from tests.collections.write_departures import WRITES

DEPARTURES = [*QUERIES, *WRITES]


def rows() -> list[str]:
    """The rows of the table in docs/json-server.md."""
    return [
        f"| `{each.example}` | {' and '.join(each.versions)} | {each.theirs} | {each.ours} |" for each in DEPARTURES
    ]


def departure_of(compared: Compared) -> Departure | None:
    """The first departure that covers a request."""
    return next((each for each in DEPARTURES if each.covers(compared)), None)


def main(url: str) -> None:
    """Write recorded/departures.json from the server at this URL."""
    port = urlsplit(url).port or 80
    found = {}
    for version in ("0.17", "1.0"):
        for each in (*reads(version, port), *writes(version, port)):
            if not each.same:
                departure = departure_of(each)
                if departure is None:
                    sys.exit(f"No departure covers this.\n{each.name}\ntheirs {each.theirs}\nours   {each.ours}")
                found[each.name] = [departure.example, *each.outcome]
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(outcome, ensure_ascii=False)}" for name, outcome in found.items()
    )
    (HERE / "departures.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
