"""Clients of the auth lab."""

import base64
import hashlib
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.servers import Server

SECRET = ("toolbox", "secret")
CALLBACK = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
ASKED = {"response_type": "code", "client_id": "toolbox-public", "redirect_uri": CALLBACK, "state": "s", **PKCE}


def lab(server: Server, **options: Any) -> httpx.Client:
    """A client of the toolbox of a server."""
    return httpx.Client(base_url=f"{server.url}/httpbin", trust_env=False, **options)


def curl(*arguments: str) -> tuple[int, str]:
    """The status and the body that curl gets last."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def basic(pair: bytes) -> dict[str, bytes]:
    """An Authorization field with Basic credentials."""
    return {"Authorization": b"Basic " + base64.b64encode(pair)}


def led_to(answer: httpx.Response) -> dict[str, str]:
    """The parameters of a redirect to the callback."""
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(where.query).items()}


def new_code(http: httpx.Client, **changes: str) -> str:
    """A code for the public client, which the demo user approved."""
    return led_to(http.get("/oauth/authorize", params={**ASKED, "auto": "approve", **changes}))["code"]


def exchange(code: str) -> Mapping[str, str]:
    """The form that exchanges such a code."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "toolbox-public",
        "code_verifier": VERIFIER,
    }


def new_tokens(http: httpx.Client, **changes: str) -> dict[str, Any]:
    """New tokens of the public client."""
    answer = http.post("/oauth/token", data=exchange(new_code(http, **changes)))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refresh(token: str) -> Mapping[str, str]:
    """The form that exchanges a refresh token of the public client."""
    return {"grant_type": "refresh_token", "refresh_token": token, "client_id": "toolbox-public"}


def is_active(http: httpx.Client, token: str) -> bool:
    """What introspection says of a token."""
    answer = http.post("/oauth/introspect", data={"token": token}, auth=SECRET)
    assert answer.status_code == 200, answer.text
    active: bool = answer.json()["active"]
    return active
