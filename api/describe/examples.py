"""Examples: answers of the server, recorded by `make docs` from a run of the Postman collection."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from api.rules.media import PROBLEM_JSON, XML

RECORDED = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Example:
    """One answer: `status`, header `fields`, and `body` as text (None: no body, or too long for an example)."""

    step: str
    status: int
    fields: Mapping[str, str]
    body: str | None

    @property
    def operation_id(self) -> str:
        """The operation of the answer."""
        return self.step.partition(".")[0]

    @property
    def name(self) -> str:
        """The name of the step."""
        return self.step.partition(".")[2]

    @property
    def media_type(self) -> str:
        """The media type of the content; empty without content."""
        return self.fields.get("Content-Type", "").partition(";")[0]

    @property
    def value(self) -> Any:
        """The body for a document: parsed JSON, anything else (a part of JSON too) as text."""
        is_json = self.media_type.endswith(("/json", "+json")) and self.status != HTTPStatus.PARTIAL_CONTENT
        return orjson.loads(self.body) if self.body and is_json else self.body


@cache
def examples() -> dict[str, Example]:
    """Every recorded answer, by the id of its step."""
    recorded = orjson.loads(RECORDED.read_bytes()) if RECORDED.exists() else {}
    return {step: Example(step, **answer) for step, answer in recorded.items()}


def add_examples(document: dict[str, Any], sent: Mapping[str, tuple[str, Any]]) -> None:
    """Add the recorded examples to the answers of an OpenAPI document, and the request bodies in `sent`.

    `sent` has the media type and the value of a body, by operation id.
    """
    operations = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    for operation_id, (media_type, value) in sent.items():
        content = operations[operation_id]["requestBody"]["content"]
        if media_type in content:
            content[media_type].setdefault("example", value)
    for example in examples().values():
        if example.body is None or example.operation_id not in operations:
            continue
        answers = operations[example.operation_id]["responses"]
        answer = answers.get(str(example.status))
        if answer is None:
            continue
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        for content in content_of(answer, example):
            if example.media_type == XML:
                # Specmatic checks `examples` against the schema, and would read this one as the text of the root.
                content.setdefault("example", example.value)
            elif example.media_type == PROBLEM_JSON:
                slug = example.value["type"].rpartition("/")[2]
                content.setdefault("examples", {}).setdefault(slug, {"value": example.value})
            else:
                content.setdefault("examples", {}).setdefault(example.name, {"value": example.value})


def content_of(answer: dict[str, Any], example: Example) -> Iterator[dict[str, Any]]:
    """The content that the example belongs to: its media type, or `*/*`."""
    content = answer.get("content", {})
    for kind in (example.media_type, "*/*"):
        if kind in content:
            yield content[kind]
            return
