"""XML: writes JSON values as XML (CONTRACT §8), and checks that XML from a client is well-formed (RFC 7303)."""

import io
import re
import xml.sax.handler
from collections.abc import Mapping
from typing import Any
from xml.sax import SAXException

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_NAME = re.compile(r"(?!xml)[a-z_][a-z0-9._-]*", re.IGNORECASE | re.ASCII)
# A parser turns a bare \r into \n (XML 1.0 §2.11), and every white space in attributes into a space (§3.3.3).
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def to_xml(data: Any, root: str) -> bytes:
    """Return a JSON value as an XML document in UTF-8, with a root element named `root`.

    Members become elements, list items `<item>`, null `xsi:nil="true"`, and
    characters that XML 1.0 does not allow U+FFFD. A name becomes an element only if
    every edition and parser of XML accepts it: ASCII, without a colon, and not
    beginning with `xml`. Any other name becomes `<member name="…">`, because names that
    clients invent (a query parameter `a b`, a header field) must not break the
    document. Raises TypeError for a value that JSON does not have.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(parts, root, data, f' xmlns:xsi="{_XSI}"')
    return "".join(parts).encode()


def _write(parts: list[str], name: str, value: Any, attributes: str = "") -> None:
    if not _NAME.fullmatch(name):
        attributes += f' name="{_legal(name).translate(_IN_ATTRIBUTE)}"'
        name = "member"
    if value is None:
        parts.append(f'<{name}{attributes} xsi:nil="true"/>')
        return
    parts.append(f"<{name}{attributes}>")
    match value:
        case str():
            parts.append(_legal(value).translate(_IN_TEXT))
        case bool():
            parts.append("true" if value else "false")
        case int() | float():
            parts.append(repr(value))
        case Mapping():
            for member, content in value.items():
                _write(parts, member, content)
        case list() | tuple():
            for item in value:
                _write(parts, "item", item)
        case _:
            raise TypeError(f"{type(value).__name__} is not a JSON value")
    parts.append(f"</{name}>")


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def is_well_formed(content: bytes, charset: str | None = None) -> bool:
    """Whether this is well-formed XML without its own entities and without external references.

    `charset`, if the media type has one, overrides the document's own declaration. A byte order mark that
    contradicts it makes the document malformed here (in RFC 7303 §3.1 the mark would win).
    """
    parser = make_parser()
    parser.setContentHandler(xml.sax.handler.ContentHandler())
    parser.setErrorHandler(xml.sax.handler.ErrorHandler())
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(content))
    if charset:
        source.setEncoding(charset)
    try:
        parser.parse(source)
    except (SAXException, DefusedXmlException, LookupError, ValueError):
        return False
    return True
