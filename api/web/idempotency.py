"""Executes a request with an Idempotency-Key only once, even if it is repeated (CONTRACT §6).

    recall(self.draft)  # 400 413 415 422, or the stored response
    sent = self.draft.parse_args()
    with transaction() as db:
        claim(db)  # 409 422, or the stored response
        ...
        return keep(db, (article, 201, {"Location": ...}))

A method accepts keys if it declares `keyed=True`. Otherwise, and without an Idempotency-Key, these calls do nothing.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Protocol, cast

from flask import Response, current_app

from api.rules import environ_keys
from api.rules.idempotency import fingerprint, read_key
from api.rules.problems import IdempotencyKeyReused, InvalidIdempotencyKey
from api.store import idempotency
from api.store.database import Connection
from api.store.idempotency import Kept, owner_of
from api.web.declared import Answer, Declared
from api.web.request import CACHE_BUSTER, Request, current_request, services
from api.web.storage import database, reading
from api.web.throttling import attempted_login

METHODS = frozenset({"POST", "PATCH"})
REPLAYED = "Idempotent-Replayed"
# The fields that are stored with the status and content of a response. All others are set again on every replay.
KEPT_FIELDS = ("Content-Type", "Location", "Content-Location", "ETag", "Last-Modified", "Preference-Applied")
_CACHE_BUSTED = re.compile(rf"(?<=[?&]){CACHE_BUSTER}=[^&]*&?")


class Replayed(Exception):
    """Raised if there is already a response for this request. The client gets `answer`."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def is_keyed(request: Request, declared: Declared | None) -> bool:
    """Whether a request has a key that counts: its method may have keys, and declares that it accepts them."""
    if "HTTP_IDEMPOTENCY_KEY" not in request.environ or request.method not in METHODS:
        return False
    return declared is not None and declared.keyed


class Body(Protocol):
    """A parser of bodies that can read the body without parsing its content."""

    def check_body(self) -> Any:
        """Read the body, or refuse it by its length, coding or type."""


def recall(parser: Body | None = None, *, before: Callable[[Connection], Any] | None = None) -> None:
    """If the request is a repetition, respond with the stored response. `parser` reads the body, but does not parse it.

    It never waits and never decides; `claim` does both. `before` checks what must be
    allowed first, for a method that changes existing data. Raises InvalidIdempotencyKey (400),
    IdempotencyKeyReused (422), what `before` and `check_body` raise, and Replayed, which becomes the response.
    """
    request = current_request()
    if not request.keyed:
        return
    with reading() as db:
        if before:
            before(db)
        if parser:
            parser.check_body()  # 413 415
        owner, key = _name(request)
        kept = idempotency.recall(db, owner, key)
    if kept is None:
        _fingerprint(request)  # outside the transaction, because it may take long
        return
    database().confirm()  # the first request may not have its answer yet
    if request.resource.confidential:
        # A match reveals that the password is the one sent with this key, so it is limited like a login.
        with attempted_login(f"{owner} {key}", request):  # 429
            _check(kept, request)
        _replay(kept)
    else:
        _check(kept, request)
        _replay(kept)


def claim(db: Connection) -> None:
    """Claim the key of this request for this transaction. Its response must be stored with `keep`.

    Raises InvalidIdempotencyKey (400), IdempotencyInProgress (409),
    IdempotencyKeyReused (422), and Replayed, which becomes the response.
    """
    request = current_request()
    if not request.keyed:
        return
    kept = idempotency.claim(db, *_name(request), _fingerprint(request))
    if kept is not None:
        _check(kept, request)
        _replay(kept)
    request.claimed = True


def keep(db: Connection, answer: Answer) -> Answer:
    """Return the response. If a key was claimed, first render it, and store it in the same transaction."""
    request = current_request()
    if not request.claimed:
        return answer
    rendered = answer if isinstance(answer, Response) else cast(Response, services().api.render(answer))
    fields = [(name, rendered.headers[name]) for name in KEPT_FIELDS if name in rendered.headers]
    idempotency.keep(db, *_name(request), rendered.status_code, fields, rendered.get_data())
    request.kept = True
    request.environ[environ_keys.IDEMPOTENCY] = "new"
    return rendered


def refuse_key(why: str) -> None:
    """Raise 400 for a request with a key, on a method whose responses are never stored."""
    if "HTTP_IDEMPOTENCY_KEY" in current_request().environ:
        raise InvalidIdempotencyKey(why)


def _name(request: Request) -> tuple[str, str]:
    """Return the owner of the key, and the key."""
    if sum(name == "idempotency-key" for name, _ in request.sent_fields) > 1:
        raise InvalidIdempotencyKey("Send this field only once.")
    key = read_key(request.environ["HTTP_IDEMPOTENCY_KEY"])
    return owner_of(request.account.id if request.account else None, request.path), key


def _fingerprint(request: Request) -> bytes:
    if request.fingerprint is None:
        environ, account = request.environ, request.account
        confidential: bool = request.resource.confidential
        request.fingerprint = fingerprint(
            request.method,
            _CACHE_BUSTED.sub("", environ.get("REQUEST_URI") or request.full_path).rstrip("?&"),
            environ.get("CONTENT_TYPE", ""),
            request.content_digest or hashlib.sha256(request.body or b"").digest(),
            # What a body with a role may change depends also on the rights of the account and on how it signed in.
            by=f"{account.is_admin} {account.by_password}" if account and confidential else "",
            confidential=confidential,
        )
    return request.fingerprint


def _check(kept: Kept, request: Request) -> None:
    if kept.fingerprint != _fingerprint(request):
        raise IdempotencyKeyReused


def _replay(kept: Kept) -> None:
    current_request().environ[environ_keys.IDEMPOTENCY] = "replay"
    fields = [*kept.headers, (REPLAYED, "true")]
    raise Replayed(current_app.response_class(kept.content, status=kept.status, headers=fields))
