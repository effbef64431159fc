"""Digest of the auth lab, strictly by RFC 7616."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.servers import Server
from tests.toolbox.digest_client import Signing, challenges, h
from tests.toolbox.lab import curl, lab

PATH = "/digest/user/passwd"
URI = f"/httpbin{PATH}"


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


def signed(http: httpx.Client, field: str, path: str = PATH) -> httpx.Response:
    return http.get(path, headers={"Authorization": field.encode()})


def info(answer: httpx.Response) -> dict[str, str]:
    pairs = re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))', answer.headers["Authentication-Info"])
    return {name: quoted or plain for name, quoted, plain in pairs}


def test_the_strongest_algorithm_is_offered_first(http: httpx.Client) -> None:
    first, second = challenges(http.get(PATH))
    assert (first["algorithm"], second["algorithm"]) == ("SHA-256", "MD5")
    assert (first["qop"], first["charset"], first["userhash"]) == ("auth, auth-int", "UTF-8", "true")
    [only] = challenges(http.get(f"{PATH}/SHA-512-256-sess"))
    assert only["algorithm"] == "SHA-512-256-sess"


@pytest.mark.one_database
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256-sess", "SHA-512-256"])
def test_the_server_proves_itself(http: httpx.Client, algorithm: str, qop: str) -> None:
    path = f"{PATH}/{algorithm}"
    [challenge] = challenges(http.get(path))
    signing = Signing("user", "passwd", challenge)
    answer = signed(http, signing.field(f"/httpbin{path}", qop=qop), path)
    assert answer.json() == {"authenticated": True, "user": "user"}
    told = info(answer)
    assert told["rspauth"] == signing.proof(f"/httpbin{path}", answer.content, qop=qop)
    assert (told["qop"], told["cnonce"], told["nc"]) == (qop, "c0ffee", "00000001")
    challenge["nonce"] = told["nextnonce"]
    assert signed(http, signing.field(f"/httpbin{path}", qop=qop), path).status_code == 200


def test_a_count_is_good_once_on_all_workers(http: httpx.Client) -> None:
    signing = Signing("user", "passwd", challenges(http.get(PATH))[0])
    assert [signed(http, signing.field(URI, nc)).status_code for nc in (1, 2, 9)] == [200, 200, 200]
    for nc in (1, 9, 8):
        with httpx.Client(base_url=http.base_url, trust_env=False) as other:  # perhaps on the other worker
            replayed = signed(other, signing.field(URI, nc))
        assert replayed.status_code == 401
        assert "stale=true" in replayed.headers["WWW-Authenticate"]
    assert signed(http, signing.field(URI, 10)).status_code == 200


@pytest.mark.one_database
def test_a_nonce_that_is_not_ours_is_stale_for_the_right_password_only(http: httpx.Client) -> None:
    challenge = {**challenges(http.get(PATH))[0], "nonce": "A" * 44}
    assert "stale=true" in signed(http, Signing("user", "passwd", challenge).field(URI)).headers["WWW-Authenticate"]
    assert "stale" not in signed(http, Signing("user", "wrong", challenge).field(URI)).headers["WWW-Authenticate"]


@pytest.mark.one_database
def test_names_may_be_hashed_or_extended(http: httpx.Client) -> None:
    path = "/digest/J%C3%A4s%C3%B8n/p"
    uri = f"/httpbin{path}"
    for nc, changes in enumerate(
        (
            {"username": f'"{h("SHA-256", "Jäsøn:toolbox".encode())}"', "userhash": "true"},
            {"username": "", "username*": "UTF-8''J%C3%A4s%C3%B8n"},
            {},
        )
    ):
        signing = Signing("Jäsøn", "p", challenges(http.get(path))[0])
        assert signed(http, signing.field(uri, nc + 1, changes=changes), path).status_code == 200, changes


@pytest.mark.one_database
@pytest.mark.parametrize(
    "changes",
    [
        {"uri": '"/digest/user/passwd"'},
        {"uri": f'"{URI}?"'},
        {"response": '"0", response="1"'},
        {"username": "", "username*": "UTF-8''user", "userhash": "true"},
        {"username*": "UTF-8''user"},
        {"nc": ""},
        {"cnonce": ""},
        {"realm": ""},
        {"nonce": '"'},
    ],
)
def test_what_the_rfc_forbids_is_400(http: httpx.Client, changes: dict[str, str]) -> None:
    signing = Signing("user", "passwd", challenges(http.get(PATH))[0])
    answer = signed(http, signing.field(URI, changes=changes))
    assert answer.status_code == 400, answer.headers
    assert answer.json()["errors"][0]["header"] == "authorization"


@pytest.mark.one_database
@pytest.mark.parametrize("changes", [{"algorithm": "SHA-512"}, {"qop": "other"}, {"realm": '"x"'}, {"qop": ""}])
def test_what_was_not_offered_is_401(http: httpx.Client, changes: dict[str, str]) -> None:
    signing = Signing("user", "passwd", challenges(http.get(PATH))[0])
    assert signed(http, signing.field(URI, changes=changes)).status_code == 401


@pytest.mark.one_database
def test_clients_sign_in(server: Server, http: httpx.Client) -> None:
    assert curl("--digest", "-u", "user:passwd", f"{server.url}{URI}")[0] == 200
    assert curl("--digest", "-u", "user:wrong", f"{server.url}{URI}")[0] == 401
    assert http.get(f"{PATH}/SHA-256", auth=httpx.DigestAuth("user", "passwd")).status_code == 200
    refused = http.get(f"{PATH}/SHA-1")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "algorithm")
