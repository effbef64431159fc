"""URL converters that match a path exactly: a resource has only one spelling.

Werkzeug's own `int` and `float` also accept `01` and Arabic digits for 1.
"""

from werkzeug.routing import BaseConverter, Map

from api.rules.own_options import LONGEST_ID
from api.rules.spaces import SPACE_ID

# Ids are signed 64-bit integers in both databases.
MAX_ID = 2**63 - 1


def at_most(limit: int) -> str:
    """Return a regular expression for the whole numbers from 1 to `limit`, without leading zeros."""
    digits = str(limit)
    choices = [f"[1-9][0-9]{{0,{len(digits) - 2}}}", digits]
    for place, digit in enumerate(digits):
        lowest = 1 if place == 0 else 0
        if int(digit) > lowest:
            choices.append(f"{digits[:place]}[{lowest}-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}")
    return "(?:" + "|".join(choices) + ")"


class IdConverter(BaseConverter):
    """`<id:article_id>`: a number that the server assigns, from 1 to 2^63−1."""

    # In the expression itself: if the converter refused an id later, wrong methods would get 405 instead of 404.
    regex = at_most(MAX_ID)

    def to_python(self, value: str) -> int:
        """Return the id."""
        return int(value)


class IntegerConverter(BaseConverter):
    """`<int:code>`: a whole number without sign or leading zeros."""

    regex = "0|[1-9][0-9]{0,30}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


class FloatConverter(BaseConverter):
    """`<float:ratio>`: a decimal fraction such as 0.5, with or without a sign."""

    regex = r"-?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,15}"

    def to_python(self, value: str) -> float:
        """Return the number."""
        return float(value)


class NameConverter(BaseConverter):
    """`<name:secret_name>`: a name that the client chooses."""

    regex = "[A-Za-z0-9._-]{1,64}"
    # The same for people.
    allowed = "Letters from A to Z, digits, dots, underscores and hyphens, up to 64."


class SpaceConverter(BaseConverter):
    """`<space:space_id>`: the id of a space, or the name of a snapshot."""

    regex = SPACE_ID


class DocumentConverter(BaseConverter):
    """`<document:document_id>`: the id of a document, which is any segment of a path."""

    regex = f"[^/]{{1,{LONGEST_ID}}}"
    part_isolating = True  # the expression has a slash, but matches none


class UuidConverter(BaseConverter):
    """`<uuid:message_id>`: a UUID in the server's form, in lower case (RFC 9562 §4)."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


CONVERTERS: dict[str, type[BaseConverter]] = {
    "id": IdConverter,
    "int": IntegerConverter,
    "float": FloatConverter,
    "name": NameConverter,
    "document": DocumentConverter,
    "space": SpaceConverter,
    "uuid": UuidConverter,
}


def route_strictly(paths: Map) -> None:
    """Let `//articles` and `/articles/` be different paths from `/articles`; no redirect is built from Host."""
    paths.merge_slashes = False
    paths.strict_slashes = True
