"""Steps of a walk that make what a folder needs, change it with its current tag, and delete it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from api.describe.operations import Operation
from api.describe.samples import uploads
from api.describe.steps import ACCOUNT, NOBODY, Step, step, variable, with_key
from api.rules.media import JSON
from api.rules.problems import PreconditionRequired
from api.rules.spaces import DATA
from api.web.uploads import UploadParser

Methods = dict[str, Operation]


def makes(operation: Operation | None) -> bool:
    """Whether it answers 201."""
    return bool(operation and operation.declared and operation.declared.status == HTTPStatus.CREATED)


def creations(post: Operation, name: str, path: Any) -> Iterator[Step]:
    """A create for each type of body that is stored as received; the walk continues with the last one."""
    takes = post.declared.takes if post.declared else None
    create = step("Create", post, path, answered={"Location": None}, keeps={name: "Location"})
    if isinstance(takes, UploadParser):
        for kind, body in list(uploads(takes).items())[:-1]:
            yield with_key(replace(create, name=f"Create, of {kind}", fields={"Content-Type": kind}, body=body))
    else:
        create = replace(create, like_sent=True)
    if create.model and "token" in create.model.model_fields:
        create = replace(create, keeps={**create.keeps, "token": "body.token"})
    yield with_key(create) if post.takes_key else create


def changeable(methods: Methods) -> bool:
    """Whether the resource can be changed with If-Match."""
    return any(PreconditionRequired in methods[verb].refuses for verb in ("PUT", "PATCH", "DELETE") if verb in methods)


def tag_of(get: Operation) -> str:
    """The name of the variable for the tag of a resource."""
    return f"{get.id.removeprefix('get_')}_tag"


def seen(good: Step, item: Methods) -> Step:
    """The same change with the tag that was read last, if the operation supports If-Match."""
    if PreconditionRequired not in good.operation.refuses:
        return good
    return replace(good, fields={**good.fields, "If-Match": variable(tag_of(item["GET"]))})


def keeping_tag(create: Step, item: Methods) -> Step:
    """The same, with the tag of the new resource for a later deletion, if that supports If-Match."""
    if "DELETE" not in item or PreconditionRequired not in item["DELETE"].refuses:
        return create
    return replace(create, keeps={**create.keeps, tag_of(item["GET"]): "ETag"})


def preparation(create: Step, methods: Methods) -> Step:
    """The creation of what the folder of another endpoint needs."""
    return replace(create, name=f"Create one for {methods['OPTIONS'].path}", prepares=True)


def removal(item: Methods, path: Any, of: str) -> Iterator[Step]:
    """The deletion of what a folder created, if the item has one."""
    if "DELETE" in item:
        yield replace(seen(step(f"Clean up ({of})", item["DELETE"], path), item), prepares=True)


def speaker(everything: Iterable[Operation]) -> Operation | None:
    """An operation that takes JSON and exists in spaces too, for servers without `/echo`."""
    fit = [
        each
        for each in everything
        if each.method in ("POST", "PUT")
        and not each.parameters
        and each.resource.in_spaces
        and each.tag not in ("tokens", "sign-in", "sign-out", "pages")
        and each.declared
        and each.declared.takes
    ]
    return min(fit, key=lambda each: each.method, default=None)


def request_in_space(echo: Operation, path: Any, of: str) -> Step:
    """A request to a space, so that its journal has an entry with a body, in the folder `of`.

    `echo` is the operation `POST /echo`, or another one that takes JSON.
    """
    sent = Operation(echo.method, f"{DATA}/<space:space_id>{echo.route}", echo.resource)
    fields = {"Content-Type": JSON}
    return Step(
        f"Send a request to the space ({of})",
        sent,
        echo.declared.status if echo.declared else 200,
        path,
        fields=fields,
        body='{"a": 1}',
        login=ACCOUNT if echo.needs_account else NOBODY,
        prepares=True,
    )
