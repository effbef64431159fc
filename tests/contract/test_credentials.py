"""Values of Authorization and their exact answers, on public and on other resources (CONTRACT §9)."""

from base64 import b64encode

import httpx
import pytest

from tests.contract.access import Account, basic, expired_token, new_token, register, revoked_token, store_of
from tests.contract.expect import refused, standing
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, ask
from tests.contract.routes import KNOWN

pytestmark = pytest.mark.one_database

BEARER = 'Bearer realm="touchstone"'
BASIC = 'Basic realm="touchstone", charset="UTF-8"'
ANY_SCHEME = [BEARER, BASIC]
INVALID_TOKEN = [f'{BEARER}, error="invalid_token"']
INVALID_REQUEST = [f'{BEARER}, error="invalid_request"']

PUBLIC = [("GET", "/hello"), ("GET", "/articles"), ("POST", "/echo"), ("GET", "/status/200"), ("POST", "/users")]
PROTECTED = [("GET", "/users/me"), ("GET", "/secrets"), ("POST", "/tokens"), ("PUT", "/articles/1"), ("GET", "/tokens")]
PLACES = [*PUBLIC, *PROTECTED, ("HEAD", "/hello"), ("HEAD", "/users/me"), ("HEAD", "/admin/audit")]
ONE_ID = b"X-Request-Id: one\r\n"


@pytest.fixture(scope="session")
def account(anonymous: httpx.Client) -> Account:
    """An account whose password has colons, also at both ends: the first one after the user name is the separator."""
    return register(anonymous, password=":pass:word::")


@pytest.fixture(scope="session")
def ended(server, anonymous, account) -> dict[str, str]:
    """Expired and revoked tokens of that account."""
    with store_of(server) as store:
        expired = expired_token(anonymous, store, account)
    return {"expired": expired, "revoked": revoked_token(anonymous, account)}


def field(value: str | bytes) -> bytes:
    sent = value if isinstance(value, bytes) else value.encode("latin-1")
    return b"Authorization: " + sent + b"\r\n"


def encoded(pair: bytes) -> str:
    return "Basic " + b64encode(pair).decode()


def check(
    answer: httpx.Response, method: str, status: int, slug: str, challenges: list[str], sent: object = ""
) -> None:
    """Assert that this is that refusal, with a line for each challenge; `sent` is the refused value."""
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b""), sent
        standing(answer)
    else:
        refused(answer, status, slug, sent)
    assert answer.headers.get_list("WWW-Authenticate") == challenges, sent
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Authorization" in answer.headers["Vary"].split(", ")


# No credentials, and unsupported schemes


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_credentials_it_is_401_with_both_schemes(server, method, path):
    check(ask(server.port, method, path, HOST), method, 401, "unauthenticated", ANY_SCHEME)


@pytest.mark.parametrize(("method", "path"), PUBLIC)
def test_public_resources_need_no_credentials(server, method, path):
    answer = ask(server.port, method, path, HOST)
    assert answer.status_code == (400 if path == "/users" else 200)
    assert "WWW-Authenticate" not in answer.headers


UNSUPPORTED = [
    'Digest username="john", realm="touchstone", nonce="a", uri="/", response="b"',
    "Negotiate YWJj",
    "NTLM",
    "Digest",
    "",
    "am9objpqb2hu",
    "john:john",
    "Basic, am9objpqb2hu",
    "Basicx am9objpqb2hu",
    "Token am9objpqb2hu",
    "\xff\xfe",
]


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_an_unsupported_scheme_is_401_with_both_schemes(server, method, path):
    for sent in UNSUPPORTED:
        answer = ask(server.port, method, path, HOST + field(sent))
        check(answer, method, 401, "unauthenticated", ANY_SCHEME, sent)


# Bearer

GOOD_FORM = "tst_" + "A" * 43


