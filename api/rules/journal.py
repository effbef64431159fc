"""Entries of the journal: requests and their answers, without credentials."""

import base64
import codecs
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Literal, NamedTuple

import orjson

from api.rules import environ_keys
from api.rules.clock import timestamp
from api.rules.redaction import Redaction

Sent = Literal["whole", "cut", "broken"]

# Bytes that are read of a body at once.
PIECE = 256 * 1024


@dataclass(slots=True)
class Told:
    """The answer to a request. `status` is 0 as long as there is no answer.

    `body` is its start, of `length` bytes with the SHA-256 `sha256`; without these, it is all of it. `sent` is None as
    long as the client may still get more. `ended` is when the last byte left, in seconds of `time.perf_counter`.
    """

    status: int = 0
    fields: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    length: int | None = None
    sha256: str | None = None
    sent: Sent | None = "whole"
    ended: float | None = None


class Keeping:
    """Keeps the start of a body that comes in pieces, with its length and its digest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._digest = hashlib.sha256()
        self.start = b""
        self.length = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._digest.update(piece)
        self.length += len(piece)
        self.start += piece[: self._most - len(self.start)]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the pieces so far, in hexadecimal."""
        return self._digest.hexdigest()


class Record(NamedTuple):
    """An entry as it is stored: columns for queries, the rest as JSON, and the kept bytes of the bodies."""

    at: float
    method: str
    path: str
    status: int | None
    problem: str | None
    fault: str | None
    account: str | None
    sent: str | None
    fields: bytes
    rest: bytes
    body: bytes | None
    answer: bytes | None


class Limits(NamedTuple):
    """How much is kept: entries of a space, and bytes of a body."""

    entries: int
    body: int


def recorded(
    environ: dict[str, Any], told: Told, redaction: Redaction, *, path: str, most: int, bodies: bool
) -> Record:
    """Describe a request and its answer.

    `path` is decoded, and within the space. At most `most` bytes of a body are kept; none of those of secrets, and
    without `bodies` none of those of messages.
    """
    withheld = withheld_by(path, bodies=bodies)
    target = redaction.target(environ["REQUEST_URI"])
    path = redaction.path(path)
    shown = redaction.fields(environ[environ_keys.FIELDS])
    if redaction.found:  # a credential of the path may be in a field of any name
        shown = [(name, redaction.answered(value)) for name, value in shown]
    fields = orjson.dumps(shown)
    sent = _sent_body(environ, redaction, most, withheld=withheld)
    answer, kept = _answer(environ, told, redaction, most, withheld=withheld)
    rest = {
        "target": target,
        "http": environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
        "body": sent[0] if sent else None,
        "answer": answer,
        "idempotency": environ.get(environ_keys.IDEMPOTENCY),
        "worker": os.getpid(),
        "timing_ms": _timing(environ, told),
    }
    return Record(
        at=time.time() - (time.perf_counter() - environ[environ_keys.ARRIVED]),
        method=environ["REQUEST_METHOD"],
        path=path,
        status=told.status or None,
        problem=environ.get(environ_keys.PROBLEM),
        fault=environ.get(environ_keys.FAULT),
        account=environ.get(environ_keys.ACCOUNT_NAME),
        sent=told.sent,
        fields=fields,
        rest=orjson.dumps(rest),
        body=sent[1] if sent else None,
        answer=kept,
    )


def withheld_by(path: str, *, bodies: bool) -> str:
    """Why the bodies of this path are not kept: `secrets` or `messages`; otherwise empty.

    `/pages` has the forms of all paths.
    """
    first = path.removeprefix("/pages").split("/", 2)[1:2]
    if first == ["secrets"]:
        return "secrets"
    return "messages" if first == ["messages"] and not bodies else ""


