"""The request field Touchstone-Fault: effects on one request, without a rule.

    Touchstone-Fault: delay;ms=300, status;code=503;retry-after=2

It is a list of tokens with parameters (RFC 9651). Names are those of rules, with hyphens instead of underscores.
"""

from decimal import Decimal
from typing import Any

import http_sf
from pydantic import ValidationError

from api.rules.faults import FIELD, MOST_EFFECTS, Effect
from api.rules.fields import has_too_many_members
from api.rules.models import Strict
from api.rules.problems import InvalidHeader
from api.rules.validation import sentence


def parse_field(value: str) -> tuple[Strict, ...]:
    """The effects in the value of the field, in order. Raises InvalidHeader for anything else."""
    try:
        if has_too_many_members(value):
            raise _refused("too_many", f"It may have at most {MOST_EFFECTS} effects.")
        members: Any = http_sf.parse(value.encode("latin-1"), tltype="list")
    except http_sf.StructuredFieldError:
        example = f"{FIELD}: delay;ms=300, status;code=503"
        raise _refused("wrong_form", f"It must be a list of effects with parameters, such as `{example}`.") from None
    if not 1 <= len(members) <= MOST_EFFECTS:
        raise _refused("too_many", f"It must have from 1 to {MOST_EFFECTS} effects.")
    return tuple(_effect(*member) for member in members)


def _effect(name: Any, parameters: Any) -> Strict:
    if not isinstance(name, http_sf.Token) or str(name) not in Effect.model_fields:
        known = ", ".join(each for each in Effect.model_fields if each != "limit")
        raise _refused("not_a_choice", f"There is no effect {name!s:.40}. The effects are {known}.")
    if str(name) == "limit":
        raise _refused("not_a_choice", "`limit` counts requests: make a rule with it.")
    for parameter in parameters:
        if "_" in parameter:
            detail = f"`{parameter}` is written with hyphens here: {parameter.replace('_', '-')}."
            raise _refused("unknown", detail)
    sent = {parameter.replace("-", "_"): _plain(value) for parameter, value in parameters.items()}
    try:
        return Effect.model_validate({str(name): sent}).which
    except ValidationError as error:
        raise InvalidHeader(errors=[_described(str(name), fault) for fault in error.errors()]) from None


def _plain(value: Any) -> Any:
    """A parameter as JSON would have it."""
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, bool | int | float) else str(value)


def _described(name: str, fault: Any) -> dict[str, str]:
    parameter = str(fault["loc"][-1]).replace("_", "-") if len(fault["loc"]) > 1 else ""
    found = sentence(fault).replace("member", "parameter")
    return _error("wrong_value", f"`{name}{f';{parameter}' if parameter else ''}`: {found}")


def _refused(code: str, detail: str) -> InvalidHeader:
    return InvalidHeader(errors=[_error(code, detail)])


def _error(code: str, detail: str) -> dict[str, str]:
    return {"header": FIELD, "code": code, "detail": detail}
