"""Concurrent requests with one key: one effect; every other answer is a replay, 409 or 503 (CONTRACT §6)."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tests.contract.access import register, store_of
from tests.contract.expect import refused
from tests.contract.keys import REPLAYED, STORING, Asked, effects, kept, new_key, new_request, same_answer
from tests.contract.routes import sound
from tests.resources.accounts.accounts import at_once
from tests.servers import Server

ROUNDS = 5
CLIENTS = 20
# Two workers with 4 threads each: these requests use all threads at once.
RIVALS = 8

Act = Callable[[httpx.Client], httpx.Response]


def sending(asked: Asked, key: str) -> Act:
    return lambda http: asked.send(http, key)


def told_to_wait(server: Server, answer: httpx.Response) -> bool:
    """Whether a repetition gets this answer while the first request runs for too long."""
    if answer.status_code not in (409, 503):
        return False
    with store_of(server) as store:
        refused(answer, *((503, "unavailable") if store.sqlite else (409, "idempotency-in-progress")))
    assert int(answer.headers["Retry-After"]) > 0
    return True


@pytest.mark.crossed
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize(("route", "method"), STORING)
def test_twenty_clients_at_once_with_one_key_are_one_effect(server: Server, anonymous, route, method, number):
    asked, key = new_request(anonymous, route, method), new_key()
    before = effects(server)
    answers = at_once(server, *[sending(asked, key)] * CLIENTS)
    after = effects(server)
    answered = [answer for answer in answers if not told_to_wait(server, answer)]
    (first,) = [answer for answer in answered if REPLAYED not in answer.headers]
    assert first.status_code == (201 if method == "POST" else 200), first.text
    for answer in answered:
        if answer is not first:
            same_answer(first, answer)
    assert after["audit"] == before["audit"] + 1
    table = route.split("/")[1]
    assert after[table] == before[table] + (method == "POST")
    if method == "PATCH":
        assert (after["versions"], first.json()["version"]) == (before["versions"] + 1, 2)
    assert len(kept(server, key)) == 1
    # Clients that had to wait get the same answer when they retry.
    same_answer(first, asked.send(anonymous, key))


@pytest.mark.crossed
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("route", ["/messages", "/users"])
def test_anonymous_clients_at_once_are_one_effect_too(server: Server, anonymous, route, number):
    asked, key = replace(new_request(anonymous, route, "POST"), authorization=""), new_key()
    before = effects(server)
    answers = at_once(server, *[sending(asked, key)] * RIVALS)
    answered = [answer for answer in answers if not told_to_wait(server, answer)]
    (first,) = [answer for answer in answered if REPLAYED not in answer.headers]
    assert {answer.status_code for answer in answered} == {201}
    assert {answer.headers["Location"] for answer in answered} == {first.headers["Location"]}
    assert effects(server)["audit"] == before["audit"] + 1


@pytest.mark.crossed
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize(("route", "method"), STORING)
def test_of_two_different_requests_with_one_key_at_once_one_wins(server: Server, anonymous, route, method, number):
    one, key = new_request(anonymous, route, method), new_key()
    other = replace(one, content=sound(route, method)["content"] + b"\n")
    before = effects(server)
    answers = at_once(server, *[sending(one, key), sending(other, key)] * (RIVALS // 2))
    audited = effects(server)["audit"] - before["audit"]
    winners, losers = [], []
    for place, answer in enumerate(answers):
        if told_to_wait(server, answer):
            continue
        if answer.status_code == 422:
            refused(answer, 422, "idempotency-key-reused")
            losers.append(place % 2)
        else:
            assert answer.status_code == (201 if method == "POST" else 200), answer.text
            winners.append(place % 2)
    assert audited == 1
    assert len(set(winners)) == 1
    assert set(losers) <= {0, 1} - set(winners)
    assert len(kept(server, key)) == 1


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_key_of_many_accounts_is_one_effect_for_each(server: Server, anonymous, number):
    key, asked = new_key(), new_request(anonymous, "/articles", "POST")
    own = [replace(asked, authorization=register(anonymous).credentials) for _ in range(RIVALS // 2)]
    before = effects(server)
    answers = at_once(server, *[sending(each, key) for each in own * 2])
    answered = [answer for answer in answers if not told_to_wait(server, answer)]
    assert {answer.status_code for answer in answered} == {201}
    first = [answer for answer in answered if REPLAYED not in answer.headers]
    assert len({answer.headers["Location"] for answer in first}) == len(first) == len(own)
    assert effects(server)["articles"] == before["articles"] + len(own)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_different_keys_at_once_are_each_an_effect(server: Server, anonymous, number):
    asked = new_request(anonymous, "/articles", "POST")
    before = effects(server)
    answers = at_once(server, *[sending(asked, new_key()) for _ in range(RIVALS)])
    assert [(answer.status_code, REPLAYED in answer.headers) for answer in answers] == [(201, False)] * RIVALS
    assert effects(server)["articles"] == before["articles"] + RIVALS


@pytest.mark.parametrize("number", range(ROUNDS))
def test_repetitions_of_a_refusal_at_once_store_nothing(server: Server, anonymous, number):
    """A request that waits for a failing one gets the key afterwards, and fails too."""
    asked, key = new_request(anonymous, "/articles/<id:article_id>", "PATCH"), new_key()
    asked = replace(asked, fields={"If-Match": '"v0"'})
    answers = at_once(server, *[sending(asked, key)] * RIVALS)
    assert {answer.status_code for answer in answers} <= {412, 409, 503}
    assert any(answer.status_code == 412 for answer in answers)
    assert kept(server, key) == []
