"""One of several statuses, each with its weight: `200:3,500:1`."""

import math
import random
import re
from typing import NamedTuple

MOST = 50
_CODE = re.compile("[2-5][0-9][0-9]")
_WEIGHT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")
_CHOICE = f" *{_CODE.pattern}(?::(?:{_WEIGHT.pattern}))? *"
_NEVER = f" *{_CODE.pattern}:[0.]+ *"
# A pattern of what `read_choices` reads: not all weights are 0.
CHOICES = f"(?!{_NEVER}(?:,{_NEVER})*$){_CHOICE}(?:,{_CHOICE}){{0,{MOST - 1}}}"


class Choice(NamedTuple):
    """A status code and its weight."""

    code: int
    weight: float


def read_choices(text: str) -> list[Choice]:
    """The choices of a text. Raises ValueError with a sentence."""
    parts = text.split(",")
    if len(parts) > MOST:
        raise ValueError(f"There may be at most {MOST} statuses.")
    found = []
    for part in parts:
        code, colon, weight = part.strip(" ").partition(":")
        if not _CODE.fullmatch(code):
            raise ValueError("A status is a number from 200 to 599.")
        if colon and not _WEIGHT.fullmatch(weight):
            raise ValueError("A weight is a number of 0 or more, such as 200:3.")
        found.append(Choice(int(code), float(weight) if colon else 1.0))
    if math.fsum(each.weight for each in found) <= 0:
        raise ValueError("The weights are all 0.")
    return found


def chosen(choices: list[Choice], source: random.Random) -> int:
    """One of the codes, at random, as often as its weight says."""
    [code] = source.choices([each.code for each in choices], [each.weight for each in choices])
    return code
