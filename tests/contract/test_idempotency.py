"""The same key and the same request are one effect and one answer, on every route that takes keys (CONTRACT §6)."""

from dataclasses import replace

import pytest

from tests.contract.access import register
from tests.contract.expect import refused, standing
from tests.contract.keys import (
    FATES,
    IGNORED,
    REPLAYED,
    STORING,
    declared_fate,
    effects,
    kept,
    new_key,
    new_request,
    same_answer,
)
from tests.contract.routes import KNOWN, every, sound
from tests.servers import Server

# Another type that the same method accepts.
OTHER_TYPES = {
    "application/json": "application/vnd.touchstone.v1+json",
    "application/merge-patch+json": "application/json-patch+json",
    "text/plain": "application/octet-stream",
}
# One account sends them one after the other; no path has both POST and PATCH.
OF_ONE = [each for each in STORING if each[0] != "/users/me"]
PAIRS = [(one, other) for one in OF_ONE for other in OF_ONE if one != other or "<" in one[0]]
UNKEYED = [(route, method) for route, method in every(KNOWN) if method not in ("POST", "PATCH")]


def test_every_route_with_post_or_patch_treats_keys_as_declared():
    """A new route must be added to FATES; then all tests below run on it."""
    found = {each for each in every(KNOWN) if each[1] in ("POST", "PATCH")}
    assert {each: declared_fate(*each) for each in found} == FATES


@pytest.mark.parametrize(("route", "method"), STORING)
def test_same_key_same_request_one_effect_and_one_answer(server: Server, anonymous, route, method):
    asked, key = new_request(anonymous, route, method), new_key()
    before = effects(server)
    first = asked.send(anonymous, key)
    after = effects(server)
    again = [asked.send(anonymous, key) for _ in range(3)]
    assert effects(server) == after
    assert after["audit"] == before["audit"] + 1
    assert after["versions"] >= before["versions"]
    assert first.status_code == (201 if method == "POST" else 200), first.text
    assert len(kept(server, key)) == 1
    for answer in again:
        same_answer(first, answer)
        standing(answer)
        assert answer.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert answer.headers["Vary"] == first.headers["Vary"]
    assert len({answer.headers["X-Request-Id"] for answer in again}) == 3


def test_a_replay_has_its_own_date_and_request_id(anonymous):
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = asked.send(anonymous, key)
    while (later := anonymous.get("/hello").headers["Date"]) == first.headers["Date"]:
        pass  # Date has whole seconds
    again = replace(asked, fields={"X-Request-Id": "mine"}).send(anonymous, key)
    same_answer(first, again)
    assert again.headers["Date"] >= later
    assert again.headers["X-Request-Id"] == "mine"


