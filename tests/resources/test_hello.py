"""`/hello`: a greeting, as JSON and as text."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from tests.resources.making import refused

pytestmark = pytest.mark.one_database

NAMES = ["Luis", "José 😀", "<b>&amp;</b>", "a b+c", "x" * 100]


def test_the_default_name_is_john_doe(api: httpx.Client) -> None:
    answer = api.get("/hello")
    assert (answer.status_code, answer.json()) == (200, {"hello": "John Doe"})
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", NAMES)
def test_the_greeting_has_the_given_name(api: httpx.Client, name: str) -> None:
    assert api.get("/hello", params={"name": name}).json() == {"hello": name}


@pytest.mark.parametrize(("query", "expected"), [("", "Hello John Doe"), ("?name=Luis", "Hello Luis")])
def test_the_greeting_as_text(api: httpx.Client, query: str, expected: str) -> None:
    answer = api.get(f"/hello{query}", headers={"Accept": "text/plain"})
    assert (answer.status_code, answer.text) == (200, expected)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_text_is_utf_8(api: httpx.Client) -> None:
    answer = api.get("/hello", params={"name": "José"}, headers={"Accept": "text/*"})
    assert answer.content == "Hello José".encode()


@pytest.mark.parametrize("name", NAMES)
def test_the_greeting_as_xml_is_escaped(api: httpx.Client, name: str) -> None:
    answer = api.get("/hello", params={"name": name}, headers={"Accept": "application/xml"})
    root = ET.fromstring(answer.content)
    assert (root.tag, root.findtext("hello")) == ("hello", name)


def test_version_2_has_the_link_in_its_envelope(api: httpx.Client) -> None:
    answer = api.get("/hello?name=Luis", headers={"Accept": "application/vnd.touchstone.v2+json"})
    document = answer.json()
    assert document["data"] == {"hello": "Luis"}
    assert document["links"]["self"] == "/hello?name=Luis"
    assert document["links"]["index"] == "/"


@pytest.mark.parametrize("accept", ["application/json", "text/plain", "application/xml"])
def test_the_link_works(api: httpx.Client, accept: str) -> None:
    answer = api.get("/hello", headers={"Accept": accept})
    (link,) = answer.links.values()
    assert api.get(link["url"]).status_code == 200


@pytest.mark.parametrize(("query", "parameter"), [("name=a&name=b", "name"), ("nom=Luis", "nom"), ("Name=x", "Name")])
def test_a_bad_query_is_400_and_named(api: httpx.Client, query: str, parameter: str) -> None:
    document = refused(api.get(f"/hello?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [parameter]


def test_each_greeting_has_its_own_tag(api: httpx.Client) -> None:
    luis, ana = (api.get(f"/hello?name={name}").headers["ETag"] for name in ("Luis", "Ana"))
    assert luis != ana
    assert api.get("/hello?name=Luis", headers={"If-None-Match": luis}).status_code == 304


def test_the_cache_buster_is_ignored(api: httpx.Client) -> None:
    assert api.get("/hello?name=Luis&_=17").json() == {"hello": "Luis"}
