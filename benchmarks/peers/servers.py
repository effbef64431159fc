"""The compared servers: their commands and their data."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measuring import ROOT, Running, answering, free_port
from tests.judges import NODE

PEERS = ROOT / ".venv-peers"
MODULES = PEERS / "node_modules"
# Signs cursors; a fixed key lets the benchmark construct the cursor of a middle page.
SECRET = "of the benchmark, and of nothing else"

PYTHON, GUNICORN = str(PEERS / "bin/python"), (str(PEERS / "bin/gunicorn"), "--workers", "{workers}")
DATABASE = {"DATABASE_URL": "sqlite:///{data}.db"}
SETTINGS = {**DATABASE, "SECRET_KEY": SECRET, "ANONYMOUS_QUOTA": str(1 << 40)}
LOGGING = {"LOG_LEVEL": "info", "LOG_FILE": os.devnull}
TOUCHSTONE = (sys.executable, "run.py", "serve", "--port", "{port}", "--workers", "{workers}")
LISTEN = ("--host=127.0.0.1", "--port={port}")
BARE = (sys.executable, "-m", "benchmarks.bare")


@dataclass(frozen=True)
class Server:
    """A server: its description, its command and environment, its working folder, and its first answer.

    `{port}`, `{workers}` and `{data}` (the path of its data without the suffix) are replaced.
    """

    what: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = ROOT
    first: str = "/articles/1"

    @contextmanager
    def running(self, data: Path, workers: int) -> Iterator[Running]:
        """Start it with this data, wait for its first answer, and end it afterwards. No server logs requests."""
        values = {"port": free_port(), "workers": workers, "data": data}
        command = [part.format(**values) for part in self.command]
        environment = {name: value.format(**values) for name, value in self.environment.items()}
        path = f"{NODE}:{os.environ['PATH']}"
        with answering(
            command,
            self.first,
            int(values["port"]),
            cwd=self.folder or data.parent,
            env={**os.environ, "PATH": path, **environment},
        ) as found:
            yield found


SERVERS = {
    "touchstone": Server("Touchstone", TOUCHSTONE, {**SETTINGS, "LOG_LEVEL": "warning"}),
    "touchstone-logging": Server(
        "Touchstone, each request logged",
        TOUCHSTONE,
        {**SETTINGS, **LOGGING},
    ),
    "fastapi": Server(
        "FastAPI, SQLModel and uvicorn, as FastAPI's documentation shows (`benchmarks/peers/fastapi_app.py`)",
        (PYTHON, "-m", "uvicorn", "fastapi_app:app", "--port", "{port}", "--workers", "{workers}", "--no-access-log"),
        DATABASE,
        ROOT / "benchmarks/peers",
    ),
    "flask-restful": Server(
        "plain Flask-RESTful, SQLAlchemy's ORM and gunicorn (`benchmarks/peers/flask_restful_app.py`)",
        (*GUNICORN, "--bind", "127.0.0.1:{port}", "flask_restful_app:app"),
        DATABASE,
        ROOT / "benchmarks/peers",
    ),
    "json-server-0": Server(
        "json-server 0.17, which keeps everything in memory and rewrites its file at each change",
        ("node", f"{MODULES}/json-server-0/lib/cli/bin.js", "--quiet", *LISTEN, "{data}.json"),
        folder=None,
    ),
    "json-server-1": Server(
        "json-server 1 beta, which does the same",
        ("node", f"{MODULES}/json-server/lib/bin.js", *LISTEN, "{data}.json"),
        folder=None,
    ),
    "httpbin": Server(
        "httpbin on gunicorn", (*GUNICORN, "--bind", "127.0.0.1:{port}", "httpbin:app"), first="/status/200"
    ),
    "prism": Server(
        "Prism, a mock from Touchstone's OpenAPI document",
        ("node", f"{MODULES}/@stoplight/prism-cli/dist/index.js", "mock", "--port={port}", "docs/openapi.json"),
    ),
    "bare-application": Server(
        "the limit: a constant by WSGI alone, behind Touchstone's front", (*BARE, "application", "front", "{port}")
    ),
    "bare-resource": Server(
        "the limit: a constant by a Flask-RESTful resource, behind Touchstone's front",
        (*BARE, "resource", "front", "{port}"),
    ),
    "bare-resource-wsgi": Server(
        "the same by Granian's WSGI interface, which cannot keep the contract", (*BARE, "resource", "wsgi", "{port}")
    ),
}


def copied(data: Path, folder: Path) -> Path:
    """A writable copy of the data, in a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for suffix in (".db", ".json"):
        if data.with_suffix(suffix).exists():
            shutil.copy(data.with_suffix(suffix), folder)
    return folder / data.name
