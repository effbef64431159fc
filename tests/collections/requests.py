"""The requests that are recorded from json-server: each query and method of its documentation, and the cases beside it.

`READS` change nothing, and go to one server; `BULK` go to one with the data of JSONPlaceholder. The scenarios in
creating.py and changing.py are lists of steps, each for a server of its own.
A request is `METHOD target`, with a body (an object is sent as JSON, text as it is) and a media type.
"""

from pathlib import Path
from typing import Any, NamedTuple

JSON = "application/json"


class Request(NamedTuple):
    """One request: `body` is sent as JSON unless it is text."""

    line: str
    body: Any = None
    media_type: str | None = None


# Stands in a recording for an id that json-server drew by chance.
DRAWN = "<drawn>"


def file_for(version: str, data: dict[str, Any]) -> dict[str, Any]:
    """The file as it is served to a version: 1.0 has only ids of text, and relates them to keys of text."""
    if version != "1.0":
        return data
    keys = "posts" in data and "author" in data["posts"][0]
    return {
        name: [
            {
                member: str(found)
                if isinstance(found, int) and (member == "id" or (keys and member.endswith("Id")))
                else found
                for member, found in document.items()
            }
            for document in value
        ]
        if isinstance(value, list)
        else value
        for name, value in data.items()
    }


def tidy(data: dict[str, Any]) -> dict[str, Any]:
    """The file without keys of documents that do not exist, which change what a DELETE of 0.17 does."""
    posts = [post for post in data["posts"] if str(post["userId"]) != "3"]
    comments = [comment for comment in data["comments"] if str(comment["postId"]) in ("1", "2")]
    return {**data, "posts": posts, "comments": comments}


_FOLDER = Path(__file__).parent / "recorded"
READS = (_FOLDER / "reads.txt").read_text().splitlines()
BULK = (_FOLDER / "bulk.txt").read_text().splitlines()
# These scenarios run with orphans and null keys in the file.
UNTIDY = ("delete-untidy", "delete-orphans", "delete-dependent-nulls")