@pytest.mark.parametrize(("route", "method"), STORING)
def test_without_a_key_nothing_is_stored_or_replayed(server: Server, anonymous, route, method):
    asked = new_request(anonymous, route, method)
    before = effects(server)["audit"]
    answers = [asked.send(anonymous), asked.send(anonymous)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == ([201, 409] if route == "/users" else [201, 201] if method == "POST" else [200, 200])
    assert effects(server)["audit"] == before + sum(status < 400 for status in statuses)
    assert not any(REPLAYED in answer.headers for answer in answers)


@pytest.mark.parametrize(("route", "method"), STORING)
def test_another_key_is_another_request(server: Server, anonymous, route, method):
    asked = new_request(anonymous, route, method)
    asked.send(anonymous, new_key())
    answer = asked.send(anonymous, new_key())
    assert answer.status_code == (409 if route == "/users" else 201 if method == "POST" else 200)
    assert REPLAYED not in answer.headers


@pytest.mark.crossed
@pytest.mark.parametrize("what", ["body", "a blank in the body", "no body", "query", "Content-Type"])
@pytest.mark.parametrize(("route", "method"), STORING)
def test_same_key_other_request_is_422_and_no_effect(server: Server, anonymous, route, method, what):
    asked, key = new_request(anonymous, route, method), new_key()
    first = asked.send(anonymous, key)
    other = {
        "body": {"content": sound(route, method)["content"] + b"\n"},
        "a blank in the body": {"content": asked.content + b" "},
        "no body": {"content": b""},
        "query": {"url": f"{asked.url}?x=1"},
        "Content-Type": {"content_type": OTHER_TYPES[asked.content_type]},
    }[what]
    before = effects(server)
    refused(asked.send(anonymous, key, **other), 422, "idempotency-key-reused")
    assert effects(server) == before
    same_answer(first, asked.send(anonymous, key))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_same_key_on_another_resource_or_route_is_422_and_no_effect(server: Server, anonymous, first, second):
    """Also on another path of the same route, because each test resource is new."""
    one, other, key = new_request(anonymous, *first), new_request(anonymous, *second), new_key()
    assert one.send(anonymous, key).status_code < 300
    before = effects(server)
    refused(other.send(anonymous, key), 422, "idempotency-key-reused")
    assert effects(server) == before
    assert other.send(anonymous, new_key()).status_code < 300


@pytest.mark.parametrize(("route", "method"), STORING)
def test_another_account_may_use_the_same_key(server: Server, anonymous, route, method):
    one, other, key = new_request(anonymous, route, method), new_request(anonymous, route, method), new_key()
    if "{" not in route and route != "/users/me":
        other = replace(other, authorization=register(anonymous).credentials)
    if route in ("/articles/<id:article_id>", "/users/<id:user_id>"):
        other = replace(other, authorization=register(anonymous, "admin").credentials)
    first, second = one.send(anonymous, key), other.send(anonymous, key)
    assert (first.status_code, second.status_code) == ((201, 201) if method == "POST" else (200, 200))
    assert REPLAYED not in second.headers
    same_answer(first, one.send(anonymous, key))
    same_answer(second, other.send(anonymous, key))
    assert len({row.owner for row in kept(server, key)}) == 2


@pytest.mark.parametrize("route", ["/messages", "/users"])
def test_anonymous_keys_belong_to_the_path(server: Server, anonymous, route):
    asked, key = replace(new_request(anonymous, route, "POST"), authorization=""), new_key()
    elsewhere = {"/messages": "/users", "/users": "/messages"}[route]
    first = asked.send(anonymous, key)
    assert first.status_code == 201
    same_answer(first, asked.send(anonymous, key))
    # Other anonymous clients share the keys of the path, and get no replay by them for another request.
    other = replace(
        new_request(anonymous, route, "POST"), authorization="", content=sound(route, "POST")["content"] + b" "
    )
    refused(other.send(anonymous, key), 422, "idempotency-key-reused")
    # Other paths have other keys.
    assert replace(new_request(anonymous, elsewhere, "POST"), authorization="").send(anonymous, key).status_code == 201
    # Accounts have their own keys.
    signed_in = new_request(anonymous, route, "POST").send(anonymous, key)
    assert (signed_in.status_code, REPLAYED in signed_in.headers) == (201, False)
    assert len(kept(server, key)) == 3


@pytest.mark.one_database
@pytest.mark.parametrize(("route", "method"), IGNORED)
def test_echo_and_status_ignore_keys(server: Server, send, route, method):
    key = new_key()
    for _ in range(2):
        answer = send(route, method, Idempotency_Key=key)
        assert (answer.status_code, REPLAYED in answer.headers) == (200, False)
    assert send(route, method, Idempotency_Key='"broken').status_code == 200
    assert kept(server, key) == []


@pytest.mark.crossed
@pytest.mark.one_database
@pytest.mark.parametrize("key", ["a-key", '"broken', "k" * 300])
@pytest.mark.parametrize(("route", "method"), UNKEYED)
def test_other_methods_ignore_all_keys(server: Server, send, route, method, key):
    answer = send(route, method, Idempotency_Key=key)
    assert answer.status_code < 300, answer.text
    assert REPLAYED not in answer.headers
    assert kept(server, key) == []


@pytest.mark.one_database
@pytest.mark.parametrize("route", KNOWN)
def test_options_ignores_keys(server: Server, send, route):
    assert send(route, "OPTIONS", Idempotency_Key='"broken').status_code == 204


def test_a_put_with_the_key_of_another_put_is_executed(anonymous):
    asked, key = new_request(anonymous, "/articles/<id:article_id>", "PATCH"), new_key()
    for title in (b"one", b"other"):
        sent = b'{"title": "%b", "body": ""}' % title
        answer = asked.send(anonymous, key, method="PUT", content=sent, content_type="application/json")
        assert (answer.status_code, answer.json()["title"]) == (200, title.decode())


@pytest.mark.parametrize("key", ["a-key", '"a-key"', '"broken', "k" * 256])
def test_no_answer_with_a_token_is_stored(server: Server, anonymous, key):
    asked = new_request(anonymous, "/tokens", "POST")
    before = effects(server)
    refused(asked.send(anonymous, key), 400, "invalid-idempotency-key")
    assert effects(server) == before
    assert kept(server, "a-key") == []
    assert asked.send(anonymous).status_code == 201


@pytest.mark.parametrize(("route", "method"), STORING)
def test_the_cache_buster_of_jquery_does_not_count(anonymous, route, method):
    """A parameter named `_` is ignored everywhere (CONTRACT §4)."""
    asked, key = new_request(anonymous, route, method), new_key()
    first = asked.send(anonymous, key, url=f"{asked.url}?_=1")
    assert first.is_success
    for query in ("?_=2", ""):
        answer = asked.send(anonymous, key, url=f"{asked.url}{query}")
        assert answer.headers[REPLAYED] == "true"
        assert answer.content == first.content
