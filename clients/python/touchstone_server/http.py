"""HTTP to the server."""

import http.client
import json
import threading
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 60.0  # seconds


class TouchstoneError(Exception):
    """The server refused, or could not be started. The text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, header fields by their name in lower case, and content."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The content as JSON. Raises ValueError if it is none."""
        return json.loads(self.content)


class Http:
    """Requests to one server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TouchstoneError(f"{url!r} is no URL of a server: it must start with http:// or https://.")
        self.url = url.rstrip("/")
        self._start = parts.path.rstrip("/")
        self._place = parts.netloc.rpartition("@")[2]
        self._secure = parts.scheme == "https"
        self._mine = threading.local()

    def ask(self, method: str, path: str, *, json_body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request once, on a connection of its own, and return its answer.

        Raises OSError or http.client.HTTPException if there is no answer, which may be a fault that a test ordered.
        """
        with closing(self._connection()) as connection:
            return self._send(connection, method, path, json_body, headers)

    def control(self, method: str, path: str, json_body: Any = None, token: str = "") -> Answer:
        """Send a request to the routes that control spaces, on a connection that each thread keeps.

        Raises TouchstoneError if it is refused, and OSError if the server cannot be reached.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if method in ("POST", "PATCH"):
            headers["Idempotency-Key"] = str(uuid.uuid4())  # so the request can be sent again
        kept: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        try:
            answer = self._send(kept, method, path, json_body, headers) if kept else None
        except (http.client.HTTPException, ConnectionError):
            answer = None  # the connection idled for too long
        if answer is None:
            self._mine.connection = self._connection()
            answer = self._send(self._mine.connection, method, path, json_body, headers)
        if answer.status >= http.client.BAD_REQUEST:
            raise TouchstoneError(f"{method} {path}: {answer.status}, {reason(answer)}")
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._place, timeout=TIMEOUT)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        json_body: Any,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        content, fields = None, {"Accept": "application/json", **(headers or {})}
        if json_body is not None:
            content = json.dumps(json_body).encode()
            fields.setdefault("Content-Type", "application/json")
        connection.request(method, self._start + path, content, fields)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def reason(answer: Answer) -> str:
    """The reason of a refusal: its detail, and each of its errors."""
    try:
        document = answer.json()
        errors = [
            f"{each.get('pointer') or each.get('parameter') or each.get('header')}: {each['detail']}"
            for each in document.get("errors", ())
        ]
        return " ".join([document["detail"], *errors])
    except (ValueError, KeyError, AttributeError):
        return answer.content[:200].decode(errors="replace")
