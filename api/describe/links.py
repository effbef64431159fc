"""Answers as HTML: JSON and header fields, with links for values that are paths of this server."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from api.describe.operations import Operation
from api.rules.spaces import in_space
from api.rules.strict_json import Numeral
from api.store.columns import references

# Texts up to this many characters break between words only; longer ones are prose.
SHORT = 200
# A literal path, optionally with a query, as the server writes it; a templated path has braces and does not match.
_PATH = re.compile(r"/[A-Za-z0-9._~/%-]*(?:\?[A-Za-z0-9._~/%!$'()*+,;:@?=&-]*)?")
_LINK = re.compile(r"<([^<>]*)>([^<]*)")

Way = tuple[str | int, ...]


class Links:
    """The links of one resource: from ids to items of a list, from foreign keys to their rows, and from paths.

    `operations` are all operations of the app, `route` is the declared path of the resource, `path` the requested
    one. Links start with `prefix`.
    """

    def __init__(self, app: Any, operations: list[Operation], *, route: str, path: str, prefix: str) -> None:
        self._adapter = app.url_map.bind("")
        self._path = path
        self._prefix = prefix
        self._readable = {each.route: each for each in operations if each.method == "GET"}
        self._item = self._item_of(route)
        self._keys = {
            column: item
            for column, table in references(route.split("/")[1]).items()
            if (item := self._item_of(f"/{table}"))
        }

    def leads(self, path: str) -> bool:
        """Whether GET exists at this path of the server; the paths of a space are those of the server."""
        path = path.partition("?")[0]
        inner = in_space(path)
        found: bool = self._adapter.test(inner.path if inner else path, method="GET")
        return found

    def own(self, text: str) -> str | None:
        """The text itself if it is a readable path of this server, otherwise None."""
        path = text.removeprefix(self._prefix)
        return text if text.startswith(self._prefix) and _PATH.fullmatch(path) and self.leads(path) else None

    def target(self, way: Way, value: Any) -> str | None:
        """The link of a value at this place of a representation; None for most."""
        if way and way[-1] == "path":
            return None  # it is within a space, and leads elsewhere here
        if isinstance(value, str) and (found := self.own(value)):
            return found
        if not way or isinstance(value, bool) or not isinstance(value, str | int):
            return None
        name = way[-1]
        if self._item and way[0] == "items" and len(way) == 3 and name == _member(self._item):
            return self._place(self._item, self._path, value)
        if name in self._keys:
            item = self._keys[str(name)]
            return self._place(item, item.route.rpartition("/")[0], value)
        return None

    def _item_of(self, route: str) -> Operation | None:
        """The GET operation for a member of a collection."""
        form = re.compile(re.escape(route.rstrip("/")) + "/<[^/]+>")
        return next((each for each in self._readable.values() if form.fullmatch(each.route)), None)

    def _place(self, item: Operation, collection: str, value: Any) -> str:
        path = f"{collection}/{quote(str(value), safe='')}"
        if not item.resource.offers:
            # A resource that is served as stored has no page, but its metadata has one.
            under = next((route for route in self._readable if route.rpartition("/")[0] == item.route), "")
            path += under.removeprefix(item.route)
        return f"{self._prefix}{path}"


def _member(item: Operation) -> str:
    """The member in the name of a path's parameter: `id` for article_id, `name` for secret_name."""
    return [*item.parameters][-1].rpartition("_")[2]


def linked(text: str, target: str | None) -> Markup:
    """The escaped text, as a link if there is a target."""
    return Markup('<a href="{}">{}</a>').format(target, text) if target else escape(text)


def whole(text: str | Markup) -> Markup:
    """A value that must not break at the end of a line."""
    return Markup('<span class="whole">{}</span>').format(text)


def words(text: str) -> Markup:
    """The words of a text, which may break between them only."""
    return Markup(" ").join(whole(word) if word else "" for word in text.split(" "))


def json_as_html(value: Any, target: Callable[[Way, Any], str | None]) -> Markup:
    """Indented JSON. `target` gets the path of a value and the value, and returns its link or None."""
    return Markup("").join(_pieces(value, target, (), "\n"))


def _pieces(
    value: Any, target: Callable[[Way, Any], str | None], way: Way, line: str, end: str = ""
) -> Iterator[Markup]:
    """The pieces of a value; `end` is the comma after it, which stays on its line."""
    inner = line + "  "
    if isinstance(value, Mapping) and value:
        yield Markup("{")
        for number, (name, each) in enumerate(value.items(), start=1):
            key = json.dumps(str(name), ensure_ascii=False)
            yield Markup('{}<span class="name">{}</span>: ').format(inner, key)
            yield from _pieces(each, target, (*way, str(name)), inner, "," if number < len(value) else "")
        yield Markup(line + "}" + end)  # noqa: S704  # a line end, spaces and a comma
    elif isinstance(value, list | tuple) and value:
        yield Markup("[")
        for number, each in enumerate(value):
            yield Markup(inner)  # noqa: S704  # a line end and spaces
            yield from _pieces(each, target, (*way, number), inner, "," if number + 1 < len(value) else "")
        yield Markup(line + "]" + end)  # noqa: S704  # a line end, spaces and a comma
    else:
        text = repr(value) if isinstance(value, Numeral) else json.dumps(value, ensure_ascii=False)
        place = target(way, value)
        if place or " " not in text:
            yield whole(linked(text, place) + end)
        else:
            yield words(text + end) if len(text) <= SHORT else escape(text + end)


def field_as_html(name: str, value: str, links: Links) -> Markup:
    """The value of a header field, with links in Link, Location and Content-Location."""
    if name in ("Location", "Content-Location"):
        return whole(linked(value, links.own(value)))
    found = [
        Markup("{}{}").format(whole(Markup("&lt;{}&gt;").format(linked(target, links.own(target)))), words(rest))
        for target, rest in (_LINK.findall(value) if name == "Link" else ())
    ]
    return Markup("").join(found) or words(value)


def relations(value: str, links: Links) -> list[tuple[str, str]]:
    """The links of a Link field to paths of this server: relation and target, in order."""
    found = []
    for target, rest in _LINK.findall(value):
        relation = re.search(r'rel="([^"]*)"', rest)
        if relation and links.own(target):
            found.append((relation[1], target))
    return found
