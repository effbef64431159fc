"""The model of a match: the requests that a fault rule, or a verification of the journal, means."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.kit import LEFT_OUT, Strict
from api.rules.matching import is_variable
from api.rules.targets import IANA_METHODS

MOST_PAIRS = 20


def _method(name: str) -> str:
    if name not in IANA_METHODS:
        raise PydanticCustomError("not_a_choice", "This must be a method in capital letters, such as POST.")
    return name


def _path(path: str) -> str:
    fixed = path.removesuffix("*")
    if not (path.startswith("/") or path == "*") or "*" in fixed:
        raise PydanticCustomError("wrong_form", "This must start with / and may end with *, which stands for any rest.")
    if "?" in path:
        raise PydanticCustomError("wrong_form", "This is a path without a query: use `query`.")
    segments = fixed.split("/")
    if any(("<" in each or ">" in each) and not is_variable(each) for each in segments):
        raise PydanticCustomError("wrong_form", "A variable is a whole segment, such as <id>.")
    if fixed != path and any(map(is_variable, segments)):
        raise PydanticCustomError("wrong_form", "This may have variables or end with *, but not both.")
    return path


Pairs = Annotated[dict[str, Annotated[str, Field(max_length=8192)]], Field(min_length=1, max_length=MOST_PAIRS)]


class MatchIn(Strict):
    """The requests that have all of these. What is left out matches every request."""

    methods: Annotated[
        list[Annotated[str, AfterValidator(_method)]],
        Field(min_length=1, max_length=MOST_PAIRS, examples=[["POST"]]),
    ] = LEFT_OUT
    path: Annotated[
        str,
        Field(
            max_length=2000,
            description="Within the space: exact, a route such as `/articles/<id>`, or a prefix such as `/articles*`.",
            examples=["/articles"],
            json_schema_extra={"pattern": "^(/|[*]$)"},
        ),
        AfterValidator(_path),
    ] = LEFT_OUT
    query: Pairs = Field(LEFT_OUT, description="Values of query parameters.", examples=[{"q": "x"}])
    header: Pairs = Field(LEFT_OUT, description="Values of header fields.", examples=[{"X-Run": "7"}])
    body_contains: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        LEFT_OUT, description="Text that the body has somewhere."
    )
