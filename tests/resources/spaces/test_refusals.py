"""What the routes that control spaces refuse, each on its route."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.contract.routes import ROUTES
from tests.resources.making import refused
from tests.servers import Server

pytestmark = pytest.mark.one_database

ROUTES_OF_SPACES = [route for route, resource in ROUTES.items() if resource.in_registry]
ADMIN = ("admin", "secret")
RULE = {"match": {"path": "/nowhere"}, "do": [{"delay": {"ms": 1}}]}
JSON = {"Content-Type": "application/json"}
LONG = {"Idempotency-Key": "k" * 300}


@pytest.fixture(scope="module")
def guarded(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server whose spaces are for administrators, with small bodies and stores, and a space with a snapshot."""
    settings = {"SPACES": "admins", "REQUIRE_IF_MATCH": "true", "MAX_BODY": "600000", "SPACE_BYTES": str(1024 * 1024)}
    server = Server(tmp_path_factory.mktemp("guarded") / "log", "--database", migrated_database(), **settings)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.put("/spaces/x", auth=ADMIN).status_code == 201
        assert client.put("/spaces/x/snapshots/one", auth=ADMIN).status_code == 201
        assert client.post("/spaces/x/faults", json=RULE, auth=ADMIN).status_code == 201
        yield client
    assert server.stop() == 0


@pytest.mark.parametrize(("method", "path"), [("POST", "/spaces"), ("PUT", "/spaces/x"), ("PATCH", "/spaces/x")])
def test_the_data_of_a_space_may_be_as_large_as_any_body(guarded: httpx.Client, method: str, path: str) -> None:
    fields = {**JSON, "If-Match": guarded.get("/spaces/x", auth=ADMIN).headers["ETag"]}
    if method == "PATCH":
        fields["Content-Type"] = "application/merge-patch+json"
    elif method == "POST":
        del fields["If-Match"]
    large = guarded.request(method, path, content=b" " * 700_000, headers=fields, auth=ADMIN)
    refused(large, 413, "content-too-large")


def path_of(route: str) -> str:
    return route.replace("<space:space_id>", "x").replace("<space:snapshot_name>", "one").replace("<id:n>", "1")


@pytest.mark.parametrize("route", ROUTES_OF_SPACES)
def test_each_method_requires_control_of_the_space(guarded: httpx.Client, route: str) -> None:
    for method in (each for each in ROUTES[route].allowed if each != "OPTIONS"):
        for fields, status in (
            ({}, 401),
            ({"Authorization": "Bearer tst_" + "a" * 43}, 401),
            ({"Origin": "https://evil.test", "Authorization": "Basic YWRtaW46c2VjcmV0"}, 403),
        ):
            sent: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
            answer = guarded.request(method, path_of(route), headers=fields, **sent)
            assert answer.status_code == status, (method, route, fields, answer.text)


def test_a_change_without_its_tag_is_428(guarded: httpx.Client) -> None:
    refused(guarded.patch("/spaces/x", json={"idle_minutes": 5}, auth=ADMIN), 428, "precondition-required")
    refused(guarded.delete("/spaces/x", auth=ADMIN), 428, "precondition-required")
    refused(guarded.patch("/spaces/x/faults/1", json=RULE, auth=ADMIN), 428, "precondition-required")
    refused(guarded.delete("/spaces/x/faults/1", auth=ADMIN), 428, "precondition-required")


def test_a_change_with_another_tag_is_412(guarded: httpx.Client) -> None:
    assert guarded.post("/spaces/x/faults", json={"do": [{"status": {"code": 503}}]}, auth=ADMIN).status_code == 201
    rule = guarded.get("/spaces/x/faults", auth=ADMIN).json()["items"][0]["n"]
    fields = {"If-Match": '"v9"'}
    for path in ("/spaces/x", "/spaces/x/snapshots/one", f"/spaces/x/faults/{rule}"):
        refused(guarded.delete(path, headers=fields, auth=ADMIN), 412, "precondition-failed")
        assert guarded.get(path, auth=ADMIN).status_code == 200
    changed = guarded.patch(f"/spaces/x/faults/{rule}", json={}, headers=fields, auth=ADMIN)
    refused(changed, 412, "precondition-failed")


