"""Reverse proxies in front of the server: a trusted one names the client."""

from collections.abc import Callable, Iterable
from typing import Any

from api.rules.forwarded import Networks, client_behind, is_trusted, scheme_of


class TrustedProxies:
    """WSGI middleware: takes the client's address and scheme from X-Forwarded-For and X-Forwarded-Proto.

    X-Forwarded-Host and X-Forwarded-Prefix are ignored: links are built from PUBLIC_URL.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], proxies: Networks) -> None:
        self.app = app
        self.proxies = proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Run the application with the corrected environment."""
        peer = environ.get("REMOTE_ADDR", "")
        if is_trusted(peer, self.proxies):
            environ["REMOTE_ADDR"] = client_behind(self.proxies, peer, environ.get("HTTP_X_FORWARDED_FOR", ""))
            scheme = scheme_of(environ.get("HTTP_X_FORWARDED_PROTO", ""))
            environ["wsgi.url_scheme"] = scheme or environ["wsgi.url_scheme"]
        return self.app(environ, start_response)
