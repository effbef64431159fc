"""Uploads: bodies stored as they were received, which may be too large for memory (CONTRACT §2, 12–16)."""

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

# Bytes of an upload that are read at a time.
BLOCK = 256 * 1024
NO_TYPE = MediaType("application/octet-stream", {})


@dataclass(frozen=True, slots=True)
class Upload:
    """A complete body: its bytes in `file`, `sha256` in hexadecimal digits, its type as it was sent."""

    file: IO[bytes]
    length: int
    sha256: str
    content_type: str
    media_type: MediaType

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes from the start, one block at a time."""
        return _blocks(self.file)

    def whole(self) -> bytes:
        """Return all bytes at once, for types with a small cap."""
        self.file.seek(0)
        return self.file.read()


class UploadParser:
    """Accepts a body of one of several media types, each with the name of the setting for its cap."""

    def __init__(self, caps: Mapping[str, str], samples: Mapping[str, str] | None = None) -> None:
        """`samples` has a valid body for each type, for the documents, if not any body is valid."""
        self.samples = samples
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
        """Return the body, checked against the digests that the request declares.

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
        """Read the body, after the checks that do not need its content (CONTRACT §2, 12–16).

        It is read only once; further calls cost nothing. Raises LengthRequired, ContentTooLarge,
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
            # The bytes are stored as received, so they must already have the declared type.
            raise UnsupportedEncoding(supported=["identity"], headers={"Accept-Encoding": "identity"})
        if not content_type and not has_body(request):
            media_type = NO_TYPE  # the body is empty, which is refused later
        if media_type is None or media_type.essence not in self.caps or not _has_charset(media_type):
            raise refused_type(media_type, self.media_types, request.method)
        file, length = _received(request, cap)
        sha256 = digests.verify({}, _blocks(file))
        request.content_digest = bytes.fromhex(sha256)
        sent = request.upload = Upload(file, length, sha256, content_type, media_type)
        return sent

    def _cap(self, media_type: MediaType | None) -> int:
        """Return the cap of a type; for an unsupported type, the largest of all caps."""
        setting = self.caps.get(media_type.essence) if media_type else None
        settings = services().settings
        caps: list[int] = [getattr(settings, each) for each in ([setting] if setting else self.caps.values())]
        return max(caps)


def _has_charset(media_type: MediaType) -> bool:
    """Whether the charset of text is known. JSON allows only UTF-8 (RFC 8259 §8.1)."""
    charset = media_type.parameters.get("charset")
    essence = media_type.essence
    if charset is None or not essence.startswith(("text/", "application/")):
        return True
    if essence.endswith(("/json", "+json")):
        return is_utf8(media_type)
    return essence == "application/octet-stream" or is_charset(charset)


def _declared(request: Request) -> dict[str, bytes]:
    expected: dict[str, bytes] = {}
    # Both describe the same bytes, because no content coding is accepted.
    for name, variable in (("Content-Digest", "HTTP_CONTENT_DIGEST"), ("Repr-Digest", "HTTP_REPR_DIGEST")):
        # A dictionary may have several field lines, which the environment has joined (RFC 9651 §4.2).
        for algorithm, digest in digests.declared(request.environ.get(variable, ""), name).items():
            if expected.setdefault(algorithm, digest) != digest:
                raise DigestMismatch(f"Content-Digest and Repr-Digest have different {algorithm} digests.")
    return expected


def _received(request: Request, cap: int) -> tuple[IO[bytes], int]:
    if environ_keys.BODY_REFUSED in request.environ:
        raise ContentTooLarge(limit=cap)
    file: IO[bytes] = request.environ["wsgi.input"]
    if not _seekable(file):
        # The stream of another server can be read only once.
        kept = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the response
        after_this_request(lambda answer: _closing(answer, kept))
        _copy(request.stream, kept, cap + 1)
        # The method may run again after a lost race.
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
        raise MalformedBody("The body is shorter than its Content-Length.") from None


def _seekable(file: IO[bytes]) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable and seekable())


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(BLOCK):
        yield block
