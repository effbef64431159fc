"""Content in the usual formats: JSON, XML, HTML, UTF-8, Base64.

curl -i http://127.0.0.1:8000/httpbin/base64/SGVsbG8
"""

import base64
import binascii
import html
from http import HTTPStatus
from typing import ClassVar

from api.rules.planted import SANDBOX, is_active
from api.web.compat import HTML, Answer, Compat, Text, answers
from resources.toolbox.files import stored

PLAIN = "text/plain"
SLIDESHOW = {
    "slideshow": {
        "author": "Yours Truly",
        "date": "date of publication",
        "slides": [
            {"title": "What a touchstone is", "type": "all"},
            {
                "items": ["A stone that shows <em>what gold is worth</em>", "A server that shows what a client sends"],
                "title": "Overview",
                "type": "all",
            },
        ],
        "title": "Sample Slide Show",
    }
}
ROBOTS = "User-agent: *\nDisallow: /deny\n"
HINT = "Incorrect Base64 data try: SFRUUEJJTiBpcyBhd2Vzb21l"
LONGEST = 4096
# Control characters and the like cannot be in a Content-Type.
MEDIA_TYPE = "[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: *;[ -~]*)?"
# Base64 in either alphabet; no padding counts, and more than needed does too.
BASE64 = "(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3})?=*"
MEANING = "Base64, URL-safe or not, with or without padding."
CODED = Text("value", MEANING, longest=LONGEST, example="SGVsbG8")
CODED_ONLY = Text("value", MEANING, longest=LONGEST, pattern=BASE64, kind="Base64 (RFC 4648 §4, §5)", example="SGVsbG8")
CONTENT_TYPE = Text(
    "content-type", "The Content-Type of the answer.", longest=200, pattern=MEDIA_TYPE, kind="a media type"
)


class Json(Compat):
    """A document in JSON."""

    paths = ("/json",)
    group = "Formats"

    @answers(200, ("slideshow",))
    def get(self) -> Answer:
        """Return a document in JSON."""
        return SLIDESHOW, HTTPStatus.OK, {}


class Stored(Compat):
    """A document as it is stored: its file and its type."""

    group = "Formats"
    file: ClassVar[str]
    kind: ClassVar[str]

    @answers(200, "*/*")
    def get(self) -> Answer:
        """Return a document in this format."""
        return stored(self.file), HTTPStatus.OK, {"Content-Type": self.kind}


class Xml(Stored):
    """A document in XML."""

    paths = ("/xml",)
    file, kind = "slideshow.xml", "application/xml"


class Html(Stored):
    """A page in HTML."""

    paths = ("/html",)
    file, kind = "moby-dick.html", HTML


class Utf8(Compat):
    """A page with many scripts, in UTF-8."""

    paths = ("/encoding/utf8",)
    group = "Formats"

    @answers(200, "text/html")
    def get(self) -> Answer:
        """Return a page in UTF-8."""
        content = b"<h1>Unicode Demo</h1>\n\n<pre>\n" + html.escape(stored("utf-8.txt").decode()).encode()
        return content + b"</pre>\n", HTTPStatus.OK, {"Content-Type": HTML}


class Robots(Compat):
    """Rules for robots."""

    paths = ("/robots.txt",)
    group = "Formats"

    @answers(200, PLAIN)
    def get(self) -> Answer:
        """Return rules for robots (RFC 9309)."""
        return ROBOTS, HTTPStatus.OK, {"Content-Type": PLAIN}


class Deny(Stored):
    """A page that robots may not read."""

    paths = ("/deny",)
    file, kind = "deny.txt", PLAIN


class Base64(Compat):
    """Text from Base64."""

    paths = ("/base64/<path:value>",)
    example = {"value": "SGVsbG8"}
    group = "Formats"
    parameters = (CODED, CONTENT_TYPE)

    @answers(200, "*/*")
    def get(self, value: str, **told: str | None) -> Answer:
        """Decode Base64; other text gets a hint."""
        try:
            content = decoded(value)
        except ValueError:
            content = HINT.encode()
        return shown(content, told["content-type"])


class Base64Decode(Base64):
    """Text from Base64, strictly."""

    paths = ("/base64/decode/<path:value>",)
    parameters = (CODED_ONLY, CONTENT_TYPE)

    @answers(200, "*/*")
    def get(self, value: str, **told: str | None) -> Answer:
        """Decode Base64, or refuse it."""
        return shown(decoded(value), told["content-type"])


class Base64Encode(Compat):
    """Base64 from text."""

    paths = ("/base64/encode/<path:value>",)
    example = {"value": "Hello"}
    group = "Formats"
    parameters = (Text("value", "The text.", longest=LONGEST, example="Hello"),)

    @answers(200, PLAIN)
    def get(self, value: str) -> Answer:
        """Encode a text in URL-safe Base64."""
        return base64.urlsafe_b64encode(value.encode()), HTTPStatus.OK, {"Content-Type": PLAIN}


def decoded(text: str) -> bytes:
    """The bytes of Base64 in either alphabet, with or without padding. Raises ValueError."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError from error


def shown(content: bytes, content_type: str | None) -> Answer:
    """The content with a type. If browsers could run it, it is escaped and in a sandbox."""
    if content_type is None:
        return content, HTTPStatus.OK, {"Content-Type": PLAIN}
    if not is_active(content_type):
        return content, HTTPStatus.OK, {"Content-Type": content_type}
    safe = html.escape(content.decode("latin-1")).encode("latin-1")
    return safe, HTTPStatus.OK, {"Content-Type": content_type, "Content-Security-Policy": SANDBOX}
