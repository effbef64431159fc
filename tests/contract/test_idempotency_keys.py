"""The syntax of an Idempotency-Key, and its place in the order of checks (CONTRACT §6; §2, 17)."""

from dataclasses import replace

import pytest

from tests.contract.access import basic, new_token, register
from tests.contract.expect import refused
from tests.contract.keys import (
    REPLAYED,
    STORING,
    Asked,
    effects,
    expire,
    kept,
    new_article,
    new_key,
    new_request,
    same_answer,
)
from tests.contract.raw import exchange
from tests.servers import Server

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024
BAD_KEY = (400, "invalid-idempotency-key")
MALFORMED = [
    b"",
    b" ",
    b'""',
    b"k" * 256,
    b'"' + b"k" * 256 + b'"',
    b"two words",
    b"a\tb",
    b'"a\tb"',
    b"caf\xc3\xa9",
    b'"caf\xe9"',
    b'"broken',
    b'broken" "',
    b'"a"b',
    b'"a", "b"',
    b'"a";B',
    b'"\\a"',
]
TWO = [(b"a", b"a"), (b"a", b"b"), (b'"a"', b'"a"'), (b"a", b""), (b"", b"a"), (b"a", b'"broken')]


@pytest.mark.crossed
@pytest.mark.parametrize("key", MALFORMED)
@pytest.mark.parametrize(("route", "method"), STORING)
def test_a_malformed_key_is_400_and_no_effect(server: Server, anonymous, route, method, key):
    asked = new_request(anonymous, route, method)
    before = effects(server)
    refused(exchange(server.port, asked.raw(key)), *BAD_KEY)
    assert effects(server) == before
    assert asked.send(anonymous).status_code < 300


@pytest.mark.crossed
@pytest.mark.parametrize("keys", TWO)
@pytest.mark.parametrize(("route", "method"), STORING)
def test_two_lines_are_400_and_no_effect(server: Server, anonymous, route, method, keys):
    asked = new_request(anonymous, route, method)
    before = effects(server)
    refused(exchange(server.port, asked.raw(*keys)), *BAD_KEY)
    assert effects(server) == before


def test_quoted_and_bare_name_the_same_key(anonymous):
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = asked.send(anonymous, f'"{key}"')
    for written in (key, f'"{key}"', f'"{key}";v=1', f'"{key}"; v; w="x"'):
        same_answer(first, asked.send(anonymous, written))


def test_the_case_of_a_key_counts(anonymous):
    asked, key = new_request(anonymous, "/articles", "POST"), f"Key-{new_key()}"
    assert asked.send(anonymous, key).status_code == 201
    assert REPLAYED not in asked.send(anonymous, key.lower()).headers


@pytest.mark.parametrize(
    "written", ["{}" + "k" * 219, '"{}' + "k" * 219 + '"', '"{} with blanks"', '"{}\\\\\\""', "{}~!/"]
)
def test_a_key_may_have_255_printable_characters(anonymous, written):
    asked, key = new_request(anonymous, "/articles", "POST"), written.format(new_key())
    first = asked.send(anonymous, key)
    assert first.status_code == 201, first.text
    same_answer(first, asked.send(anonymous, key))


@pytest.mark.parametrize("name", [b"idempotency-key", b"IDEMPOTENCY-KEY", b"iDeMpOtEnCy-KeY"])
def test_the_field_name_is_case_insensitive(server: Server, anonymous, name):
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = exchange(server.port, asked.raw(fields=b"%b: %b\r\n" % (name, key.encode())))
    same_answer(first, asked.send(anonymous, key))


def test_a_field_with_an_underscore_is_another_field(server: Server, anonymous):
    asked = new_request(anonymous, "/articles", "POST")
    for _ in range(2):
        answer = exchange(server.port, asked.raw(fields=b'Idempotency_Key: "broken\r\n'))
        assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


def test_a_key_that_has_expired_names_a_new_request(server: Server, anonymous):
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = asked.send(anonymous, key)
    expire(server, key)
    other = replace(asked, content=b'{"title": "Other", "body": ""}')
    second = other.send(anonymous, key)
    assert second.status_code == 201
    assert second.headers["Location"] != first.headers["Location"]
    same_answer(second, other.send(anonymous, key))
    refused(asked.send(anonymous, key), 422, "idempotency-key-reused")
    assert len(kept(server, key)) == 1


# The order of checks: each request has a malformed key and another fault; the earlier check refuses it.

