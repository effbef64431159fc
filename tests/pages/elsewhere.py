"""Another server, whose pages try to misuse a browser that is signed in to Touchstone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Elsewhere(ThreadingHTTPServer):
    """Serves one page for every request."""

    page: str = ""

    def url(self, host: str) -> str:
        """Its URL: another port is another origin, and another name is another site."""
        return f"http://{host}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers with the page."""

    def do_GET(self) -> None:
        """Send the page."""
        assert isinstance(self.server, Elsewhere)
        content = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def running() -> Iterator[Elsewhere]:
    """Run it within this context."""
    server = Elsewhere(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)