@pytest.mark.parametrize(
    ("method", "path", "sent", "other"),
    [
        ("PATCH", "/spaces/x", {"idle_minutes": 5}, {"idle_minutes": 6}),
        ("POST", "/spaces/x/reset", {}, {"to": "one"}),
        ("POST", "/spaces/x/seed", {}, {"articles": []}),
        ("POST", "/spaces/x/faults", {"do": [{"status": {"code": 503}}]}, {"do": [{"status": {"code": 500}}]}),
        ("PATCH", "/spaces/x/faults/{rule}", {"do": [{"status": {"code": 500}}]}, {"do": [{"status": {"code": 502}}]}),
    ],
    ids=["change", "reset", "seed", "fault rule", "change of a fault rule"],
)
def test_a_key_of_another_request_is_422(guarded: httpx.Client, method: str, path: str, sent: Any, other: Any) -> None:
    rule = guarded.post("/spaces/x/faults", json={"do": [{"status": {"code": 503}}]}, auth=ADMIN).json()["n"]
    key = {"Idempotency-Key": f"key-of-{path.partition('{')[0]}"}
    path = path.format(rule=rule)
    tagged = path if method == "PATCH" else "/spaces/x"

    def ask(content: Any) -> httpx.Response:
        tag = guarded.get(tagged, auth=ADMIN).headers["ETag"]
        return guarded.request(method, path, json=content, headers={**key, "If-Match": tag}, auth=ADMIN)

    assert ask(sent).is_success
    refused(ask(other), 422, "idempotency-key-reused")


def test_a_bad_key_is_400(guarded: httpx.Client) -> None:
    for method, path in (
        ("PATCH", "/spaces/x"),
        ("POST", "/spaces/x/reset"),
        ("POST", "/spaces"),
        ("POST", "/spaces/x/seed"),
        ("POST", "/spaces/x/faults"),
        ("PATCH", "/spaces/x/faults/1"),
    ):
        answer = guarded.request(method, path, json={}, headers=LONG, auth=ADMIN)
        refused(answer, 400, "invalid-idempotency-key")


def test_a_patch_that_does_not_fit_is_409(guarded: httpx.Client) -> None:
    tag = guarded.get("/spaces/x", auth=ADMIN).headers["ETag"]
    fields = {"Content-Type": "application/json-patch+json", "If-Match": tag}
    patch = '[{"op": "test", "path": "/idle_minutes", "value": 1}]'
    refused(guarded.patch("/spaces/x", content=patch, headers=fields, auth=ADMIN), 409, "patch-conflict")
    tag = guarded.get("/spaces/x/faults/1", auth=ADMIN).headers["ETag"]
    fields["If-Match"], patch = tag, patch.replace("/idle_minutes", "/times/skip")
    refused(guarded.patch("/spaces/x/faults/1", content=patch, headers=fields, auth=ADMIN), 409, "patch-conflict")


def test_a_seed_is_judged_like_an_upload(guarded: httpx.Client) -> None:
    json = {"Content-Type": "application/json"}
    wrong = {**json, "Content-Digest": "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"}
    rows = '{"articles": [' + ", ".join(['{"title": "A", "body": "' + "x" * 90_000 + '"}'] * 6) + "]}"
    for content, fields, status, slug in (
        ("{}", wrong, 400, "digest-mismatch"),
        ("", json, 400, "malformed-body"),
        ("x" * 700_000, json, 413, "content-too-large"),
        ("{}", {**json, "Content-Encoding": "gzip"}, 415, "unsupported-encoding"),
        ("{}", {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
    ):
        refused(guarded.post("/spaces/x/seed", content=content, headers=fields, auth=ADMIN), status, slug)
    first = guarded.post("/spaces/x/seed", content=rows, headers=json, auth=ADMIN)
    again = guarded.post("/spaces/x/seed", content=rows, headers=json, auth=ADMIN)
    assert first.status_code == 200, first.text
    refused(again, 507, "insufficient-storage")


def test_a_probe_refuses_a_field_with_too_many_members(guarded: httpx.Client) -> None:
    for path in ("/livez", "/readyz"):
        for method in ("GET", "HEAD"):
            answer = guarded.request(method, path, headers={"Accept": "a/b," * 200})
            assert answer.status_code == 400