NO_TOKENS = [
    "Bearer",
    "Bearer abc",
    f"Bearer {GOOD_FORM}",
    f"Bearer {GOOD_FORM}A",
    f"Bearer {GOOD_FORM[:-1]}",
    f"Bearer {GOOD_FORM.upper()}",
    f"Bearer {GOOD_FORM}=",
    f"Bearer {GOOD_FORM}, Bearer {GOOD_FORM}",
    f'Bearer token="{GOOD_FORM}"',
    f'Bearer "{GOOD_FORM}"',
    "Bearer tst_\xe9",
    "Bearer am9objpqb2hu",
    "Bearer " + "a" * 4000,
    "bEARER x",
]


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_an_unknown_token_is_401_invalid_token(server, method, path):
    for sent in NO_TOKENS:
        answer = ask(server.port, method, path, HOST + field(sent))
        check(answer, method, 401, "invalid-token", INVALID_TOKEN, sent)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_an_expired_or_revoked_token_is_401_invalid_token(server, ended, method, path):
    for why, sent in ended.items():
        answer = ask(server.port, method, path, HOST + field(sent))
        check(answer, method, 401, "invalid-token", INVALID_TOKEN, why)


def test_all_bad_tokens_get_the_same_bytes(server, ended):
    said = ["Bearer", "Bearer abc", f"Bearer {GOOD_FORM}", *ended.values()]
    for method, path in PLACES:
        answers = [ask(server.port, method, path, HOST + ONE_ID + field(each)) for each in said]
        assert {to_the_byte(answer) for answer in answers} == {to_the_byte(answers[0])}, path


def to_the_byte(answer: httpx.Response) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes]:
    """The bytes of an answer, without the time."""
    return answer.status_code, tuple(pair for pair in answer.headers.raw if pair[0].lower() != b"date"), answer.content


# Two fields


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_two_valid_authorization_lines_are_400(server, method, path):
    for second in (CREDENTIALS, CREDENTIALS.lower(), field("Bearer abc"), field(""), field("Digest x")):
        for lines in (CREDENTIALS + second, second + CREDENTIALS, CREDENTIALS + b"X: y\r\n" + second):
            answer = ask(server.port, method, path, HOST + lines)
            check(answer, method, 400, "invalid-header", INVALID_REQUEST, lines)
            if method != "HEAD":
                assert [error["header"] for error in answer.json()["errors"]] == ["Authorization"]


# Basic: the answer does not reveal the fault

WRONG = [
    encoded(b"john:wrong"),
    encoded(b"john:John"),
    encoded(b"john: john"),
    encoded(b" john:john"),
    encoded(b"john:"),
    encoded(b":john"),
    encoded(b":"),
    encoded(b""),
    encoded(b"john"),
    encoded(b"nobody-of-that-name:john"),
    encoded(b"john:john\0"),
    encoded(b"john:john\n"),
    encoded(b"jo\x7fhn:john"),
    encoded("john:john\x85".encode()),
    encoded(b"john\0:john"),
    encoded("jöhn:john".encode("latin-1")),
    encoded(b"john:\xff\xfe"),
    encoded(b"john:\xed\xa0\x80"),
    encoded(b"\xef\xbb\xbfjohn:john"),
    encoded("jo\u200chn:john".encode()),
    encoded(b"' OR '1'='1:john"),
    encoded(b"john:" + b"a" * 8000),
    encoded(b"a" * 8000 + b":john"),
    "Basic",
    "Basic !!!",
    "Basic am9objpqb2h",
    "Basic am9objpqb2hu=",
    "Basic am9objpqb2hu====",
    "Basic =am9objpqb2hu",
    "Basic am9o bjpqb2hu",
    "Basic am9o,bjpqb2hu",
    "Basic am9objpqb2hu, Basic am9objpqb2hu",
    "Basic \xff\xfe",
    "basic am9objp3cm9uZw==",
]
# Base64 requires padding (RFC 4648 §3.2).
UNPADDED = encoded(b"steve:steve").rstrip("=")


@pytest.mark.parametrize(("method", "path"), [("GET", "/hello"), ("GET", "/users/me"), ("HEAD", "/articles")])
def test_all_failed_basic_logins_get_the_same_bytes(server, method, path):
    first = ask(server.port, method, path, HOST + ONE_ID + field(WRONG[0]))
    check(first, method, 401, "unauthenticated", [BASIC])
    answers = {sent: ask(server.port, method, path, HOST + ONE_ID + field(sent)) for sent in (*WRONG, UNPADDED)}
    assert [sent for sent, answer in answers.items() if to_the_byte(answer) != to_the_byte(first)] == []


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_wrong_password_is_401_on_public_resources_too(server, method, path):
    for sent in (WRONG[0], "Basic !!!"):
        answer = ask(server.port, method, path, HOST + field(sent))
        check(answer, method, 401, "unauthenticated", [BASIC], sent)


