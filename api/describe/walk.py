"""A walk through the whole API, generated from the resources: each operation, request by request.

Every run deletes what it creates. The Postman collection is this walk, and the examples of the
OpenAPI document come from it.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from typing import Any

import orjson

from api.describe.operations import Operation, operations
from api.describe.samples import RUN, sample, uploads
from api.describe.steps import ACCOUNT, Login, Step, body_of, other_body, refusals, representations, step
from api.rules.problems import PreconditionRequired, RangeNotSatisfiable
from api.web.representations import CSV
from api.web.uploads import UploadParser

Methods = dict[str, Operation]


def walk(app: Any) -> Iterator[tuple[str, list[Step]]]:
    """The steps through every operation of a Flask app, by the first segment of their paths, in a working order."""
    for tag, found in groupby(sorted(operations(app), key=lambda operation: operation.tag), key=lambda each: each.tag):
        paths: dict[str, Methods] = {}
        for operation in found:
            paths.setdefault(operation.path, {})[operation.method] = operation
        yield tag, list(Family(paths).steps())


def bodies(app: Any) -> dict[str, tuple[str, Any]]:
    """The body that the walk sends to each operation: the media type and the value."""
    found: dict[str, tuple[str, Any]] = {}
    for _, steps in walk(app):
        for each in steps:
            kind = each.fields.get("Content-Type", "").partition(";")[0]
            if each.body and not each.problem:
                text = each.body.replace(f"-{RUN}", "")
                found.setdefault(each.operation.id, (kind, orjson.loads(text) if kind.endswith("json") else text))
    return found


class Family:
    """The paths that start with the same segment, and the steps through them."""

    def __init__(self, paths: dict[str, Methods]) -> None:
        self.paths = paths
        self.walked: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """Every path: first the resources that the walk creates and deletes, then the permanent ones."""
        for path, methods in self.paths.items():
            for item_path, item in self.paths.items():
                if item_path.rpartition("/")[0] != path or len(item["OPTIONS"].parameters) != 1:
                    continue
                if makes(methods.get("POST")):
                    yield from self.made_by_post(methods, item)
                elif makes(item.get("PUT")):
                    yield from self.made_by_put(methods, item)
        for path, methods in self.paths.items():
            if path not in self.walked:
                yield from self.standing(methods)

    def made_by_post(self, collection: Methods, item: Methods) -> Iterator[Step]:
        """Create, read, change and delete a resource with an id from the server."""
        name = next(iter(item["OPTIONS"].parameters))
        path = {name: variable(name)}
        *others, create = creations(collection["POST"], name)
        for other in others:
            yield other
            yield step(f"Delete ({other.name})", item["DELETE"], path)
        yield create
        yield from repetitions(create)
        plain = replace(create, fields=without_key(create))
        for problem in create.operation.refuses:
            if getattr(problem, "status", 0) == HTTPStatus.CONFLICT and not problem.slug.startswith("idempotency-"):
                yield plain.refused("Create an existing one", 409, problem.slug)
        yield from refusals(plain)
        yield from self.reads(item, path)
        if create.model and "token" in create.model.model_fields:
            yield step("With the token", item["GET"], path, login=Login(token=variable("token")))
        yield from self.below(item, path)
        yield from self.changes(item, path)
        yield from self.listed(collection)
        yield from self.deletion(item, path)
        yield from self.own(create, item)

    def made_by_put(self, collection: Methods, item: Methods) -> Iterator[Step]:
        """Create, read, replace and delete a client-named resource."""
        put = item["PUT"]
        name = next(iter(put.parameters))
        path = {name: f"{name.partition('_')[0]}-{RUN}"}
        create = step("Create", put, path, answered={"Location": None})
        create = replace(create, fields={**create.fields, "If-None-Match": "*"})
        yield create
        yield create.refused("Create an existing one", 412, "precondition-failed")
        yield from self.reads(item, path)
        replacement = seen(step("Replace", put, path, status=204, model=None, body=other_body(put)[1]), item)
        yield from refusals(replacement)
        yield replacement
        yield from self.read_anew(item, path)
        yield from self.listed(collection)
        yield from self.deletion(item, path)

    def standing(self, methods: Methods) -> Iterator[Step]:
        """Resources that exist on every server."""
        path = methods["OPTIONS"].resource.example
        if set(methods["OPTIONS"].parameters) - set(path):
            return  # there is no example; a test requires one
        yield from self.reads(methods, path)
        for method, operation in methods.items():
            if method not in ("GET", "HEAD", "OPTIONS"):
                again = step(operation.summary.rstrip("."), operation, path)
                if operation.resource.for_forms:
                    yield again.refused("Without the token of a form", 403, "forbidden")
                    continue
                yield again
                yield from refusals(again)

    def reads(self, methods: Methods, path: Any = None) -> Iterator[Step]:
        """GET in all variants, HEAD, and OPTIONS."""
        self.walked.add(methods["OPTIONS"].path)
        path = path or {}
        get = methods.get("GET")
        if get:
            keeps = {tag_of(get): "ETag"} if get.may_be_unchanged or changeable(methods) else {}
            good = step("Read", get, path, answered=dict.fromkeys(keeps.values()), keeps=keeps)
            yield good
            if get.may_be_unchanged:
                fields = {"If-None-Match": variable(tag_of(get))}
                yield replace(good, name="Read again, unchanged", status=304, fields=fields, model=None, keeps={})
            if RangeNotSatisfiable in get.refuses:
                yield replace(good, name="Read a range", status=206, fields={"Range": "bytes=0-3"}, keeps={})
                beyond = {"Range": "bytes=999999999-"}
                yield good.refused("A range beyond the end", 416, "range-not-satisfiable", fields=beyond)
            yield from representations(good)
            yield from refusals(good)
            yield step("Read the header fields only", methods["HEAD"], path)
        yield step("List the methods", methods["OPTIONS"], path, answered={"Allow": None})

    def listed(self, collection: Methods) -> Iterator[Step]:
        """The list, a page of one, and its refusals."""
        get = collection["GET"]
        yield from self.reads(collection)
        if CSV in get.resource.offers:
            yield step("A page of one", get, query={"limit": "1", "count": "true"}, answered={"Link": None})

    def changes(self, item: Methods, path: Any) -> Iterator[Step]:
        """PUT and PATCH, and their refusals."""
        for method, name in (("PUT", "Replace"), ("PATCH", "Change")):
            if operation := item.get(method):
                again = seen(step(name, operation, path, body=other_body(operation)[1], like_sent=True), item)
                yield from refusals(again)
                if operation.takes_key:
                    again = with_key(again)
                yield again
                yield from repetitions(again)
                yield from self.read_anew(item, path, after=name)

    def read_anew(self, item: Methods, path: Any, after: str = "Replace") -> Iterator[Step]:
        """The current tag, for the next change."""
        keeps = {tag_of(item["GET"]): "ETag"}
        yield step(f"Read the current version ({after})", item["GET"], path, keeps=keeps, answered={"ETag": None})

    def below(self, item: Methods, path: Any) -> Iterator[Step]:
        """The paths below that of the item."""
        for under, methods in self.paths.items():
            if under.startswith(item["OPTIONS"].path + "/"):
                yield from self.reads(methods, {**methods["OPTIONS"].resource.example, **path})

    def deletion(self, item: Methods, path: Any) -> Iterator[Step]:
        """DELETE, its refusals, and a GET of the deleted resource."""
        if "DELETE" in item:
            done = seen(step("Delete", item["DELETE"], path), item)
            yield from refusals(done)
            yield done
            yield done.refused("Delete again", 404, "not-found")
            yield step("Read", item["GET"], path).refused("Read a deleted one", 404, "not-found")

    def own(self, create: Step, item: Methods) -> Iterator[Step]:
        """The caller's own item at its fixed path: newly created, and used by its owner."""
        for methods in self.paths.values():
            operation = methods["OPTIONS"]
            if operation.parameters or not issubclass(operation.resource, item["OPTIONS"].resource):
                continue
            sent = sample(create.operation.declared.takes.model)  # type: ignore[union-attr]  # it makes something
            login = Login(sent["username"], sent["password"])
            yield replace(create, name="Create one to sign in with", fields=without_key(create))
            for each in (*self.reads(methods), *self.changes(methods, {}), *self.deletion(methods, {})):
                if each.name in ("Delete again", "Read a deleted one"):
                    yield replace(each, status=401, problem="unauthenticated", login=login)
                else:
                    yield replace(each, login=login if each.login == ACCOUNT else each.login)


