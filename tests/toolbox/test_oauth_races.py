"""Codes and refresh tokens are good once, when many clients use them at the same moment on two workers."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.servers import Server
from tests.toolbox.digest_client import Signing, challenges
from tests.toolbox.lab import exchange, is_active, lab, new_code, new_tokens, refresh

AT_ONCE = 12


def at_once(server: Server, form: Mapping[str, str]) -> list[httpx.Response]:
    """The answers to the same request for tokens over many connections, sent at the same moment."""
    barrier = threading.Barrier(AT_ONCE)
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as threads:
        clients = [stack.enter_context(lab(server)) for _ in range(AT_ONCE)]

        def send(http: httpx.Client) -> httpx.Response:
            http.get("/status/200")  # the connection is there, on one of the workers
            barrier.wait(30)
            return http.post("/oauth/token", data=form)

        return list(threads.map(send, clients))


@pytest.mark.every_case
@pytest.mark.parametrize("kind", ["code", "refresh token"])
def test_one_of_many_gets_tokens_and_a_replay_ends_them(server: Server, kind: str) -> None:
    with lab(server) as http:
        form = exchange(new_code(http)) if kind == "code" else refresh(new_tokens(http)["refresh_token"])
        answers = at_once(server, form)
        assert sorted(each.status_code for each in answers) == [200] + [400] * (AT_ONCE - 1)
        assert {each.json()["error"] for each in answers if each.status_code == 400} == {"invalid_grant"}
        [winner] = [each.json() for each in answers if each.status_code == 200]
        assert not is_active(http, winner["access_token"])
        assert not is_active(http, winner["refresh_token"])


@pytest.mark.every_case
def test_one_of_many_signs_in_with_a_count_of_digest(server: Server) -> None:
    path = "/digest/user/passwd"
    with lab(server) as http:
        field = Signing("user", "passwd", challenges(http.get(path))[0]).field(f"/httpbin{path}")
    barrier = threading.Barrier(AT_ONCE)

    def send(_number: int) -> int:
        with lab(server) as http:
            http.get("/status/200")
            barrier.wait(30)
            return http.get(path, headers={"Authorization": field}).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert sorted(threads.map(send, range(AT_ONCE))) == [200] + [401] * (AT_ONCE - 1)