# Valid credentials


@pytest.mark.parametrize(
    "scheme", ["Basic", "basic", "BASIC", "bAsIc", "Basic ", "Basic    "], ids=lambda each: repr(each)
)
def test_the_scheme_basic_is_known_in_any_case(server, account, scheme):
    answer = ask(server.port, "GET", "/users/me", HOST + field(account.credentials.replace("Basic", scheme, 1)))
    assert (answer.status_code, answer.json()["id"]) == (200, account.id)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "beaReR", "Bearer   "])
def test_the_scheme_bearer_is_known_in_any_case(server, anonymous, account, scheme):
    _, said = new_token(anonymous, account, [])
    answer = ask(server.port, "GET", "/users/me", HOST + field(said.replace("Bearer", scheme, 1)))
    assert (answer.status_code, answer.json()["id"]) == (200, account.id)


@pytest.mark.parametrize(
    "password", ["a:b:c-long", ":::::::::", "pass word ", " password", "pässwörd", "пароль-пароль"]
)
def test_a_password_is_everything_after_the_first_colon(anonymous, password):
    account = register(anonymous, password=password)
    for username in (account.username, account.username.upper()):
        answer = anonymous.get("/users/me", headers={"Authorization": basic(username, password)})
        assert (answer.status_code, answer.json()["id"]) == (200, account.id)
    for other in (password + ":", password[:-1], password.swapcase() + "x", f" {password}"):
        answer = anonymous.get("/users/me", headers={"Authorization": basic(account.username, other)})
        check(answer, "GET", 401, "unauthenticated", [BASIC])


COMPOSED, DECOMPOSED = "caf\u00e9-\u00fcber-\uac00", "cafe\u0301-u\u0308ber-\u1100\u1161"


@pytest.mark.parametrize(("registered", "sent"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_password_matches_in_any_unicode_composition(anonymous, registered, sent):
    account = register(anonymous, password=registered)
    for password in (sent, registered, sent):
        answer = anonymous.get("/users/me", headers={"Authorization": basic(account.username, password)})
        assert (answer.status_code, answer.json()["id"]) == (200, account.id)


# Checks before credentials


@pytest.mark.parametrize("sent", [field("Digest x"), field("Bearer abc"), field(WRONG[0]), CREDENTIALS * 2, b""])
def test_options_and_preflights_ignore_credentials(server, place, sent):
    preflight = b"Origin: https://app.example.org\r\nAccess-Control-Request-Method: PUT\r\n"
    for route in KNOWN:
        for fields in (b"", preflight):
            answer = ask(server.port, "OPTIONS", place(route), HOST + sent + fields)
            assert (answer.status_code, answer.content) == (204, b""), route
            assert "WWW-Authenticate" not in answer.headers
            assert ("Access-Control-Allow-Origin" in answer.headers) == bool(fields)


# Caching of answers

UNKEPT = ("/echo", "/status", "/tokens", "/secrets", "/livez", "/readyz", "/metrics")


@pytest.mark.parametrize("route", KNOWN)
def test_public_resources_are_cached_privately_if_credentials_were_sent(server, place, route):
    url, kept = place(route), not route.startswith(UNKEPT)
    for method in ("GET", "HEAD", "OPTIONS"):
        anyone, own = ask(server.port, method, url, HOST), ask(server.port, method, url)
        assert own.headers["Cache-Control"] == ("private, no-cache" if kept else "no-store"), method
        assert "Authorization" in own.headers["Vary"].split(", ")
        assert "Authorization" in anyone.headers["Vary"].split(", ")
        if method != "OPTIONS":
            public = anyone.status_code == 200 and kept
            assert anyone.headers["Cache-Control"] == ("public, no-cache" if public else "no-store"), method
        if method == "GET" and kept:
            again = ask(server.port, method, url, ADMIN + f"If-None-Match: {own.headers['ETag']}\r\n".encode())
            assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")