JSON = "application/json"
MERGE = "application/merge-patch+json"
LARGE = b" " * (MIB + 1)
ABSENT = "/articles/999999999"
WRONG = basic("john", "wrong")
PNG = {"Accept": "image/png"}
BROTLI = {"Content-Encoding": "br"}
OLD = {"If-Match": '"v0"'}
UNSCOPED = "a token without a scope"
OTHER = basic("john", "john")
POST, PATCH = ("POST", "/articles"), ("PATCH", "/articles/{article}")
MESSAGE, TOKEN = ("POST", "/messages"), ("POST", "/tokens")
ROWS = [
    ("404", ("POST", "/nothing"), {}, (404, "not-found")),
    ("405", ("PATCH", "/articles"), {"content_type": MERGE}, (405, "method-not-allowed")),
    ("406", POST, {"fields": PNG}, (406, "not-acceptable")),
    ("406, PATCH", PATCH, {"content_type": MERGE, "fields": PNG}, (406, "not-acceptable")),
    ("401", POST, {"authorization": ""}, (401, "unauthenticated")),
    ("401, wrong", POST, {"authorization": WRONG}, (401, "unauthenticated")),
    ("401, anonymous message", MESSAGE, {"authorization": WRONG}, (401, "unauthenticated")),
    ("401, registration", ("POST", "/users"), {"authorization": WRONG}, (401, "unauthenticated")),
    ("the scope's 403", POST, {"authorization": UNSCOPED}, (403, "insufficient-scope")),
    ("the scope's 403, PATCH", PATCH, {"authorization": UNSCOPED, "content_type": MERGE}, (403, "insufficient-scope")),
    ("the scope's 403, message", MESSAGE, {"authorization": UNSCOPED}, (403, "insufficient-scope")),
    ("the object's 404", ("PATCH", ABSENT), {"content_type": MERGE}, (404, "not-found")),
    ("the owner's 403", PATCH, {"authorization": OTHER, "content_type": MERGE}, (403, "forbidden")),
    ("413", POST, {"content": LARGE}, (413, "content-too-large")),
    ("413, PATCH", PATCH, {"content": LARGE, "content_type": MERGE}, (413, "content-too-large")),
    ("413, message", MESSAGE, {"content": LARGE, "content_type": JSON}, (413, "content-too-large")),
    ("the coding's 415", POST, {"fields": BROTLI}, (415, "unsupported-encoding")),
    ("the coding's 415, PATCH", PATCH, {"content_type": MERGE, "fields": BROTLI}, (415, "unsupported-encoding")),
    ("the coding's 415, message", MESSAGE, {"fields": BROTLI}, (415, "unsupported-encoding")),
    ("415", POST, {"content_type": "text/plain"}, (415, "unsupported-media-type")),
    ("415, PATCH", PATCH, {"content_type": "text/plain"}, (415, "unsupported-media-type")),
    ("415, message", MESSAGE, {"content_type": "image/png"}, (415, "unsupported-media-type")),
    ("a charset's 415", MESSAGE, {"content_type": "text/plain; charset=klingon"}, (415, "unsupported-media-type")),
    ("before 412", PATCH, {"content_type": MERGE, "fields": OLD}, BAD_KEY),
    ("before a malformed If-Match", PATCH, {"content_type": MERGE, "fields": {"If-Match": "v1"}}, BAD_KEY),
    ("before malformed JSON", POST, {"content": b"{"}, BAD_KEY),
    ("before malformed JSON, PATCH", PATCH, {"content": b"{", "content_type": MERGE}, BAD_KEY),
    ("before malformed JSON, message", MESSAGE, {"content": b"{", "content_type": JSON}, BAD_KEY),
    ("before an empty body", POST, {"content": b""}, BAD_KEY),
    ("before an empty body, message", MESSAGE, {"content": b""}, BAD_KEY),
    ("before a parameter's 400", ("POST", "/articles?x=1"), {}, BAD_KEY),
    ("before a parameter's 400, PATCH", ("PATCH", "/articles/{article}?x=1"), {"content_type": MERGE}, BAD_KEY),
    ("before a parameter's 400, message", ("POST", "/messages?x=1"), {}, BAD_KEY),
    ("before 422", POST, {"content": b"[]"}, BAD_KEY),
    ("before 422, registration", ("POST", "/users"), {}, BAD_KEY),
    ("before 409", ("POST", "/users"), {"content": b'{"username": "john"}'}, BAD_KEY),
    ("before 409, PATCH", PATCH, {"content": b'[{"op":"remove","path":"/x"}]', "content_type": MERGE}, BAD_KEY),
    ("401, token", TOKEN, {"authorization": ""}, (401, "unauthenticated")),
    ("403, token", TOKEN, {"authorization": UNSCOPED}, (403, "forbidden")),
    ("413, token", TOKEN, {"content": LARGE}, (413, "content-too-large")),
    ("the coding's 415, token", TOKEN, {"fields": BROTLI}, (415, "unsupported-encoding")),
    ("415, token", TOKEN, {"content_type": "text/plain"}, (415, "unsupported-media-type")),
    ("before malformed JSON, token", TOKEN, {"content": b"{"}, BAD_KEY),
    ("before a parameter's 400, token", ("POST", "/tokens?x=1"), {}, BAD_KEY),
    ("before 422, token", TOKEN, {"content": b'{"scopes": 1}'}, BAD_KEY),
]


@pytest.fixture(scope="session")
def unscoped(anonymous) -> str:
    return new_token(anonymous, register(anonymous), [])[1]


@pytest.mark.parametrize(("target", "sent", "first"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_key_has_its_place_in_the_order_of_checks(server: Server, anonymous, unscoped, target, sent, first):
    method, url = target
    if sent.get("authorization") == UNSCOPED:
        sent = {**sent, "authorization": unscoped}
    url = url.format(article=new_article(anonymous)) if "{" in url else url
    asked = Asked(method, url, **{"content": b"{}", "content_type": JSON, **sent})
    before = effects(server)
    refused(asked.send(anonymous, '"broken'), *first)
    assert effects(server) == before


@pytest.mark.parametrize("condition", ['"v0"', "v1"])
@pytest.mark.parametrize("route", ["/articles/<id:article_id>", "/users/<id:user_id>"])
def test_an_answer_is_replayed_before_the_preconditions_of_the_repetition(anonymous, route, condition):
    asked, key = new_request(anonymous, route, "PATCH"), new_key()
    first = asked.send(anonymous, key)
    assert first.status_code == 200
    same_answer(first, asked.send(anonymous, key, fields={"If-Match": condition}))
