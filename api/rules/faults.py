"""Faults on demand: the effects of a rule, or of the request field Touchstone-Fault, on an answer.

All times in JSON are milliseconds, and all sizes are bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.rules.matching import Match
from api.rules.models import INTEGRAL, LEFT_OUT, Strict

FIELD = "Touchstone-Fault"
# The value of that field in an answer whose fault came from the field of the request.
BY_FIELD = "header"
# Paths without faults: no fault locks out its owner, or shows probes a failure that is none.
SPARED = ("/livez", "/readyz", "/metrics", "/spaces")
MOST_RULES = 64
MOST_EFFECTS = 8
LONGEST_DELAY = 60_000
LONGEST_HANG = 600_000
LARGEST = 1 << 30

At = Literal["before", "after"]
Delayed = Annotated[int, Field(ge=0, le=LONGEST_DELAY), INTEGRAL]


class Delay(Strict):
    """The answer comes late: by `ms` and up to `jitter_ms` more, or by a lognormal time."""

    ms: Delayed = LEFT_OUT
    jitter_ms: Delayed = 0
    median_ms: Annotated[int, Field(ge=1, le=LONGEST_DELAY), INTEGRAL] = LEFT_OUT
    sigma: Annotated[float, Field(gt=0, le=10)] = Field(
        LEFT_OUT,
        description="Of the lognormal distribution: 0.5 makes one delay in 40 longer than 2.7 times the median.",
    )
    at: At = Field("before", description="`before` or `after` the request is carried out.")

    @model_validator(mode="after")
    def _one_kind(self) -> "Delay":
        sent = self.model_fields_set - {"at"}
        if sent not in ({"ms"}, {"ms", "jitter_ms"}, {"median_ms", "sigma"}):
            raise PydanticCustomError("delay", "This needs ms, or both median_ms and sigma.")
        return self

    @property
    def draws(self) -> bool:
        """Whether it varies."""
        return bool(self.jitter_ms or self.median_ms)

    def seconds(self, random: Random) -> float:
        """Draw the seconds to wait, at most LONGEST_DELAY."""
        if "ms" in self.model_fields_set:
            drawn = self.ms + random.uniform(0, self.jitter_ms)
        else:
            drawn = self.median_ms * random.lognormvariate(0, self.sigma)
        return min(drawn, LONGEST_DELAY) / 1000


class Status(Strict):
    """The client gets the problem of this status. With `after`, the request was carried out all the same."""

    code: Annotated[int, Field(ge=400, le=599), INTEGRAL]
    retry_after: Annotated[int, Field(ge=0, le=86_400), INTEGRAL] = Field(LEFT_OUT, description="Seconds.")
    after: bool = False


class Cut(Strict):
    """The connection ends.

    `before`: nothing was done. `after`: it was done, and the answer is lost. `body`: after `bytes` of the content.
    """

    at: Literal["before", "after", "body"]
    bytes: Annotated[int, Field(ge=0, le=LARGEST), INTEGRAL] = Field(
        0, description="Bytes of the content before the end, with `body`; at most all but the last byte."
    )
    how: Literal["fin", "rst"] = Field("fin", description="`fin` ends the connection in order, `rst` resets it.")


class Hang(Strict):
    """No byte comes for a time; then the connection ends."""

    ms: Annotated[int, Field(ge=0, le=LONGEST_HANG), INTEGRAL] = LONGEST_HANG
    at: At = "before"


class Slow(Strict):
    """The content comes slowly. The head comes at once."""

    bytes_per_second: Annotated[int, Field(ge=1, le=LARGEST), INTEGRAL]
    first_byte_ms: Delayed = Field(0, description="From the head to the first byte of the content.")


class Corrupt(Strict):
    """The answer is wrong.

    `json`: broken JSON of the right length. `utf8`: a byte that is not UTF-8. `gzip`: Content-Encoding says gzip, and
    it is not. `type`: Content-Type says application/octet-stream. `longer`, `shorter`: Content-Length is `bytes` too
    large or too small. `chunk`: a bad chunk. `status-line`: no HTTP. `empty`: a 200 without content.
    """

    what: Literal["json", "utf8", "gzip", "type", "longer", "shorter", "chunk", "status-line", "empty"]
    bytes: Annotated[int, Field(ge=1, le=LARGEST), INTEGRAL] = Field(1, description="With `longer` and `shorter`.")


class Limit(Strict):
    """At most `requests` in `seconds`; further ones get 429. All workers count together."""

    requests: Annotated[int, Field(ge=0, le=1_000_000), INTEGRAL]
    seconds: Annotated[int, Field(ge=1, le=86_400), INTEGRAL]


class Twice(Strict):
    """The request is delivered twice, as by a proxy that retries. The client gets the second answer."""

    apart_ms: Delayed = 0


class Effect(Strict):
    """One effect: exactly one of these members."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    delay: Delay = LEFT_OUT
    status: Status = LEFT_OUT
    cut: Cut = LEFT_OUT
    hang: Hang = LEFT_OUT
    slow: Slow = LEFT_OUT
    corrupt: Corrupt = LEFT_OUT
    limit: Limit = LEFT_OUT
    twice: Twice = LEFT_OUT

    @model_validator(mode="after")
    def _exactly_one(self) -> "Effect":
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("one_effect", f"This must have one member: {', '.join(type(self).model_fields)}.")
        return self

    @property
    def which(self) -> Strict:
        """The effect itself."""
        found: Strict = getattr(self, next(iter(self.model_fields_set)))
        return found


