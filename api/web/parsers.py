"""RequestParser: checks all input of a method before the method does anything with it.

It has the name and the interface of Flask-RESTful's parser, which upstream no longer
maintains, and which cannot distinguish `[]` from absent, or `5` from `"5"`.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from api.rules import validation
from api.rules.forms import as_moment
from api.rules.media import JSON, JSON_V1, JSON_V2
from api.rules.pointers import fragment
from api.rules.problems import (
    ContentTooLarge,
    Invalid,
    InvalidHeader,
    InvalidParameter,
    LengthRequired,
    MalformedBody,
    MalformedJson,
    Problem,
    UnsupportedEncoding,
    UnsupportedMediaType,
)
from api.rules.strict_json import loads
from api.web.body import checked_body, refuse_undeclared_length
from api.web.forms import FORM_TYPES, read_form
from api.web.request import Request, current_request, no_parameters, services

Location = Literal["json", "args", "form", "headers"]

# The problems of each location.
BODY: tuple[type[Problem], ...] = (
    ContentTooLarge,
    Invalid,
    InvalidHeader,
    LengthRequired,
    MalformedBody,
    MalformedJson,
    UnsupportedEncoding,
    UnsupportedMediaType,
)

FORM: tuple[type[Problem], ...] = (
    ContentTooLarge,
    Invalid,
    LengthRequired,
    MalformedBody,
    UnsupportedEncoding,
    UnsupportedMediaType,
)
REFUSALS: dict[Location, tuple[type[Problem], ...]] = {
    "json": BODY,
    "form": FORM,
    "args": (InvalidParameter,),
    "headers": (InvalidHeader,),
}

# Members that change with every write: a client that sends a representation back need not know their current values.
CHANGING = frozenset({"version", "created_at", "updated_at", "last_used_at"})

# Version 2 wraps what is sent as it wraps what is answered.
ENVELOPE = "data"


class RequestParser:
    """Parses one part of a request into a dict that is valid for `model`.

    `model` is a pydantic model (see `api.web.fields.Strict`) or a TypedDict.
    `location` is the part to parse: the JSON body, the query (`args`), a form, or
    the header fields. `read_only` names members of the representation that only
    the server sets: a client may send them back unchanged. Those of CHANGING are ignored in a PUT or a merge patch.
    `cap` is the largest body in bytes (default: the setting MAX_JSON_BODY). With `optional`, no body means `{}`.
    `refuses` has the problems that it can raise.
    """

    # A name that no parameter has, for descriptions of refusals.
    unknown_name: ClassVar[str] = "no_such_parameter"

    def __init__(
        self,
        model: Any,
        location: Location = "json",
        *,
        read_only: Sequence[str] = (),
        cap: int | None = None,
        optional: bool = False,
    ) -> None:
        self.model = model
        self.optional = optional
        self.location = location
        self.read_only = frozenset(read_only)
        self.cap = cap
        self.media_types: tuple[str, ...] = {"json": (JSON, JSON_V1, JSON_V2), "form": FORM_TYPES}.get(location, ())
        self.refuses: tuple[type[Problem], ...] = REFUSALS[location]
        self.names = _names(model)
        self._adapter: TypeAdapter[Any] = TypeAdapter(model)
        self._parse = getattr(self, f"_parse_{location}")

    def check_body(self) -> bytes:
        """Return the body, after the checks that come before preconditions: 411, 413, 415 (CONTRACT §2, 12–16)."""
        refuse_undeclared_length(current_request())
        return checked_body(
            current_request(), media_types=self.media_types, cap=self.cap or services().settings.max_json_body
        )

    def parse_args(self, current: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the parsed input, with defaults filled in.

        `current` is the representation that a PUT replaces: read-only members
        equal to it are accepted. Raises MalformedJson or MalformedBody (400),
        InvalidParameter or InvalidHeader (400), Invalid (422) with all faults at
        once, and what `check_body` raises.
        """
        parsed: dict[str, Any] = self._parse(current_request(), current)
        return parsed

    def validated(
        self,
        content: Any,
        current: Mapping[str, Any] | None = None,
        within: Sequence[str | int] = (),
        ignored: frozenset[str] = CHANGING,
    ) -> dict[str, Any]:
        """Check content that is parsed already; `within` is its place in the body. Raises Invalid.

        `ignored` are the read-only members whose values do not matter, if there is a `current` representation.
        """
        wrong: list[dict[str, Any]] = []
        if isinstance(content, dict) and not self.read_only.isdisjoint(content):
            changed = [
                name
                for name in content
                if name in self.read_only
                and (current is None or (name not in ignored and not _same(content[name], current.get(name))))
            ]
            wrong = validation.read_only(changed, within)
            content = {name: value for name, value in content.items() if name not in self.read_only}
        try:
            valid = self._adapter.validate_python(content)
        except ValidationError as error:
            raise Invalid(errors=validation.pointed(error, within, self.names, self.json_schema) + wrong) from None
        if wrong:
            raise Invalid(errors=wrong)
        return _dumped(valid)

    def of_controls(self, parameters: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the query that the controls of a page mean: empty ones are left out, and local times are in UTC."""
        return {
            name: [as_moment(value) if name in self._times else value for value in filled]
            for name, values in parameters.items()
            if (filled := [value for value in values if value])
        }

    @cached_property
    def _times(self) -> frozenset[str]:
        """The names of parameters whose value is a time."""
        known = self.json_schema().get("properties", {})
        return frozenset(name for name, schema in known.items() if schema.get("format") == "date-time")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the accepted input, for the published description of the API."""
        return self._adapter.json_schema()

    def _parse_json(self, request: Request, current: Mapping[str, Any] | None) -> dict[str, Any]:
        body = self.check_body()
        no_parameters()
        if not body and self.optional:
            return self.validated({}, current)
        if not body:
            raise MalformedJson("The body is empty.", line=1, column=1)
        content = loads(body)
        if request.mimetype != JSON_V2:
            return self.validated(content, current)
        if not isinstance(content, dict) or set(content) != {ENVELOPE}:
            raise Invalid(
                errors=[
                    {"pointer": "#", "code": "envelope", "detail": 'This must be {"data": …}, without other members.'}
                ]
            )
        return self.validated(content[ENVELOPE], current, within=(ENVELOPE,))

    def _parse_args(self, request: Request, current: object) -> dict[str, Any]:
        return self._parse_strings(request.parameters, "parameter")

    def _parse_form(self, request: Request, current: object) -> dict[str, Any]:
        no_parameters()
        form = read_form(self.check_body(), request.environ.get("CONTENT_TYPE", ""))
        return self._parse_strings(form.fields, "field")

    def _parse_headers(self, request: Request, current: object) -> dict[str, Any]:
        wanted = {name.lower(): name for name in self.names}
        sent: dict[str, list[str]] = {}
        for name, value in request.sent_fields:
            if name in wanted:
                sent.setdefault(wanted[name], []).append(value)
        return self._parse_strings(sent, "header")

    def _parse_strings(self, sent: Mapping[str, list[str]], kind: str) -> dict[str, Any]:
        wrong = [
            {kind: name, "code": "repeated", "detail": "Send this only once."}
            for name, values in sent.items()
            if len(values) > 1
        ]
        try:
            valid = self._adapter.validate_strings({name: values[0] for name, values in sent.items()})
        except ValidationError as error:
            wrong = validation.named(error, kind, self.names, self.json_schema) + wrong
        if not wrong:
            return _dumped(valid)
        if kind == "field":
            raise Invalid(errors=[{"pointer": fragment([each.pop(kind)]), **each} for each in wrong])
        raise (InvalidParameter if kind == "parameter" else InvalidHeader)(errors=wrong)


def fault(member: Sequence[str | int], code: str, detail: str) -> dict[str, Any]:
    """Return a fault that a resource itself found in a body, for `Invalid(errors=[…])`. `member` is the path to it."""
    within = (ENVELOPE,) if current_request().mimetype == JSON_V2 else ()
    return {"pointer": fragment([*within, *member]), "code": code, "detail": detail}


def _same(sent: Any, current: Any) -> bool:
    # In Python True equals 1; in JSON it does not.
    return bool(sent == current) and isinstance(sent, bool) == isinstance(current, bool)


def _dumped(valid: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = valid.model_dump(by_alias=True) if isinstance(valid, BaseModel) else valid
    return dumped


def _names(model: Any) -> list[str]:
    if isinstance(model, type) and issubclass(model, BaseModel) and model.model_fields:
        return [field.alias or name for name, field in model.model_fields.items()]
    return list(getattr(model, "names", model.__annotations__))
