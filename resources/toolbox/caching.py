"""Caches and conditional requests.

curl -i http://127.0.0.1:8000/httpbin/etag/abc -H 'If-None-Match: "abc"'
"""

import re
import time
from http import HTTPStatus
from uuid import uuid4

from werkzeug.http import http_date

from api.web.compat import Answer, Compat, Number, Text, answers, current_request
from api.web.received import GET, seen

YEAR = 31_536_000
# RFC 9110 §8.8.3: what a tag consists of, without its quotes.
ETAGC = r"[!#-~\u0080-\u00ff]{1,256}"
TAG = re.compile(r'\s*(?:W/)?"?([^"]*)"?\s*')


class Cache(Compat):
    """An answer that is never new: a conditional request gets 304."""

    paths = ("/cache",)
    group = "Caches"

    @answers(200, GET, also=(304,))
    def get(self) -> Answer:
        """Answer 304 to If-None-Match and If-Modified-Since, whatever they say."""
        request = current_request()
        if "HTTP_IF_NONE_MATCH" in request.environ or "HTTP_IF_MODIFIED_SINCE" in request.environ:
            return None, HTTPStatus.NOT_MODIFIED, {}
        return seen(request, *GET), HTTPStatus.OK, {"Last-Modified": http_date(time.time()), "ETag": uuid4().hex}


class CacheFor(Compat):
    """An answer that stays fresh for some seconds."""

    paths = ("/cache/<n>",)
    group = "Caches"
    parameters = (Number("n", "Seconds.", 0, YEAR, example="60"),)

    @answers(200, GET)
    def get(self, n: int) -> Answer:
        """Answer with `Cache-Control: public, max-age=n`."""
        return seen(current_request(), *GET), HTTPStatus.OK, {"Cache-Control": f"public, max-age={n}"}


class ETag(Compat):
    """An answer with a tag."""

    paths = ("/etag/<etag>",)
    group = "Caches"
    parameters = (
        Text(
            "etag",
            "The tag. With quotes (`%22abc%22`) it has the form of RFC 9110.",
            pattern=f'"{ETAGC}"|{ETAGC}',
            kind="1 to 256 characters of an entity tag (RFC 9110 §8.8.3)",
            example="abc",
        ),
    )

    @answers(200, GET, also=(304, 412))
    def get(self, etag: str) -> Answer:
        """Answer with this tag: 304 if If-None-Match has it, 412 if If-Match does not."""
        quoted = len(etag) > 1 and etag[0] == etag[-1] == '"'
        opaque = etag[1:-1] if quoted else etag
        request = current_request()
        excluded = tags(request.environ.get("HTTP_IF_NONE_MATCH"))
        wanted = tags(request.environ.get("HTTP_IF_MATCH"))
        if excluded and {opaque, "*"} & excluded:
            return None, HTTPStatus.NOT_MODIFIED, {"ETag": etag}
        if not excluded and wanted and not {opaque, "*"} & wanted:
            return None, HTTPStatus.PRECONDITION_FAILED, {}
        return seen(request, *GET), HTTPStatus.OK, {"ETag": etag}


def tags(field: str | None) -> set[str]:
    """The tags of a list, without quotes and marks of weakness."""
    found = (TAG.match(each) for each in (field or "").split(","))
    return {each[1].strip() for each in found if each and each[1].strip()}
