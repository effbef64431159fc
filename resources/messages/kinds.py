"""The media types of messages, and the check of each before it is stored."""

import codecs
from collections.abc import Callable
from typing import Any

from api.kit import MalformedBody, UploadParser
from api.rules.media import JSON, JSON_V1, JSON_V2, XML
from api.rules.strict_json import loads
from api.rules.xml import is_well_formed
from api.web.uploads import Upload
from resources.messages.parts import Part, describe_parts

TEXT = "text/plain"
XML_TEXT = "text/xml"
BINARY = "application/octet-stream"
MULTIPART = "multipart/form-data"


def check_text(upload: Upload) -> list[Part]:
    """Refuse text that is not in its declared charset."""
    charset = upload.media_type.parameters.get("charset")
    if charset is None:
        return []
    decoder = codecs.getincrementaldecoder(charset)()
    try:
        for block in upload.blocks():
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except ValueError:
        raise MalformedBody(f"The text is not in {charset}.") from None
    return []


def check_json(upload: Upload) -> list[Part]:
    """Refuse content that is not strict JSON."""
    loads(upload.whole())
    return []


def check_xml(upload: Upload) -> list[Part]:
    """Refuse XML that is not well-formed, or declares entities."""
    if not is_well_formed(upload.whole(), upload.media_type.parameters.get("charset")):
        raise MalformedBody("The XML is not well-formed, or declares entities.")
    return []


def check_nothing(upload: Upload) -> list[Part]:
    """Accept any bytes."""
    return []


CHECKS: dict[str, Callable[[Upload], list[Part]]] = {
    TEXT: check_text,
    JSON: check_json,
    JSON_V1: check_json,
    JSON_V2: check_json,
    XML: check_xml,
    XML_TEXT: check_xml,
    BINARY: check_nothing,
    MULTIPART: describe_parts,
}

# Content that is parsed as a whole has the smaller cap.
CAPS: dict[Any, str] = {check_json: "max_json_body", check_xml: "max_json_body", describe_parts: "max_form_body"}
upload = UploadParser({kind: CAPS.get(check, "max_body") for kind, check in CHECKS.items()})
