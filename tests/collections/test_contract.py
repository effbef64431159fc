"""What the contract gives to every resource, own data has too: on a server with --data, and in spaces.

The document of each place says what is there; each law goes over all of its operations.
"""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rules.targets import IANA_METHODS
from tests.collections.conftest import renew
from tests.collections.data import DATA, space_of
from tests.servers import Server

pytestmark = pytest.mark.one_database

IDS = {
    "/posts/{document_id}": "/posts/3",
    "/comments/{document_id}": "/comments/3",
    "/countries/{document_id}": "/countries/S%C3%A3o%20Tom%C3%A9",
    "/empty/{document_id}": "/empty/1",
    "/posts/{document_id}/comments": "/posts/3/comments",
}
OWN = re.compile("/(posts|comments|countries|empty|profile|db)")
BODY = {"application/json-patch+json": [], "application/vnd.touchstone.v2+json": {"data": {}}}


class Where:
    """A place with own data: a client, and the operations of its own data, by path and method."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        http.post("/empty", json={"n": 1})
        document = http.get("/openapi.json").json()
        self.components = document["components"]
        self.paths: dict[str, Any] = {
            path: {method.upper(): each for method, each in item.items() if method != "parameters"}
            for path, item in document["paths"].items()
            if OWN.match(path)
        }
        self.others = [path for path in document["paths"] if not OWN.match(path)]

    def url(self, path: str) -> str:
        """An example of a path."""
        parent = path.removesuffix("/{document_id}/empty")
        return IDS.get(path, f"{parent}/{'de' if 'countries' in path else 3}/empty" if parent != path else path)

    def each(self, *methods: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Every operation with one of these methods: method, URL, declaration."""
        return [
            (method, self.url(path), told)
            for path, item in self.paths.items()
            for method, told in item.items()
            if method in methods
        ]

    def send(self, method: str, url: str, told: dict[str, Any], **fields: str) -> httpx.Response:
        """A valid request, with more header fields."""
        kinds = [*told.get("requestBody", {}).get("content", {})]
        headers = {**({"Content-Type": kinds[0]} if kinds else {}), **fields}
        body = {"json": BODY.get(headers.get("Content-Type", ""), {})} if kinds else {}
        return self.http.request(method, url, headers=headers, **body)


@pytest.fixture(scope="module", params=["server", "space", "ours", "our space"])
def where(request: pytest.FixtureRequest, data_server: Server, our_server: Server, data_file: Path) -> Any:
    """Each place with own data."""
    server = our_server if "our" in request.param else data_server
    john = httpx.BasicAuth("john", "john")
    if "space" in request.param:
        http = space_of(server)
        http.auth = john
    else:
        http = httpx.Client(base_url=server.url, trust_env=False, timeout=20, auth=john)
    renew(data_file)  # numbers of ids go on, and /empty/1 must be free
    with http:
        yield Where(http)
    renew(data_file)


def test_only_own_data_and_the_machinery_are_there(where) -> None:
    assert {path.split("/")[1] for path in where.paths} == {*DATA, "db"}
    assert {path.split("/")[1] for path in where.others}.isdisjoint(
        {"articles", "users", "messages", "secrets", "echo"}
    )
    for path in ("/articles", "/users", "/hello", "/echo", "/status/200", "/secrets", "/postman/tour.json"):
        assert where.http.get(path).status_code == 404


def test_every_representation_is_of_the_declared_type_and_head_agrees(where) -> None:
    for _, url, told in where.each("GET"):
        for kind in told["responses"]["200"]["content"]:
            get = where.http.get(url, headers={"Accept": kind})
            assert get.status_code == 200, (url, get.text)
            assert get.headers["Content-Type"].partition(";")[0] == kind, url
            head = where.http.head(url, headers={"Accept": kind})
            assert (head.status_code, head.content) == (200, b"")
            if kind != "text/html":
                assert head.headers["Content-Length"] == str(len(get.content)), (url, kind)
                assert head.headers["ETag"] == get.headers["ETag"]
                again = where.http.get(url, headers={"Accept": kind, "If-None-Match": get.headers["ETag"]})
                assert (again.status_code, again.content) == (304, b""), (url, kind)


def test_a_type_that_is_not_offered_is_406(where) -> None:
    for method, url, told in where.each("GET", "POST", "PUT", "PATCH"):
        answer = where.send(method, url, told, Accept="image/png")
        assert answer.status_code == 406, (method, url)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_options_lists_the_methods_and_others_are_405(where) -> None:
    for path, item in where.paths.items():
        url = where.url(path)
        answer = where.http.options(url)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["Allow"].split(", ")) == set(item), url
        for method in IANA_METHODS - set(item) - {"CONNECT"}:
            refused = where.http.request(method, url)
            assert refused.status_code == 405, (method, url)
            assert refused.headers["Allow"] == answer.headers["Allow"]


