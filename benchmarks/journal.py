"""The journal: its cost, how soon waits end, queries, and many who listen (docs/performance.md).

    python -m benchmarks.journal                        # all of it
    python -m benchmarks.journal --before ../other      # also the cost in another checkout, in the same turns

Printed: processor µs of `GET /articles/1` outside spaces with the journal off and on, and in a space that keeps one and
in a space that keeps none, in turns; milliseconds from an answer to the end of a wait for it, with one worker and with
four; milliseconds of queries over 1,000 entries; and `GET /articles/1` while 100 listen and 100 wait.
"""

import argparse
import os
import statistics
import threading
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.fields import ordinary, percentiles
from benchmarks.measuring import Running, processor_seconds, running
from benchmarks.spaces import Client

TURNS = 15
SERVE = ("serve", "--port", "0", "--ephemeral")
QUERIES = (
    "limit=100",
    "method=POST",
    "path=/articles/%3Cid%3E&status=404",
    "header:x-run=500",
    "body:contains=nothing",
    "count=true",
)


def costs(requests: int, before: str) -> None:
    """Print the processor µs of a GET of each kind, and the difference to the one before."""
    kinds = {
        **({"before": ([f"{before}/run.py", *SERVE], {}, None)} if before else {}),
        "off": (["run.py", *SERVE], {"JOURNAL": "off"}, None),
        "in spaces only": (["run.py", *SERVE], {}, None),
        "a space without a journal": (["run.py", *SERVE], {}, {"journal": False}),
        "a space with a journal": (["run.py", *SERVE], {}, {"journal": True}),
    }
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(*command, LOG_FILE=os.devnull, ANSWER_CACHE="false", **environment))
            for name, (command, environment, _) in kinds.items()
        }
        clients = {name: Client(server) for name, server in servers.items()}
        paths = {
            name: "/articles/1"
            if space is None
            else clients[name].ask("POST", "/spaces", space, 201)[1]["url"] + "/articles/1"
            for name, (_, _, space) in kinds.items()
        }
        taken: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(TURNS + 1):
            for name, client in clients.items():
                begun = processor_seconds(servers[name].pid)
                for _ in range(requests):
                    client.ask("GET", paths[name])
                if turn:  # the first one warms up
                    taken[name].append((processor_seconds(servers[name].pid) - begun) / requests * 1e6)
    last = None
    print("| Journal | processor µs | more than the row above |\n|---|---|---|")
    for name, found in taken.items():
        median = statistics.median(found)
        print(f"| {name} | {median:.0f} | {'' if last is None else f'{median - last:+.0f}'} |")
        last = median


def waits(workers: int, count: int) -> None:
    """Print the milliseconds from an answer to the end of a wait that it ends."""
    with running("run.py", *SERVE, "--workers", str(workers), LOG_FILE=os.devnull) as server:
        space = Client(server).ask("POST", "/spaces", {}, 201)[1]
        waiter, late = Client(server), []
        for number in range(count):
            ended: list[float] = []

            def wait(number: int = number, ended: list[float] = ended) -> None:
                found = waiter.ask("GET", f"/spaces/{space['id']}/journal?wait=20&header:x-run={number}&fields=n")[1]
                ended.append(time.perf_counter())
                assert found["complete"]

            thread = threading.Thread(target=wait)
            thread.start()
            time.sleep(0.03)
            Client(server).ask("GET", f"{space['url']}/hello", **{"X-Run": str(number)})  # perhaps another worker
            answered = time.perf_counter()
            thread.join()
            late.append((ended[0] - answered) * 1000)
        late.sort()
        print(f"{workers} workers: a wait ends {statistics.median(late):.1f} ms after the answer (p50), ", end="")
        print(f"{late[int(count * 0.95)]:.1f} ms (p95)")


def queries(count: int) -> None:
    """Print the milliseconds of queries over 1,000 entries, at the client."""
    with running("run.py", *SERVE, LOG_FILE=os.devnull) as server:
        client = Client(server)
        space = client.ask("POST", "/spaces", {}, 201)[1]
        for number in range(1000):
            if number % 3:
                client.ask("GET", f"{space['url']}/articles/1", None, 200, **{"X-Run": str(number)})
            else:
                client.ask("POST", f"{space['url']}/echo", {"number": number})
        for query in QUERIES:
            found = [client.ask("GET", f"/spaces/{space['id']}/journal?{query}")[0] for _ in range(count)]
            print(f"| `{query}` | {statistics.median(found):.1f} ms |")


def listening(server: Running, count: int) -> list[HTTPConnection]:
    """So many that listen, at most 32 in a space, and as many that wait. Returns their connections."""
    client, opened = Client(server), []
    for number in range(count):
        if number % 32 == 0:
            space = client.ask("POST", "/spaces", {}, 201)[1]
        for target, accept in (("?wait=30", "*/*"), ("", "text/event-stream")):
            connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
            connection.request("GET", f"/spaces/{space['id']}/journal{target}", headers={"Accept": accept})
            opened.append(connection)
    return opened


def others(count: int) -> None:
    """Print what an ordinary client sees while others listen and wait."""
    with running("run.py", *SERVE, LOG_FILE=os.devnull) as server:
        port = urlsplit(server.url).port or 0
        ordinary(port, 2)  # warms up
        idle = percentiles(ordinary(port, 5))
        opened = listening(server, count)
        time.sleep(1)
        busy = percentiles(ordinary(port, 5))
        for each in opened:
            each.close()
        after = percentiles(ordinary(port, 5))
    for name, (p50, p99) in (("nobody", idle), (f"{count} listeners, {count} waiters", busy), ("nobody again", after)):
        print(f"| {name} | {p50:.2f} ms | {p99:.2f} ms |")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000, help="of each turn")
    parser.add_argument("--before", default="", metavar="FOLDER", help="another checkout")
    options = parser.parse_args()
    costs(options.requests, options.before)
    for workers in (1, 4):
        waits(workers, 100)
    queries(20)
    others(100)


if __name__ == "__main__":
    main()
