"""Parameters of the toolbox, in paths and queries: their bounds, their faults, and their JSON Schema."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WHOLE = re.compile("[+-]?[0-9]{1,19}")
# No exponents and no `nan`, `inf` or `1_0`, which Python takes for numbers.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,19}(?:\.[0-9]{0,19})?|\.[0-9]{1,19})")
Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Number:
    """A number between `low` and `high`, both included.

    `default` counts if it is absent. A `clamped` one above `high` counts as `high`; others are refused. `whole` ones
    have no fraction.
    """

    name: str
    meaning: str
    low: float
    high: float
    default: float | None = None
    whole: bool = True
    clamped: bool = False
    example: str = ""

    def read(self, text: str) -> int | float:
        """The number in a text. Raises ValueError with a sentence."""
        if not (_WHOLE if self.whole else _DECIMAL).fullmatch(text):
            raise ValueError(f"This must be {self._kind}.")
        number: int | float = int(text) if self.whole else float(text)
        if self.clamped:
            number = min(number, int(self.high) if self.whole else self.high)
        if not self.low <= number <= self.high:
            raise ValueError(f"This must be {self._kind}.")
        return number

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value."""
        found: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if math.isfinite(self.low):
            found["minimum"] = self.low
        if not self.clamped and math.isfinite(self.high):
            found["maximum"] = self.high
        if self.default is not None:
            found["default"] = self.default
        return found

    @property
    def _kind(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        if not math.isfinite(self.low):
            return kind
        least = f"{kind} of {self.low:,} or more"
        return least if self.clamped or not math.isfinite(self.high) else f"{kind} from {self.low:,} to {self.high:,}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most `longest` characters."""

    name: str
    meaning: str
    default: str | None = None
    longest: int = 8192
    example: str = ""

    def read(self, text: str) -> str:
        """The text itself. Raises ValueError with a sentence."""
        if len(text) > self.longest:
            raise ValueError(f"This must have at most {self.longest:,} characters.")
        return text

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value."""
        return {"type": "string", "maxLength": self.longest}


Parameter = Number | Text


def read_all(
    parameters: Sequence[Parameter], place: Mapping[str, str], query: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Value], list[dict[str, str]]]:
    """The values of the parameters by name, and their faults. Of a repeated one in the query, the first value counts.

    `place` has the values in the path, `query` those in the query.
    """
    found: dict[str, Value] = {}
    faults = []
    for each in parameters:
        text = place[each.name] if each.name in place else (query.get(each.name) or (None,))[0]
        if text is None:
            found[each.name] = each.default
            continue
        try:
            found[each.name] = each.read(text)
        except ValueError as error:
            faults.append({"parameter": each.name, "code": "out_of_range", "detail": str(error)})
    return found, faults
