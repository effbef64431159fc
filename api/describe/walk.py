"""A walk through the whole API, generated from the resources: each operation, request by request.

It deletes what it creates. The conformance collection for Postman is this walk, and the examples of the OpenAPI
document come from it.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from types import MappingProxyType
from typing import Any

import orjson

from api.describe.lifecycle import (
    Methods,
    changeable,
    creations,
    keeping_tag,
    makes,
    preparation,
    removal,
    request_in_space,
    seen,
    speaker,
    tag_of,
)
from api.describe.operations import Operation, operations
from api.describe.samples import RUN, sample
from api.describe.steps import (
    ACCOUNT,
    Login,
    Step,
    other_body,
    refusals,
    repetitions,
    representations,
    step,
    variable,
    with_key,
    without_key,
)
from api.rules.problems import RangeNotSatisfiable
from api.web.representations import CSV

EMPTY: Any = MappingProxyType({})

Folder = tuple[Operation, list[Step]]


def walk(app: Any) -> Iterator[Folder]:
    """A folder of steps for each endpoint of a Flask app, with its OPTIONS operation.

    Each folder creates what it needs and deletes it, so it also works alone.
    """
    everything = sorted(operations(app), key=lambda operation: operation.tag)
    echo = next((each for each in everything if (each.method, each.route) == ("POST", "/echo")), speaker(everything))
    for _, found in groupby(everything, key=lambda each: each.tag):
        paths: dict[str, Methods] = {}
        for operation in found:
            paths.setdefault(operation.path, {})[operation.method] = operation
        yield from Family(paths, echo).folders()


def bodies(app: Any) -> dict[str, tuple[str, Any]]:
    """The body that the walk sends to each operation: the media type and the value."""
    found: dict[str, tuple[str, Any]] = {}
    for _, steps in walk(app):
        for each in steps:
            kind = each.fields.get("Content-Type", "").partition(";")[0]
            if each.body and not each.problem and not each.prepares:
                text = each.body.replace(f"-{RUN}", "")
                found.setdefault(each.operation.id, (kind, orjson.loads(text) if kind.endswith("json") else text))
    return found


class Family:
    """The paths that start with the same segment, and the steps through them.

    `echo` is the operation with which steps use a space: `POST /echo`, or `speaker`.
    """

    def __init__(self, paths: dict[str, Methods], echo: Operation | None) -> None:
        self.paths = paths
        self.echo = echo

    def folders(self) -> Iterator[Folder]:
        """Every path: first those of resources that the walk creates and deletes, then the permanent ones."""
        walked = set()
        for folder in (*self.made(), *self.standing()):
            if folder[0].path not in walked:
                walked.add(folder[0].path)
                yield folder

    def made(self) -> Iterator[Folder]:
        """The collections, their items, and the paths below the items."""
        for path, methods in self.paths.items():
            for item_path, item in self.paths.items():
                if item_path.rpartition("/")[0] != path or len(item["OPTIONS"].parameters) != 1:
                    continue
                if makes(methods.get("POST")):
                    yield from self.made_by_post(methods, item)
                elif makes(item.get("PUT")):
                    yield from self.made_by_put(methods, item)

    def made_by_post(self, collection: Methods, item: Methods, of: Any = EMPTY) -> Iterator[Folder]:
        """A collection whose server chooses the ids, its items, and what is below them.

        `of` is the path of the item that the collection belongs to.
        """
        name = [*item["OPTIONS"].parameters][-1]
        path = {**of, name: variable(name)}
        *others, create = (keeping_tag(each, item) for each in creations(collection["POST"], name, of))
        steps = []
        for other in others:
            steps += [other, *removal(item, path, other.name)]
        plain = replace(create, fields=without_key(create))
        steps += [create, *repetitions(create)]
        for problem in create.operation.refuses:
            conflicts = getattr(problem, "status", 0) == HTTPStatus.CONFLICT
            # Without a value of its own, a repetition makes another one.
            if conflicts and RUN in create.body and not problem.slug.startswith("idempotency-"):
                steps.append(plain.refused("Create an existing one", 409, problem.slug))
        steps += [*refusals(plain), *self.listed(collection, of)]
        if "DELETE" in collection:
            steps.append(step("Delete all", collection["DELETE"], of))
        else:
            steps += removal(item, path, create.name)
        yield collection["OPTIONS"], steps

        steps = [preparation(plain, item), *self.reads(item, path)]
        if create.model and "token" in create.model.model_fields:
            steps.append(step("With the token", item["GET"], path, login=Login(token=variable("token"))))
        yield item["OPTIONS"], [*steps, *self.changes(item, path), *self.deletion(item, path)]

        for under, steps in self.all_below(item, path):
            clean_up = removal(item, path, under.path)
            used = [request_in_space(self.echo, path, under.path)] if self.echo and under.resource.reads_journal else []
            yield under, [preparation(plain, self.paths[under.path]), *used, *steps, *clean_up]
        yield from self.own(plain, item)

    def all_below(self, item: Methods, path: Any) -> Iterator[Folder]:
        """Every path below an item: collections with their items, and single resources."""
        start = item["OPTIONS"].path + "/"
        below = {under: methods for under, methods in self.paths.items() if under.startswith(start)}
        nested = {
            under: inner
            for under, methods in below.items()
            for inner in below.values()
            if makes(methods.get("POST")) and inner["OPTIONS"].path.rpartition("/")[0] == under
        }
        for under, methods in below.items():
            if under in nested:
                yield from self.made_by_post(methods, nested[under], path)
            elif under.rpartition("/")[0] not in nested:
                steps = list(self.below(methods, {**methods["OPTIONS"].resource.example, **path}))
                if "POST" in methods:  # which may have changed the item
                    steps += self.read_anew(item, path, after=under)
                yield methods["OPTIONS"], steps

    def made_by_put(self, collection: Methods, item: Methods) -> Iterator[Folder]:
        """A collection whose clients choose the names, and its items."""
        put = item["PUT"]
        name = next(iter(put.parameters))
        path = {name: f"{name.partition('_')[0]}-{RUN}"}
        create = keeping_tag(step("Create", put, path, answered={"Location": None}), item)
        create = replace(create, fields={**create.fields, "If-None-Match": "*"})
        listed = self.listed(collection)
        yield collection["OPTIONS"], [preparation(create, collection), *listed, *removal(item, path, create.name)]

        replacement = seen(step("Replace", put, path, status=204, model=None, body=other_body(put)[1]), item)
        yield (
            item["OPTIONS"],
            [
                create,
                create.refused("Create an existing one", 412, "precondition-failed"),
                *self.reads(item, path),
                *refusals(replacement),
                replacement,
                *self.read_anew(item, path),
                *self.deletion(item, path),
            ],
        )

    def below(self, methods: Methods, path: Any) -> Iterator[Step]:
        """A path below an item: created if PUT does that, read, acted on by POST, and deleted."""
        if makes(methods.get("PUT")):
            yield step("Create", methods["PUT"], path, answered={"Location": None})
            yield step("Create again", methods["PUT"], path, status=200)
        yield from self.reads(methods, path)
        if post := methods.get("POST"):
            act = step(post.summary.rstrip("."), post, path)
            yield from refusals(act)
            if post.takes_key:
                act = with_key(act)
            yield act
            yield from repetitions(act)
        if "DELETE" in methods and CSV in methods["DELETE"].resource.offers:
            yield step("Delete all", methods["DELETE"], path)
        else:
            yield from self.deletion(methods, path)

    def standing(self) -> Iterator[Folder]:
        """Resources that exist on every server."""
        for methods in self.paths.values():
            path = methods["OPTIONS"].resource.example
            if set(methods["OPTIONS"].parameters) - set(path):
                continue  # there is no example; a test requires one
            steps = list(self.reads(methods, path))
            for method, operation in methods.items():
                if method not in ("GET", "HEAD", "OPTIONS"):
                    again = step(operation.summary.rstrip("."), operation, path)
                    if operation.resource.for_forms:
                        steps.append(again.refused("Without the token of a form", 403, "forbidden"))
                    else:
                        steps += [again, *refusals(again)]
            yield methods["OPTIONS"], steps

    def reads(self, methods: Methods, path: Any = None) -> Iterator[Step]:
        """GET in all variants, HEAD, and OPTIONS."""
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

    def listed(self, collection: Methods, path: Any = EMPTY) -> Iterator[Step]:
        """The list, a page of one, and its refusals."""
        get = collection["GET"]
        yield from self.reads(collection, path)
        if CSV in get.resource.offers:
            one, has = (
                ({"_limit": "1"}, "X-Total-Count") if get.resource.bare else ({"limit": "1", "count": "true"}, "Link")
            )
            yield step("A page of one", get, path, query=one, answered={has: None})

    def changes(self, item: Methods, path: Any) -> Iterator[Step]:
        """PUT and PATCH, and their refusals."""
        for method, name in (("PUT", "Replace"), ("PATCH", "Change")):
            operation = item.get(method)
            if operation and makes(operation):
                kept = step("Put an existing one, which stays as it is", operation, path, status=200, model=None)
                yield from [*refusals(kept), kept]
            elif operation:
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

    def deletion(self, item: Methods, path: Any) -> Iterator[Step]:
        """DELETE, its refusals, and a GET of the deleted resource."""
        if "DELETE" in item:
            done = seen(step("Delete", item["DELETE"], path), item)
            yield from refusals(done)
            yield done
            yield done.refused("Delete again", 404, "not-found")
            yield step("Read", item["GET"], path).refused("Read a deleted one", 404, "not-found")

    def own(self, create: Step, item: Methods) -> Iterator[Folder]:
        """The caller's own item at its fixed path: newly created, and used by its owner."""
        for methods in self.paths.values():
            operation = methods["OPTIONS"]
            if operation.parameters or not issubclass(operation.resource, item["OPTIONS"].resource):
                continue
            sent = sample(create.operation.declared.takes.model)  # type: ignore[union-attr]  # it makes something
            login = Login(sent["username"], sent["password"])
            steps = [preparation(create, methods)]
            for each in (*self.reads(methods), *self.changes(methods, {}), *self.deletion(methods, {})):
                if each.name in ("Delete again", "Read a deleted one"):
                    steps.append(replace(each, status=401, problem="unauthenticated", login=login))
                else:
                    steps.append(replace(each, login=login if each.login == ACCOUNT else each.login))
            yield operation, steps
