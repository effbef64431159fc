"""Steps of a walk through the API: single requests with their expected answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from api.describe.operations import Operation
from api.describe.samples import RUN, as_sent, changed, sample, uploads
from api.rules.media import HTML, JSON, JSON_V2
from api.rules.problems import Forbidden
from api.web.forms import URLENCODED
from api.web.parsers import RequestParser
from api.web.patching import MERGE_PATCH, PatchParser
from api.web.representations import CSV
from api.web.uploads import UploadParser

NO_SUCH_TYPE = "application/vnd.touchstone.v9+json"


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password, a token, or neither. Each can be a variable, `{{username}}`."""

    username: str = ""
    password: str = ""
    token: str = ""


NOBODY = Login()
ACCOUNT = Login("{{username}}", "{{password}}")
OTHER = Login("{{other_username}}", "{{other_password}}")


@dataclass(frozen=True, slots=True)
class Step:
    """One request and its expected answer.

    `path` and `query` are the parameters, `fields` the request header fields; values can
    contain variables (`{{article_id}}`). `problem` is the slug of a refusal. `answered` has the
    required header fields of the answer, each with its value, or None for any. `like_sent`: the
    answer has the values of the request. `keeps` has variables, each with the source of its value:
    a header field of the answer (the last segment of a path), or `body.<member>`. `prepares`: it only
    creates or deletes what a folder of another endpoint needs.
    """

    name: str
    operation: Operation
    status: int
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    login: Login = ACCOUNT
    problem: str = ""
    answered: Mapping[str, str | None] = field(default_factory=dict)
    model: type[BaseModel] | None = None
    of_list: bool = False
    like_sent: bool = False
    keeps: Mapping[str, str] = field(default_factory=dict)
    prepares: bool = False

    @property
    def id(self) -> str:
        """A stable name: the operation's id and the step's name. Preparations start with `prepare.`."""
        words = "".join(each if each.isalnum() else " " for each in self.name.lower()).split()
        return f"{'prepare.' if self.prepares else ''}{self.operation.id}.{'-'.join(words)}"

    def refused(self, name: str, status: int, problem: str, **changes: Any) -> "Step":
        """The same request with a fault, and its refusal."""
        return replace(
            self,
            name=name,
            status=status,
            problem=problem,
            **{"answered": {}, "model": None, "of_list": False, "like_sent": False, "keeps": {}, **changes},
        )


def body_of(operation: Operation) -> tuple[str, str]:
    """The media type and content of a body for the operation; both empty if it takes none."""
    takes = operation.declared.takes if operation.declared else None
    if isinstance(takes, PatchParser):
        return MERGE_PATCH, as_sent(changed(takes.model))
    if isinstance(takes, RequestParser) and takes.location == "form":
        return URLENCODED, urlencode(sample(takes.model))
    if isinstance(takes, RequestParser):
        return JSON, as_sent(sample(takes.model))
    if isinstance(takes, UploadParser):
        return list(uploads(takes).items())[-1]
    return ("", "")


def other_body(operation: Operation) -> tuple[str, str]:
    """The same with different content."""
    takes = operation.declared.takes if operation.declared else None
    if isinstance(takes, PatchParser):
        return MERGE_PATCH, as_sent({name: sample(takes.model)[name] for name in changed(takes.model)})
    if isinstance(takes, RequestParser):
        return JSON, as_sent({**sample(takes.model), **changed(takes.model)})
    if isinstance(takes, UploadParser):
        return next(iter(uploads(takes).items()))
    return ("", "")


def step(name: str, operation: Operation, path: Mapping[str, str] = MappingProxyType({}), **said: Any) -> Step:
    """A successful request, derived from the operation; `said` overrides derived values."""
    declared = operation.declared
    model = getattr(declared, "model", None)
    content_type, body = body_of(operation)
    reads = operation.method in ("GET", "HEAD")
    status = declared.status if declared else HTTPStatus.NO_CONTENT
    with_content = operation.method not in ("HEAD", "OPTIONS") and status != HTTPStatus.NO_CONTENT
    # Without Accept, the answer is the first representation.
    in_json = with_content and next(iter(operation.resource.offers), JSON).endswith("json")
    derived: dict[str, Any] = {
        "status": int(status),
        "path": path,
        "fields": {"Content-Type": content_type} if content_type else {},
        "body": body,
        "model": model if in_json and isinstance(model, type) and issubclass(model, BaseModel) else None,
        "of_list": reads and CSV in operation.resource.offers,
    }
    return Step(name, operation, **{**derived, **said})


