"""Resource: a class whose methods are HTTP methods.

class Greetings(Resource):
    paths = ("/greetings",)

    @answers(200)
    def get(self):
        return {"greeting": "Hello"}, 200, {}
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

import flask_restful
from flask import Response, current_app

from api.rules import environ_keys
from api.rules.accounts import Account
from api.rules.media import HTML, negotiate
from api.rules.problems import NotAcceptable, NotFound, Unavailable
from api.rules.tokens import without_tokens
from api.store.database import LostRace, PassingFailure
from api.web import representations
from api.web.auth import identify, signed_in
from api.web.declared import Answer, answers, declared_by
from api.web.idempotency import Replayed, is_keyed
from api.web.representations import Renderer
from api.web.request import current_request, link_prefix
from api.web.throttling import check_requests

Found = TypeVar("Found")

# Successful responses without content, so Accept does not matter.
WITHOUT_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER})
# A method that lost a race or its connection runs again with fresh data. This is the total number of attempts.
ATTEMPTS = 5
NAMES_NOTHING = "a path with an encoded slash, an empty segment, a dot segment or broken encoding names no resource."


class Resource(flask_restful.Resource):  # type: ignore[misc]  # flask_restful has no types
    """One resource, or a collection, at its `paths`.

    A method returns (data, status, headers), or a finished Response.
    `noun` is the name in the singular. `offers` has the representations (empty: the stored content is returned
    as a file would be, whatever Accept says). `caching` is the Cache-Control field of its responses.
    """

    paths: ClassVar[tuple[str, ...]] = ()
    noun: ClassVar[str]
    offers: ClassVar[Mapping[str, Renderer]] = representations.ITEM
    caching: ClassVar[str] = "public, no-cache"
    # Media types of answers to GET that do not end. The method makes them, and a session counts for them.
    streams: ClassVar[tuple[str, ...]] = ()
    # Whether bodies hold passwords. Then nothing may be stored that makes guessing them fast.
    confidential: ClassVar[bool] = False
    # Values for the parameters of its path that exist on every server, for the examples in the API description.
    # Not needed if a create request makes the named resource.
    example: ClassVar[Mapping[str, str]] = {}
    # Whether a list is a bare array in JSON, or an object with `data`, as json-server answers.
    bare: ClassVar[bool] = False
    # Whether `Prefer: return=minimal` has an effect here (RFC 7240 §4.2).
    prefers: ClassVar[bool] = True
    # Whether pages link to it as a download: a session counts for its GET.
    downloads: ClassVar[bool] = False
    # Whether browsers get a page for GET. Documents that are only for programs have none.
    browsable: ClassVar[bool] = True
    # Whether process managers and load balancers ask it: no limit counts, and no credentials are read.
    for_probes: ClassVar[bool] = False
    # The member with the id of the owner's account. Pages show forms for changes only to the owner and administrators.
    owner: ClassVar[str | None] = None
    # Whether it controls spaces: its transactions are those of the registry, and it does not exist within a space.
    in_registry: ClassVar[bool] = False
    # Whether it orders faults. Then it does not exist if the setting FAULTS is `off`.
    orders_faults: ClassVar[bool] = False
    # Whether it reads the journal. Then it does not exist if the setting JOURNAL is `off`.
    reads_journal: ClassVar[bool] = False
    # Whether it exists within a space, too.
    in_spaces: ClassVar[bool] = True
    # Whether its POST requires user name and password. On pages, its form then asks for the password.
    asks_password: ClassVar[bool] = False
    # Whether it serves only the forms of pages. A session then counts for all of its methods.
    for_forms: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if any(path.endswith("/") and path != "/" for path in cls.paths):
            raise TypeError(f"{cls.__name__}: a path ends without a slash, or Werkzeug would redirect to Host.")
        # Last, so that only clients that ask for a page get one.
        pages = (HTML,) if cls.browsable and cls.offers and HTML not in cls.offers else ()
        cls.reads = (*cls.offers, *pages)
        # Resources for forms redirect browsers, so they must respond to clients that accept only pages.
        unfit = () if cls.for_forms else representations.READS_ONLY
        cls.writes = tuple(offer for offer in cls.offers if offer not in unfit)
        if "noun" not in vars(cls):
            cls.noun = cls.__name__.removesuffix("Item").lower()
        verbs = sorted(cls.methods or ())
        cls.allowed = sorted({*verbs, "HEAD"} if "GET" in verbs else verbs)

    # Derived from `offers` and the methods: the media types of GET and of other methods, and the value of Allow.
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]
    allowed: ClassVar[list[str]]

    def dispatch_request(self, **ids: Any) -> Any:
        """Choose the representation, run the method, and return its result for the Api to render."""
        request = current_request()
        request.resource = type(self)
        method = getattr(self, "get" if request.method == "HEAD" else request.method.lower())
        declared = declared_by(self, request.method)
        request.keyed = is_keyed(request, declared)
        reads = request.method in ("GET", "HEAD")
        if declared is not None and declared.status not in WITHOUT_CONTENT and self.offers:
            # Before any change: a POST whose response is not acceptable must not create anything.
            available = self.reads if reads else self.writes
            streams = self.streams if reads else ()
            chosen = negotiate(request.environ.get("HTTP_ACCEPT"), (*available, *streams))
            if chosen is None:
                raise NotAcceptable(available=list(available))
            request.representation = chosen
        asked_for_page = reads and self.offers and request.representation == HTML and HTML not in self.offers
        for_page = asked_for_page or (reads and (self.downloads or request.representation in self.streams))
        request.takes_session = bool(for_page or self.for_forms or request.within)
        asks = request.method != "OPTIONS"
        if asks and not request.within and not self.for_probes and environ_keys.WAITED not in request.environ:
            check_requests(request)  # 429
        for attempt in range(ATTEMPTS):
            request.claimed = request.kept = False
            try:
                if self.in_registry:
                    request.environ.pop(environ_keys.STORE, None)  # accounts are in the store of the server
                if asks and not self.for_probes:
                    identify(request)  # 400 401 429; anew each time, since the account may be what has changed
                if self.in_registry:
                    request.environ[environ_keys.STORE] = request.app.services.registry
                if declared is not None and declared.scopes is not None:
                    signed_in(*declared.scopes)  # 401 403
                if asked_for_page and declared is not None and declared.asks:
                    request.parameters = declared.asks.of_controls(request.parameters)  # 400
                return method(**ids)
            except Replayed as earlier:
                return earlier.answer
            except PassingFailure:
                why = "The database is temporarily unreachable."
            except LostRace as lost:
                # A rule that fails on every attempt is a fault in the code, not a race.
                if lost.__cause__ and attempt == ATTEMPTS - 1:
                    raise lost.__cause__ from None
                why = "Other requests change this too often at the moment."
        raise Unavailable(why, headers={"Retry-After": "1"})

    @classmethod
    def offers_form(cls, verb: str, account: Account | None, shown: Mapping[str, Any]) -> bool:
        """Whether a page that shows this resource has a form for the method `verb`, for this account.

        It only improves the page: the method itself checks the permission when the form is sent.
        """
        declared = declared_by(cls, verb)
        if account is None:
            return declared is not None and declared.scopes is None
        return cls.owner is None or account.may_change(shown.get(cls.owner))

    def options(self, **ids: Any) -> Response:
        """Return the methods and body formats that this resource supports (RFC 9110 §9.3.7)."""
        headers = {"Allow": ", ".join(self.allowed)}
        for verb, field in (("POST", "Accept-Post"), ("PATCH", "Accept-Patch")):
            declared = declared_by(self, verb)
            if declared and declared.takes:
                headers[field] = ", ".join(declared.takes.media_types)
        return current_app.response_class(status=HTTPStatus.NO_CONTENT, headers=headers)

    @classmethod
    def url(cls, *ids: Any) -> str:
        """Return the URL of this resource for these ids: a path, or absolute if PUBLIC_URL is set."""
        return link_prefix() + cls.place(*ids)

    @classmethod
    def place(cls, *ids: Any) -> str:
        """Return the path of this resource for these ids, relative to the mount path."""
        path = cls.paths[0]
        for each in ids:
            before, _, rest = path.partition("<")
            path = before + str(each) + rest.partition(">")[2]
        return path


def found(thing: Found | None) -> Found:
    """Return the thing, or raise 404 if it is None. Absent and hidden resources give the same response."""
    if thing is None:
        raise not_found()
    return thing


def not_found() -> NotFound:
    """The 404 for this request's path, as it was sent, with the path that was perhaps meant."""
    request = current_request()
    if request.sent_path is None:
        path = request.sent_target.partition("?")[0]
        return NotFound(f"There is nothing at {without_tokens(path):.200}: {NAMES_NOTHING}")
    mount = request.environ.get("SCRIPT_NAME", "")
    detail = f"There is nothing at {mount}{without_tokens(request.path)}."
    meant = request.path.rstrip("/").lower()
    if meant and meant != request.path and request.app.url_map.bind("").test(meant, method="OPTIONS"):
        detail += f" Did you mean {link_prefix()}{meant}?"
    return NotFound(detail)


__all__ = ["Answer", "LostRace", "Resource", "answers", "found", "link_prefix", "not_found"]
