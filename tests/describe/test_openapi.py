"""The OpenAPI document: valid, complete, and the same from every source (BRIEF 11, CONTRACT §1)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.describe.operations import Operation
from api.rules.problems import catalogue
from tests.contract.routes import ROUTES
from tests.describe.documents import operations, resolved
from tests.judges import judge
from tests.servers import run

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def file(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document in a file, for tools that read files."""
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_text(json.dumps(document))
    return path


# Checked by other tools


@pytest.mark.slow
def test_openapi_spec_validator_finds_no_error(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_spectral_has_no_warning(file: Path) -> None:
    judged = judge("spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", str(file))
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "No results with a severity of 'hint' or higher found!" in judged.stdout


def test_redocly_has_no_warning(file: Path) -> None:
    judged = judge("redocly", "lint", "--extends=recommended-strict", str(file))
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "warning" not in judged.stderr.lower()


# The sources of the document


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.oai.openapi+json"])
def test_the_server_serves_it_in_json(anonymous: httpx.Client, document: dict[str, Any], accept: str) -> None:
    answer = anonymous.get("/openapi.json", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == ("application/json" if accept == "*/*" else accept)
    assert answer.json() == document


def test_the_server_serves_it_in_yaml(anonymous: httpx.Client, document: dict[str, Any]) -> None:
    answer = anonymous.get("/openapi.yaml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert yaml.load(answer.text, yaml.CSafeLoader) == document
    assert "&id" not in answer.text


def test_the_command_prints_yaml_and_writes_files(document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    assert run("openapi", "--yaml", "--output", str(file)).returncode == 0
    assert yaml.load(file.read_text(), yaml.CSafeLoader) == document


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    done = run("openapi", "--output", str(tmp_path / "absent" / "openapi.json"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Touchstone: ")
    assert done.stderr.count("\n") == 1


def test_the_server_url_of_the_document_is_the_public_url(document: dict[str, Any]) -> None:
    printed = run("openapi", PUBLIC_URL="https://api.example.org/v")
    assert json.loads(printed.stdout) == {**document, "servers": [{"url": "https://api.example.org/v"}]}


# Complete


def test_it_has_exactly_the_methods_of_every_path(document: dict[str, Any]) -> None:
    served = {
        (re.sub("<(?:[a-z]+:)?([^<>]+)>", r"{\1}", route), method.lower())
        for route, resource in ROUTES.items()
        for method in resource.allowed
    }
    assert {(path, method) for path, method, _ in operations(document)} == served


def test_each_operation_has_a_unique_id_that_is_valid_in_any_language(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert [each for each in ids if not re.fullmatch("[a-z][a-z0-9_]*", each)] == []


def test_it_has_each_declared_answer(document: dict[str, Any]) -> None:
    for route, resource in ROUTES.items():
        path = re.sub("<(?:[a-z]+:)?([^<>]+)>", r"{\1}", route)
        for method in resource.allowed:
            declared = Operation(method, route, resource).declared
            if declared is None:
                continue
            responses = document["paths"][path][method.lower()]["responses"]
            known = {str(status) for status in (declared.status, *declared.also)}
            known |= {
                str(problem.status) for problem in declared.refuses if getattr(problem, "slug", "") in catalogue()
            }
            assert known <= responses.keys(), (method, path)


def test_each_refusal_is_a_problem_document_and_lists_its_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            found = resolved(document, response)
            if status >= "400" and path != "/status/{code}":
                assert "`" in found["description"], (path, method, status)
                if method != "head":
                    assert found["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_head_and_204_and_304_have_no_content(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if method == "head" or status in ("204", "304"):
                assert "content" not in resolved(document, response), (path, method, status)


def test_a_create_links_to_reading_changing_and_deleting_the_new_resource(document: dict[str, Any]) -> None:
    links = document["paths"]["/articles"]["post"]["responses"]["201"]["links"]
    item = document["paths"]["/articles/{article_id}"]
    assert {link["operationId"] for link in links.values()} == {
        item[method]["operationId"] for method in ("get", "put", "patch", "delete")
    }
    assert {json.dumps(link["parameters"]) for link in links.values()} == {'{"article_id": "$response.body#/id"}'}


def test_it_describes_keys_conditions_and_both_schemes(document: dict[str, Any]) -> None:
    patch = document["paths"]["/articles/{article_id}"]["patch"]
    names = {resolved(document, each)["name"] for each in patch["parameters"]}
    assert {"Idempotency-Key", "If-Match", "Prefer"} <= names
    assert patch["security"] == [{"basic": []}, {"bearer": []}]
    assert set(document["components"]["securitySchemes"]) == {"basic", "bearer"}


def test_it_describes_both_versions_of_requests_and_answers(document: dict[str, Any]) -> None:
    post = document["paths"]["/articles"]["post"]
    json_types = {f"application/{kind}" for kind in ("json", "vnd.touchstone.v1+json", "vnd.touchstone.v2+json")}
    assert set(post["requestBody"]["content"]) == json_types
    assert json_types < set(post["responses"]["201"]["content"])
    sent = resolved(document, post["requestBody"]["content"]["application/vnd.touchstone.v2+json"]["schema"])
    assert sent["required"] == ["data"]


def parameters(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = (resolved(document, each) for each in operation.get("parameters", ()))
    return {each["name"]: each for each in found}


def test_reads_with_a_tag_declare_conditions(admin: httpx.Client, document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if method == "get" and "{" not in path:
            tagged = "ETag" in admin.get(path).headers
            assert ("If-Match" in parameters(document, operation)) == tagged, path
            assert ("304" in operation["responses"]) == tagged, path


def test_if_none_match_has_a_pattern_only_on_writes(document: dict[str, Any]) -> None:
    item = document["paths"]["/articles/{article_id}"]
    assert "pattern" not in parameters(document, item["get"])["If-None-Match"]["schema"]
    assert "pattern" in parameters(document, item["put"])["If-None-Match"]["schema"]


def test_a_method_can_narrow_a_path_parameter_of_its_route(document: dict[str, Any]) -> None:
    item = document["paths"]["/status/{code}"]
    assert item["parameters"][0]["schema"] == {"type": "integer", "minimum": 0}
    assert parameters(document, item["get"])["code"]["schema"]["enum"][0] == 200
    assert "parameters" not in item["options"]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-21T08:00:00Z",
        "2026-11-21t08:00:00.1z",
        "2026-11-21T08:00:00.123+05:30",
        "2026-11-21T08:00:00.1234Z",
        "2026-11-21T08:00:60Z",
        "2026-11-21T24:00:00Z",
        "2026-13-21T08:00:00Z",
        "0000-11-21T08:00:00Z",
        "2026-11-21 08:00:00Z",
        "2026-11-21T08:00:00",
    ],
)
def test_a_time_is_as_the_document_says(anonymous: httpx.Client, document: dict[str, Any], moment: str) -> None:
    schema = parameters(document, document["paths"]["/articles"]["get"])["created_at"]["schema"]
    taken = anonymous.get("/articles", params={"created_at": moment}).status_code == 200
    assert taken == bool(re.search(schema["pattern"], moment))
