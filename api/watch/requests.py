"""The log of requests: one line for each answer, with its time."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from api.rules.tokens import without_tokens

log = logging.getLogger("touchstone.request")


class RequestLog:
    """WSGI middleware that logs each answer when its header is ready.

    Durations are in milliseconds and do not count what a stream takes after its header.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the application does."""
        if not log.isEnabledFor(logging.INFO):
            return self.app(environ, start_response)
        started = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            entry: dict[str, Any] = {
                "request_id": environ.get("touchstone.request_id"),
                "method": environ["REQUEST_METHOD"],
                # Without the query: people put passwords and tokens there.
                "path": without_tokens((environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")).partition("?")[0]),
                "status": int(status[:3]),
                "content_type": without_tokens(dict(headers).get("Content-Type", "").partition(";")[0]) or None,
                "milliseconds": round((time.perf_counter() - started) * 1000, 2),
            }
            for name in ("route", "problem"):
                if f"touchstone.{name}" in environ:
                    entry[name] = environ[f"touchstone.{name}"]
            log.info("answered", extra={"fields": entry})
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self.app(environ, start)
