"""A greeting, as JSON or as plain text.

curl -i 'http://127.0.0.1:8000/hello?name=Luis'
"""

from typing import Annotated, Any

from pydantic import Field

from api.kit import Answer, RequestParser, Resource, Strict, answers, link_prefix, representations
from api.web.representations import Links


class HelloQuery(Strict):
    """The name to greet."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = "John Doe"


class HelloOut(Strict):
    """The greeting."""

    hello: str


def as_text(data: Any, noun: str, links: Links) -> bytes:
    """The greeting as plain text."""
    return f"Hello {data['hello']}".encode()


class Hello(Resource):
    """A greeting."""

    paths = ("/hello",)
    offers = {**representations.ITEM, representations.TEXT: as_text}
    query = RequestParser(HelloQuery, location="args")

    @answers(200, HelloOut, asks=query)
    def get(self) -> Answer:
        """Say hello."""
        asked = self.query.parse_args()
        return {"hello": asked["name"]}, 200, {"Link": f'<{link_prefix()}/>; rel="index"'}
