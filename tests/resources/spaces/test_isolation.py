"""In a space nothing points out of it, and nothing in it is seen from elsewhere."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.routes import ROUTES, TOLD
from tests.resources.spaces.making import Space
from tests.servers import Server

pytestmark = pytest.mark.one_database

# Members of JSON documents that hold links.
LINKS = {"href", "url", "type", "next", "prev", "first", "self", "openapi", "openapi_yaml", "problems", "anchor"}
LINKS |= {"postman_collection", "postman_environment", "existing"}
IN_PAGES = re.compile(r'(?:href|action|src)="(/[^"]*)"')


def fill(space: Space, mark: str) -> dict[str, str]:
    """Make one of everything in a space, marked; return what stands for each in example paths."""
    tagged = {"title": mark, "body": mark, "tags": [mark]}
    article = space.john.post("/articles", json=tagged).json()
    user = space.admin.post(
        "/users",
        json={"username": mark, "name": mark, "email": f"{mark}@example.org", "password": f"password-{mark}"},
    ).json()
    token = space.john.post("/tokens", json={}).json()
    space.john.put(f"/secrets/{mark}", json={"value": mark})
    message = space.john.post("/messages", files={"file": (f"{mark}.txt", mark.encode(), "text/plain")}).json()
    made = {"article": article, "user": user, "token": token, "message": message}
    return {"secret": mark, **{name: str(row["id"]) for name, row in made.items()}}


def examples(ids: dict[str, str]) -> list[str]:
    """An example path of every route that a space has."""
    there = [route for route, resource in ROUTES.items() if resource.in_spaces]
    return [TOLD[route].format(**ids) for route in there if route in TOLD]


def paths_in(value: Any, name: str = "") -> Iterator[str]:
    """The links in a JSON document."""
    if isinstance(value, dict):
        for member, each in value.items():
            yield from paths_in(each, member)
    elif isinstance(value, list):
        for each in value:
            yield from paths_in(each, name)
    elif isinstance(value, str) and name in LINKS and value.startswith("/"):
        yield value


def links_of(answer: httpx.Response) -> list[str]:
    """Every link of an answer: in its header fields, and in its JSON or its page."""
    found = [answer.headers[name] for name in ("Location", "Content-Location") if name in answer.headers]
    found += re.findall(r"<([^>]*)>", answer.headers.get("Link", ""))
    kind = answer.headers.get("Content-Type", "")
    if "json" in kind and answer.content:
        document = answer.json()
        is_openapi = "openapi" in document and "paths" in document if isinstance(document, dict) else False
        found += [each["url"] for each in document["servers"]] if is_openapi else list(paths_in(document))
    if "html" in kind:
        found += IN_PAGES.findall(answer.text)
    return [link for link in found if link.startswith("/")]


@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/vnd.touchstone.v2+json"])
def test_no_link_of_a_space_leads_out_of_it(space: Space, accept: str) -> None:
    paths = examples(fill(space, "mark"))
    seen = 0
    for path in paths:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for client in (space.anonymous, space.admin):
                answer = client.request(method, path, headers={"Accept": accept}, follow_redirects=False)
                assert answer.status_code < 500, (method, path)
                for link in links_of(answer):
                    assert link == space.prefix or link.startswith((f"{space.prefix}/", f"{space.prefix}?")), (
                        method,
                        path,
                        link,
                    )
                    seen += 1
    assert seen > 100


def test_nothing_in_a_space_is_seen_from_another_or_from_the_server(
    two: list[Space], server: Server, admin: httpx.Client
) -> None:
    ours, other = two
    mark = "unseen"
    ids = fill(ours, mark)
    assert mark in ours.anonymous.get("/articles").text
    for path in examples(ids):
        for client in (other.admin, admin):
            for query in ("", f"?q={mark}", f"?title={mark}"):
                answer = client.get(path + query, headers={"Accept": "application/json"})
                shown = answer.text.replace(path, "").replace(json.dumps(answer.request.url.path)[1:-1], "")
                if not path.startswith(("/echo", "/status", "/hello")):
                    assert mark not in shown, (path, shown[:300])
    for path in ("/admin/audit", "/users", "/messages", "/secrets", "/tokens"):
        assert mark not in other.admin.get(path).text


def test_what_is_outside_a_space_does_not_exist_within(space: Space) -> None:
    outside = [path for path, resource in ROUTES.items() if not resource.in_spaces]
    assert {"/livez", "/readyz", "/metrics", "/spaces"} <= set(outside)
    for path in (*(re.sub("<[^>]*>", "x", path) for path in outside), f"{space.prefix}/articles", "/in", "/in/x"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = space.admin.request(method, path)
            assert (answer.status_code, answer.json()["type"]) == (404, f"{space.prefix}/problems/not-found"), path
    listed = space.anonymous.get("/openapi.json").json()["paths"]
    assert not {"/livez", "/metrics", "/spaces"} & listed.keys()
    assert "spaces" not in space.anonymous.get("/").json()["links"]


def test_a_cursor_works_only_in_its_space_and_generation(two: list[Space], anonymous: httpx.Client) -> None:
    ours, other = two
    cursor = ours.anonymous.get("/articles?limit=1").json()["next"].partition("cursor=")[2]
    path = f"/articles?limit=1&cursor={cursor}"
    assert ours.anonymous.get(path).status_code == 200
    assert ours.control.post(f"{ours.place}/reset", json={}).status_code == 200
    for client in (ours.anonymous, other.anonymous, anonymous):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "invalid-cursor")


def test_tokens_and_keys_of_a_space_mean_nothing_elsewhere(two: list[Space], anonymous: httpx.Client) -> None:
    ours, other = two
    made = ours.john.post("/tokens", json={}).json()["token"]
    for token in (made, ours.token):
        fields = {"Authorization": f"Bearer {token}"}
        assert ours.anonymous.get("/users/me", headers=fields).status_code == 200
        for client in (other.anonymous, anonymous):
            assert client.get("/users/me", headers=fields).status_code == 401
    draft, key = {"title": "Once", "body": ""}, {"Idempotency-Key": "one-key"}
    for space in two:
        first = space.john.post("/articles", json=draft, headers=key)
        again = space.john.post("/articles", json=draft, headers=key)
        assert (first.status_code, "Idempotent-Replayed" in first.headers) == (201, False)
        assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
        assert first.headers["Location"] == f"{space.prefix}/articles/4"


def test_a_password_changed_in_a_space_is_changed_there_alone(two: list[Space], api: httpx.Client) -> None:
    ours, other = two
    john = ours.john.get("/users/me").json()
    sent = {**{name: john[name] for name in ("username", "name", "email")}, "password": "another password"}
    assert ours.john.put("/users/me", json=sent).status_code == 200
    assert ours.john.get("/users/me").status_code == 401
    assert ours.client("john", "another password").get("/users/me").status_code == 200
    assert other.john.get("/users/me").status_code == 200
    assert api.get("/users/me").status_code == 200


def test_a_browser_signs_in_to_one_space_alone(two: list[Space], server: Server) -> None:
    ours, other = two
    with httpx.Client(base_url=server.url, trust_env=False) as browser:
        page = browser.get(f"{ours.prefix}/sign-in", headers={"Accept": "text/html"})
        token = re.search(r'name="(_token|_form|form_token)" value="([^"]+)"', page.text)
        assert token, page.text[:2000]
        fields = {"Origin": server.url, "Accept": "text/html"}
        form = {token[1]: token[2], "username": "john", "password": "john"}
        done = browser.post(f"{ours.prefix}/sign-in", data=form, headers=fields)
        assert done.status_code == 303, done.text
        for cookie in browser.cookies.jar:
            assert cookie.name.endswith(f"-{ours.id}")
            assert cookie.path == ours.prefix
        accept = {"Accept": "text/html"}
        assert "john" in browser.get(f"{ours.prefix}/articles", headers=accept).text
        for elsewhere in (f"{other.prefix}/secrets", "/secrets"):
            assert browser.get(elsewhere, headers=accept).status_code == 401
        assert browser.get(f"{ours.prefix}/secrets", headers=accept).status_code == 200


def test_links_in_a_space_start_with_a_mount_too(space: Space) -> None:
    location = space.john.post("/articles", json={"title": "A", "body": ""}).headers["Location"]
    assert urlsplit(location).path == f"{space.prefix}/articles/4"
    url = space.anonymous.get("/echo").json()["url"]
    assert url == f"{space.url}/echo"


@pytest.mark.parametrize("path", ["/", "/articles", "/users/1", "/problems", "/docs", "/sign-in", "/nothing"])
def test_the_title_of_a_page_names_the_space(space: Space, anonymous: httpx.Client, path: str) -> None:
    def title(http: httpx.Client) -> str:
        return http.get(path, headers={"Accept": "text/html"}).text.partition("<title>")[2].partition("</title>")[0]

    outside = title(anonymous)
    assert outside.endswith(" · Touchstone")
    assert title(space.anonymous) == outside.replace(" · Touchstone", f" · Space {space.id} · Touchstone")
