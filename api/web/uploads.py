"""Uploads: bodies that are kept as they came, and may be larger than memory should hold (CONTRACT §2, 12–16)."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from flask import Response, after_this_request
from werkzeug.exceptions import ClientDisconnected

from api.rules import digests, environ_keys
from api.rules.charsets import is_charset
from api.rules.media import MediaType, parse_content_type
from api.rules.problems import (
    ContentTooLarge,
    DigestMismatch,
    InvalidHeader,
    LengthRequired,
    MalformedBody,
    Problem,
    UnsupportedEncoding,
    UnsupportedMediaType,
)
from api.web.body import check_declared_length, has_body, is_utf8, refuse_undeclared_length, refused_type
from api.web.request import Request, current_request, no_parameters, services

# Bytes that are read of an upload at a time.
BLOCK = 256 * 1024
NO_TYPE = MediaType("application/octet-stream", {})


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that arrived whole: its bytes in `file`, `sha256` in hexadecimal digits, its type as it was sent."""

    file: IO[bytes]
    length: int
    sha256: str
    content_type: str
    media_type: MediaType

    def blocks(self) -> Iterator[bytes]:
        """The bytes from the start, a block at a time."""
        return _blocks(self.file)

    def whole(self) -> bytes:
        """All bytes at once, for types whose cap is small."""
        self.file.seek(0)
        return self.file.read()


class UploadParser:
    """Takes a body of one of several media types, each with the name of the setting that caps it."""

    def __init__(self, caps: Mapping[str, str]) -> None:
        self.caps = dict(caps)
        self.media_types = tuple(caps)
        self.refuses: tuple[type[Problem], ...] = (
            ContentTooLarge,
            DigestMismatch,
            InvalidHeader,
            LengthRequired,
            MalformedBody,
            UnsupportedEncoding,
            UnsupportedMediaType,
        )

    def receive(self) -> Upload:
        """Give what was sent, checked against the digests that were declared for it.

        Raises MalformedBody for an empty body, InvalidHeader, DigestMismatch,
        InvalidParameter, and what `check_body` raises.
        """
        request = current_request()
        sent = self.check_body()
        no_parameters()
        if not sent.length:
            raise MalformedBody("The body is empty.")
        if expected := _declared(request):
            digests.verify(expected, sent.blocks())
        return sent

    def check_body(self) -> Upload:
        """Take the body, after the checks that come before its content is looked at (CONTRACT §2, 12–16).

        It is taken once: asking again is free. Raises LengthRequired, ContentTooLarge,
        UnsupportedEncoding, UnsupportedMediaType.
        """
        request = current_request()
        if request.upload is not None:
            known: Upload = request.upload
            return known
        content_type: str = request.environ.get("CONTENT_TYPE", "").strip()
        media_type = parse_content_type(content_type) if content_type else None
        cap = self._cap(media_type)
        refuse_undeclared_length(request)
        check_declared_length(request, cap)
        if "HTTP_CONTENT_ENCODING" in request.environ:
            # What is kept is what came, and what came must be what it says it is.
            raise UnsupportedEncoding(supported=["identity"], headers={"Accept-Encoding": "identity"})
        if not content_type and not has_body(request):
            media_type = NO_TYPE  # it is empty, and refused for that
        if media_type is None or media_type.essence not in self.caps or not _has_charset(media_type):
            raise refused_type(media_type, self.media_types, request.method)
        file, length = _received(request, cap)
        sha256 = digests.verify({}, _blocks(file))
        request.content_digest = bytes.fromhex(sha256)
        sent = request.upload = Upload(file, length, sha256, content_type, media_type)
        return sent

    def _cap(self, media_type: MediaType | None) -> int:
        """The cap of a type; of one that is not taken, the largest that any has."""
        setting = self.caps.get(media_type.essence) if media_type else None
        settings = services().settings
        caps: list[int] = [getattr(settings, each) for each in ([setting] if setting else self.caps.values())]
        return max(caps)


def _has_charset(media_type: MediaType) -> bool:
    """Whether text is in a charset that there is; JSON has but one (RFC 8259 §8.1)."""
    charset = media_type.parameters.get("charset")
    essence = media_type.essence
    if charset is None or not essence.startswith(("text/", "application/")):
        return True
    if essence.endswith(("/json", "+json")):
        return is_utf8(media_type)
    return essence == "application/octet-stream" or is_charset(charset)


def _declared(request: Request) -> dict[str, bytes]:
    expected: dict[str, bytes] = {}
    # Both speak of the same bytes, since no coding is taken.
    for name, variable in (("Content-Digest", "HTTP_CONTENT_DIGEST"), ("Repr-Digest", "HTTP_REPR_DIGEST")):
        # A dictionary may stand in several lines, which the environment has joined (RFC 9651 §4.2).
        for algorithm, digest in digests.declared(request.environ.get(variable, ""), name).items():
            if expected.setdefault(algorithm, digest) != digest:
                raise DigestMismatch(f"Content-Digest and Repr-Digest have another {algorithm} digest each.")
    return expected


def _received(request: Request, cap: int) -> tuple[IO[bytes], int]:
    if environ_keys.BODY_REFUSED in request.environ:
        raise ContentTooLarge(limit=cap)
    file: IO[bytes] = request.environ["wsgi.input"]
    if not _seekable(file):
        # Another server's stream, which can be read but once.
        kept = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the answer
        after_this_request(lambda answer: _closing(answer, kept))
        _copy(request.stream, kept, cap + 1)
        # The request may be tried again.
        file = request.environ["wsgi.input"] = kept
    length = file.seek(0, 2)
    if length > cap:
        raise ContentTooLarge(limit=cap)
    return file, length


def _closing(answer: Response, file: IO[bytes]) -> Response:
    answer.call_on_close(file.close)
    return answer


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    try:
        while most > 0 and (block := source.read(min(BLOCK, most))):
            target.write(block)
            most -= len(block)
    except ClientDisconnected:
        raise MalformedBody("The body ended before its length.") from None


def _seekable(file: IO[bytes]) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable and seekable())


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK):
        yield block
