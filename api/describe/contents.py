"""The contents of requests and answers in the OpenAPI document, by media type."""

from typing import Any

from pydantic import BaseModel

from api.describe.operations import Operation
from api.describe.schemas import Schema, Schemas, name_in, uploaded, xml
from api.rules.media import HTML, JSON, JSON_V2
from api.web.parsers import RequestParser
from api.web.patching import JSON_PATCH, PatchParser
from api.web.representations import CSV, Renderer, as_xml, to_envelope, to_json


def request_body(operation: Operation, schemas: Schemas) -> dict[str, Any] | None:
    """The body that the method accepts, by media type; None if it accepts none."""
    takes = operation.declared.takes if operation.declared else None
    if takes is None or operation.method not in ("POST", "PUT", "PATCH"):
        return None
    return {"required": True, "content": {kind: {"schema": sent(takes, kind, schemas)} for kind in takes.media_types}}


def sent(takes: Any, kind: str, schemas: Schemas) -> Schema:
    """The schema of a body of this type."""
    if not isinstance(takes, RequestParser):
        return uploaded(kind)
    if isinstance(takes, PatchParser):
        return schemas.json_patch() if kind == JSON_PATCH else schemas.merge_patch(takes.model)
    model = schemas.of(takes.model)
    return schemas.sent_envelope(model) if kind == JSON_V2 else model


def contents(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    """The content of a successful answer, by the media types of the resource."""
    resource = operation.resource
    if resource.for_forms and not resource.offers:
        return {HTML: {"schema": {"type": "string"}}}
    if not resource.offers:
        return {"*/*": {"schema": {"description": "The content as it was sent."}}}
    data = answered(operation, schemas)
    known: dict[Renderer | None, Schema] = {
        to_json: data,
        as_xml: xml(resource.noun, description="Members are elements, and so is each `item` of a list."),
    }
    if to_envelope in resource.offers.values():
        known[to_envelope] = enveloped(operation, schemas)
    found = {}
    # Generated clients request JSON if it exists, and use the schema of the first type for the answer.
    kinds = (*resource.reads, *resource.streams) if operation.reads else resource.writes
    for kind in sorted(kinds, key=JSON.__ne__):
        if kind == HTML and not operation.reads:
            continue  # a change that asks for HTML is redirected to a page
        # Other types of JSON, and YAML, have the same data; in a schema everything else is text.
        other = data if kind.endswith(("/json", "+json", "yaml")) else {"type": "string"}
        found[kind.partition(";")[0]] = {"schema": known.get(resource.offers.get(kind), other)}
    return found


def answered(operation: Operation, schemas: Schemas) -> Schema:
    """The schema of the answer in JSON: one item, or a page of them."""
    item, part = shown(operation, schemas)
    if is_list(operation) and operation.resource.bare:
        return schemas.bare_list(item, operation.subject)
    if is_list(operation):
        members = operation.resource.page_members
        item = schemas.page(item, operation.subject, members)
        part = part and schemas.page(part, name_in(part), members)
    return schemas.either(item, part) if part else item


def enveloped(operation: Operation, schemas: Schemas) -> Schema:
    """The schema of the answer in version 2 of JSON."""
    item, part = shown(operation, schemas)
    data = schemas.either(item, part) if part else item
    if is_list(operation):
        return schemas.envelope(data, f"{operation.subject}Page", of_page=operation.resource.page_members)
    return schemas.envelope(data, name_in(data) if "$ref" in data else operation.subject)


def shown(operation: Operation, schemas: Schemas) -> tuple[Schema, Schema | None]:
    """The schema of one item, and of an item with only the members that `fields` selects (None without `fields`)."""
    model = operation.declared.model if operation.declared else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {"type": "object"}, None
    return schemas.of(model), schemas.part_of(model) if takes_fields(operation) else None


def is_list(operation: Operation) -> bool:
    """Whether it returns a page of a list."""
    return operation.reads and CSV in operation.resource.offers


def takes_fields(operation: Operation) -> bool:
    """Whether `fields` may leave members out of the answer."""
    asks = operation.declared.asks if operation.declared else None
    return asks is not None and "fields" in asks.json_schema()["properties"]
