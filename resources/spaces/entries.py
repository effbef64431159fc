"""The models of entries of the journal, and the query of their list."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from api.kit import LEFT_OUT, InvalidCursor, InvalidParameter, RequestParser, Strict, Timestamp, queries
from api.rules.cursors import LONGEST_CURSOR
from api.rules.fields import is_token
from api.rules.journal_query import Query
from api.web.fields import Whole
from api.web.request import Request
from resources.spaces.matches import path_pattern

HEADER = "header:"
LONGEST_WAIT = 30


class BodyOut(Strict):
    """A body. `text` or `base64` has the bytes that are kept: the first of them if it is `cut`, or none."""

    length: int
    sha256: str | None = Field(None, description="Null if credentials are hidden in the body.")
    digest: str | None = Field(None, description="Then instead: equal for equal bodies in this space.")
    type: str | None = Field(None, description="Its Content-Type.")
    cut: bool = Field(False, description="Whether bytes at its end are not kept.")
    text: str = LEFT_OUT
    base64: str = LEFT_OUT


Lines = Annotated[list[tuple[str, str]], Field(description="Header lines: names in lower case, and values.")]


class AnswerOut(Strict):
    """An answer. `sent` is null while it is being sent, `cut` if a fault ended it, `broken` if it ended otherwise."""

    status: int
    fields: Lines
    body: BodyOut | None = None
    sent: Literal["whole", "cut", "broken"] | None = None


class TimingOut(Strict):
    """Milliseconds: until the request had arrived, for a thread, in the application, and until the last byte left."""

    received: float
    waited: float | None = None
    application: float | None = None
    sent: float | None = None


class EntryOut(Strict):
    """An entry of the journal: a request that the space received, and its answer."""

    n: int
    at: Timestamp
    method: str
    target: str = Field(description="As sent: the path with its prefix, and the query.")
    path: str = Field(description="Within the space, decoded.")
    http: str = Field(description="The version of HTTP.")
    fields: Lines
    body: BodyOut | None = None
    answer: AnswerOut | None = None
    problem: str | None = None
    fault: str | None = Field(None, description="The number of the fault rule that acted, or `header`.")
    account: str | None = Field(None, description="The user name of the account.")
    idempotency: Literal["new", "replay"] | None = None
    worker: int = Field(description="The process that answered.")
    timing_ms: TimingOut


SHOWN = tuple(EntryOut.model_fields)


def _count(text: str) -> str:
    if text not in ("true", "false") and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise PydanticCustomError("not_a_choice", "This must be true or false, or with `wait` a number from 1.")
    return text


def _wait(seconds: int) -> int:
    if seconds > LONGEST_WAIT:
        raise PydanticCustomError("out_of_range", f"This must be at most {LONGEST_WAIT} seconds.")
    return seconds


Status = Annotated[Whole, Field(le=599, description="The status of the answer.")]
Contained = Annotated[str, Field(min_length=1, max_length=1000)]

EntryFilters = queries.typed_dict(
    "EntryFilters",
    {
        "method": Annotated[str, Field(description="The method of the request.", examples=["POST"])],
        "path": Annotated[
            str,
            Field(
                max_length=2000,
                description="The path in the space: exact, a route such as `/articles/<id>`, or a prefix such as "
                "`/articles*`.",
                examples=["/articles"],
            ),
            AfterValidator(path_pattern),
        ],
        "status": Status,
        "problem": Annotated[str, Field(description="The slug of the refusal.", examples=["not-found"])],
        "account": Annotated[str, Field(description="The user name of the account.")],
        "fault": Annotated[str, Field(description="The number of the fault rule that acted, or `header`.")],
        "since": Annotated[Whole, Field(description="Entries with a greater number.")],
        "body:contains": Annotated[Contained, Field(description="Text that the body of the request has somewhere.")],
        "header:X-Run": Annotated[
            str, Field(description="The value of a header field of the request; any name can follow `header:`.")
        ],
    },
)


class EntriesQuery(EntryFilters, total=False):  # type: ignore[valid-type,misc]  # a TypedDict that is made at run time
    """The query of the list of entries."""


def list_parameters() -> dict[str, Any]:
    """The parameters of the list that are no filters."""
    known = queries.list_query("Entries", filters={}, sortable=("n",), fields=SHOWN, search=False).__annotations__
    return {
        **{name: known[name] for name in ("limit", "cursor", "fields")},
        "count": Annotated[
            str,
            AfterValidator(_count),
            WithJsonSchema({"type": "string", "pattern": "^(true|false|[1-9][0-9]{0,4})$"}),
            Field(description="Whether to return the total number; with `wait`, how many entries to wait for."),
        ],
        "wait": Annotated[
            Whole,
            AfterValidator(_wait),
            Field(description="Seconds to wait until enough entries match, at most 30.", le=LONGEST_WAIT),
        ],
    }
