"""The OpenAPI 3.1 document of the whole server, generated from the resources."""

import re
from http import HTTPStatus
from typing import Any

from api.describe import fields
from api.describe.choices import objects, tidy_choices
from api.describe.contents import contents, request_body
from api.describe.examples import add_examples
from api.describe.operations import Operation, module_words, operations
from api.describe.parameters import (
    PARAMETERS,
    header_parameters,
    narrowed_parameters,
    path_parameters,
    query_parameters,
)
from api.describe.schemas import PLACE, Schemas, xml
from api.describe.walk import bodies
from api.rules.media import HTML, PROBLEM_JSON, PROBLEM_XML
from api.rules.problems import Problem, catalogue
from api.web.declared import COMMON

VERSION = "0.1.0"
ANYBODY: list[dict[str, list[str]]] = [{}, {"basic": []}, {"bearer": []}]
SIGNED_IN: list[dict[str, list[str]]] = [{"basic": []}, {"bearer": []}]
SCHEMES = {
    "basic": {"type": "http", "scheme": "basic", "description": "User name and password (RFC 7617)."},
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from `POST /tokens`, limited by its scopes (RFC 6750).",
    },
}
WITHOUT_CONTENT = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED)
# Methods with their own components for refusals: those of HEAD have no content, and OPTIONS ignores header fields.
APART = ("HEAD", "OPTIONS")
ASKED_FOR = {"about:blank": "The requested status"}
# Refusals of the front, before the application gets the request.
BEFORE = ("request-timeout", "uri-too-long", "header-fields-too-large", "malformed-body", "invalid-host")


def document(app: Any, public_url: str = "") -> dict[str, Any]:
    """The document: every path, method, parameter, body, answer and refusal of a Flask app.

    `public_url` is the public URL of the server; empty: the URL that the document came from.
    """
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, str] = {}
    answers: dict[str, Any] = {}
    for operation in operations(app):
        tags.setdefault(operation.tag, module_words(operation.resource))
        item = paths.setdefault(operation.path, {"parameters": path_parameters(operation)})
        item[operation.method.lower()] = described(operation, schemas, answers)
    for item in paths.values():
        if not item["parameters"]:
            del item["parameters"]
    link_creates(paths)
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Touchstone",
            "version": VERSION,
            "summary": "A REST API server with an exact HTTP contract.",
            "description": "Real resources to test REST clients, Postman collections and integration tests.",
            "contact": {"name": "The operator of this server"},
            "license": {"name": "BSD 3-Clause License", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": public_url or "/"}],
        "tags": [{"name": name, "description": words} for name, words in sorted(tags.items())],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": dict(sorted(answers.items())),
            "headers": fields.HEADERS,
            "parameters": PARAMETERS,
            "securitySchemes": SCHEMES,
        },
        "security": ANYBODY,
    }
    tidy_choices(found)
    drop_unused(found["components"]["schemas"], found["paths"], found["components"]["responses"])
    add_examples(found, bodies(app))
    return found


def drop_unused(schemas: dict[str, Any], *users: Any) -> None:
    """Delete the schemas that nothing refers to, such as a model of which only a patch is published."""
    used: set[str] = set()
    pending = list(users)
    while pending:
        for each in objects(pending.pop()):
            name = str(each.get("$ref", "")).removeprefix(PLACE)
            if name in schemas and name not in used:
                used.add(name)
                pending.append(schemas[name])
    for name in schemas.keys() - used:
        del schemas[name]


def as_yaml(found: dict[str, Any]) -> bytes:
    """The document in YAML (RFC 9512)."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes repeated values in full, because some readers refuse YAML aliases."""

        def ignore_aliases(self, data: Any) -> bool:
            """Return True for every value."""
            return True

    text: bytes = yaml.dump(found, Dumper=Dumper, encoding="utf-8", allow_unicode=True, sort_keys=False)
    return text


def described(operation: Operation, schemas: Schemas, answers: dict[str, Any]) -> dict[str, Any]:
    """One operation: its parameters, its body, and all its possible answers."""
    found: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary.rstrip("."),
        "description": operation.summary,
    }
    if operation.needs_account:
        found["security"] = SIGNED_IN
    parameters = [
        *narrowed_parameters(operation, schemas),
        *query_parameters(operation, schemas),
        *header_parameters(operation),
    ]
    if parameters:
        found["parameters"] = parameters
    if body := request_body(operation, schemas):
        found["requestBody"] = body
    found["responses"] = {**successes(operation, schemas), **refusals(operation, answers)}
    return found


