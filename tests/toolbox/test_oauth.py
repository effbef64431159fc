"""The OAuth lab: three grants, by the clients of Authlib and oauthlib, and the endpoints about tokens."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet
from requests_oauthlib import OAuth2Session

from tests.servers import Server
from tests.toolbox.lab import (
    ASKED,
    CALLBACK,
    SECRET,
    exchange,
    is_active,
    lab,
    led_to,
    new_code,
    new_tokens,
    refresh,
)
from tests.waiting import wait_until


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


@pytest.fixture
def metadata(server: Server) -> dict[str, Any]:
    """What clients discover at the well-known address of the issuer."""
    found = httpx.get(get_well_known_url(f"{server.url}/httpbin", external=True), trust_env=False)
    assert found.status_code == 200
    metadata: dict[str, Any] = found.json()
    return metadata


@pytest.mark.one_database
def test_the_metadata_is_complete(http: httpx.Client, server: Server, metadata: dict[str, Any]) -> None:
    AuthorizationServerMetadata(metadata).validate()
    assert metadata["issuer"] == f"{server.url}/httpbin"
    assert http.get("/.well-known/oauth-authorization-server").json() == metadata
    for name, url in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert httpx.options(url, trust_env=False).headers["Allow"], name


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_does_all_three_grants(metadata: dict[str, Any], method: str) -> None:
    options = {"token_endpoint_auth_method": method, "scope": "profile email", "redirect_uri": CALLBACK}
    with AuthlibSession(*SECRET, **options) as client:
        token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert token["scope"] == "profile email"
        assert "refresh_token" not in token
        assert client.get(metadata["userinfo_endpoint"]).json() == {"preferred_username": "toolbox", "sub": "toolbox"}

    with AuthlibSession(*SECRET, **options, code_challenge_method="S256") as client:
        url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier="w" * 43)
        answer = httpx.get(f"{url}&auto=approve", trust_env=False)
        assert led_to(answer)["iss"] == metadata["issuer"]
        assert led_to(answer)["state"] == state
        back = answer.headers["Location"]
        client.fetch_token(metadata["token_endpoint"], authorization_response=back, code_verifier="w" * 43)
        user = client.get(metadata["userinfo_endpoint"]).json()
        assert user == {
            "email": "postman@example.org",
            "name": "Demo user",
            "preferred_username": "postman",
            "sub": "postman",
        }
        before = dict(client.token)
        after = client.refresh_token(metadata["token_endpoint"])
        assert after["refresh_token"] != before["refresh_token"]
        known = client.introspect_token(metadata["introspection_endpoint"], token=after["access_token"]).json()
        assert (known["active"], known["sub"], known["aud"]) == (True, "postman", "toolbox")
        client.revoke_token(metadata["revocation_endpoint"], token=after["access_token"])
        known = client.introspect_token(metadata["introspection_endpoint"], token=after["access_token"]).json()
        assert known == {"active": False}


@pytest.mark.one_database
def test_oauthlib_is_a_public_client_with_pkce(metadata: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with OAuth2Session("toolbox-public", redirect_uri=CALLBACK, scope=["profile"], pkce="S256") as client:
        client.trust_env = False
        url, _state = client.authorization_url(metadata["authorization_endpoint"], auto="approve")
        back = httpx.get(url, trust_env=False).headers["Location"]
        token = client.fetch_token(metadata["token_endpoint"], authorization_response=back, include_client_id=True)
        assert client.get(metadata["userinfo_endpoint"], timeout=10).json()["sub"] == "postman"
        again = client.refresh_token(metadata["token_endpoint"], client_id="toolbox-public")
        assert again["refresh_token"] != token["refresh_token"]


def test_a_used_refresh_token_ends_its_family(http: httpx.Client) -> None:
    first = new_tokens(http)
    second = http.post("/oauth/token", data=refresh(first["refresh_token"])).json()
    assert is_active(http, second["access_token"])
    assert is_active(http, second["refresh_token"])
    assert not is_active(http, first["refresh_token"])
    for token in (first["refresh_token"], second["refresh_token"], first["refresh_token"]):
        refused = http.post("/oauth/token", data=refresh(token))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    for token in (first["access_token"], second["access_token"], second["refresh_token"]):
        assert not is_active(http, token)
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert http.get("/oauth/userinfo", headers=bearer).status_code == 401
    # Another authorization of the same user and client lives on.
    assert is_active(http, new_tokens(http)["access_token"])


def test_a_replayed_code_ends_the_tokens_it_gave(http: httpx.Client) -> None:
    code = new_code(http)
    token = http.post("/oauth/token", data=exchange(code)).json()["access_token"]
    replayed = http.post("/oauth/token", data=exchange(code))
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert not is_active(http, token)


@pytest.mark.one_database
def test_a_wrong_verifier_does_not_use_the_code(http: httpx.Client) -> None:
    code = new_code(http)
    wrong = http.post("/oauth/token", data={**exchange(code), "code_verifier": "x" * 43})
    assert wrong.json()["error"] == "invalid_grant"
    assert http.post("/oauth/token", data=exchange(code)).status_code == 200


@pytest.mark.one_database
def test_a_refresh_can_narrow_the_access_but_not_widen_it(http: httpx.Client) -> None:
    token = new_tokens(http, scope="profile read")
    narrow = http.post("/oauth/token", data={**refresh(token["refresh_token"]), "scope": "read"}).json()
    assert narrow["scope"] == "read"
    refused = http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {narrow['access_token']}"})
    assert refused.status_code == 403
    challenge = refused.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="toolbox", error="insufficient_scope"')
    assert challenge.endswith('scope="profile"')
    wide = http.post("/oauth/token", data={**refresh(narrow["refresh_token"]), "scope": "profile write"})
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")
    again = http.post("/oauth/token", data=refresh(narrow["refresh_token"])).json()
    assert again["scope"] == "profile read"


def test_a_revoked_refresh_token_ends_all_of_its_authorization(http: httpx.Client) -> None:
    token = new_tokens(http)
    revoked = http.post("/oauth/revoke", data={"token": token["refresh_token"], "client_id": "toolbox-public"})
    assert (revoked.status_code, revoked.json()) == (200, {})
    assert not is_active(http, token["access_token"])
    assert not is_active(http, token["refresh_token"])
    assert http.post("/oauth/token", data=refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.one_database
def test_the_published_key_checks_access_tokens(http: httpx.Client) -> None:
    answer = http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=SECRET)
    assert answer.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(http.get("/oauth/jwks").json())
    assert not any(key.is_private for key in keys.keys)
    token = jwt.decode(answer.json()["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    assert (token.claims["aud"], token.claims["iss"]) == ("toolbox", str(http.base_url).rstrip("/"))
    assert token.claims["exp"] - token.claims["iat"] == answer.json()["expires_in"] == 300


@pytest.mark.one_database
def test_a_token_of_a_second_expires(http: httpx.Client) -> None:
    answer = http.post("/oauth/token?ttl=1", data={"grant_type": "client_credentials"}, auth=SECRET)
    assert answer.json()["expires_in"] == 1
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    wait_until(lambda: http.get("/oauth/userinfo", headers=bearer).status_code == 401, "the token expired", pause=0.1)
    refused = http.get("/oauth/userinfo", headers=bearer)
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    for wrong in ("0", "3601", "x", "1.5"):
        assert http.post(f"/oauth/token?ttl={wrong}", auth=SECRET).json()["errors"][0]["parameter"] == "ttl"


@pytest.mark.one_database
def test_the_issuer_is_the_public_url_or_the_host_that_was_called(server: Server, http: httpx.Client) -> None:
    told = http.get("/.well-known/oauth-authorization-server", headers={"Host": "lab.test:81"}).json()
    assert told["issuer"] == "http://lab.test:81/httpbin"
    denied = led_to(http.get("/oauth/authorize", params={**ASKED, "auto": "deny"}))
    assert (denied["error"], denied["state"], denied["iss"]) == ("access_denied", "s", f"{server.url}/httpbin")
