"""The costs of requests: SQL statements and calls of Python functions, counted in a separate process.

    python -m tests.costs --database sqlite:////tmp/costs.db          # print them
    python -m tests.costs --write                                     # write them to costs.json

Unlike times they are the same on every machine, busy or not. The process is separate, because imports, patches and
listeners of other tests would be counted too.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import event

from api.app import create_app, find_loaders
from api.front.environ import environ_of
from api.store import loading, migrating
from api.store.database import Database
from api.watch import logs
from config import Config
from tests.postgres import Postgres
from tests.servers import JOHN

COSTS = Path(__file__).parent / "costs.json"
BASIC = "Basic " + b64encode(":".join(JOHN).encode()).decode()
SIGNING_IN = {"Authorization": BASIC, "Content-Type": "application/json"}
# The first requests fill caches, and psycopg prepares a statement after five executions.
WARM_UP, COUNTED = 10, 5
BODY = json.dumps({"title": "A title", "body": "A body " * 40, "tags": ["a", "b"]}).encode()

Costs = dict[str, dict[str, int]]
Fields = dict[str, str]
# The requests, by repetition: method, target, fields, body, and the expected status.
Asked = Callable[[int], tuple[str, str, Fields, bytes, int]]


def requests(authorization: str) -> dict[str, Asked]:
    """The requests that are counted, by name."""
    read = {"Authorization": authorization}
    write = {**read, "Content-Type": "application/json"}

    def with_key(key: str) -> Fields:
        return {**write, "Idempotency-Key": key}

    return {
        "one article": lambda n: ("GET", "/articles/1", {}, b"", 200),
        "one article by token": lambda n: ("GET", "/articles/1", read, b"", 200),
        "304 by ETag": lambda n: ("GET", "/articles/1", {"If-None-Match": '"v1"'}, b"", 304),
        "a list of 20": lambda n: ("GET", "/articles", {}, b"", 200),
        "a create": lambda n: ("POST", "/articles", write, BODY, 201),
        "a create with Idempotency-Key": lambda n: ("POST", "/articles", with_key(f"new-{n}"), BODY, 201),
        "a create repeated with its key": lambda n: ("POST", "/articles", with_key("new-0"), BODY, 201),
        "an update by If-Match": lambda n: ("PUT", "/articles/2", {**write, "If-Match": f'"v{n + 1}"'}, BODY, 200),
    }


class Counter:
    """A context that counts the statements of a database and the calls of Python functions."""

    def __init__(self, database: Database) -> None:
        self.statements = self.calls = 0
        if database.sqlite:
            # Some statements go to the driver directly.
            event.listen(database.engine, "connect", lambda driver, _: driver.set_trace_callback(self.executed))
        else:
            event.listen(database.engine, "before_cursor_execute", self.executed)

    def executed(self, *told: object) -> None:
        """Count a statement, but not the call of this function."""
        self.calls -= 1
        # FTS5 executes its own statements.
        self.statements += not (len(told) == 1 and "'main'." in str(told[0]))

    def profile(self, frame: FrameType, what: str, argument: object) -> None:
        """Count a call."""
        self.calls += what == "call"

    def __enter__(self) -> "Counter":
        self.statements = self.calls = 0
        # The garbage collector's work depends on everything that ran before.
        gc.disable()
        sys.setprofile(self.profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()


def environ(method: str, target: str, fields: Fields, body: bytes) -> dict[str, Any]:
    """The environment of a request, as the front makes it."""
    path, _, query = target.partition("?")
    sent = {"Host": "127.0.0.1:8000", "Accept": "*/*", **fields}
    if body:
        sent["Content-Length"] = str(len(body))
    scope: Any = {
        "method": method,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
    }
    return {**environ_of(scope), "touchstone.has_body": bool(body), "wsgi.input": BytesIO(body)}


def answered(app: Any, environ: dict[str, Any]) -> tuple[int, bytes]:
    """The status and the body of an answer."""
    statuses: list[str] = []
    answer = app(environ, lambda status, fields, error=None: statuses.append(status))
    body = b"".join(answer)
    answer.close()
    return int(statuses[0][:3]), body


def counted(url: str) -> Costs:
    """The costs of each request on an empty database: the minimum of several repetitions."""
    logs.configure("info", os.devnull)  # as a server does: each request is logged
    app = create_app(Config.from_environ({"DATABASE_URL": url}))
    database = app.services.database
    counter = Counter(database)
    migrating.upgrade(database)
    loading.seed(database, find_loaders())
    status, body = answered(app, environ("POST", "/tokens", SIGNING_IN, b"{}"))
    assert status == 201, body
    for _ in range(20):
        answered(app, environ("POST", "/articles", SIGNING_IN, BODY))
    costs: Costs = {}
    for name, asked in requests("Bearer " + json.loads(body)["token"]).items():
        found = []
        for number in range(WARM_UP + COUNTED):
            *request, right = asked(number)
            sent = environ(*request)
            with counter:
                status, body = answered(app, sent)
            assert status == right, (name, status, body)
            found.append((counter.calls, counter.statements))
        # Some repetitions also store a token's last use, or end a time window.
        calls, statements = min(found[WARM_UP:])
        costs[name] = {"statements": statements, "calls": calls}
    database.close()
    return costs


def keep() -> None:
    """Write the current costs of requests, on both databases, to costs.json."""
    postgres = Postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            urls = {"sqlite": f"sqlite:///{folder}/costs.db", "postgresql": postgres.create("costs")}
            found = {kind: counted(url) for kind, url in urls.items()}
    finally:
        postgres.stop()
    COSTS.write_text(json.dumps(found, indent=2) + "\n")


def main() -> None:
    """Print the costs of requests, or write them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--database", metavar="URL", help="print the costs of requests on this empty database")
    what.add_argument("--write", action="store_true", help="write the costs to tests/costs.json")
    options = parser.parse_args()
    if options.write:
        keep()
    else:
        json.dump(counted(options.database), sys.stdout)


if __name__ == "__main__":
    main()
