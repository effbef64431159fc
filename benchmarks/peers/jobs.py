"""The jobs, as data: the request to each server, and the check of its answer.

In a request, `before` finds the values of `<token>`, `<etag>`, `<key>` and `<place>`; `<number>`, `<id>` and
`<version>` are counters (benchmarks/peers/asking.py).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from httpx import Client, Response

from api.rules.cursors import sign_cursor
from benchmarks.peers.data import WORDS, article
from benchmarks.peers.servers import SECRET

JSON = {"Content-Type": "application/json"}
SIGNED_IN = {**JSON, "Authorization": "Bearer <token>"}
BINARY = {"Content-Type": "application/octet-stream"}
DRAFT = {name: article(1)[name] for name in ("title", "body", "tags")}
TITLE = "A title that was sent"
SENT = json.dumps({**DRAFT, "title": TITLE}).encode()
MIB = 1024 * 1024
FILE = b"touchstone\n".ljust(64, b".") * (16 * MIB // 64)
# The servers with articles, and those that can have a million: json-server reads all rows for each request.
KEEPERS = ("fastapi", "flask-restful", "json-server-0", "json-server-1")
DATABASES = ("fastapi", "flask-restful")
PAGE = 20
FIRST = {
    **dict.fromkeys(("touchstone", "touchstone-uncached", *DATABASES), "limit=20"),
    "json-server-0": "_page=1&_limit=20",
    "json-server-1": "_page=1&_per_page=20",
}
SEARCH = {**dict.fromkeys(FIRST, "q=word7"), "json-server-1": "body:contains=word7"}


@dataclass(frozen=True)
class Ask:
    """A request that wrk sends repeatedly."""

    path: str = "/articles/1"
    method: str = "GET"
    body: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A job: the request to each server, its preparation, and the check of the answer.

    `rows` is the number of articles. If it `writes`, each measurement has its own copy of them. `of` is the kind of
    measurement: requests, the start, a new store for a test, or `run.py load`. `workers` are those of this job, if it
    has a number of its own.
    """

    name: str
    asks: dict[str, Ask]
    right: Callable[[Response], bool] = lambda answer: answer.status_code == 200
    before: Callable[[Client], dict[str, str]] = lambda client: {}
    rows: int = 1000
    writes: bool = False
    connections: int = 16
    of: Literal["requests", "start", "store", "load"] = "requests"
    workers: int | None = None


def alike(ask: Ask, *names: str) -> dict[str, Ask]:
    """The same request for all servers."""
    return dict.fromkeys(names, ask)


def page_from(newest: int, length: int = PAGE) -> Callable[[Response], bool]:
    """The check for a page of so many articles that starts with this number."""

    def right(answer: Response) -> bool:
        if answer.status_code != 200:
            return False
        found = answer.json()
        # Touchstone returns them in `items`, json-server 1 in `data`, the others in a plain array.
        items = found if isinstance(found, list) else found.get("data") or found["items"]
        return len(items) == length and int(items[0]["id"]) == newest

    return right


def lists(rows: int, *names: str) -> list[Job]:
    """The first 20 of so many articles: all, those with a title, and those with a word."""
    name, matching = f"20 of {rows:,}", page_from(rows - WORDS + 7)
    asks = {
        name: {each: Ask(f"/articles?{FIRST[each]}") for each in names},
        f"{name}, filtered": {each: Ask(f"/articles?{FIRST[each]}&title=About%20word7") for each in names},
        f"{name}, searched": {each: Ask(f"/articles?{FIRST[each]}&{SEARCH[each]}") for each in names},
    }
    return [Job(each, asks[each], page_from(rows) if each == name else matching, rows=rows) for each in asks]


