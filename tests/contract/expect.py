"""Assertions for every answer and every refusal (CONTRACT §3, §10)."""

import re
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx

POLICY = "default-src 'none'; frame-ancestors 'none'"
# For stored content of clients.
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROBLEM = "application/problem+json"


def standing(answer: httpx.Response, *, page: bool = False) -> None:
    """Assert the fields of every answer; `page`: of one that is HTML by default, whose policy allows more."""
    headers = answer.headers
    assert parsedate_to_datetime(headers["Date"])
    assert REQUEST_ID.fullmatch(headers["X-Request-Id"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    kept = "Accept-Ranges" in headers or (answer.status_code == 304 and "sandbox" in headers["Content-Security-Policy"])
    if page:
        assert set(POLICY.split("; ")) < set(headers["Content-Security-Policy"].split("; "))
    else:
        assert headers["Content-Security-Policy"] == (SANDBOX if kept else POLICY)
    assert "Accept" in headers["Vary"].split(", ")
    assert headers["Cache-Control"] in ("public, no-cache", "private, no-cache", "no-store")
    once = [name for name, _ in headers.multi_items() if name not in ("www-authenticate", "link", "vary")]
    assert len(once) == len(set(once)), f"a field stands twice: {once}"


def instance_of(request_id: str) -> str:
    """The `instance` of a problem whose answer has this X-Request-Id."""
    try:
        return UUID(request_id).urn if len(request_id) == 36 else request_id
    except ValueError:
        return request_id


def refused(answer: httpx.Response | None, status: int, slug: str, sent: object = "") -> dict[str, Any]:
    """Assert that this is the problem `slug`, complete and with the fields of every error; return its document.

    `sent` is the request, for the messages of tests with many requests.
    """
    assert answer is not None, f"no answer at all: {sent!r:.200}"
    assert answer.status_code == status, f"{answer.status_code}, not {status}: {sent!r:.200} {answer.text[:300]}"
    standing(answer)
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    document: dict[str, Any] = answer.json()
    assert document["type"] == ("about:blank" if slug == "about:blank" else f"/problems/{slug}")
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == instance_of(answer.headers["X-Request-Id"])
    return document


def parameters(document: dict[str, Any]) -> list[str]:
    """The query parameters that an `invalid-parameter` problem names."""
    for error in document["errors"]:
        assert set(error) == {"parameter", "code", "detail"}
    return [error["parameter"] for error in document["errors"]]
