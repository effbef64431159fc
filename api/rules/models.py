"""The base of the models of what clients send."""

from typing import Any

from pydantic import BaseModel, ConfigDict

# The default of a member that may be absent but not null: pydantic does not check defaults.
LEFT_OUT: Any = None


class Strict(BaseModel):
    """The base of models of what clients send: no member is converted, and unknown members are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