def test_an_unknown_parameter_is_400_and_changes_nothing(where) -> None:
    before = where.http.get("/db").content
    for method, url, told in where.each("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        answer = where.send(method, f"{url}?_nothing=1", told)
        assert answer.status_code == 400, (method, url, answer.text)
    assert where.http.get("/db").content == before


def test_a_body_that_is_not_json_is_400_and_of_another_type_415(where) -> None:
    before = where.http.get("/db").content
    for method, url, told in where.each("POST", "PUT", "PATCH"):
        kind = next(iter(told["requestBody"]["content"]))
        for content in (b"{", b"", b'{"a":1,"a":2}', b"\xff"):
            answer = where.http.request(method, url, content=content, headers={"Content-Type": kind})
            assert answer.status_code == 400, (method, url, content, answer.text)
        answer = where.http.request(method, url, content=b"{}", headers={"Content-Type": "text/plain"})
        assert answer.status_code == 415, (method, url)
        assert answer.headers.get(
            "Accept-Post" if method == "POST" else "Accept-Patch" if method == "PATCH" else "Accept"
        )
    assert where.http.get("/db").content == before


def test_a_wrong_tag_is_412_and_changes_nothing(where) -> None:
    before = where.http.get("/db").content
    for method, url, told in where.each("PUT", "PATCH", "DELETE"):
        assert where.send(method, url, told, **{"If-Match": '"v0"'}).status_code == 412, (method, url)
        assert where.send(method, url, told, **{"If-None-Match": "*"}).status_code == 412, (method, url)
    assert where.http.get("/db").content == before


def test_every_media_type_of_a_body_is_taken(where) -> None:
    for method, url, told in where.each("PUT", "PATCH"):
        current = where.http.get(url).json()
        for kind in told["requestBody"]["content"]:
            sent = current if method == "PUT" else {}
            wrapped = {"application/json-patch+json": [], "application/vnd.touchstone.v2+json": {"data": sent}}
            answer = where.http.request(method, url, json=wrapped.get(kind, sent), headers={"Content-Type": kind})
            assert answer.status_code == 200, (method, url, kind, answer.text)
            assert answer.json() == current


def test_a_key_replays_every_method_that_takes_one(where) -> None:
    for method, url, told in where.each("POST", "PATCH"):
        assert {"$ref": "#/components/parameters/IdempotencyKey"} in told["parameters"], (method, url)
        key = {"Idempotency-Key": re.sub("[^a-z]", "", f"law{method}{url}".lower())}
        first, second = where.send(method, url, told, **key), where.send(method, url, told, **key)
        assert first.is_success, (method, url, first.text)
        assert (second.content, second.headers["Idempotent-Replayed"]) == (first.content, "true")
        if "Location" in first.headers and "/profile" not in url:
            where.http.delete(first.headers["Location"].removeprefix(where.http.base_url.path.rstrip("/")))


def test_links_start_with_the_prefix_of_the_place(where) -> None:
    prefix = where.http.base_url.path.rstrip("/")
    listed = where.http.get("/posts?_page=1&_limit=1")
    assert all(each["url"].startswith(f"{prefix}/posts?") for each in listed.links.values())
    made = where.http.post("/posts", json={"title": "a"})
    assert made.headers["Location"].startswith(f"{prefix}/posts/")
    assert where.http.delete(made.headers["Location"].removeprefix(prefix)).is_success
    assert where.http.get("/openapi.json").json()["servers"] == [{"url": prefix or "/"}]
    assert where.http.get("/posts/99").json()["type"] == f"{prefix}/problems/not-found"


def test_the_postman_collection_has_its_operations(where) -> None:
    found = where.http.get("/postman/collection.json")
    assert found.status_code == 200
    names = {each["name"] for each in found.json()["item"]}
    assert {*DATA, "db"} <= {name.strip("/").split("/")[0] for name in names}, names
    assert not any("articles" in name for name in names)


def test_pages_have_a_table_and_forms(where) -> None:
    page = where.http.get("/posts", headers={"Accept": "text/html"}).text
    assert "<table" in page
    assert "Hello" in page
    assert 'name="title"' in page
    assert 'href="' in page
    item = where.http.get("/posts/3", headers={"Accept": "text/html"}).text
    assert "json server" in item


def test_cross_origin_pages_can_read_the_total(where) -> None:
    exposed = where.http.get("/posts", headers={"Origin": "http://a.example"}).headers["Access-Control-Expose-Headers"]
    assert {"X-Total-Count", "Link", "Location", "ETag"} <= set(exposed.split(", "))
