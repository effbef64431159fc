"""The costs of requests: SQL statements and calls of Python functions, counted in a separate process.

    python -m tests.costs --database sqlite:////tmp/costs.db          # print them
    python -m tests.costs --write                                     # write them to costs.json

Unlike times they are the same on every machine, busy or not. The process is separate, because imports, patches and
listeners of other tests would be counted too. The front is counted as well, without the server below it, its threads
and its cache of answers.
"""

import argparse
import asyncio
import gc
import json
import os
import sqlite3
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar, TypeVarTuple

import uvloop
from sqlalchemy import Engine, event

from api.app import create_app, find_loaders
from api.commands.fronts import front_settings
from api.front import FaultPlans, Hooks
from api.front.front import Front
from api.front.pool import Pool
from api.rules.pace import paced_paths
from api.store import loading, migrating
from api.watch import logs
from api.web.compat import MOUNT
from config import Config
from tests.postgres import Postgres
from tests.servers import JOHN

COSTS = Path(__file__).parent / "costs.json"
BASIC = "Basic " + b64encode(":".join(JOHN).encode()).decode()
# The first requests fill caches, and psycopg prepares a statement after five executions.
WARM_UP, COUNTED = 10, 5
DRAFT = {"title": "A title", "body": "A body " * 40, "tags": ["a", "b"]}
BODY = json.dumps(DRAFT).encode()
TYPE = {"Content-Type": "application/json"}
SIGNING_IN = {"Authorization": BASIC, **TYPE}
DOCUMENTS = [{"id": number, **DRAFT} for number in range(1, 41)]
FAULT = {"match": {"path": "/nowhere"}, "do": [{"delay": {"ms": 1}}]}

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Costs = dict[str, dict[str, int]]
Fields = dict[str, str]
# The requests, by repetition: method, target, fields, body, and the expected status.
Asked = Callable[[int], tuple[str, str, Fields, bytes, int]]


def of_articles(authorization: str) -> dict[str, Asked]:
    """The counted requests to articles, by name."""
    read = {"Authorization": authorization}
    write = {**read, **TYPE}

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


def of_spaces(plain: str, journal: str, fault: str) -> dict[str, Asked]:
    """The counted requests in spaces: one without a journal, one with a journal, one with a rule of faults."""
    return {
        "one article in a space": lambda n: ("GET", f"{plain}/articles/1", {}, b"", 200),
        "one article in a space with a journal": lambda n: ("GET", f"{journal}/articles/1", {}, b"", 200),
        "one article beside a fault for another path": lambda n: ("GET", f"{fault}/articles/1", {}, b"", 200),
    }


TOOLBOX: dict[str, Asked] = {"/httpbin/get": lambda n: ("GET", "/httpbin/get?a=1", {}, b"", 200)}
OWN_DATA: dict[str, Asked] = {
    "one document": lambda n: ("GET", "/posts/1", {}, b"", 200),
    "a list of 20 documents": lambda n: ("GET", "/posts?_page=1&_limit=20", {}, b"", 200),
    "a create of a document": lambda n: ("POST", "/posts", TYPE, BODY, 201),
}