def makes(operation: Operation | None) -> bool:
    """Whether it answers 201."""
    return bool(operation and operation.declared and operation.declared.status == HTTPStatus.CREATED)


def creations(post: Operation, name: str) -> Iterator[Step]:
    """A create for each type of body that is stored as received; the walk continues with the last one."""
    takes = post.declared.takes if post.declared else None
    create = step("Create", post, answered={"Location": None}, keeps={name: "Location"})
    if isinstance(takes, UploadParser):
        for kind, body in list(uploads(takes.media_types).items())[:-1]:
            yield with_key(replace(create, name=f"Create, of {kind}", fields={"Content-Type": kind}, body=body))
    else:
        create = replace(create, like_sent=True)
    if create.model and "token" in create.model.model_fields:
        create = replace(create, keeps={**create.keeps, "token": "body.token"})
    yield with_key(create) if post.takes_key else create


def changeable(methods: Methods) -> bool:
    """Whether the resource can be changed with If-Match."""
    return any(PreconditionRequired in methods[verb].refuses for verb in ("PUT", "PATCH", "DELETE") if verb in methods)


def variable(name: str) -> str:
    """The variable in Postman's syntax."""
    return f"{{{{{name}}}}}"


def tag_of(get: Operation) -> str:
    """The name of the variable for the tag of a resource."""
    return f"{get.id.removeprefix('get_')}_tag"


def seen(good: Step, item: Methods) -> Step:
    """The same change with the tag that was read last, if the operation supports If-Match."""
    if PreconditionRequired not in good.operation.refuses:
        return good
    return replace(good, fields={**good.fields, "If-Match": variable(tag_of(item["GET"]))})


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