class Times(Strict):
    """Which of the requests that match are due."""

    skip: Annotated[int, Field(ge=0, le=LARGEST), INTEGRAL] = Field(0, description="As many pass first.")
    count: Annotated[int, Field(ge=1, le=LARGEST), INTEGRAL] = Field(LEFT_OUT, description="It acts at most as often.")
    every: Annotated[int, Field(ge=1, le=LARGEST), INTEGRAL] = Field(
        1, description="2: every second request, from the first."
    )
    chance: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="The probability that it acts when it is due: 0.5 is half of the time."
    )
    seed: Annotated[int, Field(ge=0, le=LARGEST), INTEGRAL] = Field(
        LEFT_OUT,
        description="The same seed draws the same requests and delays. The server chooses one if it is left out.",
    )

    def is_due(self, seen: int, done: int) -> bool:
        """Whether the request number `seen`, counted from 1, is due, if the rule acted `done` times so far."""
        turn = seen - self.skip
        if turn < 1 or (turn - 1) % self.every or (self.count is not None and done >= self.count):
            return False
        return self.chance >= 1 or self.random(seen).random() < self.chance

    def random(self, seen: int) -> Random:
        """The random numbers for the request number `seen`: the same for the same seed."""
        return Random(f"{self.seed}/{seen}")  # noqa: S311  # repeatable on purpose


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a space: its number, the requests that it matches, its turns, and its effects in order."""

    n: int
    match: Match
    times: Times
    effects: tuple[Strict, ...]

    @classmethod
    def of(cls, n: int, match: Mapping[str, Any], times: Mapping[str, Any], do: Sequence[Mapping[str, Any]]) -> "Rule":
        """The rule of valid JSON."""
        return cls(n, Match.of(match), Times.model_validate(times), effects_of(do))

    @property
    def draws(self) -> bool:
        """Whether its effects depend on chance."""
        return self.times.chance < 1 or any(isinstance(each, Delay) and each.draws for each in self.effects)

    @property
    def limit(self) -> Limit | None:
        """Its limit, if it has one."""
        return next((each for each in self.effects if isinstance(each, Limit)), None)


@dataclass(frozen=True, slots=True)
class Window:
    """The use of a limit: the requests in this window with this one, and the seconds that are left of it."""

    hits: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The effects on one request, in order. `name` is the value of Touchstone-Fault in its answer."""

    name: str
    effects: tuple[Strict, ...]
    random: Random
    window: Window | None = None

    @property
    def needs_http_1(self) -> bool:
        """Whether it sends what HTTP/2 has no form for."""
        return any(isinstance(each, Corrupt) and each.what in ("chunk", "status-line") for each in self.effects)


def effects_of(do: Sequence[Mapping[str, Any]]) -> tuple[Strict, ...]:
    """The effects of valid JSON, in order."""
    return tuple(Effect.model_validate(each).which for each in do)


def compact(value: Any) -> Any:
    """JSON without the members that are null."""
    if isinstance(value, Mapping):
        return {name: compact(each) for name, each in value.items() if each is not None}
    return [compact(each) for each in value] if isinstance(value, list | tuple) else value
