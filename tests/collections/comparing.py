"""Send a recorded request to this server, and compare the answer with that of json-server."""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.collections.requests import DRAWN, JSON, UNTIDY, Request, file_for, tidy

# A list of pages and a place are compared without the origin: this server sends paths, json-server whole URLs.
_ORIGIN = re.compile(r"http://localhost:3000")
_DRAWN_ID = re.compile(r"[0-9a-f]{16}")


HERE = Path(__file__).parent / "recorded"
DB = json.loads((HERE / "db.json").read_text())
# Words of a query that only one version knows.
_NEW = re.compile(
    r"[\w\]]:[a-zA-Z]*=|%3A|_where|_per_page|_sort=[^&]*-|_dependent|_(gt|lt|eq|in|contains|startsWith)="
    r"|_embed=(post|user|book|review)(&|$)"
)
_OLD = re.compile(r"_limit|_start|_end|_order|[?&]q=|_expand|_like|_ne=|_gte=|_lte=|callback=|[?&]_=|_delay")


class Seen(NamedTuple):
    """The part of an answer that is compared."""

    status: int
    fields: dict[str, str]
    body: Any


class Compared(NamedTuple):
    """A recorded request, by a name of its own: the answer of json-server, and that of this server."""

    name: str
    version: str
    line: str
    theirs: Seen
    ours: Seen

    @property
    def same(self) -> bool:
        """Whether both answer alike: every error is a problem document here, so that only its status counts."""
        theirs, ours = self.theirs, self.ours
        if theirs.status != ours.status or theirs.status >= 400:
            return theirs.status == ours.status
        # 1.0 sends none of these fields.
        return theirs.body == ours.body and (self.version == "1.0" or theirs.fields == ours.fields)

    @property
    def outcome(self) -> Any:
        """What this server answers, in short: the status, and the ids of a list or the whole body."""
        body = self.ours.body
        if self.ours.status >= 400:
            return [self.ours.status]
        if isinstance(body, list) and all(isinstance(each, dict) for each in body):
            return [self.ours.status, [each.get("id") for each in body]]
        return [self.ours.status, body]


def meant_for(version: str, line: str) -> bool:
    """Whether a version knows all the words of a request, or another one knows none of them either."""
    query = line.partition("?")[2]
    new, old = _NEW.search("?" + query), _OLD.search("?" + query)
    return not new if version == "0.17" else bool(new) or not old


def reads(version: str, port: int) -> Iterator[Compared]:
    """Each recorded request that changes nothing, sent to one space with the file."""
    file = file_for(version, DB)
    space = space_with(port, file)
    for line, answer in _record(version)["reads"].items():
        if meant_for(version, line):
            yield Compared(f"{version} {line}", version, line, recorded(answer, file), sent(port, Request(line), space))


def writes(version: str, port: int, scenarios: str = "") -> Iterator[Compared]:
    """Each recorded scenario, in a space of its own; with `scenarios`, those whose name starts so."""
    for name, steps in _record(version)["writes"].items():
        if not name.startswith(scenarios):
            continue
        file = file_for(version, DB if name in UNTIDY else tidy(DB))
        space = space_with(port, file)
        for number, step in enumerate(steps):
            request = Request(step["line"], step.get("body"), step.get("type"))
            ours = without_drawn(sent(port, request, space), json.dumps(request.body))
            if step["line"].startswith("GET ") and not meant_for(version, request.line):
                continue
            yield Compared(
                f"{version} {name} {number}: {request.line}",
                version,
                request.line,
                recorded(step["answer"], file),
                ours,
            )


def bulk(version: str, port: int, file: dict[str, Any]) -> Iterator[Compared]:
    """Each recorded request to the data of JSONPlaceholder, sent to a server of it."""
    for line, answer in _record(version)["bulk"].items():
        if meant_for(version, line):
            yield Compared(f"{version} {line}", version, line, recorded(answer, file), sent(port, Request(line)))


def space_with(port: int, collections: dict[str, Any]) -> str:
    """Make a space with these collections, and return its path."""
    made = sent(port, Request("POST /spaces", {"collections": collections}))
    assert made.status == 201, made
    return urlsplit(made.body["url"]).path


def _record(version: str) -> dict[str, Any]:
    return dict(json.loads((HERE / f"{version}.json").read_text()))


def sent(port: int, request: Request, prefix: str = "") -> Seen:
    """Send the request to this server, under the prefix of a space, and return its answer."""
    method, _, target = request.line.partition(" ")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body, fields = None, {"Accept": JSON}
    if request.body is not None:
        body = (request.body if isinstance(request.body, str) else json.dumps(request.body)).encode()
        if media_type := JSON if request.media_type is None else request.media_type:
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


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode() or None
