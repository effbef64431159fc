"""The Postman collection (format 2.1) and its environment: the walk through the API, with tests for each request.

https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from api.describe.examples import Example, examples
from api.describe.operations import module_words, operations
from api.describe.schemas import PLACE, Schemas, page
from api.describe.scripts import FOR_ALL, ONCE_A_RUN, quoted, script
from api.describe.steps import ACCOUNT, NOBODY, Login, Step
from api.describe.walk import walk

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
Item = dict[str, Any]
# Steps whose request also shows examples of other statuses.
PLAINEST = ("Create", "Read", "Replace", "Change", "Delete")


def collection(app: Any, base_url: str) -> Item:
    """The collection: a folder for each resource with its requests, in an order that works repeatedly."""
    shapes = Shapes()
    folders = []
    words = {operation.tag: module_words(operation.resource) for operation in operations(app)}
    walked = list(walk(app))
    by_id = {each.id: each for _, steps in walked for each in steps}
    for tag, steps in walked:
        folders.append({"name": tag, "description": words[tag], "item": [item(each, shapes, by_id) for each in steps]})
    return {
        "info": {
            "_postman_id": "5d2ba3d0-0c4e-4f3e-9d1c-70c457011e00",
            "name": "Touchstone",
            "description": "Every request of the API, with tests. Run it in order, as often as you like.",
            "schema": SCHEMA,
        },
        "auth": auth_of(ACCOUNT),
        "event": [event("prerequest", ONCE_A_RUN), event("test", FOR_ALL)],
        "variable": [
            {"key": "base_url", "value": base_url},
            *({"key": name, "value": quoted(shape)} for name, shape in sorted(shapes.named.items())),
        ],
        "item": folders,
    }


# The accounts of a development server. For other servers, enter an administrator and another user.
DEVELOPMENT = (Login("admin", "secret"), Login("john", "john"))


def environment(base_url: str, *, development: bool) -> Item:
    """The environment: the URL of the server, and the two accounts for the collection."""
    account, other = DEVELOPMENT if development else (NOBODY, NOBODY)
    values = {
        "base_url": base_url,
        "username": account.username,
        "password": account.password,
        "other_username": other.username,
        "other_password": other.password,
    }
    return {
        "id": "f3f2a9a4-6f0b-4a39-8f5e-70c457011e01",
        "name": "Touchstone",
        "values": [
            {"key": name, "value": value, "type": "secret" if "password" in name else "default", "enabled": True}
            for name, value in values.items()
        ],
        "_postman_variable_scope": "environment",
    }


class Shapes:
    """The JSON Schemas of the answers, by the names of their variables, without duplicates."""

    def __init__(self) -> None:
        self.schemas = Schemas()
        self.named: dict[str, Any] = {}

    def of(self, each: Step) -> str | None:
        """The variable with the schema of a step's answer; None unless that is a problem, or a model in JSON."""
        if each.operation.method == "HEAD" or not (each.problem or each.model):
            return None
        if each.problem or each.model is None:
            name, schema = "Problem", self.schemas.components["Problem"]
        else:
            one = self.schemas.of(each.model)
            name = f"ListOf{each.model.__name__}" if each.of_list else each.model.__name__
            schema = page(one) if each.of_list else one
        self.named.setdefault(name, self.flat(schema))
        return name

    def flat(self, schema: Any) -> Any:
        """A schema with references resolved, for Postman's validator (JSON Schema draft 7)."""
        if isinstance(schema, list):
            return [self.flat(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self.flat(self.schemas.components[schema["$ref"].removeprefix(PLACE)])
        return {name: self.flat(value) for name, value in schema.items()}


def item(each: Step, shapes: Shapes, by_id: Mapping[str, Step]) -> Item:
    """One request with its tests."""
    return {
        "id": each.id,
        "name": each.name,
        "request": request(each),
        "response": [answer(by_id[example.step], example) for example in answers(each) if example.step in by_id],
        "event": [event("test", script(each, shapes.of(each)))],
        # Do not follow redirects, because tests check them too; send a body with every method.
        "protocolProfileBehavior": {"followRedirects": False, "disableBodyPruning": True},
    }


def answers(each: Step) -> list[Example]:
    """The recorded answer of a request; for the simplest requests one for each status."""
    known = examples()
    found = {known[each.id].status: known[each.id]} if each.id in known else {}
    if found and each.name in PLAINEST:
        for example in known.values():
            if example.operation_id == each.operation.id:
                found.setdefault(example.status, example)
    return [found[status] for status in sorted(found)]


def answer(each: Step, example: Example) -> Item:
    """The recorded answer of a step, in Postman's form."""
    return {
        "id": f"{each.id}.{example.status}",
        "name": f"{example.status} {HTTPStatus(example.status).phrase}: {each.name}",
        "originalRequest": request(each),
        "status": HTTPStatus(example.status).phrase,
        "code": example.status,
        "_postman_previewlanguage": language(example.media_type),
        "header": [{"key": name, "value": value} for name, value in example.fields.items()],
        "cookie": [],
        "body": example.body or "",
    }


def request(each: Step) -> Item:
    """The request: method, fields, URL with its variables, body, and its login if it is not the collection's."""
    operation = each.operation
    path = [f":{word[1:-1]}" if word.startswith("{") else word for word in operation.path.strip("/").split("/")]
    query = "&".join(f"{name}={value}" for name, value in each.query.items())
    url: Item = {
        "raw": "{{base_url}}/" + "/".join(path) + (f"?{query}" if query else ""),
        "host": ["{{base_url}}"],
        "path": path,
    }
    if each.query:
        url["query"] = [{"key": name, "value": value} for name, value in each.query.items()]
    if each.path:
        url["variable"] = [{"key": name, "value": value} for name, value in each.path.items()]
    found: Item = {
        "method": operation.method,
        "header": [{"key": name, "value": value} for name, value in each.fields.items()],
        "url": url,
        "description": operation.summary,
    }
    if each.login != ACCOUNT:
        found["auth"] = auth_of(each.login)
    if each.body:
        shown_as = {"raw": {"language": language(each.fields.get("Content-Type", ""))}}
        found["body"] = {"mode": "raw", "raw": each.body, "options": shown_as}
    return found


def language(media_type: str) -> str:
    """The language of a body for Postman's highlighting."""
    return next((name for name in ("json", "xml", "html") if media_type.endswith(name)), "text")


def auth_of(login: Login) -> Item:
    """The authentication of a request."""
    if login.token:
        return {"type": "bearer", "bearer": [{"key": "token", "value": login.token, "type": "string"}]}
    if not login.username:
        return {"type": "noauth"}
    values = {"username": login.username, "password": login.password}
    return {
        "type": "basic",
        "basic": [{"key": name, "value": value, "type": "string"} for name, value in values.items()],
    }


def event(listen: str, text: str) -> Item:
    """A script that runs before a request or after its answer."""
    return {"listen": listen, "script": {"type": "text/javascript", "exec": text.splitlines()}}
