"""The compared servers: their commands and their data."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from httpx import Client

from benchmarks.faults import RULE
from benchmarks.measuring import ROOT, Running, answering, free_port
from benchmarks.peers.data import article
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
QUIET = {**SETTINGS, "LOG_LEVEL": "warning"}
LISTEN = ("--host=127.0.0.1", "--port={port}")
BARE = (sys.executable, "-m", "benchmarks.bare")


def in_space(*, journal: bool, faults: bool = False) -> Callable[[Client], dict[str, str]]:
    """A preparation: makes a space with a copy of article 1, and returns the path of this article as `place`.

    With `faults` the space has a rule of faults that matches no request to the article.
    """

    def made(client: Client) -> dict[str, str]:
        space = client.post("/spaces", json={"journal": journal}).raise_for_status().json()
        if faults:
            client.post(f"/spaces/{space['id']}/faults", json=RULE).raise_for_status()
        draft = {name: value for name, value in article(1).items() if name != "id"}
        answer = client.post(f"{space['url']}/articles", json=draft, auth=("john", "john")).raise_for_status()
        return {"place": answer.headers["Location"]}

    return made


@dataclass(frozen=True)
class Server:
    """A server: its description, its command and environment, its working folder, and its first answer.

    `{port}`, `{workers}` and `{data}` (the path of its data without the suffix) are replaced. `before` prepares it for
    each job, and finds values of variables like that of a job.
    """

    what: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = ROOT
    first: str = "/articles/1"
    before: Callable[[Client], dict[str, str]] = lambda client: {}

    @property
    def has_workers(self) -> bool:
        """Whether the number of its workers can be chosen."""
        return "{workers}" in self.command

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
    "touchstone": Server("Touchstone", TOUCHSTONE, QUIET),
    "touchstone-uncached": Server(
        "Touchstone without its cache of answers (`ANSWER_CACHE=false`)", TOUCHSTONE, {**QUIET, "ANSWER_CACHE": "false"}
    ),
    "touchstone-logging": Server(
        "Touchstone, each request logged",
        TOUCHSTONE,
        {**SETTINGS, **LOGGING},
    ),
    "touchstone-space": Server(
        "Touchstone, the request in a space without a journal",
        TOUCHSTONE,
        QUIET,
        before=in_space(journal=False),
    ),
    "touchstone-journal": Server(
        "Touchstone, the request in a space with a journal", TOUCHSTONE, QUIET, before=in_space(journal=True)
    ),
    "touchstone-fault": Server(
        "Touchstone, the request in a space without a journal, with a rule of faults that does not match",
        TOUCHSTONE,
        QUIET,
        before=in_space(journal=False, faults=True),
    ),
    "touchstone-data": Server(
        "Touchstone with own data (`serve --data`)",
        (*TOUCHSTONE, "--data", "{data}.json"),
        # Not the file with the articles, which other servers read meanwhile.
        {**QUIET, "DATABASE_URL": "sqlite:///{data}-own.db"},
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

# The others are compared with the first of these that has the job.
REFERENCES = ("touchstone", "touchstone-data")


def copied(data: Path, folder: Path) -> Path:
    """A writable copy of the data, in a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for suffix in (".db", ".json"):
        if data.with_suffix(suffix).exists():
            shutil.copy(data.with_suffix(suffix), folder)
    return folder / data.name
