"""The lower bound for Touchstone's cost: a constant answer under the same server.

python -m benchmarks.bare application|resource front|wsgi PORT

`application` is plain WSGI, `resource` a Flask-RESTful resource; `front` serves it behind Touchstone's front, `wsgi`
through Granian's WSGI interface with two threads, which cannot keep the contract (docs/decisions/0001-front.md).
"""

import json
import sys
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
BODY = json.dumps(ARTICLE).encode()
FIELDS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """One constant article, in plain WSGI."""
    start_response("200 OK", FIELDS)
    return [BODY]


class Article(flask_restful.Resource):
    """One constant article."""

    def get(self, article_id: int) -> dict[str, object]:
        return ARTICLE


resource = flask.Flask("bare")
flask_restful.Api(resource).add_resource(Article, "/articles/<int:article_id>")


def main() -> None:
    """Serve one of the applications by one of the servers."""
    what, way, port = sys.argv[1:]
    app = {"application": application, "resource": resource}[what]
    if way == "front":
        serve(lambda: app, host="127.0.0.1", port=int(port), on_ready=lambda url: None)
        return
    server = MPServer("-", port=int(port), interface=Interfaces.WSGI, blocking_threads=2, log_enabled=False)
    server.serve(target_loader=lambda: app, wrap_loader=False)


if __name__ == "__main__":
    main()
