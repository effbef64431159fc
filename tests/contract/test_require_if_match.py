"""REQUIRE_IF_MATCH: changes of versioned resources require If-Match (CONTRACT §5, §10; §2, 18)."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from tests.contract.access import basic, new_token, register
from tests.contract.expect import refused
from tests.contract.keys import effects, new_key
from tests.resources.accounts.accounts import new_client
from tests.servers import Server

pytestmark = pytest.mark.one_database

JSON, MERGE = "application/json", "application/merge-patch+json"
REQUIRED = (428, "precondition-required")
LARGE = b" " * (1024 * 1024 + 1)


@pytest.fixture(scope="module")
def careful(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that requires If-Match."""
    log = tmp_path_factory.mktemp("careful") / "log"
    running = Server(log, "--database", migrated_database(), REQUIRE_IF_MATCH="true")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(careful: Server) -> Iterator[httpx.Client]:
    """A client of an administrator."""
    with new_client(careful, headers={"Authorization": basic("admin", "secret")}) as found:
        yield found


def new_thing(client: httpx.Client, kind: str) -> tuple[str, dict, str]:
    """Create an article, an account or a secret; return its path, a body to replace it, and its tag."""
    mark = uuid4().hex[:12]
    if kind == "secret":
        assert client.put(f"/secrets/{mark}", json={"value": "first"}).status_code == 201
        return f"/secrets/{mark}", {"value": "second"}, client.get(f"/secrets/{mark}").headers["ETag"]
    sent = {"title": "First", "body": ""}
    if kind == "user":
        sent = {"username": mark, "name": "First", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    answer = client.post(f"/{kind}s", json=sent)
    assert answer.status_code == 201, answer.text
    sent.pop("password", None)
    return (
        answer.headers["Location"],
        {**sent, "title" if kind == "article" else "name": "Second"},
        answer.headers["ETag"],
    )


def change(client: httpx.Client, method: str, path: str, sent: dict, **fields: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if method == "DELETE":
        return client.delete(path, headers=headers)
    return client.request(
        method, path, json=sent, headers={"Content-Type": MERGE if method == "PATCH" else JSON, **headers}
    )


THINGS = [
    (kind, method)
    for kind in ("article", "user", "secret")
    for method in ("PUT", "PATCH", "DELETE")
    if (kind, method) != ("secret", "PATCH")
]
# None of them names the version to overwrite.
WITHOUT = [
    {},
    {"If_Unmodified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If_None_Match": '"v0"'},
]


@pytest.mark.parametrize("fields", WITHOUT, ids=str)
@pytest.mark.parametrize(("kind", "method"), THINGS)
def test_without_if_match_it_is_428_and_no_effect(careful: Server, client, kind, method, fields):
    path, sent, etag = new_thing(client, kind)
    before, state = effects(careful), client.get(path)
    document = refused(change(client, method, path, sent, **fields), *REQUIRED)
    assert document["current_etag"] == etag == state.headers["ETag"]
    assert effects(careful) == before
    assert client.get(path).json() == state.json()


@pytest.mark.parametrize("tag", ["{}", '"other", {}', "*"])
@pytest.mark.parametrize(("kind", "method"), THINGS)
def test_with_if_match_it_succeeds(client, kind, method, tag):
    path, sent, etag = new_thing(client, kind)
    answer = change(client, method, path, sent, If_Match=tag.format(etag))
    assert answer.status_code == (204 if method == "DELETE" or kind == "secret" else 200), answer.text
    assert client.get(path).status_code == (404 if method == "DELETE" else 200)


@pytest.mark.parametrize(("kind", "method"), THINGS)
def test_the_tag_in_a_428_is_the_one_to_send(client, kind, method):
    path, sent, _ = new_thing(client, kind)
    told = change(client, method, path, sent).json()["current_etag"]
    assert change(client, method, path, sent, If_Match=told).status_code < 300


@pytest.mark.parametrize(("kind", "method"), THINGS)
def test_another_tag_is_still_412(careful: Server, client, kind, method):
    path, sent, _ = new_thing(client, kind)
    before = effects(careful)
    refused(change(client, method, path, sent, If_Match='"v0"'), 412, "precondition-failed")
    assert effects(careful) == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_users_me_requires_it_too(careful: Server, client, method):
    account = register(client)
    with new_client(careful, auth=httpx.BasicAuth(account.username, account.password)) as own:
        shown = own.get("/users/me")
        sent = {name: shown.json()[name] for name in ("username", "name", "email")}
        assert refused(change(own, method, "/users/me", sent), *REQUIRED)["current_etag"] == shown.headers["ETag"]
        assert change(own, method, "/users/me", sent, If_Match=shown.headers["ETag"]).status_code < 300


@pytest.mark.parametrize("fields", [{}, {"If-None-Match": "*"}])
def test_creating_by_put_does_not_require_it(client, fields):
    path = f"/secrets/{uuid4().hex}"
    assert client.put(path, json={"value": "new"}, headers=fields).status_code == 201


def test_if_none_match_does_not_replace_it(client):
    path, sent, _ = new_thing(client, "secret")
    refused(client.put(path, json=sent, headers={"If-None-Match": "*"}), 412, "precondition-failed")
    assert client.get(path).json()["value"] == "first"


def test_unversioned_resources_are_deleted_without_it(client):
    message = client.post("/messages", content=b"A message", headers={"Content-Type": "text/plain"})
    token = client.post("/tokens", json={})
    for made in (message, token):
        assert made.status_code == 201
        assert client.delete(made.headers["Location"]).status_code == 204


@pytest.mark.parametrize("kind", ["article", "user", "secret"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_does_not_require_it(client, kind, method):
    path, _, _ = new_thing(client, kind)
    assert client.request(method, path).status_code in (200, 204)


def test_a_repeated_patch_is_replayed_without_it(client):
    """The key is checked first, and a replay overwrites nothing."""
    path, sent, etag = new_thing(client, "article")
    key = new_key()
    first = change(client, "PATCH", path, sent, Idempotency_Key=key, If_Match=etag)
    again = change(client, "PATCH", path, sent, Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.headers["Idempotent-Replayed"], again.content) == ("true", first.content)


def test_428_leaves_the_key_free(client):
    path, sent, etag = new_thing(client, "article")
    key = new_key()
    refused(change(client, "PATCH", path, sent, Idempotency_Key=key), *REQUIRED)
    answer = change(client, "PATCH", path, sent, Idempotency_Key=key, If_Match=etag)
    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)


# Each request lacks If-Match and has another fault; the first failing check decides the answer.

ABSENT = "/articles/999999999"
BEFORE = [
    ("404", "PUT", ABSENT, {}, b"{}", (404, "not-found")),
    ("404, PATCH", "PATCH", ABSENT, {}, b"{}", (404, "not-found")),
    ("404, DELETE", "DELETE", ABSENT, {}, b"", (404, "not-found")),
    ("404, secret", "DELETE", "/secrets/absent", {}, b"", (404, "not-found")),
    ("401", "PUT", "", {"Authorization": basic("admin", "wrong")}, b"{}", (401, "unauthenticated")),
    ("403", "PUT", "", {"Authorization": basic("john", "john")}, b"{}", (403, "forbidden")),
    ("403, DELETE", "DELETE", "", {"Authorization": basic("john", "john")}, b"", (403, "forbidden")),
    ("406", "PUT", "", {"Accept": "image/png"}, b"{}", (406, "not-acceptable")),
    ("413", "PUT", "", {}, LARGE, (413, "content-too-large")),
    ("413, PATCH", "PATCH", "", {}, LARGE, (413, "content-too-large")),
    ("415", "PUT", "", {"Content-Type": "text/plain"}, b"{}", (415, "unsupported-media-type")),
    ("415, PATCH", "PATCH", "", {"Content-Type": "text/plain"}, b"{}", (415, "unsupported-media-type")),
    ("415 of the coding", "PUT", "", {"Content-Encoding": "br"}, b"{}", (415, "unsupported-encoding")),
    ("Content-Range", "PUT", "", {"Content-Range": "bytes 0-1/2"}, b"{}", (400, "invalid-header")),
    ("the key's 400", "PATCH", "", {"Idempotency-Key": '"broken'}, b"{}", (400, "invalid-idempotency-key")),
    ("before malformed JSON", "PUT", "", {}, b"{", REQUIRED),
    ("before malformed JSON, PATCH", "PATCH", "", {}, b"{", REQUIRED),
    ("before an empty body", "PUT", "", {}, b"", REQUIRED),
    ("before a parameter's 400", "PUT", "?x=1", {}, b"{}", REQUIRED),
    ("before a parameter's 400, PATCH", "PATCH", "?x=1", {}, b"{}", REQUIRED),
    ("before a parameter's 400, DELETE", "DELETE", "?x=1", {}, b"", REQUIRED),
    ("before 422", "PUT", "", {}, b"[]", REQUIRED),
    ("before 422, PATCH", "PATCH", "", {}, b'{"id": 0}', REQUIRED),
]


@pytest.mark.parametrize(
    ("method", "place", "fields", "body", "first"), [row[1:] for row in BEFORE], ids=[row[0] for row in BEFORE]
)
def test_it_has_its_place_in_the_order_of_checks(careful: Server, client, method, place, fields, body, first):
    path = place if place.startswith("/") else new_thing(client, "article")[0] + place
    before = effects(careful)
    kind = {} if method == "DELETE" else {"Content-Type": MERGE if method == "PATCH" else JSON}
    refused(client.request(method, path, content=body, headers=kind | fields), *first)
    assert effects(careful) == before


def test_a_scope_comes_before_it(careful: Server, client):
    _, unscoped = new_token(client, register(client), [])
    path, sent, _ = new_thing(client, "article")
    with new_client(careful, headers={"Authorization": unscoped}) as other:
        refused(change(other, "PUT", path, sent), 403, "insufficient-scope")


def test_by_default_it_is_not_required(api):
    path, sent, _ = new_thing(api, "article")
    assert change(api, "PUT", path, sent).status_code == 200
