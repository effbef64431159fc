"""Runs a WSGI application up to the first piece of its body, then piece by piece (PEP 3333)."""

from collections.abc import Callable, Iterable, Iterator, Sized
from functools import lru_cache
from types import TracebackType
from typing import TypeAlias
from wsgiref.types import WSGIApplication, WSGIEnvironment

from api.rules import environ_keys

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

BODILESS = (204, 304)  # RFC 9110 §15.3.5, §15.4.5


class Answer:
    """The response of an application: `status`, `headers` and `body`. `whole` says whether `body` is all of it.

    All methods run in the pool, because the application may block in any step.
    """

    __slots__ = (
        "_environ",
        "_head",
        "_iterable",
        "_length",
        "_pieces",
        "_sent",
        "_written",
        "body",
        "headers",
        "status",
        "whole",
    )

    def __init__(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        """Call the application, and take its body up to the first piece that is not empty.

        Raises what the application raises, and `RuntimeError` if it breaks PEP 3333 or its own Content-Length.
        """
        self._environ = environ
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.whole = True
        self._length: int | None = None
        self._sent = 0
        self._written: list[bytes] = []
        self._pieces: Iterator[bytes] = iter(())
        self._head = environ["REQUEST_METHOD"] == "HEAD"
        self._iterable: Iterable[bytes] = app(environ, self._start_response)
        try:
            self.body = self._first(self._iterable)
            if not self.status:
                raise RuntimeError("The application returned without calling start_response.")
            if self.status in BODILESS:
                self.body, self.whole = b"", True
            elif environ_keys.PACE in environ:
                pass  # the front has the content, and counts it
            elif self.whole and not self._head and self._length not in (None, len(self.body)):
                # If this were sent, the client would read the following bytes as part of the next response.
                raise RuntimeError(f"The application declared {self._length} bytes and gave {len(self.body)}.")
        except BaseException:
            self.close()
            raise

    def ended(self, failure: Exception | None) -> None:
        """Clean up if the response is whole, or if `failure` prevents sending it (something else is sent then)."""
        if failure:
            self._environ[environ_keys.REPLACED] = True
        if failure or self.whole:
            self.close()

    def next(self) -> bytes | None:
        """Return the next piece that is not empty, or None after the last. Call it only if `whole` is false.

        Raises what the application raises, and `RuntimeError` if the body ends before its Content-Length.
        """
        self._sent += len(self.body)
        self.body = next(filter(None, self._pieces), b"")
        if self._length is not None:
            self.body = self.body[: self._length - self._sent]
            if not self.body and self._sent < self._length:
                raise RuntimeError(f"The application declared {self._length} bytes and gave {self._sent}.")
        return self.body or None

    def close(self) -> None:
        """Let the application clean up. Runs only once."""
        iterable, self._iterable, self._pieces = self._iterable, (), iter(())
        close: Callable[[], object] | None = getattr(iterable, "close", None)
        if close is not None:
            close()

    def _first(self, iterable: Iterable[bytes]) -> bytes:
        if isinstance(iterable, list | tuple) or (isinstance(iterable, Sized) and len(iterable) == 1):
            body = b"".join(iterable)
            return b"".join(self._written) + body if self._written else body
        self._pieces = iter(iterable)
        first = b"".join(self._written) if self._written else next(filter(None, self._pieces), b"")
        self.whole = not first or len(first) == self._length
        if self._head and not self.whole:
            first = b""  # otherwise a part of the body would be counted as all of it
        return first

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        if exc_info and exc_info[1] is not None and self._sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self.status:
            raise RuntimeError("The application called start_response twice.")
        self.status = int(status[:3])
        self._length = None
        self.headers = encoded = []
        for name, value in headers:
            key = _name(name)
            if key == b"content-length":
                self._length = int(value)
            encoded.append((key, value.encode("latin-1")))
        return self._written.append


def encoded(fields: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI has them."""
    return [(_name(name), value.encode("latin-1")) for name, value in fields]


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return name.lower().encode("latin-1")
