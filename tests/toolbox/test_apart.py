"""The credentials of the auth lab and those of the server mean nothing to each other."""

from collections.abc import Iterator

import httpx
import pytest

from api.app import find_resources
from api.web.declared import declared_by
from tests.servers import Server
from tests.toolbox.lab import is_active, lab, new_tokens

pytestmark = pytest.mark.one_database

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


def guarded() -> Iterator[tuple[str, str]]:
    """Each method that requires signing in, with a path."""
    for resource in find_resources():
        for verb in VERBS:
            declared = declared_by(resource, verb)
            if verb in (resource.methods or ()) and declared and declared.scopes is not None:
                yield verb, resource.place(*["1"] * resource.paths[0].count("<"))


def test_no_resource_of_the_server_takes_a_token_of_the_lab(server: Server, http: httpx.Client) -> None:
    token = new_tokens(http, scope="profile email read write")
    known = list(guarded())
    assert len(known) > 10
    for value in (token["access_token"], token["refresh_token"]):
        for verb, path in [*known, ("GET", "/hello"), ("GET", "/articles")]:
            answer = httpx.request(
                verb, server.url + path, headers={"Authorization": f"Bearer {value}"}, trust_env=False
            )
            assert answer.status_code in (401, 404), (verb, path)
            if answer.status_code == 401:
                assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"], (verb, path)
    assert is_active(http, token["access_token"])


def test_clients_and_sessions_of_the_lab_are_no_accounts(server: Server, http: httpx.Client) -> None:
    for pair in (("toolbox", "secret"), ("postman", "password")):
        assert httpx.get(f"{server.url}/users/me", auth=pair, trust_env=False).status_code == 401
    http.post("/session/sign-in", json={"user": "postman", "password": "password"})
    cookies = {"Cookie": f"session={http.cookies['toolbox_session']}", "Accept": "text/html"}
    assert "Sign in" in httpx.get(f"{server.url}/", headers=cookies, trust_env=False).text


def test_a_token_of_the_server_means_nothing_to_the_lab(server: Server, http: httpx.Client) -> None:
    made = httpx.post(f"{server.url}/tokens", json={}, auth=("john", "john"), trust_env=False)
    assert made.status_code == 201, made.text
    token = made.json()["token"]
    assert not is_active(http, token)
    answer = http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert http.post("/oauth/revoke", data={"token": token}, auth=("toolbox", "secret")).status_code == 200
    signed_in = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server.url}/users/me", headers=signed_in, trust_env=False).status_code == 200


def test_accounts_of_the_server_are_no_clients_of_the_lab(http: httpx.Client) -> None:
    for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke"):
        answer = http.post(path, data={"grant_type": "client_credentials", "token": "x"}, auth=("john", "john"))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert http.post("/session/sign-in", json={"user": "john", "password": "john"}).status_code == 401
