"""What generators of clients and of tests cannot read, the document does not have. `tests/clients/` runs them."""

import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.describe.documents import operations, resolved


def schemas_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that stands at a content or a parameter, or is a component, with where it is."""
    yield from document["components"]["schemas"].items()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        for each in operation.get("parameters", ()):
            yield where, resolved(document, each)["schema"]
        for each in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, content in resolved(document, each).get("content", {}).items():
                yield f"{where} {kind}", content["schema"]


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Every object below a schema: the schemas that it is made of."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(inner, dict):
            yield inner
        yield from within(inner)


def test_no_choice_with_a_default_stands_inline(document: dict[str, Any]) -> None:
    """For Go, openapi-generator writes the default of one as a name that nothing declares."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            assert not {"enum", "default"} <= each.keys(), (where, each)


def test_no_two_choices_that_are_components_share_a_value(document: dict[str, Any]) -> None:
    """For Go, openapi-generator names their constants by the values alone."""
    choices = [each["enum"] for each in document["components"]["schemas"].values() if "enum" in each]
    values = [value for each in choices for value in each]
    assert len(values) == len(set(values))


def test_no_constant_is_true_or_false(document: dict[str, Any]) -> None:
    """openapi-generator takes it for a text: its Python client refused the answer to `GET /`."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            assert not isinstance(each.get("const"), bool), (where, each)


def test_each_object_with_members_has_a_name(document: dict[str, Any]) -> None:
    """Names that generators make up change with the paths."""
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


def test_xml_says_what_its_root_is_called(anonymous: httpx.Client, document: dict[str, Any]) -> None:
    """Specmatic reads no document without it."""
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
    """Specmatic holds `examples` to the schema, and takes the text of one for the text of the root."""
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


def test_patterns_have_quotes_in_brackets_alone(document: dict[str, Any]) -> None:
    """Elsewhere the patterns of Specmatic begin a text with one."""
    for where, schema in schemas_of(document):
        for each in (schema, *within(schema)):
            if isinstance(pattern := each.get("pattern"), str):
                assert '"' not in re.sub(r"\[(?:\\.|[^\]\\])*\]", "", pattern), (where, pattern)


def test_what_can_be_had_in_several_types_can_be_had_in_json(admin: httpx.Client, document: dict[str, Any]) -> None:
    """Generated clients ask for the first type of JSON that an operation has, and refusals have one."""
    for path, method, operation in operations(document):
        answer = operation["responses"].get("200", {}) if method == "get" else {}
        kinds = [kind for kind in resolved(document, answer).get("content", {}) if kind not in ("*/*", "text/html")]
        # And they take the first type's schema for that of the answer.
        assert all(kind.endswith(("/json", "+json")) for kind in kinds[:1]), path
    for path in ("/metrics", "/openapi.yaml"):
        assert admin.get(path, headers={"Accept": "application/json"}).status_code == 200
