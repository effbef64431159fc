"""XML that is well-formed, and makes no reader do more than read it (RFC 7303)."""

import io
import xml.sax.handler
from xml.sax import SAXException

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser


def is_well_formed(content: bytes, charset: str | None = None) -> bool:
    """Whether this is well-formed XML without entities of its own and without references to the outside.

    `charset`, where the media type has one, wins over the document's own declaration; a byte order mark that
    contradicts it makes the document malformed here (RFC 7303 §3.1, where the mark would win).
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
