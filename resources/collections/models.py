"""Models of documents: pydantic's, but made from a JSON Schema at run time."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from api.rules.json_schema import inlined
from api.rules.own_data import Collection
from api.rules.schema_faults import checking

Schema = dict[str, Any]
Fault = tuple[tuple[str | int, ...], str, str]


class DocumentModel(BaseModel):
    """The base of models of documents. A valid one is the same dict.

    `published` is the JSON Schema for descriptions and forms, `names` its members. `check` returns the faults of a
    document: path, code, sentence.
    """

    published: ClassVar[Schema] = {"type": "object"}
    names: ClassVar[list[str]] = []
    check: ClassVar[Callable[[Any], list[Fault]]] = staticmethod(lambda _: [])

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the check of a document."""
        return core_schema.no_info_plain_validator_function(cls._checked)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """Return the published schema."""
        return cls.published

    @classmethod
    def _checked(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            raise PydanticCustomError("model_type", "This must be an object.")
        if wrong := cls.check(content):
            raise ValidationError.from_exception_data(
                cls.__name__,
                [
                    InitErrorDetails(type=PydanticCustomError(code, "{text}", {"text": text}), loc=path, input=None)
                    for path, code, text in wrong
                ],
            )
        return content


def document_model(name: str, published: Schema, check: Callable[[Any], list[Fault]] | None = None) -> Any:
    """Return a model with this name, for parsers and declarations."""
    values: dict[str, Any] = {
        "published": published,
        "names": [*published.get("properties", {})],
        "__doc__": "A document.",
    }
    if check:
        values["check"] = staticmethod(check)
    made: Any = type(DocumentModel)  # the metaclass of pydantic
    return made(name, (DocumentModel,), {**values, "__module__": __name__})


def sent_model(collection: Collection, name: str, known: Sequence[str], id_member: str) -> Any:
    """The model of a document in a request; `known` are the members whose values come from the path.

    Only a schema that was given is checked. An inferred one tells what the documents have, and not what they must have.
    """
    schema = inlined(collection.schema)
    schema["properties"] = {
        member: each
        for member, each in schema.get("properties", {}).items()
        if member not in known and (collection.given or member != id_member)
    }
    schema["required"] = [
        each for each in schema.get("required", ()) if each != id_member and each not in known and collection.given
    ]
    if not schema["required"]:
        del schema["required"]
    if not collection.given:
        return document_model(name, schema)
    faults = checking(collection.schema)

    def check(content: Any) -> list[Fault]:
        # The id is that of the path, or one that the server is going to give.
        absent = {((member,), "missing") for member in (id_member, *known)}
        return [each for each in faults(content) if each[:2] not in absent]

    return document_model(name, schema, check)


def shown_model(collection: Collection, name: str, id_member: str) -> Any:
    """The model of a document in an answer. Of an inferred schema, only the id must be there."""
    schema = {"type": "object", **inlined(collection.schema)}
    if not collection.given:
        schema["required"] = [
            each for each in schema.get("required", ()) if each == id_member and not collection.single
        ]
    return document_model(name, schema)
