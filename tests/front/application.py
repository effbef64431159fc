"""A WSGI application that shows what the front passes to it, and its server: `python -m tests.front.application`."""

import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.front import FrontSettings, serve
from api.front.h11_server import Uvicorn
from api.front.worker import Granian

CALLS: dict[str, int] = {}


def application(environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    CALLS[path] = CALLS.get(path, 0) + 1
    act = globals().get("answer_" + path.strip("/").replace("-", "_"), answer_environ)
    return act(environ, start_response)


def reply(start_response: Any, body: bytes, status: str = "200 OK", *fields: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Length", str(len(body))), *fields])
    return [body]


def answer_environ(environ: dict[str, Any], start_response: Any) -> Any:
    body = environ["wsgi.input"].read()
    if refused := environ.get("touchstone.body_refused"):
        return reply(start_response, b"refused %d" % refused.members["limit"], "413 Content Too Large")
    shown = {name: value for name, value in environ.items() if isinstance(value, str | bool | int)}
    shown |= {
        "fields": environ["touchstone.fields"],
        "body_length": len(body),
        "calls": dict(CALLS),
        "pid": os.getpid(),
        "frozen": gc.get_freeze_count(),
    }
    return reply(start_response, json.dumps(shown).encode(), "200 OK", ("Content-Type", "application/json"))


def answer_nothing(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("204 No Content", [])
    return []


def answer_unchanged(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("304 Not Modified", [("ETag", '"a"')])
    return []


def answer_wait(environ: dict[str, Any], start_response: Any) -> Any:
    Path(environ["QUERY_STRING"]).read_bytes()  # a named pipe: blocks until the test closes its end
    return reply(start_response, b"waited")


def answer_livez(_environ: dict[str, Any], start_response: Any) -> Any:
    return reply(start_response, b"alive")


def answer_raise(_environ: dict[str, Any], _start_response: Any) -> Any:
    raise ValueError("before the first piece")


def answer_short(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [("Content-Length", "10")])
    return [b"abc"]


def answer_bad_field(_environ: dict[str, Any], start_response: Any) -> Any:
    return reply(start_response, b"", "200 OK", ("X-Split", "a\r\nX-Other: b"))


def answer_written(_environ: dict[str, Any], start_response: Any) -> Any:
    write = start_response("200 OK", [("Content-Length", "6")])
    write(b"abc")
    return [b"def"]


def answer_replaced(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [("Content-Length", "3")])
    try:
        raise ValueError("late")
    except ValueError:
        start_response("400 Bad Request", [("Content-Length", "4")], sys.exc_info())
    return [b"late"]


def answer_gated(environ: dict[str, Any], start_response: Any) -> Any:
    def pieces() -> Iterator[bytes]:
        yield b"first "
        Path(environ["QUERY_STRING"]).read_bytes()
        yield b"last"

    start_response("200 OK", [])
    return pieces()


def answer_trailers(environ: dict[str, Any], start_response: Any) -> Any:
    if "touchstone.extensions" not in environ:
        return reply(start_response, b"", "501 Not Implemented")
    environ["touchstone.trailers"] = [("X-Sum", "3")]
    return reply(start_response, b"abc")


def answer_hints(environ: dict[str, Any], start_response: Any) -> Any:
    if "touchstone.extensions" not in environ:
        return reply(start_response, b"", "501 Not Implemented")
    environ["touchstone.early_hints"] = ["</a.css>; rel=preload"]
    return reply(start_response, b"abc")


def answer_tagged(_environ: dict[str, Any], start_response: Any) -> Any:
    fields = [("ETag", '"a"'), ("WWW-Authenticate", "Basic"), ("X-Request-Id", "1")]
    return reply(start_response, b"abc", "200 OK", *fields)


class Stream:
    """Endless pieces, with a record of the close."""

    def __init__(self, pieces: Iterator[bytes], name: str) -> None:
        self.pieces, self.name = pieces, name

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces

    def close(self) -> None:
        """Count the close."""
        CALLS["closed " + self.name] = CALLS.get("closed " + self.name, 0) + 1


def answer_stream(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Stream(iter([b"", b"one ", b"", b"two ", b"three"]), "stream")


def answer_endless(_environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [])
    return Stream(iter(lambda: b"x" * 65_536, b""), "endless")


def answer_breaks(_environ: dict[str, Any], start_response: Any) -> Any:
    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise ValueError("after the first piece")

    start_response("200 OK", [])
    return Stream(pieces(), "breaks")


def load() -> Any:
    if os.environ.get("FRONT_LOAD") == "fails":
        raise RuntimeError("no such thing")
    return application


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    below = {"granian": Granian, "uvicorn": Uvicorn}[options.pop("below", "granian")]
    serve(
        load,
        below=below,
        host=options.pop("host", "127.0.0.1"),
        port=options.pop("port", 0),
        workers=options.pop("workers", 1),
        settings=FrontSettings(**options),
        on_ready=lambda url: print(url, flush=True),  # noqa: T201 - the tests read it
    )