def middle(rows: int) -> Job:
    """Page 1,000, or the middle page of fewer rows: by cursor and by number."""
    number = min(1000, rows // PAGE // 2)
    edge = rows - (number - 1) * PAGE
    binding = json.dumps(["/articles", ["-id"], []])
    cursor = sign_cursor(SECRET.encode(), binding, [edge + 1], "next")
    asks = {
        "touchstone": Ask(f"/articles?limit=20&cursor={cursor}"),
        **alike(Ask(f"/articles?limit=20&page={number}"), *DATABASES),
    }
    return Job(f"20 of {rows:,}, page {number:,}", asks, page_from(edge), rows=rows)


def needle(rows: int) -> Job:
    """The one article with a word, one client: servers without an index of words read all rows."""
    asks = alike(Ask(f"/articles?limit=20&q={rows - 1}"), "touchstone", *DATABASES)
    return Job(f"1 of {rows:,}, searched", asks, page_from(rows - 1, 1), rows=rows, connections=1)


def token(client: Client) -> dict[str, str]:
    """A token of an administrator, which allows changing any article."""
    answer = client.post("/tokens", json={}, auth=("admin", "secret"))
    return {"token": answer.json()["token"]} if answer.status_code == 201 else {}


def etag(client: Client) -> dict[str, str]:
    """The tag of an article."""
    return {"etag": client.get("/articles/1").headers["ETag"]}


def kept(client: Client) -> dict[str, str]:
    """A token and a key under which an article was created."""
    found = {**token(client), "key": "sent-before"}
    fields = {**JSON, "Authorization": f"Bearer {found['token']}", "Idempotency-Key": found["key"]}
    assert client.post("/articles", content=SENT, headers=fields).status_code == 201
    return found


def uploaded(client: Client) -> dict[str, str]:
    """The path of an uploaded file."""
    return {"place": client.post("/messages", content=FILE, headers=BINARY).headers["Location"]}


def first(answer: Response) -> bool:
    """The check for article 1."""
    return answer.status_code == 200 and int(answer.json()["id"]) == 1


def as_sent(status: int) -> Callable[[Response], bool]:
    """The check for this status with the sent values."""
    return lambda answer: answer.status_code == status and answer.json()["title"] == TITLE


def replayed(answer: Response) -> bool:
    """The check for the stored answer."""
    return as_sent(201)(answer) and answer.headers.get("Idempotent-Replayed") == "true"


def echo(name: str, size: int) -> Job:
    """Text of so many bytes in JSON, sent and returned."""
    sent = json.dumps({"text": "x" * (size - len('{"text": ""}'))}).encode()
    asks = {"touchstone": Ask("/echo", "POST", sent, JSON), "httpbin": Ask("/anything", "POST", sent, JSON)}
    return Job(name, asks, lambda answer: answer.status_code == 200 and answer.json()["json"] == json.loads(sent))


def reads(many: int) -> list[Job]:
    """The reading jobs; `many` is the number of rows in large jobs."""
    limits = ("bare-application", "bare-resource", "bare-resource-wsgi")
    products = ("touchstone", "touchstone-data", *KEEPERS, "httpbin", "prism")
    ours = ("touchstone", "touchstone-uncached")
    by_token = Ask(fields={"Authorization": "Bearer <token>"})
    unchanged = Ask(fields={"If-None-Match": "<etag>"})
    return [
        Job("start to the first answer", alike(Ask(), *products), of="start"),
        Job("one article", alike(Ask(), *ours, *KEEPERS, "touchstone-logging", *limits), first),
        Job("one article by token", {"touchstone": by_token}, first, token),
        Job("304 by ETag", alike(unchanged, "touchstone", "json-server-0"), lambda a: a.status_code == 304, etag),
        *lists(1000, *ours, *KEEPERS),
        *lists(many, "touchstone", *DATABASES),
        needle(many),
        middle(many),
    ]


def writes(many: int) -> list[Job]:
    """The writing jobs: create, change, upload and load."""
    create = Ask("/articles", "POST", SENT, SIGNED_IN)
    creates = {"touchstone": create, **alike(replace(create, fields=JSON), *KEEPERS)}
    keyed = replace(create, fields={**SIGNED_IN, "Idempotency-Key": "<number>"})
    again = replace(create, fields={**SIGNED_IN, "Idempotency-Key": "<key>"})
    update = Ask("/articles/<id>", "PUT", SENT, JSON)
    updates = {
        "touchstone": replace(update, fields={**SIGNED_IN, "If-Match": '"v<version>"'}),
        **alike(update, *KEEPERS),
    }
    upload = alike(Ask("/messages", "POST", FILE, BINARY), "touchstone", *DATABASES)
    download = alike(Ask("<place>"), "touchstone", *DATABASES)
    return [
        Job("create", creates, as_sent(201), token, writes=True),
        Job("create, 10,000 rows there", creates, as_sent(201), token, rows=10_000, writes=True),
        Job("create with Idempotency-Key", {"touchstone": keyed}, as_sent(201), token, writes=True),
        Job("create repeated with its key", {"touchstone": again}, replayed, kept, writes=True),
        Job("update (Touchstone by If-Match)", updates, as_sent(200), token, rows=10_000, writes=True),
        echo("echo of 1 KiB", 1024),
        echo("echo of 1 MiB", MIB),
        Job("upload of 16 MiB", upload, lambda a: a.status_code == 201, writes=True, connections=2),
        Job("download of 16 MiB", download, lambda a: a.content == FILE, uploaded, writes=True, connections=2),
        Job(f"load of {many:,} rows", {"touchstone": Ask()}, rows=many, of="load"),
    ]
