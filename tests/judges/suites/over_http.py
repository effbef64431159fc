"""A pytest plugin for httpbin's own suite: its test client sends each request to `touchstone httpbin` over HTTP."""

import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpbin
import pytest
from touchstone_server import start_httpbin
from werkzeug.test import Client
from werkzeug.wrappers import Response

# Fields that the client over HTTP sends itself, and a field without a name, which no client can send.
LEFT_OUT = ("HTTP_HOST", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_")


def over_http(url: str) -> Any:
    """A WSGI application that sends each request to this server, and returns its answer."""
    place = urlsplit(url).netloc

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        fields = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name not in LEFT_OUT
        }
        chunked = fields.get("Transfer-Encoding") == "chunked"
        body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(_length(environ))
        if environ.get("CONTENT_TYPE"):
            fields["Content-Type"] = environ["CONTENT_TYPE"]
        target = environ["REQUEST_URI"] if "REQUEST_URI" in environ else environ["PATH_INFO"]
        connection = http.client.HTTPConnection(place, timeout=30)
        # Each test writes the Host that it expects, or none.
        connection.request(
            environ["REQUEST_METHOD"],
            target,
            body=iter([body]) if chunked else body or None,
            headers=fields,
            encode_chunked=chunked,
        )
        answer = connection.getresponse()
        content = answer.read()
        lines = [(name, value) for name, value in answer.getheaders() if name.lower() != "transfer-encoding"]
        start_response(f"{answer.status} {answer.reason}", lines)
        connection.close()
        return [content]

    return application


def _length(environ: dict[str, Any]) -> int:
    return int(environ.get("CONTENT_LENGTH") or 0)


@pytest.fixture(scope="session", autouse=True)
def ours() -> Iterator[None]:
    """Let the application's test client talk to a server of ours."""
    with start_httpbin() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpbin.app, "test_client", lambda: Client(over_http(server.url), Response))
        yield
