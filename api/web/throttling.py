"""Rate limits: the general limit of requests, and the limit of failed logins (429, RFC 6585 §4).

Windows have a fixed length and are counted by the `limits` library. The remaining requests are
reported as in draft-ietf-httpapi-ratelimit-headers.
"""

import hashlib
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.rules.addresses import client_of
from api.rules.problems import RateLimited, Unavailable
from api.rules.words import folded
from api.web.request import Request

if TYPE_CHECKING:
    from limits import RateLimitItem

    from api.store.database import Database

log = logging.getLogger("touchstone.web")

# One address may fail this many times the limit over all accounts, and one account over all addresses, before it is
# blocked completely. This leaves room for a company behind one address, and makes locking out another person harder.
WIDER = 10
LOGINS = "Too many logins failed."


@dataclass(frozen=True, slots=True)
class Standing:
    """A client's use of its window: hits so far, the limit, the window, and the seconds left of it."""

    policy: str
    hits: int
    limit: int
    window: int
    seconds: int

    @property
    def fields(self) -> dict[str, str]:
        """The header fields that report it."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={self.window}',
            "RateLimit": f'"{self.policy}";r={max(0, self.limit - self.hits)};t={self.seconds}',
        }

    def refusal(self, detail: str) -> RateLimited:
        """Return the problem for a client that has nothing left."""
        return RateLimited(detail, headers={"Retry-After": str(max(1, self.seconds)), **self.fields})


class Throttle:
    """The limits of a server, and their counters: in memory, or in the database if several processes share them.

    `requests` and `logins` are limits in the format of the `limits` library
    (`600/minute`). Empty ones do not limit.
    """

    def __init__(self, database: "Database | None", *, requests: str, logins: str, shared: bool) -> None:
        self._database = database
        self._shared = shared
        self.requests = _limit(requests)
        self.logins = _limit(logins)

    @cached_property
    def _storage(self) -> Any:
        # Created at first use: after the fork of the workers, and only if there is a limit.
        if self._shared and self._database:
            from api.store.counters import DatabaseStorage

            return DatabaseStorage(self._database)
        from limits.storage import MemoryStorage

        return MemoryStorage()

    def hit(self, policy: str, limit: "RateLimitItem", client: str, amount: int = 1) -> Standing:
        """Count one more for the client, or this amount. Returns its standing. Raises Unavailable."""
        key = limit.key_for(policy, client)
        return self._standing(policy, limit, key, self._storage.incr(key, limit.get_expiry(), amount=amount))

    def take_back(self, policy: str, limit: "RateLimitItem", client: str) -> None:
        """Count one less for the client. Raises Unavailable."""
        self._storage.incr(limit.key_for(policy, client), limit.get_expiry(), amount=-1)

    def look(self, policy: str, limit: "RateLimitItem", client: str) -> Standing:
        """Return the client's standing without counting. Raises Unavailable."""
        key = limit.key_for(policy, client)
        return self._standing(policy, limit, key, self._storage.get(key))

    def _standing(self, policy: str, limit: "RateLimitItem", key: str, hits: int) -> Standing:
        window = limit.get_expiry()
        seconds = math.ceil(self._storage.get_expiry(key) - time.time()) if hits else window
        return Standing(policy, hits, limit.amount, window, min(max(seconds, 0), window))


def _limit(text: str) -> "RateLimitItem | None":
    if not text:
        return None
    from limits import parse  # takes a tenth of a second, so only if there is a limit

    return parse(text)


def throttle(request: Request) -> Throttle:
    """Return the limits of the current application."""
    found: Throttle = request.app.services.throttle
    return found


def check_requests(request: Request, amount: int = 1) -> None:
    """Count this request for its client, as so many. Raises 429 if the client is over the limit.

    If the counters are unavailable, nobody is refused, and the log reports it.
    """
    limit = throttle(request).requests
    if limit is None:
        return
    try:
        standing = throttle(request).hit("requests", limit, _client(request), amount)
    except Unavailable:
        log.warning("requests are not limited: the counters cannot be used")
        return
    request.rate_limit = standing.fields
    if standing.hits > limit.amount:
        raise standing.refusal(f"Your address may send {limit.amount} requests in {standing.window} seconds.")


def check_logins(username: str, request: Request) -> None:
    """Raise 429 if too many logins failed: of this account from this address, or of either alone."""
    for limit, client in _login_limits(username, request):
        try:
            standing = throttle(request).look("logins", limit, client)
        except Unavailable:
            log.warning("logins are not limited: the counters cannot be used")
            return
        if standing.hits >= limit.amount:
            raise standing.refusal(LOGINS)


@contextmanager
def attempted_login(username: str, request: Request) -> Iterator[None]:
    """Count a login as failed until it succeeds, so that concurrent attempts gain nothing over sequential ones.

    Raises RateLimited (429) before the password is checked.
    """
    counted = []
    try:
        for limit, client in _login_limits(username, request):
            standing = throttle(request).hit("logins", limit, client)
            counted.append((limit, client))
            if standing.hits > limit.amount:
                raise standing.refusal(LOGINS)
    except Unavailable:
        log.warning("logins are not limited: the counters cannot be used")
    yield
    try:
        for limit, client in counted:
            throttle(request).take_back("logins", limit, client)
    except Unavailable:
        log.warning("a login that succeeded counts as failed: the counters cannot be used")


def _login_limits(username: str, request: Request) -> Iterator[tuple["RateLimitItem", str]]:
    narrow = throttle(request).logins
    if narrow is None:
        return
    wide = type(narrow)(narrow.amount * WIDER, narrow.multiples)
    # A digest, because people type passwords and tokens into the name field, and some names are too long for a key.
    space = f" in {request.space.id}" if request.space else ""
    account = hashlib.blake2b(folded(username).encode(), digest_size=16).hexdigest()
    address = _client(request)
    yield narrow, f"{account} from {address}{space}"
    yield wide, f"account {account}{space}"
    yield wide, f"address {address}{space}"


def _client(request: Request) -> str:
    return client_of(request.environ.get("REMOTE_ADDR", ""))
