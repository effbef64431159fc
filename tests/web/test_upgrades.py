"""No other protocol is supported, but asking for one is not an error (RFC 9110 §7.8)."""

import httpx
import pytest

pytestmark = pytest.mark.one_database

WEBSOCKET = {"Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


@pytest.mark.parametrize("protocol", ["websocket", "WebSocket", "h2c", "TLS/1.0"])
def test_an_upgrade_is_not_made_and_the_request_is_answered(api: httpx.Client, protocol: str) -> None:
    answer = api.get("/hello", headers={**WEBSOCKET, "Upgrade": protocol})
    assert (answer.status_code, answer.json()) == (200, {"hello": "John Doe"})