def _answer(
    environ: dict[str, Any], told: Told, redaction: Redaction, most: int, *, withheld: str
) -> tuple[dict[str, Any], bytes | None]:
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in told.fields]
    values = dict(lines)
    described: dict[str, Any] | None = None
    kept = None
    length = len(told.body) if told.length is None else told.length
    if length:
        described, kept = _described(
            told.body[:most],
            length,
            told.sha256 or hashlib.sha256(told.body).hexdigest(),
            values.get("content-type", ""),
            redaction,
            # A refusal names the mistake, and repeats nothing of the content.
            withheld="" if environ_keys.PROBLEM in environ else withheld or values.get("content-encoding", ""),
            answer=True,
        )
    shown = redaction.fields(lines)
    if redaction.found:
        shown = [(name, redaction.answered(value)) for name, value in shown]
    return {"status": told.status or None, "fields": shown, "body": described}, kept


def _sent_body(
    environ: dict[str, Any], redaction: Redaction, most: int, *, withheld: str
) -> tuple[dict[str, Any], bytes | None] | None:
    file: IO[bytes] | None = environ.get("wsgi.input")
    if not environ.get(environ_keys.HAS_BODY) or file is None or file.closed:
        return None
    file.seek(0)
    start = file.read(most)
    digest, length = hashlib.sha256(start), len(start)
    while piece := file.read(PIECE):
        digest.update(piece)
        length += len(piece)
    file.seek(0)  # the request may be delivered once more
    if not length:
        return None
    return _described(
        start,
        length,
        digest.hexdigest(),
        environ.get("CONTENT_TYPE", ""),
        redaction,
        withheld=withheld or environ.get("HTTP_CONTENT_ENCODING", ""),
        answer=False,
    )


def _described(
    start: bytes,
    length: int,
    sha256: str,
    content_type: str,
    redaction: Redaction,
    *,
    withheld: str,
    answer: bool,
) -> tuple[dict[str, Any], bytes | None]:
    """The description of a body in the journal, and the bytes that are kept."""
    kept = None if withheld else redaction.body(start, content_type, answer=answer)
    # Of a body with a credential, the plain digest would let people guess. That of a message is public anyway.
    plain = kept == start or withheld == "messages"
    described = {
        "length": length,
        "sha256": sha256 if plain else None,
        "digest": None if plain else redaction.digest(sha256.encode()),
        "type": content_type or None,
        "cut": length > len(start),
    }
    return described, kept


def entry_of(n: int, record: Record) -> dict[str, Any]:
    """An entry as clients see it."""
    known = orjson.loads(record.rest)
    answer = known["answer"]
    return {
        "n": n,
        "at": timestamp(datetime.fromtimestamp(record.at, UTC)),
        "method": record.method,
        "target": known["target"],
        "path": record.path,
        "http": known["http"],
        "fields": orjson.loads(record.fields),
        "body": _shown(known["body"], record.body),
        "answer": {**answer, "body": _shown(answer["body"], record.answer), "sent": record.sent},
        "problem": record.problem,
        "fault": record.fault,
        "account": record.account,
        "idempotency": known["idempotency"],
        "worker": known["worker"],
        "timing_ms": known["timing_ms"],
    }


def _shown(described: dict[str, Any] | None, kept: bytes | None) -> dict[str, Any] | None:
    """A body as clients see it: with its text, or other bytes in base64."""
    if described is None or kept is None:
        return described
    try:
        # The last character may be cut off.
        text = codecs.getincrementaldecoder("utf-8")().decode(kept, final=not described["cut"])
    except UnicodeDecodeError:
        return {**described, "base64": base64.b64encode(kept).decode()}
    return {**described, "text": text}


def _timing(environ: dict[str, Any], told: Told) -> dict[str, float | None]:
    """Milliseconds: until the request was there, for a thread, in the application, and until the last byte left."""
    arrived = environ[environ_keys.ARRIVED]
    now = time.perf_counter()
    queued = environ.get(environ_keys.QUEUED)
    started = environ.get(environ_keys.STARTED)
    answered = environ.setdefault(environ_keys.ANSWERED, now)
    return {
        "received": _ms((queued or answered) - arrived),
        "waited": _ms(started - queued) if started and queued else None,
        "application": _ms(answered - started) if started else None,
        "sent": None if told.sent is None else _ms(max((told.ended or answered) - answered, 0)),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
