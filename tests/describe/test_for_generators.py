"""The document has no constructs that generators of clients or tests cannot read. `tests/clients/` runs them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.describe.documents import operations, resolved


def schemas_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a content, a parameter or a component, with its place."""
    yield from document["components"]["schemas"].items()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        for each in operation.get("parameters", ()):
            yield where, resolved(document, each)["schema"]
        for each in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, content in resolved(document, each).get("content", {}).items():
                yield f"{where} {kind}", content["schema"]


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a schema."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(inner, dict):
            yield inner
        yield from within(inner)


def test_no_choice_with_a_default_is_inline(document: dict[str, Any]) -> None:
    """For Go, openapi-generator turns such a default into a name that the code does not declare."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            assert not {"enum", "default"} <= each.keys(), (where, each)


def test_no_two_choices_that_are_components_share_a_value(document: dict[str, Any]) -> None:
    """For Go, openapi-generator names their constants by the values alone."""
    choices = [each["enum"] for each in document["components"]["schemas"].values() if "enum" in each]
    values = [value for each in choices for value in each]
    assert len(values) == len(set(values))


def test_no_constant_is_true_or_false(document: dict[str, Any]) -> None:
    """openapi-generator reads it as text, and its Python client refused the answer to `GET /`."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            assert not isinstance(each.get("const"), bool), (where, each)


def test_each_object_with_members_has_a_name(document: dict[str, Any]) -> None:
    """Names that generators make up change when paths change."""
    for where, schema in schemas_of(document):
        is_component = where in document["components"]["schemas"]
        inline = [each for each in ([] if is_component else [schema]) + list(within(schema)) if "properties" in each]
        assert [each for each in inline if each.get("type") == "object"] == [], where


def test_a_page_has_items_of_what_is_listed(document: dict[str, Any]) -> None:
    schema = document["paths"]["/articles"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole, part = resolved(document, schema)["anyOf"]
    place = "#/components/schemas/"
    assert (whole, part) == ({"$ref": f"{place}ArticlePage"}, {"$ref": f"{place}ArticleFieldsPage"})
    assert resolved(document, whole)["properties"]["items"]["items"] == {"$ref": f"{place}ArticleOut"}
    assert resolved(document, part)["properties"]["items"]["items"] == {"$ref": f"{place}ArticleFields"}


def test_xml_declares_the_name_of_its_root(anonymous: httpx.Client, document: dict[str, Any]) -> None:
    """Specmatic refuses a document without it."""
    contents = 0
    for where, schema in schemas_of(document):
        if where.endswith("xml"):
            contents += 1
            assert schema["xml"]["name"], where
    assert contents
    for path, name in (("/", "home"), ("/articles/1", "article"), ("/articles", "article")):
        operation = document["paths"][path.replace("1", "{article_id}")]["get"]
        assert operation["responses"]["200"]["content"]["application/xml"]["schema"]["xml"] == {"name": name}
        assert f"<{name} " in anonymous.get(path, headers={"Accept": "application/xml"}).text


def test_xml_has_one_example_and_no_list_of_them(document: dict[str, Any]) -> None:
    """Specmatic checks `examples` against the schema, and reads one as the text of the root element."""
    given = set()
    for path, method, operation in operations(document):
        for response in operation["responses"].values():
            content = resolved(document, response).get("content", {}).get("application/xml", {})
            assert "examples" not in content, (path, method)
            given |= {path} if "example" in content else set()
    assert {"/", "/echo", "/articles", "/articles/{article_id}"} <= given


def test_no_status_is_a_range(document: dict[str, Any]) -> None:
    """Specmatic refuses `4XX`."""
    for path, method, operation in operations(document):
        for status in operation["responses"]:
            assert re.fullmatch("[1-5][0-9][0-9]|default", status), (path, method, status)


def test_patterns_have_quotes_only_in_brackets(document: dict[str, Any]) -> None:
    """Specmatic's reader of patterns takes a plain quote as the start of a string."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            if isinstance(pattern := each.get("pattern"), str):
                assert '"' not in re.sub(r"\[(?:\\.|[^\]\\])*\]", "", pattern), (where, pattern)


def test_every_answer_with_several_types_has_json(admin: httpx.Client, document: dict[str, Any]) -> None:
    """Generated clients request the first JSON type of an operation, and refusals have one."""
    for path, method, operation in operations(document):
        answer = operation["responses"].get("200", {}) if method == "get" else {}
        kinds = [kind for kind in resolved(document, answer).get("content", {}) if kind not in ("*/*", "text/html")]
        # They also use the schema of the first type for the answer.
        assert all(kind.endswith(("/json", "+json")) for kind in kinds[:1]), path
    for path in ("/metrics", "/openapi.yaml"):
        assert admin.get(path, headers={"Accept": "application/json"}).status_code == 200
