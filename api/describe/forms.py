"""Forms for the operations of a resource, generated from the parsers that its methods declare."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.describe.members import ABSENT, DOT, Member, as_choice, members_of
from api.describe.operations import Operation
from api.rules.accounts import Account
from api.rules.pointers import fragment
from api.rules.problems import PreconditionFailed
from api.web.parsers import RequestParser
from api.web.routing import CONVERTERS
from api.web.uploads import UploadParser

# Fields of the form itself start with an underscore: they are not members of the body.
METHOD, TOKEN, KEY, TAG, NAME = "_method", "_token", "_key", "_tag", "_name"
# A second button, which sends a PATCH with the changed members; and the password of the signed-in account.
PARTLY, PASSWORD = "_partly", "_password"
FILE, TEXT, TYPE = "_file", "_text", "_type"
# A tag for a resource that does not exist yet.
NONE_THERE = "none"
MULTIPART = "multipart/form-data"
BUTTONS = {"POST": "Create", "PUT": "Save", "PATCH": "Save", "DELETE": "Delete"}
TITLES = {"PUT": "Edit", "PATCH": "Edit", "DELETE": "Delete"}

# Members that a browser can fill in with data of its user (HTML §4.10.18.7.1).
FILLED_IN_BY_BROWSERS = frozenset({"username", "email"})

Texts = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a submitted form: a sentence, and the field that it belongs to, if any."""

    detail: str
    name: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form. `kind` is that of a Member, or `file`."""

    name: str
    label: str
    kind: str
    texts: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    required: bool = False
    hint: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    # Texts of choices, if they differ from the values.
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The first of its texts."""
        return self.texts[0] if self.texts else ""

    @property
    def id(self) -> str:
        """The id of the field within its form."""
        return self.name.strip("_").replace(":", "-").replace(DOT, "-")


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its target, its hidden fields and its inputs."""

    id: str
    method: str
    title: str
    button: str
    path: str
    hidden: dict[str, str]
    inputs: list[Input]
    faults: list[Fault]
    # Whether a second button sends only the changes, as a PATCH.
    partly: bool = False

    @property
    def creates(self) -> bool:
        """Whether it creates a resource."""
        return self.method == "POST" or self.hidden.get(TAG) == NONE_THERE


@dataclass(frozen=True, slots=True)
class Filled:
    """A submitted form: its id, its fields, and the problem document of its refusal."""

    id: str
    texts: Texts
    problem: Mapping[str, Any]

    def faults(self, names: list[str]) -> list[Fault]:
        """The faults of the fields with these names."""
        found = []
        for error in self.problem.get("errors", ()):
            place = error.get("pointer", "")
            name = next((each for each in names if f"{place}/".startswith(f"{fragment(each.split(DOT))}/")), "")
            line = re.fullmatch(r"/([0-9]{1,4})", place.removeprefix(fragment(name.split(DOT)))) if name else None
            detail = f"Line {int(line[1]) + 1}: {error['detail']}" if line else error["detail"]
            found.append(Fault(detail, name, place or error.get("parameter") or error.get("header") or ""))
        if NAME in names and self.problem["status"] == PreconditionFailed.status:
            found.append(Fault("This name already exists.", NAME))
        return found


def form_for(
    operation: Operation,
    path: str,
    *,
    shown: Mapping[str, Any] = {},  # never changed
    etag: str | None = None,
    naming: bool = False,
    partly: bool = False,
    account: Account | None = None,
    filled: Filled | None = None,
) -> Form:
    """The form for this operation at `path`, with the current values `shown`, or with the submitted ones in `filled`.

    `etag` is the tag of the current version, which prevents lost updates. With `naming` the form also has a field
    for the last segment of the path, and with `partly` a second button for a PATCH. If the operation requires the
    password, and `account` has not sent it, the form asks for it.
    """
    identity, acts = form_id(operation, naming=naming), action_of(operation)
    mine = filled if filled and filled.id == identity else None
    hidden = {METHOD: operation.method}
    if operation.takes_key:
        hidden[KEY] = secrets.token_urlsafe(16)
    if naming:
        hidden[TAG] = NONE_THERE
    elif etag and etag.startswith('"') and PreconditionFailed in operation.refuses and operation.method != "POST":
        hidden[TAG] = etag
    takes = operation.declared.takes if operation.declared else None
    texts = mine.texts if mine else None
    inputs = [_name_of(operation)] if naming else []
    if isinstance(takes, RequestParser):
        # No field for a new password: that requires the old one, and a session does not have it.
        asked = [each for each in members_of(takes) if each.required or each.kind != "password"]
        inputs += [_input(member, shown) for member in asked]
    elif isinstance(takes, UploadParser):
        inputs += _upload(takes)
    if operation.resource.asks_password and operation.method == "POST" and account and not account.by_password:
        inputs.append(
            Input(PASSWORD, "Your password", "password", required=True, hint="Also required when you are signed in.")
        )
    faults = mine.faults([each.name for each in inputs]) if mine else []
    if texts is not None:
        inputs = [_refilled(each, texts, faults) for each in inputs]
    button = "Upload" if isinstance(takes, UploadParser) else button_of(operation)
    if naming or acts:
        button = acts.capitalize() or "Create"
    return Form(
        id=identity,
        method=operation.method,
        title=f"New {operation.resource.noun}" if naming else title_of(operation),
        button=button,
        path=path,
        hidden=hidden,
        inputs=inputs,
        faults=faults,
        partly=partly,
    )


def title_of(operation: Operation) -> str:
    """The heading of a form: Edit or Delete, otherwise the first sentence; the rest of the summary is for programs."""
    return TITLES.get(operation.method) or re.split("[.,] ", operation.summary)[0].rstrip(".")


def form_id(operation: Operation, *, naming: bool = False) -> str:
    """The name of a form within its page: its method, and for what only acts the last segment of its path."""
    acts = action_of(operation)
    return operation.method.lower() + ("-new" if naming else f"-{acts}" if acts else "")


def action_of(operation: Operation) -> str:
    """The last segment of a path that only acts, such as `reset`; empty for other operations."""
    acts = operation.method == "POST" and "GET" not in operation.resource.allowed and not operation.resource.for_forms
    return operation.route.rpartition("/")[2] if acts else ""


def button_of(operation: Operation) -> str:
    """The word on the button."""
    if operation.method == "POST" and operation.declared and operation.declared.takes is None:
        return "Send"
    return BUTTONS[operation.method]


def can_be_filled(operation: Operation, account: Account | None, shown: Mapping[str, Any]) -> bool:
    """Whether the page has a form for this operation: it has an effect, and the account may do it."""
    declared = operation.declared
    if declared is None or operation.method not in BUTTONS or does_nothing(operation):
        return False
    if operation.method in ("PUT", "PATCH"):
        if not isinstance(declared.takes, RequestParser):
            return False
        # With `fields` the page does not have all members that the form needs.
        wanted = {member.name for member in members_of(declared.takes) if member.required and member.kind != "password"}
        if not wanted <= shown.keys():
            return False
    return operation.resource.offers_form(operation.method, account, shown)


def does_nothing(operation: Operation) -> bool:
    """Whether the method has no effect, like GET: `/echo` and `/status` use one function for all methods."""
    resource: Any = operation.resource
    return getattr(resource, operation.method.lower()) is getattr(resource, "get", None)


def content_of(takes: Any, texts: Texts) -> dict[str, Any]:
    """The submitted object. Unknown fields stay in it, so that the resource refuses them."""
    members = members_of(takes)
    known = {member.name for member in members}
    found = {member.name: member.value(list(texts.get(member.name, ()))) for member in members}
    others = {name: sent[0] for name, sent in texts.items() if name not in known and not name.startswith("_")}
    content: dict[str, Any] = {}
    for name, value in found.items():
        if value is not ABSENT:
            outer, _, inner = name.rpartition(DOT)
            (content.setdefault(outer, {}) if outer else content)[inner] = value
    return content | others


def _input(member: Member, shown: Mapping[str, Any]) -> Input:
    outer, _, inner = member.name.rpartition(DOT)
    value = (shown.get(outer, {}) if outer else shown).get(inner, member.schema.get("default"))
    texts = member.text(value) if value is not None else []
    kind = "prose" if member.kind == "line" and any("\n" in text for text in texts) else member.kind
    return Input(
        name=member.name,
        label=member.name.replace("_", " ").replace(DOT, ": ").capitalize(),
        kind=kind,
        texts=texts,
        choices=[*([""] if _may_be_none(member) else []), *map(as_choice, member.choices)],
        required=member.required and not _may_be_empty(member),
        hint=member.hint,
        limits=_limits(member, kind),
    )


def _refilled(asked: Input, texts: Texts, faults: list[Fault]) -> Input:
    """The field with its submitted value; a password must be typed again."""
    filled = [] if asked.kind == "password" else list(texts.get(asked.name, ()))
    return replace(asked, texts=filled, faults=[fault for fault in faults if fault.name == asked.name])


def _may_be_empty(member: Member) -> bool:
    """Whether an empty text is a valid value."""
    return member.kind in ("line", "prose") and not {"minLength", "pattern"} & set(member.schema)


def _may_be_none(member: Member) -> bool:
    return member.kind == "choice" and (member.nullable or not member.required) and "default" not in member.schema


def _limits(member: Member, kind: str) -> dict[str, Any]:
    schema = member.schema
    if kind in ("line", "prose", "password"):
        known = {"autocomplete": member.name} if kind == "line" and member.name in FILLED_IN_BY_BROWSERS else {}
        return known | {
            html: schema[name]
            for html, name in (("maxlength", "maxLength"), ("minlength", "minLength"))
            if name in schema
        }
    if kind == "number":
        step = {"step": 1 if schema["type"] == "integer" else "any"}
        return step | {html: schema[name] for html, name in (("min", "minimum"), ("max", "maximum")) if name in schema}
    return {"step": "any"} if kind == "moment" else {}


def _name_of(operation: Operation) -> Input:
    """The field for the name of a new client-named resource."""
    parameter, converter = [*operation.parameters.items()][-1]
    allowed = getattr(CONVERTERS.get(converter), "allowed", "")
    word = parameter.rpartition("_")[2]
    return Input(NAME, word.capitalize(), "line", required=True, hint=f"The last part of its path. {allowed}".rstrip())


def _upload(takes: UploadParser) -> list[Input]:
    types = [kind for kind in takes.media_types if kind != MULTIPART]
    return [
        Input(FILE, "File", "file", hint="It is stored byte for byte."),
        Input(TEXT, "Or text", "prose", hint="Used if no file is chosen."),
        Input(TYPE, "Type", "choice", choices=["", *types], hint="Empty: the type of the file, or plain text."),
    ]
