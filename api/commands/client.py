"""A small HTTP client for commands, on the standard library."""

import http.client
import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit


class NoAnswer(Exception):
    """The server did not answer; the text has the reason."""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer: `status`, header `fields` (the last line of each name), `content`."""

    status: int
    fields: Mapping[str, str]
    content: bytes

    @property
    def data(self) -> Any:
        """The content as JSON; an empty object if it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return {}


class Client:
    """Sends requests to the server at `url`, each on a new connection; `timeout` is in seconds."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self.place: SplitResult = urlsplit(url)
        # The mount path of the server; paths in this class do not include it.
        self.mount = self.place.path.rstrip("/")
        self.timeout = timeout

    def send(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        content: bytes | None = None,
        login: tuple[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Received:
        """Send a request and return its answer; `data` is sent as JSON. Raises NoAnswer."""
        headers = {"Accept": "application/json", **(fields or {})}
        if data is not None:
            content = json.dumps(data).encode()
        if content is not None:
            headers.setdefault("Content-Type", "application/json")
        if login:
            headers["Authorization"] = "Basic " + b64encode(":".join(login).encode()).decode()
        connection = self.connection()
        try:
            connection.request(method, self.mount + path, content, headers)
            answer = connection.getresponse()
            return Received(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error) or type(error).__name__) from None
        finally:
            connection.close()

    def location(self, answer: Received) -> str:
        """The path in the Location of an answer."""
        return urlsplit(answer.fields.get("location", "")).path.removeprefix(self.mount)

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, over TLS for an https URL."""
        host, port = self.place.hostname or "", self.place.port
        if self.place.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=self.timeout)
