"""The base of the models of what clients send."""

from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

# The default of a member that may be absent but not null: pydantic does not check defaults.
LEFT_OUT: Any = None


def _integral(given: object) -> object:
    return int(given) if isinstance(given, float) and given.is_integer() else given


# The last annotation of an integer in JSON, which has one kind of number: some languages write the integer 5 as 5.0
# (JSON Schema 2020-12 §6.1.1).
INTEGRAL = BeforeValidator(_integral)


class Strict(BaseModel):
    """The base of models of what clients send: no member is converted, and unknown members are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
