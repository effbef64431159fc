"""Rows of the matrix of `access.py`: the status of each principal for a method of a route."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.describe.operations import Operation
from api.rules.problems import Forbidden, InsufficientScope
from tests.contract.routes import EXAMPLES, ROUTES


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the matrix."""

    route: str
    thing: str
    method: str
    scope: str
    statuses: Mapping[str, int]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.thing}"


def derived_rows(told: Sequence[Row]) -> Iterator[Row]:
    """The rows of routes that are not in the matrix, from their declarations; routes with scopes must be in it."""
    for route in ROUTES.keys() - {row.route for row in told}:
        if ROUTES[route].in_registry:
            continue  # what they change is not in the store; tests/resources/spaces has their permissions
        for method in ROUTES[route].allowed:
            operation = Operation(method, route, ROUTES[route])
            assert InsufficientScope not in operation.refuses, f"add the rows of {route} to MATRIX"
            done = operation.declared.status if operation.declared else 204
            refused = 401 if method != "OPTIONS" else done
            others = 403 if operation.parameters and Forbidden in operation.refuses else done
            statuses = (401 if operation.needs_account else done, *[refused] * 3, done, others, done, done)
            thing = "made" if "{made}" in EXAMPLES[route] else "-"
            yield Row(route, thing, method, "-", dict(zip(told[0].statuses, statuses, strict=True)))
