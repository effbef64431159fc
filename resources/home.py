"""The welcome, and links to everything.

curl -i http://127.0.0.1:8000/
"""

from typing import Any

from api.web.request import no_parameters
from api.web.resource import Answer, Resource, answers, link_prefix

PLACES = {
    "hello": ("/hello", "A greeting; ?name= says whose."),
    "echo": ("/echo", "Gives back what was received."),
    "status": ("/status/418", "Answers with the status in the path."),
    "articles": ("/articles", "Texts: list, create, read, change, delete."),
    "users": ("/users", "Accounts."),
    "problems": ("/problems", "Every way in which this server refuses, explained."),
}


class Home(Resource):
    """What this server is, and where to go from here."""

    paths = ("/",)

    @answers(200)
    def get(self) -> Answer:
        """Welcome, and links to everything below."""
        no_parameters()
        prefix = link_prefix()
        links: dict[str, Any] = {
            name: {"href": prefix + path, "title": title} for name, (path, title) in PLACES.items()
        }
        return (
            {"name": "Touchstone", "description": "A REST API server with an exact HTTP contract.", "links": links},
            200,
            {},
        )