def successes(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    """The answers that are not refusals, by status."""
    declared = operation.declared
    if declared is None:
        return {"204": {"description": "The allowed methods.", "headers": fields.headers_of(operation, 204)}}
    found: dict[str, Any] = {}
    for status in (declared.status, *declared.also):
        leads_on = status == HTTPStatus.SEE_OTHER and operation.resource.for_forms
        content = {} if leads_on or status in WITHOUT_CONTENT else contents(operation, schemas)
        found[str(status)] = answer(operation, status, content)
    if operation.may_be_unchanged:
        found["304"] = answer(operation, HTTPStatus.NOT_MODIFIED, {})
    if operation.resource.prefers and operation.method in ("PUT", "PATCH") and declared.status == HTTPStatus.OK:
        found["204"] = answer(operation, HTTPStatus.NO_CONTENT, {})
    return found


def answer(operation: Operation, status: int, content: dict[str, Any]) -> dict[str, Any]:
    """One answer: its fields, and its content by media type; HEAD has none."""
    found: dict[str, Any] = {"description": fields.MEANINGS.get(status, HTTPStatus(status).phrase)}
    found["headers"] = fields.headers_of(operation, status)
    if content and operation.method != "HEAD":
        found["content"] = content
    return found


def refusals(operation: Operation, answers: dict[str, Any]) -> dict[str, Any]:
    """Every refusal, by status, as references to `answers`: those of the method, and those common to all routes."""
    by_status: dict[int, dict[str, str]] = {}
    own: dict[int, list[str]] = {}
    for slug, problem in catalogue().items():
        if problem in operation.refuses or (slug in (*COMMON, *BEFORE) and may_come(operation, slug)):
            by_status.setdefault(problem.status, {})[slug] = problem.title
            if slug not in (*COMMON, *BEFORE):
                own.setdefault(problem.status, []).append(slug)
    found = {}
    for status, problems in sorted(by_status.items()):
        words = [word.capitalize() for slug in own.get(status, []) for word in slug.split("-")]
        name = f"Refused{status}{''.join(words)}{operation.method.title() if operation.method in APART else ''}"
        answers.setdefault(name, refusal(operation, status, problems))
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    if any(not hasattr(problem, "status") for problem in operation.refuses):
        # The status is the requested one, or that of any problem. Not `4XX`, because Specmatic refuses that.
        description = {"/problems": "Any problem of the resource"} if Problem in operation.refuses else ASKED_FOR
        found["default"] = refusal(operation, 0, description)
    return found


def may_come(operation: Operation, slug: str) -> bool:
    """Whether this operation can answer with a common problem."""
    match slug:
        case "not-found":
            return bool(operation.parameters)
        case "precondition-failed":
            return operation.takes_conditions
        case "precondition-required":
            return operation.takes_conditions and operation.method in ("PUT", "PATCH", "DELETE")
        case "method-not-allowed":
            return False
        case "insufficient-storage":  # in a space that is full
            stores = operation.takes_key or operation.needs_account
            return stores and operation.resource.in_spaces and operation.method in ("POST", "PUT", "PATCH")
        case "not-acceptable":
            declared = operation.declared
            if declared is None or declared.status in (HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER):
                return False
            return bool(operation.resource.offers)
        case "rate-limited" | "unauthenticated" | "invalid-token":
            return operation.method != "OPTIONS" and not operation.resource.for_probes
        case "invalid-parameter" | "invalid-header":
            return operation.method != "OPTIONS"
    return True


def refusal(operation: Operation, status: int, problems: dict[str, str]) -> dict[str, Any]:
    """The answer for the problems of one status; `problems` has their titles by slug."""
    found: dict[str, Any] = {
        "description": "; ".join(f"`{slug}`: {title}" for slug, title in sorted(problems.items())) + ".",
        "headers": fields.headers_of(operation, status),
    }
    if operation.method != "HEAD":
        found["content"] = {
            PROBLEM_JSON: {"schema": {"$ref": PLACE + "Problem"}},
            PROBLEM_XML: {"schema": xml("problem")},
            HTML: {"schema": {"type": "string"}},
        }
    return found


def link_creates(paths: dict[str, dict[str, Any]]) -> None:
    """Link each create to the operations that read, change and delete the new resource, by the id in its answer."""
    for path, item in list(paths.items()):
        for target, other in paths.items():
            name = re.fullmatch(re.escape(path) + r"/\{([^{}/]+)\}", target)
            created = item.get("post", {}).get("responses", {}).get("201")
            if created and name:
                created["links"] = {
                    other[method]["operationId"]: {
                        "operationId": other[method]["operationId"],
                        "parameters": {name[1]: "$response.body#/id"},
                    }
                    for method in ("get", "put", "patch", "delete")
                    if method in other
                }
