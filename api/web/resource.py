"""Resource: a class whose methods are the methods of HTTP.

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
from api.web.request import current_request, services
from api.web.throttling import check_requests

Found = TypeVar("Found")

# Successes that have no content, so that Accept does not matter.
WITHOUT_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER})
# A method that lost a race, or its connection, reads again and decides anew: so often in all.
ATTEMPTS = 5
NAMES_NOTHING = "a path with an encoded slash, an empty segment, a dot segment or broken encoding names no resource."


class Resource(flask_restful.Resource):  # type: ignore[misc]  # flask_restful has no types
    """One resource, or a collection, at its `paths`.

    A method returns (data, status, headers), or a Response that it made itself.
    `noun` is the name in the singular, `offers` the representations (none: what is kept is served as a
    file would be, whatever Accept says), `caching` the Cache-Control field of its answers.
    """

    paths: ClassVar[tuple[str, ...]] = ()
    noun: ClassVar[str]
    offers: ClassVar[Mapping[str, Renderer]] = representations.ITEM
    caching: ClassVar[str] = "public, no-cache"
    # Whether bodies hold passwords, so that nothing may be kept of them that is quick to guess from.
    confidential: ClassVar[bool] = False
    # Values for the parameters of its path that mean something on every server, for what describes the API by example.
    # None are needed where a create makes what the path names.
    example: ClassVar[Mapping[str, str]] = {}
    # Whether `Prefer: return=minimal` means something here (RFC 7240 §4.2).
    prefers: ClassVar[bool] = True
    # Whether a browser gets a page of what GET answers; documents that are for programs alone have none.
    browsable: ClassVar[bool] = True
    # Whether process managers and load balancers ask it: no limit counts, and no credentials are read.
    for_probes: ClassVar[bool] = False
    # The member that names the account whose the resource is: pages offer others no forms to change it.
    owner: ClassVar[str | None] = None
    # Whether it is there for the forms of pages alone: a session counts for all of its methods.
    for_forms: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if any(path.endswith("/") and path != "/" for path in cls.paths):
            raise TypeError(f"{cls.__name__}: a path ends without a slash, or Werkzeug would redirect to Host.")
        # Last, so that nobody gets a page who does not ask for one.
        pages = (HTML,) if cls.browsable and cls.offers and HTML not in cls.offers else ()
        cls.reads = (*cls.offers, *pages)
        # Forms of pages lead browsers on, and so have an answer for who asks for a page.
        unfit = () if cls.for_forms else representations.READS_ONLY
        cls.writes = tuple(offer for offer in cls.offers if offer not in unfit)
        if "noun" not in vars(cls):
            cls.noun = cls.__name__.removesuffix("Item").lower()
        verbs = sorted(cls.methods or ())
        cls.allowed = sorted({*verbs, "HEAD"} if "GET" in verbs else verbs)

    # Derived from `offers` and the methods: what GET, and what the others, can answer in; the value of Allow.
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]
    allowed: ClassVar[list[str]]

    def dispatch_request(self, **ids: Any) -> Any:
        """Choose the representation, run the method, and give back its answer for the Api to render."""
        request = current_request()
        request.resource = type(self)
        method = getattr(self, "get" if request.method == "HEAD" else request.method.lower())
        declared = declared_by(self, request.method)
        request.keyed = is_keyed(request, declared)
        reads = request.method in ("GET", "HEAD")
        if declared is not None and declared.status not in WITHOUT_CONTENT and self.offers:
            # Before any effect: a POST that cannot be answered must not create.
            available = self.reads if reads else self.writes
            chosen = negotiate(request.environ.get("HTTP_ACCEPT"), available)
            if chosen is None:
                raise NotAcceptable(available=list(available))
            request.representation = chosen
        asked_for_page = reads and self.offers and request.representation == HTML and HTML not in self.offers
        request.takes_session = bool(asked_for_page or self.for_forms or request.within)
        asks = request.method != "OPTIONS"
        if asks and not request.within and not self.for_probes:
            check_requests(request)  # 429
        for attempt in range(ATTEMPTS):
            request.claimed = request.kept = False
            try:
                if asks and not self.for_probes:
                    identify(request)  # 400 401 429; anew each time, since the account may be what has changed
                if declared is not None and declared.scopes is not None:
                    signed_in(*declared.scopes)  # 401 403
                return method(**ids)
            except Replayed as earlier:
                return earlier.answer
            except PassingFailure:
                why = "The database is not there just now."
            except LostRace as lost:
                # A rule that no repetition can keep is a fault of the code, and no race.
                if lost.__cause__ and attempt == ATTEMPTS - 1:
                    raise lost.__cause__ from None
                why = "Others change this faster than it can be written."
        raise Unavailable(why, headers={"Retry-After": "1"})

    @classmethod
    def offers_form(cls, verb: str, account: Account | None, shown: Mapping[str, Any]) -> bool:
        """Whether a page that shows this offers who asks a form for the method.

        It is a courtesy: what may be done the method itself decides, when the form is sent.
        """
        declared = declared_by(cls, verb)
        if account is None:
            return declared is not None and declared.scopes is None
        return cls.owner is None or account.may_change(shown.get(cls.owner))

    def options(self, **ids: Any) -> Response:
        """Tell what can be done here (RFC 9110 §9.3.7)."""
        headers = {"Allow": ", ".join(self.allowed)}
        for verb, field in (("POST", "Accept-Post"), ("PATCH", "Accept-Patch")):
            declared = declared_by(self, verb)
            if declared and declared.takes:
                headers[field] = ", ".join(declared.takes.media_types)
        return current_app.response_class(status=HTTPStatus.NO_CONTENT, headers=headers)

    @classmethod
    def url(cls, *ids: Any) -> str:
        """The URL of this resource for these ids: a path, or absolute where PUBLIC_URL is set."""
        return link_prefix() + cls.place(*ids)

    @classmethod
    def place(cls, *ids: Any) -> str:
        """The path of this resource for these ids, wherever the server is mounted."""
        path = cls.paths[0]
        for each in ids:
            before, _, rest = path.partition("<")
            path = before + str(each) + rest.partition(">")[2]
        return path


def link_prefix() -> str:
    """What links start with: PUBLIC_URL, or else the mount path; never the client's Host."""
    public: str = services().settings.public_url
    return public or current_request().environ.get("SCRIPT_NAME", "")


def found(thing: Found | None) -> Found:
    """Give the thing back, or refuse with 404 where there is none: absent and hidden answer alike."""
    if thing is None:
        raise not_found()
    return thing


def not_found() -> NotFound:
    """The 404 for this request's path, as it was sent, with the path that was perhaps meant."""
    request = current_request()
    if request.sent_path is None:
        path = request.sent_target.partition("?")[0]
        return NotFound(f"There is nothing at {without_tokens(path):.200}: {NAMES_NOTHING}")
    detail = f"There is nothing at {without_tokens(request.path)}."
    meant = request.path.rstrip("/").lower()
    if meant and meant != request.path and request.app.url_map.bind("").test(meant, method="OPTIONS"):
        detail += f" Did you mean {link_prefix()}{meant}?"
    return NotFound(detail)


__all__ = ["Answer", "LostRace", "Resource", "answers", "found", "link_prefix", "not_found"]
