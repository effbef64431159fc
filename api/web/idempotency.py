"""Exactly once: what a resource says so that a request that is repeated with its key is done once (CONTRACT §6).

    recall(self.draft)  # 400 413 415 422, or the answer that is kept
    sent = self.draft.parse_args()
    with transaction() as db:
        claim(db)  # 409 422, or the answer that is kept
        ...
        return keep(db, (article, 201, {"Location": ...}))

A method takes keys if it declares `keyed=True`. On others, and without an Idempotency-Key, all this does nothing.
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
from api.web.storage import reading
from api.web.throttling import attempted_login

METHODS = frozenset({"POST", "PATCH"})
REPLAYED = "Idempotent-Replayed"
# What is kept of an answer beside its status and content; all else stands on every answer anew.
KEPT_FIELDS = ("Content-Type", "Location", "Content-Location", "ETag", "Last-Modified", "Preference-Applied")
_CACHE_BUSTED = re.compile(rf"(?<=[?&]){CACHE_BUSTER}=[^&]*&?")


class Replayed(Exception):
    """There is an answer for this request already: `answer`, which is what the client gets."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def is_keyed(request: Request, declared: Declared | None) -> bool:
    """Whether a request has a key that counts: its method is one that keys are for, and declares to take them."""
    if "HTTP_IDEMPOTENCY_KEY" not in request.environ or request.method not in METHODS:
        return False
    return declared is not None and declared.keyed


class Body(Protocol):
    """A parser of bodies, as far as it takes the body without looking at its content."""

    def check_body(self) -> Any:
        """Take the body, or refuse its length, coding or type."""


def recall(parser: Body | None = None, *, before: Callable[[Connection], Any] | None = None) -> None:
    """Answer with what is kept for this request, if it is repeated; before its body, which `parser` takes, is parsed.

    It waits for nothing and decides nothing: `claim` does. `before` is what must be
    allowed first, for a method that changes what is there. Raises InvalidIdempotencyKey (400),
    IdempotencyKeyReused (422), what `before` and `check_body` raise, and Replayed, which becomes the answer.
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
        _fingerprint(request)  # which may take long, so not in the transaction
    elif request.resource.confidential:
        # To be told whether a password is the one that was sent with this key is to be told as a login is.
        with attempted_login(f"{owner} {key}", request):  # 429
            _check(kept, request)
        _replay(kept)
    else:
        _check(kept, request)
        _replay(kept)


def claim(db: Connection) -> None:
    """Claim the key of this request for what the transaction does, whose answer must be kept with `keep`.

    Raises InvalidIdempotencyKey (400), IdempotencyInProgress (409),
    IdempotencyKeyReused (422), and Replayed, which becomes the answer.
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
    """Give the answer back; where a key is claimed for it, render it first, and keep it with what was done."""
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
    """Refuse with 400 a request that has a key, where its answer is never kept."""
    if "HTTP_IDEMPOTENCY_KEY" in current_request().environ:
        raise InvalidIdempotencyKey(why)


def _name(request: Request) -> tuple[str, str]:
    """Whose key it is, and the key."""
    if sum(name == "idempotency-key" for name, _ in request.sent_fields) > 1:
        raise InvalidIdempotencyKey("This field may stand once.")
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
            # What a body with a role may do depends on more than whose it is.
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
