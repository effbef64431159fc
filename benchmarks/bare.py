"""A bare Flask-RESTful resource that returns a constant: what Touchstone's cost is measured against.

python -m benchmarks.bare front|wsgi
"""

import socket
import sys
import time
from typing import Any

import flask
import flask_restful
from granian.constants import Interfaces
from granian.server.mp import MPServer

from api.front import serve

ARTICLE = {
    "id": 1,
    "title": "Welcome to Touchstone",
    "body": "Read me, change me, delete me: what you send is kept.",
    "tags": ["welcome"],
    "status": "published",
    "author_id": None,
    "version": 1,
    "created_at": "2026-11-21T08:00:00.000Z",
    "updated_at": "2026-11-21T08:00:00.000Z",
}


class Article(flask_restful.Resource):
    """One article, always the same."""

    def get(self, article_id: int) -> dict[str, object]:
        return ARTICLE


app = flask.Flask("bare")
flask_restful.Api(app).add_resource(Article, "/articles/<int:article_id>")


def main() -> None:
    """Serve it: behind Touchstone's front, or by Granian's own WSGI interface."""

    def announce(url: str) -> None:
        print(f"Touchstone is ready on {url}", flush=True)

    if sys.argv[1] == "front":
        serve(lambda: app, host="127.0.0.1", port=0, on_ready=announce)
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    class Server(MPServer):
        def startup(self, spawn_target: Any, target_loader: Any) -> None:
            super().startup(spawn_target, target_loader)
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    return announce(f"http://127.0.0.1:{port}")
                except ConnectionRefusedError:
                    time.sleep(0.02)

    server = Server("-", port=port, interface=Interfaces.WSGI, blocking_threads=2, log_enabled=False)
    server.serve(target_loader=lambda: app, wrap_loader=False)


if __name__ == "__main__":
    main()
