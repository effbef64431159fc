"""The conformance collection for Postman (format 2.1), the environment of both collections, and their parts.

https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from api.describe.examples import Example
from api.describe.operations import module_words
from api.describe.schemas import PLACE, Schemas, bare_page, page
from api.describe.scripts import ONCE_A_RUN, after_each, script
from api.describe.steps import ACCOUNT, NOBODY, Login, Step
from api.describe.walk import walk

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
Item = dict[str, Any]
# Parts of a JSON Schema that do not change what it accepts.
REMARKS = {"title", "description", "default", "examples", "readOnly", "writeOnly"}


def collection(app: Any, base_url: str) -> Item:
    """The conformance run: a folder for each endpoint, which creates what it needs and deletes it."""
    shapes = Shapes()
    folders = []
    for endpoint, steps in walk(app):
        items = [item(each, shapes) for each in steps]
        folders.append({"name": endpoint.path, "description": module_words(endpoint.resource), "item": items})
    return {
        "info": {
            "_postman_id": "5d2ba3d0-0c4e-4f3e-9d1c-70c457011e00",
            "name": "Touchstone: conformance",
            "description": (
                "Every request of the API, with tests. Run it whole, or one folder, as often as you like. "
                "Each folder deletes what it creates. To learn the API, start with the tour, `/postman/tour.json`."
            ),
            "schema": SCHEMA,
        },
        "auth": auth_of(ACCOUNT),
        "event": [event("prerequest", ONCE_A_RUN), event("test", after_each(shapes.problem()))],
        "variable": [{"key": "base_url", "value": base_url}],
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
    """The JSON Schemas of the answers, in the form of Postman's validator (JSON Schema draft 7)."""

    def __init__(self) -> None:
        self.schemas = Schemas()

    def problem(self) -> Any:
        """The schema of problems."""
        return self.flat(self.schemas.components["Problem"])

    def of(self, each: Step) -> tuple[str, Any] | None:
        """The name and the schema of a step's answer; None unless that is a model in JSON."""
        if each.operation.method == "HEAD" or each.problem or each.model is None:
            return None
        one, name = self.schemas.of(each.model), each.model.__name__
        if not each.of_list:
            return name, self.flat(one)
        resource = each.operation.resource
        return f"ListOf{name}", self.flat(bare_page(one) if resource.bare else page(one, resource.page_members))

    def flat(self, schema: Any) -> Any:
        """A schema without references and remarks."""
        if isinstance(schema, list):
            return [self.flat(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self.flat(self.schemas.components[schema["$ref"].removeprefix(PLACE)])
        return {
            # The members of `properties` are names: a `title` there is no remark.
            name: {key: self.flat(each) for key, each in value.items()} if name == "properties" else self.flat(value)
            for name, value in schema.items()
            if name not in REMARKS
        }


def item(each: Step, shapes: Shapes) -> Item:
    """One request with its tests."""
    operation = each.operation
    words = operation.path.strip("/").split("/")
    sent = request(
        operation.method,
        [f":{word[1:-1]}" if word.startswith("{") else word for word in words],
        description=operation.summary,
        variables=each.path,
        query=each.query,
        fields=each.fields,
        body=each.body,
        login=each.login,
    )
    return {
        "id": each.id,
        "name": f"{each.name}: {operation.method} {operation.path}",
        "request": sent,
        "response": [],
        "event": [event("test", script(each, shapes.of(each)))],
        # Do not follow redirects, because tests check them too; send a body with every method.
        "protocolProfileBehavior": {"followRedirects": False, "disableBodyPruning": True},
    }


Values = Mapping[str, str]
NONE: Values = MappingProxyType({})


def request(
    method: str,
    path: list[str],
    *,
    description: str,
    query: Values = NONE,
    variables: Values = NONE,
    fields: Values = NONE,
    body: str = "",
    login: Login = ACCOUNT,
) -> Item:
    """A request; `variables` has the values of the `:words` of its path. `login` is the collection's by default."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    url: Item = {
        "raw": "{{base_url}}/" + "/".join(path) + (f"?{asked}" if asked else ""),
        "host": ["{{base_url}}"],
        "path": path,
    }
    if query:
        url["query"] = [{"key": name, "value": value} for name, value in query.items()]
    if variables:
        url["variable"] = [{"key": name, "value": value} for name, value in variables.items()]
    found: Item = {
        "method": method,
        "header": [{"key": name, "value": value} for name, value in fields.items()],
        "url": url,
        "description": description,
    }
    if login != ACCOUNT:
        found["auth"] = auth_of(login)
    if body:
        shown_as = {"raw": {"language": language(fields.get("Content-Type", ""))}}
        found["body"] = {"mode": "raw", "raw": body, "options": shown_as}
    return found


def answer(request: Item, example: Example) -> Item:
    """The recorded answer to a request, in Postman's form."""
    phrase = HTTPStatus(example.status).phrase
    return {
        "id": f"{example.step}.{example.status}",
        "name": f"{example.status} {phrase}",
        "originalRequest": {name: value for name, value in request.items() if name != "description"},
        "status": phrase,
        "code": example.status,
        "_postman_previewlanguage": language(example.media_type),
        "header": [{"key": name, "value": value} for name, value in example.fields.items()],
        "cookie": [],
        "body": example.body or "",
    }


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
