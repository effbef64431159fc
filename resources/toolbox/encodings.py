"""Content codings: gzip, deflate, Brotli and Zstandard.

curl -i --compressed http://127.0.0.1:8000/httpbin/gzip
"""

import gzip
import zlib
from http import HTTPStatus

from api.rules.plain_json import written
from api.web.compat import JSON, Answer, Compat, Text, answers, current_request
from api.web.received import seen

SHOWN = ("headers", "method", "origin")
RAW = -15  # zlib: the window of 32 KiB, without header and check


class Gzip(Compat):
    """An answer in gzip."""

    paths = ("/gzip",)
    group = "Content codings"

    @answers(200, (*SHOWN, "gzipped"))
    def get(self) -> Answer:
        """Answer in gzip, whatever Accept-Encoding says (RFC 1952)."""
        return coded("gzip", gzip.compress(content("gzipped"), mtime=0))


class Deflate(Compat):
    """An answer in deflate."""

    paths = ("/deflate",)
    group = "Content codings"
    parameters = (Text("raw", "`1`: without the zlib format, as some servers wrongly send it."),)

    @answers(200, (*SHOWN, "deflated"))
    def get(self, raw: str | None) -> Answer:
        """Answer in deflate, which is the zlib format (RFC 9110 §8.4.1.2)."""
        if raw in (None, "0", "false"):
            return coded("deflate", zlib.compress(content("deflated")))
        stream = zlib.compressobj(wbits=RAW)
        return coded("deflate", stream.compress(content("deflated")) + stream.flush())


class Brotli(Compat):
    """An answer in Brotli."""

    paths = ("/brotli",)
    group = "Content codings"

    @answers(200, (*SHOWN, "brotli"))
    def get(self) -> Answer:
        """Answer in Brotli, whatever Accept-Encoding says (RFC 7932)."""
        import brotli

        return coded("br", brotli.compress(content("brotli"), quality=5))


class Zstd(Compat):
    """An answer in Zstandard."""

    paths = ("/zstd",)
    group = "Content codings"

    @answers(200, (*SHOWN, "zstd"))
    def get(self) -> Answer:
        """Answer in Zstandard, whatever Accept-Encoding says (RFC 8878)."""
        import zstandard

        return coded("zstd", zstandard.compress(content("zstd")))


def content(flag: str) -> bytes:
    """The JSON before it is coded."""
    return written({**seen(current_request(), *SHOWN), flag: True})


def coded(coding: str, coded_content: bytes) -> Answer:
    """The answer with content in this coding."""
    return coded_content, HTTPStatus.OK, {"Content-Type": JSON, "Content-Encoding": coding}
