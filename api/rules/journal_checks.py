"""Verifies that a journal has the requests that a test expects, and shows the nearest ones if not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.rules.matching import Head, Match

# Entries that are shown if the expected ones are missing.
NEAREST = 3


class Received(NamedTuple):
    """A request of the journal."""

    n: int
    head: Head
    target: str
    status: int | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests are expected; without `at_most`, any number from `at_least`."""

    at_least: int = 1
    at_most: int | None = None

    def holds(self, found: int) -> bool:
        """Whether this number is expected."""
        return self.at_least <= found and (self.at_most is None or found <= self.at_most)


def verified(
    requests: Sequence[Received], match: Match | None, count: Count, in_order: Sequence[Match]
) -> dict[str, Any]:
    """Check that as many requests match, and that some match the others one after another, with any in between.

    Returns whether that `holds`, how many were `found` (of `match`, otherwise of the order), and if it does not hold
    the `nearest` requests; and `step`, the first of `in_order` that is missing, counted from 1.
    """
    matching = [each for each in requests if match and is_match(match, each)]
    step, after = followed(requests, in_order)
    complete = step == len(in_order)
    found = len(matching) if match else step
    answer: dict[str, Any] = {"holds": complete, "found": found}
    if match and not count.holds(found):
        others = matching if found > count.at_least else [each for each in requests if each not in matching]
        return {"holds": False, "found": found, "nearest": nearest(others, match)}
    if not complete:
        answer |= {"step": step + 1, "nearest": nearest(requests[after:] or requests, in_order[step])}
    return answer


def is_match(match: Match, request: Received) -> bool:
    """Whether a request matches."""
    return match.matches_head(request.head) and match.matches_body(request.body)


def followed(requests: Iterable[Received], in_order: Sequence[Match]) -> tuple[int, int]:
    """How many of the matches are met in this order, and how many requests that took."""
    step, after = 0, 0
    for number, request in enumerate(requests, start=1):
        if step < len(in_order) and is_match(in_order[step], request):
            step, after = step + 1, number
    return step, after


def nearest(requests: Iterable[Received], match: Match) -> list[dict[str, Any]]:
    """The requests that differ least from a match, the latest first among equals, and what differs in each."""
    compared = [(differences(match, each), each) for each in requests]
    compared.sort(key=lambda pair: (len(pair[0]), _weight(pair[0]), -pair[1].n))
    return [
        {"n": each.n, "method": each.head.method, "target": each.target, "status": each.status, "differs": differs}
        for differs, each in compared[:NEAREST]
    ]


def differences(match: Match, request: Received) -> list[dict[str, Any]]:
    """The differences: the member of the match, the wanted value, and the found one."""
    head = request.head
    differs: list[dict[str, Any]] = []
    if match.methods and head.method not in match.methods:
        differs.append(_differs("methods", list(match.methods), head.method))
    elif not match.methods and head.is_preflight:
        differs.append(_differs("methods", ["OPTIONS"], None))
    if match.path and not match.matches_path(head.path):
        differs.append(_differs("path", match.path, head.path))
    for name, value in match.query.items():
        if value not in (sent := head.parameters.get(name, [])):
            differs.append(_differs(f"query.{name}", value, ", ".join(sent) if sent else None))
    for name, value in match.header.items():
        if (name, value) not in head.fields:
            sent = [each for field, each in head.fields if field == name]
            differs.append(_differs(f"header.{name}", value, ", ".join(sent) if sent else None))
    if not match.matches_body(request.body):
        differs.append(_differs("body_contains", match.body_contains, None))
    return differs


def _differs(member: str, wanted: Any, found: str | None) -> dict[str, Any]:
    return {"member": member, "wanted": wanted, "found": found}


def _weight(differs: Sequence[dict[str, Any]]) -> int:
    # Another path is another request, a value that is missing perhaps too; another value is perhaps a mistake.
    return sum({"path": 4, "methods": 3}.get(each["member"], 1 + (each["found"] is None)) for each in differs)