def refusals(good: Step) -> list[Step]:
    """This request with each possible fault, one at a time (CONTRACT §2)."""
    operation, declared = good.operation, good.operation.declared
    takes = declared.takes if declared else None
    found = []
    if operation.resource.offers and good.status != HTTPStatus.NO_CONTENT:
        fields = {**good.fields, "Accept": NO_SUCH_TYPE}
        found.append(good.refused("An unavailable representation", 406, "not-acceptable", fields=fields))
    if operation.needs_account:
        challenge = {"WWW-Authenticate": None}
        found.append(good.refused("Not signed in", 401, "unauthenticated", login=NOBODY, answered=challenge))
    # Without spaces for administrators only, everybody controls them.
    guarded = Forbidden in operation.refuses and not operation.resource.in_registry
    if guarded and (good.path or (operation.method == "GET" and operation.needs_account)):
        found.append(good.refused("As another user", 403, "forbidden", login=OTHER))
    if takes:
        field_name = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(operation.method, "Accept")
        fields = {**good.fields, "Content-Type": "text/x-unknown"}
        wrong = "unsupported-media-type"
        found.append(good.refused("An unsupported media type", 415, wrong, fields=fields, answered={field_name: None}))
    if operation.takes_conditions and operation.method in ("PUT", "PATCH", "DELETE"):
        fields = {**good.fields, "If-Match": '"stale"'}
        found.append(good.refused("With a stale If-Match", 412, "precondition-failed", fields=fields))
    if isinstance(takes, RequestParser):
        found.append(good.refused("Truncated JSON", 400, "malformed-json", body='{"broken": '))
        if takes.json_schema().get("additionalProperties") is not True:
            found.append(good.refused("Unknown members", 422, "invalid", body='{"no_such_member": true}'))
    if declared and declared.asks:
        query = {**good.query, declared.asks.unknown_name: "1"}
        found.append(good.refused("An unknown parameter", 400, "invalid-parameter", query=query))
    return found


def representations(good: Step) -> list[Step]:
    """The same request for every other media type of the resource."""
    operation = good.operation
    found = []
    for kind in operation.resource.reads[1:]:
        again = replace(
            good,
            name=f"As {kind}",
            fields={**good.fields, "Accept": kind},
            # A page is generated each time, and has no tag.
            answered={} if kind == HTML else good.answered,
            model=good.model if kind.endswith("+json") and kind != JSON_V2 else None,
            keeps={},
        )
        found.append(again)
    return found


def variable(name: str) -> str:
    """The variable in Postman's syntax."""
    return f"{{{{{name}}}}}"


def with_key(good: Step) -> Step:
    """The same with an Idempotency-Key of this run."""
    return replace(good, fields={**good.fields, "Idempotency-Key": f"{RUN}-{good.id.replace('.', '-')}"})


def without_key(good: Step) -> dict[str, str]:
    """The header fields without the key."""
    return {name: value for name, value in good.fields.items() if name != "Idempotency-Key"}


def repetitions(good: Step) -> Iterator[Step]:
    """The same request with the same key, which is replayed; and another request with that key, which is refused."""
    if "Idempotency-Key" not in good.fields:
        return
    replayed = {**good.answered, "Idempotent-Replayed": "true"}
    yield replace(good, name=f"{good.name} again, with the same key", answered=replayed, keeps={})
    kind = good.fields["Content-Type"]
    # If there is no other body, different white space makes a different one.
    bodies = (other_body(good.operation), body_of(good.operation), (kind, good.body + "\n"))
    kind, body = next(each for each in bodies if each[1] != good.body)
    fields = {**good.fields, "Content-Type": kind}
    name, reused = f"{good.name} something different with that key", "idempotency-key-reused"
    yield good.refused(name, 422, reused, fields=fields, body=body)
