"""Another server, whose pages try to use the browser of somebody who is signed in here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Elsewhere(ThreadingHTTPServer):
    """Serves one page, whatever is asked for."""

    page: str = ""

    def url(self, host: str) -> str:
        """Where it is: at another port is another origin, and by another name another site."""
        return f"http://{host}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers with the page."""

    def do_GET(self) -> None:
        """Answer."""
        assert isinstance(self.server, Elsewhere)
        content = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[Elsewhere]:
    """Run it for as long as this lasts."""
    server = Elsewhere(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)
