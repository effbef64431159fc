"""The body of a request: its length, coding and type are checked before it is read (CONTRACT §2, 12–16)."""

import zlib
from collections.abc import Sequence

from api.rules import environ_keys
from api.rules.media import MediaType, parse_content_type
from api.rules.problems import (
    ContentTooLarge,
    InvalidHeader,
    LengthRequired,
    MalformedBody,
    UnsupportedEncoding,
    UnsupportedMediaType,
)
from api.web.request import Request, services

# Deflate cannot exceed 1,032 to 1, and text seldom exceeds 20 to 1. A ratio above 100 suggests an attack.
MAX_RATIO = 100
# Block-wise writers create one member for each 64 KiB, so this allows 64 MiB. An empty member takes only 20 bytes.
MAX_MEMBERS = 1000
# Below this size the ratio is not limited.
RATIO_FREE = 64 * 1024
# The field that lists the accepted types (RFC 9110 §12.5.1 and §15.5.16, RFC 5789 §3.1).
ACCEPTED_BY = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}


def checked_body(request: Request, *, media_types: Sequence[str] | None, cap: int) -> bytes:
    """Return the decoded body, after all checks that do not need its content.

    `media_types` are those that the method accepts (None: any). `cap` is in bytes.
    The body is kept, so further calls cost nothing. Raises ContentTooLarge,
    UnsupportedEncoding, UnsupportedMediaType, InvalidHeader, MalformedBody.
    """
    if request.body is None:
        cap = min(cap, services().settings.max_body)
        check_declared_length(request, cap)
        is_gzip = _is_gzip(request)
        _check_type(request, media_types)
        if request.method == "PUT" and "HTTP_CONTENT_RANGE" in request.environ:
            # RFC 9110 §14.5: a server without partial PUT must not treat a part as the whole.
            raise InvalidHeader(
                errors=[{"header": "Content-Range", "code": "not_allowed", "detail": "Send the whole content."}]
            )
        raw = _read(request, cap)
        request.body = inflate(raw, cap) if is_gzip else raw
    return request.body


def has_body(request: Request) -> bool:
    """Whether the request has content, even if its length is unknown."""
    known: bool | None = request.environ.get(environ_keys.HAS_BODY)
    return known if known is not None else bool(request.content_length)


def chunked(request: Request) -> bool:
    """Whether the body has no declared length, so that only reading it shows its length (RFC 9112 §7.1)."""
    return any(name == "transfer-encoding" for name, _ in request.sent_fields)


def refuse_undeclared_length(request: Request) -> None:
    """Raise LengthRequired for a body that may have been cut off unnoticed, before it is stored."""
    if request.environ.get(environ_keys.MAY_BE_CUT):
        raise LengthRequired


def check_declared_length(request: Request, cap: int) -> None:
    """Raise ContentTooLarge for a body whose declared length is above the cap, before reading it."""
    if (request.content_length or 0) > cap and not chunked(request):
        raise ContentTooLarge(limit=cap)


def _is_gzip(request: Request) -> bool:
    coding: str | None = request.environ.get("HTTP_CONTENT_ENCODING")
    # x-gzip means gzip (RFC 9110 §8.4.1.3).
    if coding is not None and coding.strip().lower() not in ("gzip", "x-gzip"):
        raise UnsupportedEncoding(supported=["gzip"], headers={"Accept-Encoding": "gzip"})
    return coding is not None


def _check_type(request: Request, media_types: Sequence[str] | None) -> None:
    sent: str = request.environ.get("CONTENT_TYPE", "")
    if media_types is None or (not sent and not has_body(request)):
        return
    media_type = parse_content_type(sent) if sent else None
    if media_type is None or media_type.essence not in media_types or not is_utf8(media_type):
        raise refused_type(media_type, media_types, request.method)


def is_utf8(media_type: MediaType) -> bool:
    """Whether the content is declared to be UTF-8, by that name or as `utf8`, or has no declared charset."""
    return media_type.parameters.get("charset", "utf-8").lower().replace("_", "-") in ("utf-8", "utf8")


def refused_type(media_type: MediaType | None, media_types: Sequence[str], method: str) -> UnsupportedMediaType:
    """The 415 for a body of this type, or for one whose charset is not supported."""
    detail = None
    if media_type is not None and media_type.essence in media_types:
        charset = media_type.parameters.get("charset", "")
        detail = f"The charset {charset:.40} is not supported here: send UTF-8, and charset=utf-8 or no charset."
    return UnsupportedMediaType(
        detail, supported=list(media_types), headers={ACCEPTED_BY.get(method, "Accept"): ", ".join(media_types)}
    )


def _read(request: Request, cap: int) -> bytes:
    if environ_keys.BODY_REFUSED in request.environ:
        raise ContentTooLarge(limit=cap)
    length = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        return b""
    body: bytes = request.environ["wsgi.input"].read(cap + 1 if length is None else length)
    if len(body) > cap:
        raise ContentTooLarge(limit=cap)
    return body


def inflate(raw: bytes, cap: int) -> bytes:
    """Decompress gzip (RFC 1952), limited by `cap` in bytes and by the ratio.

    Raises ContentTooLarge as soon as a limit is exceeded, including MAX_MEMBERS, and
    MalformedBody if the data is not gzip or ends early.
    """
    most = min(cap, max(RATIO_FREE, MAX_RATIO * len(raw)))
    inflated, member, members = bytearray(), zlib.decompressobj(wbits=31), 1
    position, pending = 0, b""
    try:
        while pending or position < len(raw):
            if member.eof:
                member, members = zlib.decompressobj(wbits=31), members + 1
            # In slices: zlib copies unused input, and with the whole body at once this would take minutes.
            if not pending:
                pending, position = raw[position : position + RATIO_FREE], position + RATIO_FREE
            inflated += member.decompress(pending, RATIO_FREE)
            pending = member.unconsumed_tail or member.unused_data
            if len(inflated) > most or members > MAX_MEMBERS:
                raise ContentTooLarge(limit=cap)
        while raw and not member.eof:
            if not (piece := member.decompress(b"", RATIO_FREE)):
                raise MalformedBody("The gzip data ends early.")
            inflated += piece
            if len(inflated) > most:
                raise ContentTooLarge(limit=cap)
    except zlib.error:
        raise MalformedBody("The body is not gzip data.") from None
    return bytes(inflated)
