"""Send a recorded request to this server, and compare the answer with that of json-server."""

import http.client
import json
import re
from typing import Any, NamedTuple

from tests.collections.requests import DRAWN, JSON, Request, file_for

# A list of pages and a place are compared without the origin: this server sends paths, json-server whole URLs.
_ORIGIN = re.compile(r"http://localhost:3000")
_DRAWN_ID = re.compile(r"[0-9a-f]{16}")


class Seen(NamedTuple):
    """The part of an answer that is compared."""

    status: int
    fields: dict[str, str]
    body: Any


def sent(port: int, request: Request, prefix: str = "") -> Seen:
    """Send the request to this server, under the prefix of a space, and return its answer."""
    method, _, target = request.line.partition(" ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body, fields = None, {"Accept": JSON}
    if request.body is not None:
        body = (request.body if isinstance(request.body, str) else json.dumps(request.body)).encode()
        if (media_type := JSON if request.media_type is None else request.media_type):
            fields["Content-Type"] = media_type
    connection.request(method, prefix + target, body, fields)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    shown = {
        name: answer.headers[name].replace(f"<{prefix}/", "</").removeprefix(prefix)
        for name in ("X-Total-Count", "Link", "Location")
        if name in answer.headers
    }
    return Seen(answer.status, shown, _body(content))


def recorded(answer: dict[str, Any], file: dict[str, Any]) -> Seen:
    """The answer of json-server, with the documents that its record only names."""
    fields = {name: _ORIGIN.sub("", answer[name]) for name in ("X-Total-Count", "Link", "Location") if answer.get(name)}
    if "ids" in answer:
        by_id = {document["id"]: document for document in file[answer["documents"]]}
        body: Any = [by_id[each] for each in answer["ids"]]
        if "page" in answer:
            body = {**answer["page"], "data": body}
    else:
        body = answer.get("body", answer.get("text"))
    return Seen(answer["status"], fields, file if body == "the file" else body)


def without_drawn(seen: Seen, requested: str) -> Seen:
    """The answer with `<drawn>` for each random id that no request named."""
    text = json.dumps([seen.fields, seen.body])
    for each in {*_DRAWN_ID.findall(text)}:
        if each not in requested:
            text = text.replace(each, DRAWN)
    fields, body = json.loads(text)
    return Seen(seen.status, fields, body)


def served_file(version: str, data: dict[str, Any]) -> dict[str, Any]:
    """The file with which a version was recorded."""
    return file_for(version, data)


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode() or None
