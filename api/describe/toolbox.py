"""The OpenAPI 3.1 document and the Postman collection of the toolbox by itself."""

from http import HTTPStatus
from typing import Any

from api.describe.endpoints import METHODS, WITH_BODY, Endpoint, endpoints
from api.rules.form_data import MULTIPART
from api.rules.parameters import Number, Parameter, Text
from api.rules.problems import (
    HeaderFieldsTooLarge,
    InternalError,
    InvalidHeader,
    InvalidHost,
    InvalidParameter,
    MalformedBody,
    NotFound,
    NotImplementedHere,
    Problem,
    RequestTimeout,
    Unavailable,
    UriTooLong,
)
from api.web.application import BODILESS
from api.web.compat import JSON, answers_anywhere
from api.web.forms import URLENCODED

PROBLEM = "application/problem+json"
PROBLEM_XML = "application/problem+xml"
# Refusals that any endpoint may have: of the server below, and of the target, the method and the fields.
ANYWHERE = (
    *(HeaderFieldsTooLarge, InternalError, InvalidHeader, InvalidHost, InvalidParameter, MalformedBody),
    *(NotImplementedHere, RequestTimeout, Unavailable, UriTooLong),
)
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
    answers: dict[str, Any] = {}
    for each in endpoints(app):
        tags.setdefault(each.resource.group)
        paths.setdefault(each.path, {})[each.method.lower()] = operation(each, app.services.settings, answers)
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
            },
            "responses": dict(sorted(answers.items())),
        },
        "security": [],
    }


def operation(each: Endpoint, settings: Any, answers: dict[str, Any]) -> dict[str, Any]:
    """One operation. `settings` may narrow its parameters; its refusals are added to `answers`."""
    found: dict[str, Any] = {
        "operationId": each.id,
        "tags": [each.resource.group],
        "summary": each.summary.rstrip("."),
        "parameters": [*path_parameters(each, settings), *query_parameters(each, settings)],
        "responses": responses(each, answers),
    }
    if each.method in WITH_BODY:
        found["requestBody"] = form(each) if each.fields else {"content": {"*/*": {}}}
    return found


def form(each: Endpoint) -> dict[str, Any]:
    """The body of an operation that reads a form."""
    required = [field.name for field in each.fields if is_required(field)]
    fields = {field.name: {"description": field.meaning, **unbounded(field.schema())} for field in each.fields}
    schema: dict[str, Any] = {"type": "object", "properties": fields} | ({"required": required} if required else {})
    if each.resource.once:
        schema["additionalProperties"] = TEXT
    # A part has a name (RFC 7578 §4.2).
    schemas = {MULTIPART: {**schema, "propertyNames": {"minLength": 1}}}
    return {
        "required": bool(required),
        "content": {media_type: {"schema": schemas.get(media_type, schema)} for media_type in each.resource.forms},
    }


def unbounded(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a text without a bound of its length: for a form, only the size of the body counts."""
    return {name: value for name, value in schema.items() if name != "maxLength"}


def is_required(parameter: Parameter) -> bool:
    """Whether a method refuses that a parameter is absent."""
    return isinstance(parameter, Text) and parameter.required


def path_parameters(each: Endpoint, settings: Any) -> list[dict[str, Any]]:
    """The parameters of the path."""
    known = {name: parameter.within(settings) for name, parameter in each.parameters.items()}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": not_empty(known[name].schema() if name in known else TEXT),
            "example": number(known[name], each.value(name)) if name in known else each.value(name),
        }
        | ({"description": known[name].meaning} if name in known else {})
        for name in each.in_path
    ]


def not_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a part of a path, which has at least one character."""
    return {**schema, "minLength": 1} if schema["type"] == "string" and "enum" not in schema else schema


def query_parameters(each: Endpoint, settings: Any) -> list[dict[str, Any]]:
    """The parameters of the query."""
    return [
        {
            "name": name,
            "in": "query",
            "description": parameter.meaning,
            "required": is_required(parameter),
            "schema": parameter.within(settings).schema(),
        }
        for name, parameter in each.parameters.items()
        if name not in each.in_path
    ]


def number(parameter: Any, text: str) -> Any:
    """The example of a parameter with the type of its schema."""
    return parameter.read(text) if isinstance(parameter, Number) else text


def responses(each: Endpoint, answers: dict[str, Any]) -> dict[str, Any]:
    """The answers by status; the refusals are references to `answers`."""
    declared = each.declared
    found: dict[str, Any] = {}
    if declared is None:
        return {"default": {"description": "Any answer."}}
    if declared.status < HTTPStatus.NOT_IMPLEMENTED:
        found[str(declared.status)] = {"description": f"{phrase(declared.status)}.", **content(each, declared.status)}
    for status in declared.also if len(declared.also) <= FEW else ():
        found[str(status)] = {"description": f"{phrase(status)}.", **content(each, status)}
    if len(declared.also) > FEW:
        found["default"] = {"description": "The status that was asked for."}
    own = (*declared.refuses, *answers_anywhere(each.resource))
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in dict.fromkeys((*own, *ANYWHERE, *((NotFound,) if each.in_path else ()))):
        by_status.setdefault(problem.status, []).append(problem)
    for status, problems in sorted(by_status.items()):
        words = "; ".join(sorted(f"`{problem.slug}`: {problem.title}" for problem in problems))
        if status in declared.also:  # content that is a problem, or is not
            found[str(status)] = {"description": f"{phrase(status)}; or {words}."}
            continue
        name = f"Refused{status}" + "".join(problem.__name__ for problem in problems if problem not in ANYWHERE)
        answers.setdefault(name, refused(status, words))
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return found


def refused(status: int, words: str) -> dict[str, Any]:
    """A refusal."""
    if status in (UriTooLong.status, HeaderFieldsTooLarge.status):  # without content if the server below refuses first
        return {"description": f"{words}."}
    return {
        "description": f"{words}.",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}, PROBLEM_XML: {}},
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
