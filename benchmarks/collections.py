"""The cost of own data: one document beside one article, creates beside json-server, lists, and the start.

    python -m benchmarks.collections --rounds 3 --seconds 3
    python -m benchmarks.collections --json-server FOLDER      # FOLDER/node_modules has a json-server

All collections have 10,000 documents. Everything is measured in turns. json-server is the one in `benchmarks/peers`
(`make bench` installs it), or that of the folder.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measuring import (
    ROOT,
    Load,
    Refused,
    Running,
    answering,
    free_port,
    median,
    processor_seconds,
    running,
    spread,
    wrk,
)

COUNT = 10_000
SERVE = ("run.py", "serve", "--port", "0", "--ephemeral")
CREATE = """
wrk.method = "POST"
wrk.body = '{"title": "A title", "body": "A body of some words", "views": 1}'
wrk.headers["Content-Type"] = "application/json"
"""
LISTS = {
    "the whole list": "/posts",
    "a page": "/posts?_page=100&_limit=10",
    "a filter": "/posts?views=77",
    "a range, sorted": "/posts?views_gte=90&_sort=-views&_limit=10",
    "a search": "/posts?q=number+9999",
    "children of one": "/posts/1/comments",
}


def write_data(file: Path, *, text_ids: bool = False) -> None:
    """Write the data: as many posts, and one comment for each tenth."""
    posts = [
        {
            "id": str(n) if text_ids else n,
            "title": f"Title number {n}",
            "body": "A body of some words",
            "views": n % 100,
        }
        for n in range(1, COUNT + 1)
    ]
    comments = [{"id": n, "body": "Nice", "postId": n * 10} for n in range(1, COUNT // 10 + 1)]
    file.write_text(json.dumps({"posts": posts, "comments": comments}))


def one_by_one(server: Running, path: str, requests: int) -> float:
    """Processor µs of a request over one connection."""
    connection = HTTPConnection(*urlsplit(server.url).netloc.split(":"))
    before = processor_seconds(server.pid)
    for _ in range(requests):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise Refused(f"{answer.status} for {path}")
    connection.close()
    return (processor_seconds(server.pid) - before) / requests * 1e6


def creates(server: Running, script: Path, seconds: int) -> Load:
    """Create posts as fast as the server takes them."""
    return wrk(server, "/posts", seconds=seconds, script=str(script))


def peer(folder: Path, file: Path, stack: ExitStack) -> Running | None:
    """Start json-server on a copy of the data, which it writes."""
    programs = [folder / "node_modules/json-server/lib" / name for name in ("cli/bin.js", "bin.js")]
    program = next((each for each in programs if each.exists()), None)
    if program is None:
        return None
    port = free_port()
    return stack.enter_context(answering(["node", str(program), str(file), "--port", str(port)], "/posts/1", port))


def main() -> None:
    """Measure in turns, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--json-server", type=Path, default=ROOT / "benchmarks/peers")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file, script = folder / "db.json", folder / "create.lua"
        write_data(file)
        script.write_text(CREATE)

        starts: dict[str, list[float]] = {"empty": [], "with the data": []}
        for _ in range(options.rounds):
            for name, more in (("empty", ()), ("with the data", ("--data", str(file)))):
                with running(*SERVE, *more) as server:
                    starts[name].append(server.seconds)
        empty, full = (statistics.median(each) for each in starts.values())
        print(f"start: {empty:.2f} s empty, {full:.2f} s with 2 collections of {COUNT:,} and {COUNT // 10:,} documents")
        print(f"  ratio {full / empty:.2f}")

        plain = stack.enter_context(running(*SERVE, ANSWER_CACHE="false"))
        own = stack.enter_context(running(*SERVE, "--data", str(file), ANSWER_CACHE="false"))
        reads: dict[str, list[float]] = {"article": [], "document": []}
        for _ in range(2 * options.rounds):
            reads["article"].append(one_by_one(plain, "/articles/1", 2000))
            reads["document"].append(one_by_one(own, "/posts/5000", 2000))
        article, document = (statistics.median(each) for each in reads.values())
        print(f"read of one: article {article:.0f} µs, document {document:.0f} µs; ratio {document / article:.2f}")

        for name, path in LISTS.items():
            begun, cpu = time.perf_counter(), one_by_one(own, path, 20) / 1000
            print(f"{name}: {cpu:.1f} ms of processor, {(time.perf_counter() - begun) / 20 * 1000:.1f} ms ({path})")

        copy = folder / "copy.json"
        write_data(copy, text_ids="0.17" not in str(options.json_server))
        other = peer(options.json_server, copy, stack)
        found: dict[str, list[Load]] = {"own": [], "json-server": []}
        for _ in range(options.rounds):
            found["own"].append(creates(own, script, options.seconds))
            if other:
                found["json-server"].append(creates(other, script, options.seconds))
        for name, loads in found.items():
            if loads:
                print(f"creates, {name}: {median(loads, lambda e: e.rate):,.0f}/s ({spread(loads, lambda e: e.rate)})")


if __name__ == "__main__":
    main()