class Counter:
    """A context that counts the statements of this thread, on all databases, and its calls of Python functions."""

    def __init__(self) -> None:
        self.statements = self.calls = 0
        self.thread = threading.get_ident()
        # Some statements go to the driver directly. SQLAlchemy has the second name.
        for module in (sqlite3, sqlite3.dbapi2):
            module.connect = self.connecting(module.connect)  # type: ignore[attr-defined]  # a module has any name
        event.listen(Engine, "before_cursor_execute", self.executing)

    def connecting(self, connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
        """The function that connects, for connections whose statements are counted."""

        def connected(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_trace_callback(self.executed)
            return connection

        return connected

    def executed(self, statement: str) -> None:
        """Count a statement of SQLite, but not the call of this function."""
        if threading.get_ident() == self.thread:
            self.calls -= 1
            # FTS5 executes its own statements.
            self.statements += "'main'." not in statement

    def executing(self, connection: Any, *_: object) -> None:
        """Count a statement of PostgreSQL, but not the call of this function."""
        if threading.get_ident() == self.thread:
            self.calls -= 1
            self.statements += connection.dialect.name != "sqlite"

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


class Here(Pool):
    """Runs each job at once, in this thread, so that it is counted. Nothing shares a commit."""

    def __init__(self) -> None:
        """No threads."""

    @property
    def waiting(self) -> int:
        """No job waits."""
        return 0

    def run(
        self,
        call: Callable[[*Arguments], Result],
        *args: *Arguments,
        end: Callable[[Result, Exception | None], None] | None = None,
    ) -> "asyncio.Future[Result]":
        """Return the result."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        result = call(*args)
        if end:
            end(result, None)
        future.set_result(result)
        return future


class Counted:
    """The server with these settings, without the server below the front. Its database must be empty or migrated."""

    def __init__(self, counter: Counter, runner: asyncio.Runner, **environment: str) -> None:
        config = Config.from_environ(environment)
        app = create_app(config)
        self.counter, self.runner, self.database = counter, runner, app.services.database
        migrating.upgrade(self.database)
        loading.seed(self.database, find_loaders())
        app.own_data.load()
        assert app.services.spaces
        faults = FaultPlans(app.services.spaces.fault_rules, spaces=True, everywhere=False)
        hooks = Hooks(on_refusal=app.watch.log_answer, faults=faults, journal=app.services.spaces.journal)
        self.front = Front(app, front_settings(config, paced_paths(MOUNT)), hooks)
        self.front.pool = Here()

    def ask(self, method: str, target: str, fields: Fields, body: bytes, right: int) -> Any:
        """Send a request, and count it. Returns the JSON of its answer, whose status must be right."""
        path, _, query = target.partition("?")
        sent = {"Host": "127.0.0.1:8000", "Accept": "*/*", **fields}
        if body:
            sent["Content-Length"] = str(len(body))
        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        }
        told: list[dict[str, Any]] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        async def answer() -> None:
            with self.counter:
                await self.front(scope, receive, send)

        self.runner.run(answer())
        content = b"".join(message["body"] for message in told[1:])
        assert told[0]["status"] == right, (method, target, told[0], content)
        return json.loads(content) if content else None

    def space(self, *, journal: bool, rules: tuple[dict[str, Any], ...] = ()) -> str:
        """Make a space with these rules of faults. Returns the start of its paths."""
        made = self.ask("POST", "/spaces", TYPE, json.dumps({"journal": journal}).encode(), 201)
        for rule in rules:
            self.ask("POST", f"/spaces/{made['id']}/faults", TYPE, json.dumps(rule).encode(), 201)
        url: str = made["url"]
        return url

    def costs(self, requests: dict[str, Asked]) -> Costs:
        """The costs of each request: the minimum of several repetitions."""
        costs: Costs = {}
        for name, asked in requests.items():
            found = []
            for number in range(WARM_UP + COUNTED):
                self.ask(*asked(number))
                found.append((self.counter.calls, self.counter.statements))
            # Some repetitions also store a token's last use, or end a time window.
            calls, statements = min(found[WARM_UP:])
            costs[name] = {"statements": statements, "calls": calls}
        return costs


def counted(url: str) -> Costs:
    """The costs of each request on an empty database."""
    logs.configure("info", os.devnull)  # as a server does: each request is logged
    counter = Counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, tempfile.TemporaryDirectory() as folder:
        server = Counted(counter, runner, DATABASE_URL=url)
        token = server.ask("POST", "/tokens", SIGNING_IN, b"{}", 201)["token"]
        for _ in range(20):
            server.ask("POST", "/articles", SIGNING_IN, BODY, 201)
        spaces = [server.space(journal=False), server.space(journal=True), server.space(journal=False, rules=(FAULT,))]
        costs = server.costs({**of_articles(f"Bearer {token}"), **of_spaces(*spaces), **TOOLBOX})
        server.database.close()
        data = Path(folder) / "data.json"
        data.write_text(json.dumps({"posts": DOCUMENTS}))
        server = Counted(counter, runner, DATABASE_URL=url, DATA=str(data))
        costs |= server.costs(OWN_DATA)
        server.database.close()
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
