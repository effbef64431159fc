"""Many hostile requests to the toolbox: no answer is a failure, a page of the client's text, or harms the origin.

HOSTILE=100000 .venv/bin/python -m pytest --all tests/toolbox/test_hostile.py
"""

import os
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api.describe.endpoints import endpoints
from api.rules.planted import REFUSED
from api.toolbox import create_toolbox
from config import Config
from tests.contract.raw import Connection
from tests.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

COUNT = int(os.environ.get("HOSTILE", "5000"))
CLIENTS = 4
CRUMB = "<script>crumb</script>"
VALUES = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "99999999999999999999",
        "1e3",
        "nan",
        "inf",
        "0x1",
        "1_0",
        "١",
        "",
        " ",
        "a",
        "true",
        "null",
    ),
    *(
        "%00",
        "%0d%0aX-Planted: 1",
        "%ff",
        "%2f",
        "%2e%2e",
        "..",
        "%5c%5cevil.example",
        "//evil.example",
        "javascript:1",
    ),
    *(
        "200",
        "500:0",
        "204,304",
        "100",
        "600",
        "9" * 400,
        "session",
        "visitor",
        "__Host-a",
        "{{7*7}}",
        "%25s%25n",
        "a" * 3000,
    ),
    *(
        "bytes=0-",
        "W/%22x%22",
        "MD5",
        "auth",
        "text/html",
        "image/svg+xml",
        "Content-Length",
        "Set-Cookie",
        "Clear-Site-Data",
    ),
    CRUMB.replace("<", "%3C").replace(">", "%3E"),
)
FIELDS = (
    *("Range: bytes=0-0,1-1,2-", "Range: bytes=--1", "If-None-Match: *", 'If-Match: "x', 'Cookie: session=1; a="b'),
    *(
        "Authorization: Basic %%%",
        'Authorization: Digest username="a", nonce=',
        "Authorization: Bearer ",
        "Accept: */*;q=x",
    ),
    *("Content-Type: multipart/form-data; boundary=", "Content-Type: application/x-www-form-urlencoded; charset=x"),
    *(
        "X-Forwarded-Proto: javascript",
        "X-Forwarded-For: " + "1," * 500,
        "Last-Event-ID: -1",
        "Origin: null",
        "TE: trailers",
    ),
    *(
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Accept: text/html",
        f"User-Agent: {CRUMB}",
        "X-Request-Id: \xff",
    ),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
BODIES = (
    b"",
    b"{",
    b"\xff\xfe",
    b"a=1&a=%ff",
    b"--x\r\n\r\n",
    b"[" * 200,
    CRUMB.encode(),
    b"grant_type=password&client_id=toolbox",
)
# Paths whose status is the one that the client asks for.
ASKED = re.compile(r"/(status|unstable|drip)(/|\?|$)")
# Fields of every answer, and those that only the server sets.
STANDING = {
    "content-length",
    "content-security-policy",
    "date",
    "transfer-encoding",
    "x-content-type-options",
    "x-request-id",
}


def request(chance: random.Random, routes: list[str], names: list[str]) -> tuple[str, str, bytes]:
    """A method, a target, and the bytes of a request."""
    method = chance.choices(METHODS, [9, 2, 3, 1, 1, 1, 1, 1, 1])[0]
    path = re.sub("<[^>]+>", lambda _: chance.choice(VALUES), chance.choice(routes))
    query = "&".join(f"{chance.choice((*names, *VALUES))}={chance.choice(VALUES)}" for _ in range(chance.randrange(4)))
    target = (f"/httpbin{path}" + (f"?{query}" if query else "")).replace(" ", "%20")
    body = chance.choice(BODIES) if method in ("POST", "PUT", "PATCH", "DELETE") else b""
    lines = [f"{method} {target} HTTP/1.1", "Host: touchstone.test", *chance.sample(FIELDS, chance.randrange(4))]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return method, target, "\r\n".join([*lines, "", ""]).encode("utf-8" if "١" in target else "latin-1") + body


def fault(method: str, target: str, answer: httpx.Response) -> str | None:
    """Why an answer is wrong; None if it is not."""
    kind = answer.headers.get("Content-Type", "")
    active = kind.partition(";")[0] not in ("", "application/json", "application/problem+json", "text/plain")
    if answer.status_code >= 500 and answer.status_code != 501 and not ASKED.search(target):
        return f"status {answer.status_code}"
    if CRUMB in answer.text and active and "sandbox" not in answer.headers["Content-Security-Policy"]:
        return f"the client's text as {kind}"
    if answer.headers.get("X-Content-Type-Options") != "nosniff" or "x-planted" in answer.headers:
        return "its fields"
    if planted := {name for name in answer.headers if name in REFUSED and name not in STANDING} - {
        "connection",
        "server",
    }:
        return f"fields {planted}"
    for line in answer.headers.get_list("Set-Cookie"):
        if re.match(r"(session|visitor)([-=]|$)|__(host|secure)-", line, re.IGNORECASE):
            return f"cookie {line}"
    return None


def test_hostile_requests_get_harmless_answers(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--workers", "2", "--database", migrated_database(), TOOLBOX_MAX_SECONDS="0.05")
    found = endpoints(create_toolbox(Config()))
    routes = sorted({each.route for each in found} | {"/nothing", "/status", "//get", "/get/"})
    names = sorted({name for each in found for name in each.parameters})

    def send(seed: int) -> list[str]:
        chance, wrong = random.Random(seed), []  # not for secrets
        for _ in range(COUNT // CLIENTS):
            method, target, data = request(chance, routes, names)
            with Connection(server.port) as connection:
                connection.send(data)
                answer = connection.answer(head=method == "HEAD")
            if answer is None:
                wrong.append(f"{method} {target[:200]}: no answer")
            elif answer.headers.get("X-Request-Id") and (why := fault(method, target, answer)):
                wrong.append(f"{method} {target[:200]}: {why}")
        return wrong

    with ThreadPoolExecutor(CLIENTS) as pool:
        wrong = [each for some in pool.map(send, range(CLIENTS)) for each in some]
    assert wrong == []
    assert server.stop() == 0
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []
