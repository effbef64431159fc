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

from api.rules import environ_keys
from api.rules.accounts import Account
from api.rules.media import HTML, negotiate
from api.rules.problems import NotAcceptable, Unavailable
from api.store.database import LostRace, PassingFailure
from api.web import representations
from api.web.auth import identify, signed_in
from api.web.declared import Answer, answers, declared_by
from api.web.failures import not_found
from api.web.idempotency import Replayed, is_keyed
from api.web.representations import Renderer
from api.web.request import current_request, link_prefix
from api.web.routed import Routed
from api.web.throttling import check_requests

Found = TypeVar("Found")

# Successful responses without content, so Accept does not matter.
WITHOUT_CONTENT = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER})
# A method that lost a race or its connection runs again with fresh data. This is the total number of attempts.
ATTEMPTS = 5


class Resource(Routed):
    """One resource, or a collection, at its `paths`.

    A method returns (data, status, headers), or a finished Response. `offers` has the representations (empty: the
    stored content is returned as a file would be, whatever Accept says). `caching` is the Cache-Control field of its
    responses.
    """

    offers: ClassVar[Mapping[str, Renderer]] = representations.ITEM
    caching: ClassVar[str] = "public, no-cache"
    # Whether answers to GET without credentials depend only on the request and the database of the server.
    cacheable: ClassVar[bool] = False
    # The schemas of members that its pages can have besides `items`, `next` and `total`.
    page_members: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Media types of answers to GET that do not end. The method makes them, and a session counts for them.
    streams: ClassVar[tuple[str, ...]] = ()
    # Whether bodies hold passwords. Then nothing may be stored that makes guessing them fast.
    confidential: ClassVar[bool] = False
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
    # Whether its content is that of the example resources. Then it does not exist beside own data.
    for_examples: ClassVar[bool] = False
    # Whether it exists within a space, too.
    in_spaces: ClassVar[bool] = True
    # Whether its POST requires user name and password. On pages, its form then asks for the password.
    asks_password: ClassVar[bool] = False
    # Whether it serves only the forms of pages. A session then counts for all of its methods.
    for_forms: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Last, so that only clients that ask for a page get one.
        pages = (HTML,) if cls.browsable and cls.offers and HTML not in cls.offers else ()
        cls.reads = (*cls.offers, *pages)
        # Resources for forms redirect browsers, so they must respond to clients that accept only pages.
        unfit = () if cls.for_forms else representations.READS_ONLY
        cls.writes = tuple(offer for offer in cls.offers if offer not in unfit)

    # Derived from `offers`: the media types of GET and of other methods.
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]

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


def found(thing: Found | None) -> Found:
    """Return the thing, or raise 404 if it is None. Absent and hidden resources give the same response."""
    if thing is None:
        raise not_found()
    return thing


__all__ = ["Answer", "LostRace", "Resource", "answers", "found", "link_prefix", "not_found"]
