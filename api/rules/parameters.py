"""Parameters of the toolbox, in paths, queries and forms: their bounds, their faults, and their JSON Schema."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

# No number is larger, so that every reader of JSON can read those of the documents.
LARGEST = 10**18
_WHOLE = re.compile("[+-]?[0-9]{1,19}")
# All numbers of JSON, but neither `nan` nor `inf` nor `1_0`, which Python takes for numbers.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
Value = int | float | str | None


class WrongForm(ValueError):
    """A text that does not have the form of its parameter."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number between `low` and `high`, both included.

    `default` counts if it is absent. A `clamped` one above `high` counts as `high`; others are refused, and those of
    `but_not` too. `whole` ones have no fraction. If the parameter is not `checked`, the method refuses wrong values
    itself. `setting` names the setting that may lower `high` and `default`.
    """

    name: str
    meaning: str
    low: float
    high: float
    default: float | None = None
    whole: bool = True
    clamped: bool = False
    but_not: tuple[int, ...] = ()
    checked: bool = True
    setting: str = ""
    example: str = ""

    def read(self, text: str) -> int | float:
        """The number in a text. Raises ValueError with a sentence."""
        if not (_WHOLE if self.whole else _DECIMAL).fullmatch(text):
            raise ValueError(f"This must be {self._kind}.")
        number: int | float = int(text) if self.whole else float(text)
        low, high = (self.low, self._highest) if self.checked else (-LARGEST, LARGEST)
        if not low <= number <= high or number in self.but_not:
            raise ValueError(f"This must be {self._kind}.")
        return min(number, int(self.high) if self.whole else self.high) if self.clamped else number

    def within(self, settings: Any) -> Self:
        """The parameter with the bounds that hold under these settings."""
        if not self.setting:
            return self
        most: float = getattr(settings, self.setting)
        default = self.default if self.default is None else min(self.default, most)
        return replace(self, high=min(self.high, most), default=default)

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value."""
        found: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        found |= {"minimum": self.low, "maximum": self._highest}
        if self.but_not:
            found["not"] = {"enum": list(self.but_not)}
        if self.default is not None:
            found["default"] = self.default
        return found

    @property
    def _highest(self) -> float:
        return LARGEST if self.clamped else self.high

    @property
    def _kind(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        others = f", but not {' or '.join(map(str, self.but_not))}" if self.but_not else ""
        return f"{kind} from {self.low:,} to {self._highest:,}{others}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most `longest` characters, which matches `pattern` or is one of `choices`, if there are any.

    `kind` describes the pattern in words. If the parameter is not `checked`, the method refuses wrong values itself.
    The method also refuses a request without a `required` one. An `only_in_path` one is never read from the query.
    """

    name: str
    meaning: str
    default: str | None = None
    longest: int = 8192
    pattern: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    checked: bool = True
    required: bool = False
    only_in_path: bool = False
    example: str = ""

    def read(self, text: str) -> str:
        """The text itself. Raises ValueError with a sentence."""
        if len(text) > self.longest:
            raise ValueError(f"This must have at most {self.longest:,} characters.")
        if self.checked and self.choices and text not in self.choices:
            raise WrongForm(f"This must be one of {', '.join(self.choices)}.")
        if self.checked and self.pattern and not re.fullmatch(self.pattern, text):
            raise WrongForm(f"This must be {self.kind}.")
        return text

    def within(self, settings: Any) -> Self:
        """The parameter itself: its bounds do not depend on the settings."""
        return self

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value."""
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        found: dict[str, Any] = {"type": "string", "maxLength": self.longest}
        return found | ({"pattern": f"^({self.pattern})$"} if self.pattern else {})


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
        sent = () if isinstance(each, Text) and each.only_in_path else query.get(each.name, ())
        text = place.get(each.name, sent[0] if sent else None)
        if text is None:
            found[each.name] = each.default
            continue
        try:
            found[each.name] = each.read(text)
        except ValueError as error:
            code = "wrong_form" if isinstance(error, WrongForm) else "out_of_range"
            faults.append({"parameter": each.name, "code": code, "detail": str(error)})
    return found, faults
