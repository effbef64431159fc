"""The models of entries of the journal, and the query of their list."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.kit import LEFT_OUT, InvalidCursor, InvalidParameter, RequestParser, Strict, Timestamp, queries
from api.rules.journal_query import Query
from api.web.fields import Whole
from api.web.queries import list_parameters
from api.web.request import Request
from resources.spaces.matches import path_pattern

HEADER = "header:"
FIELD_NAME = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
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


# A pair: generators of clients know lists better than tuples.
Line = Annotated[list[str], Field(min_length=2, max_length=2)]
Lines = Annotated[list[Line], Field(description="Header lines: names in lower case, and values.")]


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


def _at_most(most: int) -> Any:
    """A whole number up to this one."""

    def check(number: int) -> int:
        if number > most:
            raise PydanticCustomError("out_of_range", "This must be at most {most}.", {"most": most})
        return number

    return Annotated[Whole, AfterValidator(check), Field(json_schema_extra={"maximum": most})]


FILTERS: dict[str, Any] = {
    "method": Annotated[str, Field(description="The method of the request.", examples=["POST"])],
    "path": Annotated[
        str,
        Field(
            max_length=2000,
            description="The path in the space: exact, a route such as `/articles/<id>`, or a prefix: `/articles*`.",
            examples=["/articles"],
            json_schema_extra={"pattern": r"^(/[^*?<>]*\*?|/([^*?<>/]*|<[a-z_]+>)(/([^*?<>/]*|<[a-z_]+>))*|\*)$"},
        ),
        AfterValidator(path_pattern),
    ],
    "status": Annotated[_at_most(599), Field(description="The status of the answer.")],
    "problem": Annotated[str, Field(description="The slug of the refusal.", examples=["not-found"])],
    "account": Annotated[str, Field(description="The user name of the account.")],
    "fault": Annotated[str, Field(description="The number of the fault rule that acted, or `header`.")],
    "since": Annotated[Whole, Field(description="Later entries than the one with this number.")],
    "body:contains": Annotated[
        str, Field(min_length=1, max_length=1000, description="Text that the body of the request has somewhere.")
    ],
    HEADER + "X-Run": Annotated[
        str, Field(description="The value of a header field of the request; any name can follow `header:`.")
    ],
}
QUERIED = ("method", "path", "status", "problem", "account", "fault", "since")
PAGING: dict[str, Any] = {
    **{name: kind for name, kind in list_parameters(SHOWN).items() if name in ("limit", "cursor", "fields")},
    "count": Annotated[
        str,
        AfterValidator(_count),
        Field(
            description="Whether to return the total number; with `wait` also how many entries to wait for (1).",
            json_schema_extra={"pattern": "^(true|false|[1-9][0-9]{0,4})$"},
        ),
    ],
    "wait": Annotated[_at_most(LONGEST_WAIT), Field(description="Seconds to wait until enough entries match.")],
}


class EntriesParser(RequestParser):
    """The parser of a query of the journal: `header:<name>` with any name. Returns a Query as `query`."""

    def __init__(self, name: str, parameters: dict[str, Any]) -> None:
        super().__init__(queries.typed_dict(name, parameters), location="args")
        if "cursor" in parameters:
            self.refuses = (*self.refuses, InvalidCursor)

    def _parse_args(self, request: Request, current: object) -> dict[str, Any]:
        lines: list[tuple[str, str]] = []
        others: dict[str, list[str]] = {}
        wrong = []
        for name, values in request.parameters.items():
            if not name.startswith(HEADER):
                others[name] = values
            elif FIELD_NAME.fullmatch(field := name.removeprefix(HEADER)):
                lines += [(field.lower(), value) for value in values]
            else:
                detail = "This must be header: with the name of a header field."
                wrong.append({"parameter": name, "code": "wrong_form", "detail": detail})
        if wrong:
            raise InvalidParameter(errors=wrong)
        asked = self._parse_strings(others, "parameter")
        chosen = {name: asked.pop(name) for name in QUERIED if name in asked}
        asked["query"] = Query(**chosen, body_contains=asked.pop("body:contains", None), header=tuple(lines))
        return asked


listed = EntriesParser("EntriesQuery", {**PAGING, **FILTERS})
exported = EntriesParser("ExportQuery", FILTERS)
