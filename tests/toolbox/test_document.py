"""The OpenAPI document of the toolbox says what its requests need, and what its answers are."""

import base64
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.describe.toolbox import document
from api.toolbox import create_toolbox
from config import Config
from resources.toolbox.cookies import SITES, any_case
from resources.toolbox.formats import BASE64, decoded

FORM = "application/x-www-form-urlencoded"
APP = create_toolbox(Config(touchstone_env="testing", toolbox_max_seconds=0.25))
DOCUMENT = document(APP, "")
OPERATIONS = [
    (f"{method} {path}", operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]


def parameter(path: str, name: str, method: str = "get") -> dict[str, Any]:
    """A parameter of an operation."""
    found: dict[str, Any] = next(each for each in DOCUMENT["paths"][path][method]["parameters"] if each["name"] == name)
    return found


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_operation_has_the_refusals_of_all(name: str, operation: dict[str, Any]) -> None:
    found = operation["responses"].keys()
    assert {"400", "408", "413", "414", "429", "431", "500", "501", "503"} <= found
    assert ("404" in found) or "{" not in name
    for each in operation["parameters"]:
        assert each["required"] == (each["in"] == "path") or each["name"] in ("url", "client_id", "redirect_uri")
        assert each["schema"].get("maximum", 0) <= 10**18


def test_required_parameters_and_forms_are_declared() -> None:
    assert parameter("/redirect-to", "url", "post")["required"]
    form = DOCUMENT["paths"]["/oauth/authorize"]["post"]
    assert (form["parameters"], form["requestBody"]["required"]) == ([], True)
    schema = form["requestBody"]["content"][FORM]["schema"]
    assert schema["required"] == ["client_id", "redirect_uri"]
    exchange = DOCUMENT["paths"]["/oauth/token"]["post"]["requestBody"]["content"]
    assert (exchange.keys(), exchange[FORM]["schema"]["required"]) == ({FORM}, ["grant_type"])
    sign_in = DOCUMENT["paths"]["/session/sign-in"]["post"]["requestBody"]["content"]
    assert sign_in.keys() == {FORM, "multipart/form-data", "application/json"}
    assert not DOCUMENT["paths"]["/session/sign-out"]["post"]["requestBody"]["required"]
    assert DOCUMENT["paths"]["/post"]["post"]["requestBody"] == {"content": {"*/*": {}}}


def test_parameters_of_longer_paths_are_not_in_the_query_of_shorter_ones() -> None:
    names = {each["name"] for each in DOCUMENT["paths"]["/digest-auth/{qop}/{user}/{passwd}"]["get"]["parameters"]}
    assert names == {"qop", "user", "passwd", "require-cookie"}
    assert "SHA-256" in parameter("/digest/{user}/{passwd}/{algorithm}", "algorithm")["schema"]["enum"]


def test_answers_that_may_be_no_problem_have_no_declared_content() -> None:
    responses = DOCUMENT["paths"]["/status/{codes}"]["get"]["responses"]
    assert "default" in responses
    assert not any("content" in responses[status] for status in ("400", "404", "414", "431", "500"))
    assert "103" in DOCUMENT["paths"]["/early-hints"]["get"]["responses"]


def test_waits_are_bounded_by_the_setting() -> None:
    schema = parameter("/drip", "duration")["schema"]
    assert (schema["maximum"], schema["default"]) == (0.25, 0.25)
    client = APP.test_client()
    assert client.get("/drip?duration=0.3").status_code == 400
    assert client.get("/range/26?duration=0.3").status_code == 400
    assert client.get("/sse").status_code == 200  # its default is 5 seconds


@given(st.text("AQ+/-_=aé") | st.binary().map(lambda content: base64.b64encode(content).decode()))
def test_the_pattern_of_base64_is_what_is_decoded(text: str) -> None:
    try:
        decoded(text)
        good = True
    except ValueError:
        good = False
    assert good == bool(re.fullmatch(BASE64, text))


def test_a_pattern_of_words_takes_them_in_any_case() -> None:
    assert re.fullmatch(any_case(*SITES), "sTrIcT")
    assert not re.fullmatch(any_case(*SITES), "strict ")
