"""Types for the members and parameters of resources: pydantic's types, made exact for HTTP.

JSON distinguishes numbers from text, but a query does not. There pydantic would
accept ` 5`, `+5`, `5_0` and `5.0` as numbers. These types accept only one spelling.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.rules.clock import parse_timestamp, timestamp
from api.rules.models import INTEGRAL, LEFT_OUT, Strict
from api.web.routing import MAX_ID

__all__ = ["INTEGRAL", "LEFT_OUT", "MAX_ID", "Flag", "RowId", "Stored", "Strict", "Timestamp", "Whole"]


def _digits(given: object, info: ValidationInfo) -> object:
    if str(info.mode) != "string":  # pydantic's type does not list this mode
        return given
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", str(given)):
        raise PydanticCustomError("whole_number", "This must be a whole number, in decimal digits.")
    return int(str(given))


def _true_or_false(given: object, info: ValidationInfo) -> object:
    if str(info.mode) != "string":  # pydantic's type does not list this mode
        return given
    if given not in ("true", "false"):
        raise PydanticCustomError("flag", "This must be true or false.")
    return given == "true"


def _moment(text: str) -> str:
    moment = parse_timestamp(text)
    if moment is None:
        hint = " In a query, send + as %2B." if parse_timestamp(text.replace(" ", "+")) else ""
        raise PydanticCustomError(
            "timestamp", "This must be an RFC 3339 time such as 2026-11-21T08:00:00Z.{hint}", {"hint": hint}
        )
    return timestamp(moment)  # cut to the millisecond, which is all that is stored


# Databases compare with 64-bit integers.
Whole = Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(_digits)]
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
RowId = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(_digits)]
_TIMESTAMP: dict[str, Any] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
    "examples": ["2026-11-21T08:00:00Z"],
}
Timestamp = Annotated[str, AfterValidator(_moment), WithJsonSchema(_TIMESTAMP)]


class Stored(Strict):
    """The base of models of responses: the members that the server sets in each row of a `resource_table`."""

    id: int
    version: int
    created_at: Timestamp
    updated_at: Timestamp
