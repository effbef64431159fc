"""The OpenAPI 3.1 document and the Postman collection of the toolbox by itself."""

from http import HTTPStatus
from typing import Any

from api.describe.endpoints import METHODS, WITH_BODY, Endpoint, endpoints
from api.rules.parameters import Number
from api.rules.problems import Problem
from api.web.application import BODILESS
from api.web.compat import JSON, answers_anywhere
from api.web.forms import URLENCODED

PROBLEM = "application/problem+json"
TEXT = {"type": "string"}
MAP = {"type": "object", "additionalProperties": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}}
# The members of answers in JSON.
MEMBERS: dict[str, Any] = {
    "args": MAP,
    "bytes_received": {"type": "integer"},
    "cookies": {"type": "object", "additionalProperties": TEXT},
    "data": TEXT,
    "env": {"type": "object"},
    "expires_in": {"type": "integer"},
    "files": MAP,
    "form": MAP,
    "headers": {"type": "object", "additionalProperties": TEXT},
    "json": {},
    "keys": {"type": "array", "items": {"type": "object"}},
    "origin": {"type": ["string", "null"]},
    "slideshow": {"type": "object"},
    "user-agent": {"type": ["string", "null"]},
    "uuid": {"type": "string", "format": "uuid"},
    **{name: {"type": "boolean"} for name in ("active", "authenticated", "brotli", "deflated", "gzipped", "zstd")},
}
# More statuses than these are one `default`.
FEW = 5
# Postman shows the bytes of this coding.
NOT_DECODED = ("/zstd",)


def document(app: Any, server: str) -> dict[str, Any]:
    """The document: every endpoint with its parameters and answers. `server` is the URL that paths are below."""
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for each in endpoints(app):
        tags.setdefault(each.resource.group)
        paths.setdefault(each.path, {})[each.method.lower()] = operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Touchstone: the toolbox",
            "version": "0.1.0",
            "summary": "The endpoints of httpbin, for tests of HTTP clients.",
            "license": {"name": "BSD 3-Clause License", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": server or "/"}],
        "tags": [{"name": name} for name in tags],
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "instance"],
                    "properties": dict.fromkeys(("type", "title", "detail", "instance"), TEXT)
                    | {"status": {"type": "integer"}},
                }
            }
        },
        "security": [],
    }


def operation(each: Endpoint) -> dict[str, Any]:
    """One operation."""
    found: dict[str, Any] = {
        "operationId": each.id,
        "tags": [each.resource.group],
        "summary": each.summary.rstrip("."),
        "parameters": [*path_parameters(each), *query_parameters(each)],
        "responses": responses(each),
    }
    if each.method in WITH_BODY:
        found["requestBody"] = {"content": {"*/*": {}}}
    return found


def path_parameters(each: Endpoint) -> list[dict[str, Any]]:
    """The parameters of the path."""
    known = each.parameters
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": known[name].schema() if name in known else TEXT,
            "example": number(known[name], each.value(name)) if name in known else each.value(name),
        }
        | ({"description": known[name].meaning} if name in known else {})
        for name in each.in_path
    ]


def query_parameters(each: Endpoint) -> list[dict[str, Any]]:
    """The parameters of the query."""
    return [
        {"name": name, "in": "query", "description": parameter.meaning, "schema": parameter.schema()}
        for name, parameter in each.parameters.items()
        if name not in each.in_path
    ]


def number(parameter: Any, text: str) -> Any:
    """The example of a parameter with the type of its schema."""
    return parameter.read(text) if isinstance(parameter, Number) else text


def responses(each: Endpoint) -> dict[str, Any]:
    """The answers by status."""
    declared = each.declared
    found: dict[str, Any] = {}
    if declared is None:
        return {"default": {"description": "Any answer."}}
    if declared.status < HTTPStatus.NOT_IMPLEMENTED:
        found[str(declared.status)] = {"description": phrase(declared.status), **content(each, declared.status)}
    for status in declared.also if len(declared.also) <= FEW else ():
        found[str(status)] = {"description": phrase(status), **content(each, status)}
    if len(declared.also) > FEW:
        found["default"] = {"description": "The status that was asked for."}
    for problem in (*declared.refuses, *answers_anywhere(each.resource)):
        found.setdefault(str(problem.status), refused(problem))
    return found


def refused(problem: type[Problem]) -> dict[str, Any]:
    """A refusal."""
    return {
        "description": f"{problem.title}.",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def content(each: Endpoint, status: int) -> dict[str, Any]:
    """The content of an answer: members of JSON, or a media type."""
    model = each.declared.model if each.declared else None
    if status in BODILESS or each.method == "HEAD" or model is None:
        return {}
    if isinstance(model, str):
        return {"content": {model: {}}} if 200 <= status < 300 else {}
    required = [name for name, always in each.members.items() if always]
    members = {name: MEMBERS.get(name, {}) for name in each.members}
    schema = {"type": "object", "required": required, "properties": members}
    return {"content": {JSON: {"schema": schema}}} if 200 <= status < 300 else {}


def phrase(status: int) -> str:
    """The phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "A status without a name"


def collection(app: Any, base_url: str) -> dict[str, Any]:
    """The Postman collection: a folder for each group, and in it a request for each endpoint, with a test."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for each in endpoints(app):
        if each.method in METHODS and each.method != "TRACE":  # Postman sends no TRACE
            folders.setdefault(each.resource.group, []).append(item(each))
    return {
        "info": {
            "_postman_id": "5d2ba3d0-0c4e-4f3e-9d1c-70c457011e02",
            "name": "Touchstone: the toolbox",
            "description": "A request for each endpoint of the toolbox, with a test of its status.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": [{"key": "httpbin_url", "value": base_url}],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def item(each: Endpoint) -> dict[str, Any]:
    """One request with its test."""
    path, _, _query = each.target.partition("?")
    status = each.status
    test = f"pm.test('{status}', () => pm.response.to.have.status({status}));"
    required = [name for name, always in each.members.items() if always]
    if required and each.method != "HEAD" and status == HTTPStatus.OK and each.route not in NOT_DECODED:
        test += f"\npm.test('members', () => pm.expect(pm.response.json()).to.include.all.keys({required}));"
    request: dict[str, Any] = {
        "method": each.method,
        "description": each.summary,
        "header": [{"key": name, "value": value} for name, value in each.resource.sends.items()],
        "url": {
            "raw": "{{httpbin_url}}" + each.target,
            "host": ["{{httpbin_url}}"],
            "path": path.strip("/").split("/") if path != "/" else [""],
            "query": [{"key": name, "value": value} for name, value in each.query.items()],
        },
    }
    if each.method in WITH_BODY:
        request["body"] = {"mode": "raw", "raw": each.resource.body}
        if "Content-Type" not in each.resource.sends:
            request["header"].append({"key": "Content-Type", "value": URLENCODED})  # as curl sends it
    return {
        "name": f"{each.method} {each.path}",
        "request": request,
        "response": [],
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": test.splitlines()}}],
        "protocolProfileBehavior": {"followRedirects": False, "disableBodyPruning": True, "disableCookies": True},
    }
