"""The cost of an isolated store for each test: a space, beside a json-server process for each test.

    python -m benchmarks.spaces --spaces 200
    python -m benchmarks.spaces --many 1000 --soak 10000    # memory and descriptors of many open spaces

Printed: milliseconds at the client to make a space, for its first GET, its first create, its reset and its deletion;
the processor time of `GET /articles/1` in a space and outside it, in turns; and, if the peers are installed
(`make bench`), the start of a json-server process with the same articles until its first answer.
"""

import argparse
import json
import statistics
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measuring import Running, answering, free_port, processes, processor_seconds, resident_mib, running

PEERS = Path(".venv-peers/node_modules")
JOHN = "Basic am9objpqb2hu"
TURNS = 5


class Client:
    """One connection, with a clock."""

    def __init__(self, server: Running) -> None:
        self.connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200, **fields: str) -> tuple[float, Any]:
        """Send a request; return the milliseconds until its answer, and its JSON."""
        content = None if body is None else json.dumps(body)
        fields = {**({"Content-Type": "application/json"} if content else {}), **fields}
        begun = time.perf_counter()
        self.connection.request(method, path, content, fields)
        answer = self.connection.getresponse()
        raw = answer.read()
        taken = (time.perf_counter() - begun) * 1000
        assert answer.status == status, (method, path, answer.status, raw[:300])
        return taken, json.loads(raw) if raw else None


def one_after_another(client: Client, count: int) -> dict[str, list[float]]:
    """Make, use, reset and delete spaces, each as a test would."""
    taken: dict[str, list[float]] = {name: [] for name in ("make", "first GET", "first create", "reset", "delete")}
    article = {"title": "A title", "body": "A body"}
    for _ in range(count):
        ms, space = client.ask("POST", "/spaces", {}, 201)
        taken["make"].append(ms)
        taken["first GET"].append(client.ask("GET", f"{space['url']}/articles/1")[0])
        made = client.ask("POST", f"{space['url']}/articles", article, 201, Authorization=JOHN)[0]
        taken["first create"].append(made)
        place = f"/spaces/{space['id']}"
        taken["reset"].append(client.ask("POST", f"{place}/reset", {})[0])
        taken["delete"].append(client.ask("DELETE", place, status=204)[0])
    return taken


def in_turns(server: Running, client: Client, requests: int) -> tuple[float, float]:
    """Processor µs of `GET /articles/1` outside the spaces and in one, measured in turns."""
    space = client.ask("POST", "/spaces", {}, 201)[1]
    spent = {"/articles/1": 0.0, f"{space['url']}/articles/1": 0.0}
    for _ in range(TURNS):
        for path in spent:
            before = processor_seconds(server.pid)
            for _ in range(requests):
                client.ask("GET", path)
            spent[path] += processor_seconds(server.pid) - before
    outside, inside = (seconds / (TURNS * requests) * 1e6 for seconds in spent.values())
    return outside, inside


def descriptors(server: Running) -> int:
    """The open files of the process with the most of them."""
    return max(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in processes(server.pid))


def many(server: Running, client: Client, count: int, more: int) -> str:
    """Memory and descriptors with so many spaces, each used once, and after `more` came and went."""
    before = resident_mib(server.pid)
    made = [client.ask("POST", "/spaces", {}, 201)[1] for _ in range(count)]
    for space in made:
        client.ask("GET", f"{space['url']}/articles/1")
    full, files = resident_mib(server.pid), descriptors(server)
    for space in made:
        client.ask("DELETE", f"/spaces/{space['id']}", status=204)
    one_after_another(client, more)
    after = resident_mib(server.pid)
    return (
        f"{count:,} spaces: {full - before:.0f} MiB more, {files} descriptors; "
        f"{after - before:.0f} MiB more after they were deleted and {more:,} more came and went, "
        f"{descriptors(server)} descriptors"
    )


def a_process_each(count: int) -> list[float]:
    """Milliseconds until a json-server of its own answers, for each of so many tests."""
    articles = [{"id": str(number), "title": "A title", "body": "A body"} for number in range(1, 4)]
    taken = []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            file, port = Path(folder) / "db.json", free_port()
            file.write_text(json.dumps({"articles": articles}))
            command = ["node", str(PEERS / "json-server/lib/bin.js"), str(file), "--port", str(port)]
            with answering(command, "/articles/1", port) as peer:
                taken.append(peer.seconds * 1000)
    return taken


def row(name: str, taken: list[float]) -> str:
    """A line of the table."""
    cuts = statistics.quantiles(taken, n=100)
    return f"| {name} | {cuts[49]:.2f} | {cuts[98]:.2f} |"


def main() -> None:
    """Measure, and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--spaces", type=int, default=200)
    arguments.add_argument("--requests", type=int, default=2000, help="of each turn")
    arguments.add_argument("--many", type=int, default=0)
    arguments.add_argument("--soak", type=int, default=1000, help="spaces that come and go after --many")
    options = arguments.parse_args()
    with running("run.py", "serve", "--port", "0", "--ephemeral", ANSWER_CACHE="false") as server:
        client = Client(server)
        one_after_another(client, 10)
        if options.many:
            print(many(server, client, options.many, options.soak))
            return
        print("| | p50 ms | p99 ms |\n|---|---|---|")
        for name, taken in one_after_another(client, options.spaces).items():
            print(row(name, taken))
        outside, inside = in_turns(server, client, options.requests)
    if (PEERS / "json-server").exists():
        print(row("json-server process, first answer", a_process_each(20)))
    print(f"\nGET /articles/1: {outside:.0f} µs outside, {inside:.0f} µs in a space ({inside - outside:+.0f})")


if __name__ == "__main__":
    main()
