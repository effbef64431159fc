"""The browsable API: each resource as a page, with the answer, links, and forms for the allowed operations."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from api.describe import journal
from api.describe.controls import controls_of
from api.describe.curl import command
from api.describe.forms import NAME, Filled, Form, can_be_filled, does_nothing, form_for, form_id
from api.describe.home import documents, groups
from api.describe.links import Links, field_as_html, json_as_html, relations
from api.describe.operations import METHODS, Operation, operations
from api.describe.pages import page, policy, script
from api.describe.tables import table_of
from api.describe.visitors import visitor
from api.rules.accounts import Account
from api.rules.problems import Problem
from api.rules.spaces import DATA
from api.rules.statuses import status_line
from api.web.auth import development_accounts
from api.web.request import Request, current_request
from api.web.resource import link_prefix
from api.web.shown import Shown

# Pages with a content of their own, by route, and the scripts of pages.
TEMPLATES = {
    "/": "home.html",
    "/problems": "problems.html",
    "/problems/<slug>": "problem.html",
    journal.ROUTE: "journal.html",
}
SCRIPTS = {journal.ROUTE: "journal.js"}
# Characters that a query may contain (RFC 3986 §3.4), as in the links of lists.
UNESCAPED = "!$'()*,:;@/?"
# Parameters of the journal that are no filters.
NO_FILTERS = ("limit", "cursor", "fields", "count", "wait")
# The parts of an address, between which a title may break.
_PARTS = re.compile("[/?&]?[^/?&]*[^/?&]|[/?&]")
# Header fields that describe the representation.
FIRST = ("Content-Type", "Content-Length", "Location", "Content-Location", "Link", "ETag", "Last-Modified")
# Methods that change something, in the order of their forms on a page.
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


def resource_page(app: Any, shown: Shown) -> tuple[bytes, str]:
    """Return the page of a resource, with forms for the allowed operations, and its Content-Security-Policy."""
    place = Place(app, shown)
    forms = list(place.forms(current_request().account)) if shown.status == HTTPStatus.OK else []
    return place.page(forms), policy(SCRIPTS.get(shown.route, ""))


def answer_page(app: Any, shown: Shown) -> tuple[bytes, str]:
    """Return the page of the answer to a form, and its Content-Security-Policy."""
    return Place(app, shown).page([]), policy()


def refused_form_page(
    app: Any, shown: Shown, problem: Problem, texts: Mapping[str, list[str]], now: Shown | None = None
) -> bytes:
    """Return the page of a refused form: the faults, and the form with its values.

    `shown` is the refusal, and `now` the current version if somebody else has changed it.
    """
    place = Place(app, shown)
    naming = NAME in texts
    operation = place.naming() if naming else place.here.get(shown.method)
    filled = Filled(form_id(operation, naming=naming) if operation else "", texts, shown.data)
    form = place.form(filled, now.field("ETag") if now else None)
    now_body = json_as_html(now.data, place.links.target) if now else ""
    return place.page([form] if form else [], problem=problem, now=now, now_body=now_body)


def rank(pair: tuple[str, str]) -> int:
    """The position of a header field: those of the representation first, then the others in their order."""
    return FIRST.index(pair[0]) if pair[0] in FIRST else len(FIRST)


class Place:
    """One path of the server, and its page."""

    def __init__(self, app: Any, shown: Shown) -> None:
        self.shown = shown
        self.prefix = link_prefix()
        self.operations = list(operations(app))
        self.links = Links(app, self.operations, route=shown.route, path=shown.path, prefix=self.prefix)
        self.here = self._of(shown.route)

    def forms(self, account: Account | None) -> Iterator[Form]:
        """The forms for the operations that the account may do here."""
        data = self.shown.data if isinstance(self.shown.data, Mapping) else {}
        etag = self.shown.field("ETag")
        changes = [each for each in self.here.values() if each.method in CHANGES]
        for operation in sorted(changes, key=lambda each: CHANGES.index(each.method)):
            if operation.method == ("PUT" if self._only_makes() else "PATCH") and {"PUT", "PATCH"} <= self.here.keys():
                continue  # the form of PUT has all members, unless PUT only makes
            if can_be_filled(operation, account, data):
                partly = operation.method == "PUT" and "PATCH" in self.here
                yield form_for(operation, self.shown.path, shown=data, etag=etag, partly=partly, account=account)
        if (naming := self.naming()) and naming.resource.offers_form("PUT", account, {}):
            yield form_for(naming, self.shown.path, naming=True)
        for operation in self._actions():
            if can_be_filled(operation, account, data):
                yield form_for(operation, f"{self.shown.path}/{operation.route.rpartition('/')[2]}")
        for operation in self._above():
            if can_be_filled(operation, account, data):
                yield form_for(operation, self.shown.path.rpartition("/")[0])

    def form(self, filled: Filled, etag: str | None) -> Form | None:
        """The submitted form; None if there is no such form."""
        if (naming := self.naming()) and filled.id == form_id(naming, naming=True):
            return form_for(naming, self.shown.path, naming=True, filled=filled)
        method = self.shown.method
        operation = self.here.get(method)
        if operation is None or method not in CHANGES or does_nothing(operation):
            return None
        account = current_request().account
        return form_for(operation, self.shown.path, filled=filled, etag=etag, account=account)

    def page(self, forms: list[Form], **values: Any) -> bytes:
        """The page, with these forms on it."""
        request, shown = current_request(), self.shown
        account = request.account
        query = self._query(request)
        return page(
            TEMPLATES.get(shown.route, "resource.html"),
            prefix=self.prefix,
            visitor=visitor(request, shown.target, forms=bool(forms)),
            shown=shown,
            own=shown.route in TEMPLATES,
            address=_PARTS.findall(f"{shown.path}?{query}" if query else shown.path),
            accept=next(iter(shown.resource.offers), ""),
            controls=controls_of(self.here.get("GET"), request.parameters) if shown.method == "GET" else None,
            table=table_of(shown.data, self.links),
            home=self._home() if shown.route == "/" else None,
            **(self._journal(query) if shown.route == journal.ROUTE and shown.status == HTTPStatus.OK else {}),
            status_line=status_line(shown.status),
            protocol=request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            crumbs=list(self._crumbs()),
            fields=[(name, field_as_html(name, value, self.links)) for name, value in sorted(shown.fields, key=rank)],
            body=self._json(getattr(shown.data, "plain", shown.data)),
            pages=self._pages(),
            below=[
                each.route.rpartition("/")[2]
                for each in self._below()
                if each.method == "GET" and each.resource.browsable
            ],
            summary=self.here["GET"].summary if "GET" in self.here else "",
            forms=forms,
            closed=[] if account else self._closed(),
            commands=[
                (each, command(each, self._url(each.method, query), account.username if account else None))
                for each in self.here.values()
            ],
            others=[kind for kind in shown.resource.reads[1:] if kind != "text/html"],
            **{"problem": None, "now": None, **values},
        )

    def _json(self, data: Any) -> Any:
        """The JSON of the answer as HTML. The items of a bare array have the links of the items of a page."""
        bare = isinstance(data, list)
        return json_as_html(data, lambda way, value: self.links.target(("items", *way) if bare else way, value))

    def _of(self, route: str) -> dict[str, Operation]:
        return {each.method: each for each in self.operations if each.route == route}

    def _only_makes(self) -> bool:
        """Whether PUT creates what PATCH changes, so that it leaves an existing one as it is."""
        put = self.here.get("PUT")
        return put is not None and put.declared is not None and put.declared.status == HTTPStatus.CREATED

    def naming(self) -> Operation | None:
        """The operation that creates a client-named member of this collection."""
        for each in self.operations:
            creates = each.declared is not None and each.declared.status == HTTPStatus.CREATED
            if each.method == "PUT" and creates and each.route.rpartition("/")[0] == self.shown.route:
                return each
        return None

    def _actions(self) -> list[Operation]:
        """The operations directly below that only act, such as the reset of a space."""
        return [each for each in self._below() if each.method == "POST" and "GET" not in each.resource.allowed]

    def _below(self) -> list[Operation]:
        """The operations one fixed segment below, if this is one item."""
        below = [each for each in self.operations if each.route.rpartition("/")[0] == self.shown.route]
        return [each for each in below if "<" in self.shown.route and not each.route.endswith(">")]

    def _above(self) -> list[Operation]:
        """The operations of the path above, if it has no page because it is served as stored."""
        above = self._of(self.shown.route.rpartition("/")[0])
        if not above or self.shown.path == "/" or next(iter(above.values())).resource.offers:
            return []
        return [above[method] for method in METHODS if method in CHANGES and method in above]

    def _closed(self) -> list[Operation]:
        """The operations here that require signing in."""
        found = [each for each in self.here.values() if each.method in CHANGES and each.needs_account]
        return found + ([naming] if (naming := self.naming()) else [])

    def _crumbs(self) -> Iterator[tuple[str, str | None]]:
        """The segments of the path, each with its link."""
        words = self.shown.path.strip("/").split("/")
        if words == [""]:
            return
        for number, word in enumerate(words[:-1], start=1):
            path = "/" + "/".join(words[:number])
            yield word, self.prefix + path if self.links.leads(path) else None
        yield words[-1], None

    def _pages(self) -> list[tuple[str, str]]:
        """The other pages of a list: relation and target."""
        found = dict(relations(self.shown.field("Link"), self.links))
        here = self.prefix + self.shown.target
        return [(each, found[each]) for each in ("first", "prev", "next") if found.get(each, here) != here]

    def _query(self, request: Request) -> str:
        """The query that the answer belongs to: without the empty controls of the page, if it has controls."""
        operation = self.here.get(self.shown.method)
        if operation and operation.declared and operation.declared.asks:
            return urlencode([(name, values[0]) for name, values in request.parameters.items()], safe=UNESCAPED)
        return self.shown.target.partition("?")[2]

    def _url(self, method: str, query: str) -> str:
        request = current_request()
        origin = "" if "://" in self.prefix else f"{request.scheme}://{request.host}"
        target = f"{self.shown.path}?{query}" if query and method in ("GET", "HEAD") else self.shown.path
        return origin + self.prefix + target

    def _journal(self, query: str) -> dict[str, Any]:
        """The parts that only the page of a journal has."""
        request = current_request()
        filters = {name: values[0] for name, values in request.parameters.items() if name not in NO_FILTERS}
        space_id = self.shown.path.split("/")[2]
        origin = f"{request.scheme}://{request.host}"
        return {
            "rows": journal.rows(self.shown.data["items"], f"{DATA}/{space_id}", origin),
            "script": script(SCRIPTS[journal.ROUTE]),
            "asked": {name: values for name, values in request.parameters.items() if name != "cursor"},
            "live": "cursor" not in request.parameters,
            "har": f"{self.prefix}{self.shown.path}.har" + (f"?{urlencode(filters)}" if filters else ""),
            "events": f"{self.prefix}{self.shown.path}?{urlencode(filters)}",
        }

    def _home(self) -> dict[str, Any]:
        """What only the home page shows."""
        return {
            "accounts": development_accounts(),
            "documents": documents(self.prefix, self.links.leads),
            "groups": groups(self.shown.data["links"]),
            "has": self.links.leads,
            "origin": self._url("POST", "").rstrip("/"),
        }
