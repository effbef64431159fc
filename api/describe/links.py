"""What is answered, as HTML: JSON and header fields with links where a value leads somewhere on this server."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from api.describe.operations import Operation
from api.store.columns import references

# A path to the letter, perhaps with a query, as the server itself writes them; a templated one has braces.
_PATH = re.compile(r"/[A-Za-z0-9._~/%-]*(?:\?[A-Za-z0-9._~/%!$'()*+,;:@?=&-]*)?")
_LINK = re.compile(r"<([^<>]*)>([^<]*)")

Way = tuple[str | int, ...]


class Links:
    """Where values lead, for one resource: to the items of a list, to the rows that keys name, and by paths.

    `operations` are all that the app has, `route` is the path of the resource as it declares it, `path` as it
    was asked for, and `prefix` what links start with.
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
        """Whether there is something to read at this path of the server."""
        found: bool = self._adapter.test(path.partition("?")[0], method="GET")
        return found

    def own(self, text: str) -> str | None:
        """The link that a text is, as it stands: to a path of this server that can be read; None for any other."""
        path = text.removeprefix(self._prefix)
        return text if text.startswith(self._prefix) and _PATH.fullmatch(path) and self.leads(path) else None

    def target(self, way: Way, value: Any) -> str | None:
        """Where the value at this place of a representation leads; None for most."""
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
        """The reading of one member of a collection."""
        form = re.compile(re.escape(route.rstrip("/")) + "/<[^/]+>")
        return next((each for each in self._readable.values() if form.fullmatch(each.route)), None)

    def _place(self, item: Operation, collection: str, value: Any) -> str:
        path = f"{collection}/{quote(str(value), safe='')}"
        if not item.resource.offers:
            # What is served as it was sent has no page; what is known of it has one.
            under = next((route for route in self._readable if route.rpartition("/")[0] == item.route), "")
            path += under.removeprefix(item.route)
        return f"{self._prefix}{path}"


def _member(item: Operation) -> str:
    """The member that a path's parameter is named for: `id` for article_id, `name` for secret_name."""
    return next(iter(item.parameters)).rpartition("_")[2]


def linked(text: str, target: str | None) -> Markup:
    """The text, escaped, as a link where it leads somewhere."""
    return Markup('<a href="{}">{}</a>').format(target, text) if target else escape(text)


def json_as_html(value: Any, target: Callable[[Way, Any], str | None]) -> Markup:
    """JSON, indented, with links where `target` gives one for the way to a value and the value."""
    return Markup("").join(_pieces(value, target, (), "\n"))


def _pieces(value: Any, target: Callable[[Way, Any], str | None], way: Way, line: str) -> Iterator[Markup]:
    inner = line + "  "
    if isinstance(value, Mapping) and value:
        yield Markup("{")
        for number, (name, each) in enumerate(value.items()):
            key = json.dumps(str(name), ensure_ascii=False)
            yield Markup('{}{}<span class="name">{}</span>: ').format("," if number else "", inner, key)
            yield from _pieces(each, target, (*way, str(name)), inner)
        yield Markup(line + "}")  # noqa: S704  # a line end and spaces
    elif isinstance(value, list | tuple) and value:
        yield Markup("[")
        for number, each in enumerate(value):
            yield Markup("{}{}").format("," if number else "", inner)
            yield from _pieces(each, target, (*way, number), inner)
        yield Markup(line + "]")  # noqa: S704  # a line end and spaces
    else:
        yield linked(json.dumps(value, ensure_ascii=False), target(way, value))


def field_as_html(name: str, value: str, links: Links) -> Markup:
    """The value of a header field, with links where it leads somewhere: Link, Location and Content-Location."""
    if name in ("Location", "Content-Location"):
        return linked(value, links.own(value))
    if name != "Link":
        return escape(value)
    found = [
        Markup("&lt;{}&gt;{}").format(linked(target, links.own(target)), rest) for target, rest in _LINK.findall(value)
    ]
    return Markup("").join(found) or escape(value)


def relations(value: str, links: Links) -> list[tuple[str, str]]:
    """The links of a Link field that lead somewhere: relation and target, in their order."""
    found = []
    for target, rest in _LINK.findall(value):
        relation = re.search(r'rel="([^"]*)"', rest)
        if relation and links.own(target):
            found.append((relation[1], target))
    return found
