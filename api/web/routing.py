"""URL converters that read a path to the letter: one spelling names one resource.

Werkzeug's own `int` takes `01` and Arabic digits for 1, and its `float` likewise.
"""

from werkzeug.routing import BaseConverter, PathConverter, UnicodeConverter, ValidationError

from api.web.fields import MAX_ID


class IdConverter(BaseConverter):
    """`<id:article_id>`: what the server numbers, from 1 to 2^63−1."""

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Give the id; one that no row can have names nothing, which is 404."""
        number = int(value)
        if number > MAX_ID:
            raise ValidationError
        return number


class IntegerConverter(BaseConverter):
    """`<int:code>`: a whole number without sign or leading zeros."""

    regex = "0|[1-9][0-9]{0,30}"

    def to_python(self, value: str) -> int:
        """Give the number."""
        return int(value)


class FloatConverter(BaseConverter):
    """`<float:ratio>`: a decimal fraction such as 0.5, with a sign or without."""

    regex = r"-?(?:0|[1-9][0-9]{0,15})\.[0-9]{1,15}"

    def to_python(self, value: str) -> float:
        """Give the number."""
        return float(value)


CONVERTERS: dict[str, type[BaseConverter]] = {
    "default": UnicodeConverter,
    "path": PathConverter,
    "id": IdConverter,
    "int": IntegerConverter,
    "float": FloatConverter,
}
