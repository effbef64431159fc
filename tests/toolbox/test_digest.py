"""Digest of the auth lab, as httpbin has it."""

from collections.abc import Iterator

import httpx
import pytest
import requests
from requests.auth import HTTPDigestAuth

from tests.servers import Server
from tests.toolbox.digest_client import Signing, challenges
from tests.toolbox.lab import curl, lab

pytestmark = pytest.mark.one_database

ALGORITHMS = ("MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess", "SHA-512-256-sess", "SHA-512")
QOPS = ("auth", "auth-int", "other")
RIGHT = {"authenticated": True, "user": "user"}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


@pytest.mark.parametrize("qop", QOPS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_with_every_qop(server: Server, algorithm: str, qop: str) -> None:
    path = f"/digest-auth/{qop}/user/passwd/{algorithm}"
    uri = f"/httpbin{path}?a=%C3%A9"
    for answered in ("auth", "auth-int") if qop == "other" else (qop,):
        with lab(server) as http:
            asked = http.get(f"{path}?a=%C3%A9")
            [challenge] = challenges(asked)
            assert (asked.status_code, asked.content, asked.headers["Content-Length"]) == (401, b"", "0")
            assert challenge["algorithm"] == algorithm
            assert challenge["qop"] == ("auth, auth-int" if qop == "other" else qop)
            signing = Signing("user", "passwd", challenge, body=b"content")
            fields = {"Authorization": signing.field(uri, qop=answered)}
            answer = http.request("GET", f"{path}?a=%C3%A9", headers=fields, content=b"content")
            assert answer.json() == RIGHT
    with lab(server) as http:
        [challenge] = challenges(http.get(path))
        wrong = Signing("user", "wrong", challenge).field(f"/httpbin{path}", qop="auth")
        assert http.get(path, headers={"Authorization": wrong}).status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize("qop", QOPS)
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
def test_curl_signs_in_with_what_it_knows(server: Server, algorithm: str, qop: str) -> None:
    url = f"{server.url}/httpbin/digest-auth/{qop}/user/passwd/{algorithm}"
    assert curl("--digest", "-u", "user:passwd", url)[0] == 200
    assert curl("--digest", "-u", "user:wrong", url)[0] == 401


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
@pytest.mark.parametrize("qop", ["auth", "other"])
def test_requests_httpx_and_curl_sign_in(server: Server, http: httpx.Client, algorithm: str, qop: str) -> None:
    path = f"/digest-auth/{qop}/user/passwd/{algorithm}"
    url = f"{server.url}/httpbin{path}"
    answer = requests.get(url, auth=HTTPDigestAuth("user", "passwd"), timeout=10)
    assert answer.json() == RIGHT
    assert requests.get(url, auth=HTTPDigestAuth("user", "wrong"), timeout=10).status_code == 401
    assert http.get(path, auth=httpx.DigestAuth("user", "passwd")).json() == RIGHT
    if algorithm != "SHA-512":  # which only httpbin has
        assert curl("--digest", "-u", "user:passwd", url)[0] == 200


def test_the_cookies_come_with_every_answer(server: Server) -> None:
    url = f"{server.url}/httpbin/digest-auth/auth/user/pass"
    refused = requests.get(url, timeout=10)
    assert refused.cookies["fake"] == "fake_value"
    assert refused.headers["WWW-Authenticate"].count("Digest") == 1
    with requests.Session() as session:
        session.auth = HTTPDigestAuth("user", "pass")
        assert session.get(url, timeout=10).status_code == 200
        assert session.cookies["fake"] == "fake_value"
        assert {cookie.path for cookie in session.cookies} == {"/httpbin"}


def test_a_name_in_unicode_signs_in(server: Server, http: httpx.Client) -> None:
    url = f"{server.url}/httpbin/digest-auth/auth/test/太陽"
    assert requests.get(url, auth=HTTPDigestAuth("test", "太陽"), timeout=10).status_code == 200
    encoded = f"{server.url}/httpbin/digest-auth/auth/test/%E5%A4%AA%E9%99%BD"
    assert curl("--digest", "-u", "test:太陽", encoded)[0] == 200


@pytest.mark.parametrize("answers", [1, 3])
def test_a_nonce_is_stale_after_its_answers(http: httpx.Client, answers: int) -> None:
    path = f"/digest-auth/auth/user/passwd/MD5/{answers}"
    [challenge] = challenges(http.get(path))
    signing = Signing("user", "passwd", challenge)
    for nc in range(1, answers + 1):
        assert http.get(path, headers={"Authorization": signing.field(f"/httpbin{path}", nc)}).status_code == 200
    stale = http.get(path, headers={"Authorization": signing.field(f"/httpbin{path}", answers + 1)})
    assert stale.status_code == 401
    assert ", stale=true" in stale.headers["WWW-Authenticate"]
    [challenge] = challenges(stale)
    again = {"Authorization": Signing("user", "passwd", challenge).field(f"/httpbin{path}")}
    assert http.get(path, headers=again).status_code == 200


def test_a_nonce_of_a_wrong_password_is_stale(http: httpx.Client) -> None:
    path = "/digest-auth/auth/user/passwd"
    [challenge] = challenges(http.get(path))
    wrong = http.get(path, headers={"Authorization": Signing("user", "wrong", challenge).field(f"/httpbin{path}")})
    assert "stale" not in wrong.headers["WWW-Authenticate"]
    right = http.get(path, headers={"Authorization": Signing("user", "passwd", challenge).field(f"/httpbin{path}", 2)})
    assert "stale=true" in right.headers["WWW-Authenticate"]


def test_cookies_can_be_required(server: Server) -> None:
    path = "/digest-auth/auth/user/passwd?require-cookie=1"
    with lab(server) as http:
        [challenge] = challenges(http.get(path))
        fields = {"Authorization": Signing("user", "passwd", challenge).field(f"/httpbin{path}")}
        assert http.get(path, headers=fields).status_code == 200
    with lab(server) as http:
        assert http.get(path, headers=fields).status_code == 401
    with lab(server) as http:
        other = http.get(path, headers={**fields, "Cookie": "fake=other"})
    assert (other.status_code, other.json()) == (403, {"errors": ["missing cookie set on challenge"]})


def test_an_answer_without_qop_counts_only_where_none_was_asked(http: httpx.Client) -> None:
    for qop, status in (("other", 200), ("auth", 401)):
        path = f"/digest-auth/{qop}/user/passwd"
        [challenge] = challenges(http.get(path))
        http.cookies.clear()
        fields = {"Authorization": Signing("user", "passwd", challenge).field(f"/httpbin{path}", qop=None)}
        assert http.get(path, headers=fields).status_code == status


@pytest.mark.parametrize(
    "changes",
    [
        {"nc": ""},
        {"cnonce": ""},
        {"nc": "xyz"},
        {"uri": '"/digest-auth/auth/user/passwd"'},
        {"realm": '"other"'},
        {"algorithm": "SHA-256"},
        {"algorithm": "unknown"},
        {"qop": "auth-int"},
        {"username": '"other"'},
        {"response": '"é"'},
        {"nonce": '"a, b; é"'},
        {"opaque": '"'},
    ],
)
def test_broken_credentials_are_401(http: httpx.Client, changes: dict[str, str]) -> None:
    path = "/digest-auth/auth/user/passwd"
    [challenge] = challenges(http.get(path))
    field = Signing("user", "passwd", challenge).field(f"/httpbin{path}", changes=changes)
    assert http.get(path, headers={"Authorization": field.encode()}).status_code == 401


def test_parameters_of_the_path(http: httpx.Client) -> None:
    [challenge] = challenges(http.get("/digest-auth/auth/user/passwd/sha-256"))
    assert challenge["algorithm"] == "MD5"
    for wrong in ("-1", "often", "1" * 20):
        refused = http.get(f"/digest-auth/auth/user/passwd/MD5/{wrong}")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == "stale_after"
    assert http.get("/digest-auth/auth/user").status_code == 404
