"""Records each answer when it has ended: a line in the log, and the metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from api.rules import environ_keys
from api.rules.correlation import trace_id
from api.rules.tokens import without_tokens

if TYPE_CHECKING:
    from api.watch.metrics import Metrics

log = logging.getLogger("touchstone.request")

# Values in the request's environment that the line copies unchanged.
NOTED = {
    "route": environ_keys.ROUTE,
    "problem": environ_keys.PROBLEM,
    "idempotency": environ_keys.IDEMPOTENCY,
    "space": environ_keys.SPACE_ID,
    "fault": environ_keys.FAULT,
}


class RequestWatch:
    """WSGI middleware that records each answer when it has ended, including one that broke off.

    Code that answers before the application calls `log_answer`. Times start at the head of the request; they are in
    seconds in the metrics and in milliseconds in the log, without the waits that a fault ordered. Sizes are those of
    bodies, in bytes.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], metrics: Metrics | None) -> None:
        self.app = app
        self.metrics = metrics

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Return the answer of the application."""
        now = time.perf_counter()
        environ.setdefault(environ_keys.ARRIVED, now)
        metrics = self.metrics
        if metrics:
            metrics.began()
            metrics.waited_for_thread(now - environ.get(environ_keys.QUEUED, now))
        answer = _Answer(self, environ, start_response)
        try:
            answer.pieces = self.app(environ, answer.start)
        except BaseException:
            # The caller answers instead, and records that.
            if metrics:
                metrics.ended()
            raise
        return answer

    def log_answer(
        self,
        environ: dict[str, Any],
        status: int,
        content_type: str,
        length: int,
        *,
        whole: bool = True,
    ) -> None:
        """Record an answer of `length` bytes; one that is not `whole` broke off."""
        seconds = taken(environ)
        if self.metrics:
            self.metrics.answered(
                route=environ.get(environ_keys.ROUTE),
                method=environ["REQUEST_METHOD"],
                status=status,
                seconds=seconds,
                problem=environ.get(environ_keys.PROBLEM),
                replayed=environ.get(environ_keys.IDEMPOTENCY) == "replay",
                in_space=environ_keys.SPACE_ID in environ,
            )
        level = logging.WARNING if status >= 500 else logging.INFO
        if not log.isEnabledFor(level):
            return
        shown = {
            "status": status,
            "content_type": without_tokens(content_type.partition(";")[0]) or None,
            "duration_ms": round(seconds * 1000, 2),
            "bytes_in": sent_length(environ),
            "bytes_out": length,
            **({} if whole else {"broke_off": True}),
        }
        log.log(level, "answered", extra={"fields": described(environ, shown)})

    def log_repeat(self, environ: dict[str, Any], status: int, content_type: str, length: int) -> None:
        """Record an answer from the cache, as if the application had made it."""
        if self.metrics:
            self.metrics.waited_for_thread(0)
        self.log_answer(environ, status, content_type, length)

    def log_unanswered(self, environ: dict[str, Any], reason: str) -> None:
        """Record that the client gets no answer, or not all of it: a fault `cut` it, or the `client_gone`."""
        shown = {"reason": reason, "duration_ms": round(taken(environ) * 1000, 2), "bytes_in": sent_length(environ)}
        log.info("not answered", extra={"fields": described(environ, shown)})


def taken(environ: dict[str, Any]) -> float:
    """The seconds since the head of the request, without those for which a fault made it wait."""
    found: float = time.perf_counter() - environ[environ_keys.ARRIVED] - environ.get(environ_keys.PAUSED, 0)
    return found


def described(environ: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """The fields of a line of the log: what the request was, then `shown`, then what the machinery noted."""
    trace = trace_id(environ.get("HTTP_TRACEPARENT"))
    return {
        "request_id": environ.get(environ_keys.REQUEST_ID),
        **({"trace_id": trace} if trace else {}),
        "method": environ["REQUEST_METHOD"],
        "path": shown_path(environ),
        **shown,
        "account_id": environ.get(environ_keys.ACCOUNT_ID),
        **{name: environ[key] for name, key in NOTED.items() if key in environ},
        **({"paused_ms": round(environ[environ_keys.PAUSED] * 1000)} if environ.get(environ_keys.PAUSED) else {}),
    }


class _Answer:
    """The body of an answer, recorded at its end: the server calls `close` when it has ended (PEP 3333)."""

    __slots__ = ("_environ", "_exhausted", "_headers", "_sent", "_start", "_status", "_watch", "pieces")

    def __init__(self, watch: RequestWatch, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        self.pieces: Iterable[bytes] = ()
        self._watch = watch
        self._environ = environ
        self._start = start_response
        self._status = 0
        self._headers: dict[str, str] = {}
        self._sent = 0
        self._exhausted = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self._status, self._headers = int(status[:3]), dict(headers)
        return self._start(status, headers, exc_info) if exc_info else self._start(status, headers)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self._sent += len(piece)
            yield piece
        self._exhausted = True

    def close(self) -> None:
        try:
            if close := getattr(self.pieces, "close", None):
                close()
        finally:
            if self._watch.metrics:
                self._watch.metrics.ended()
            # An answer that was replaced is not recorded; its replacement is.
            if environ_keys.REPLACED not in self._environ:
                # A server with all bytes of Content-Length need not iterate to the end.
                whole = self._exhausted or str(self._sent) == self._headers.get("Content-Length")
                content_type = self._headers.get("Content-Type", "")
                self._watch.log_answer(self._environ, self._status, content_type, self._sent, whole=whole)


def shown_path(environ: dict[str, Any]) -> str:
    """The path as sent, without tokens, and without the query, because people put passwords there."""
    path: str = (environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")).partition("?")[0]
    if "%" in path and without_tokens(plain := unquote(path)) != plain:
        path = plain
    return without_tokens(path)


def sent_length(environ: dict[str, Any]) -> int:
    """The length of the request's body: as read, or as declared if it was refused unread."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isascii() and declared.isdigit() else 0
