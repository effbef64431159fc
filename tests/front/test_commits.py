"""A response is sent and logged only after its commit. If the commit fails, a 503 is sent instead."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from api.front.front import Front, Hooks
from api.rules.problems import Unavailable
from api.watch.requests import RequestWatch
from tests.front.shared import Shared


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("201 Created", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"made"]


def answered(commits: Shared) -> httpx.Response:
    async def ask() -> httpx.Response:
        watch = RequestWatch(application, None)
        front: Any = Front(watch, hooks=Hooks(on_refusal=watch.log_answer, commits=commits))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://touchstone.test") as client:
            return await client.post("/articles", content=b"x")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "status"), [(None, 201), (Unavailable(headers={"Retry-After": "1"}), 503), (ZeroDivisionError(), 500)]
)
def test_each_response_is_reported_once(caplog: pytest.LogCaptureFixture, error: Exception | None, status: int) -> None:
    commits = Shared(error)
    with caplog.at_level(logging.INFO, "touchstone.request"):
        answer = answered(commits)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)
    told = [record.fields["status"] for record in caplog.records if record.name == "touchstone.request"]  # type: ignore[attr-defined]  # the log puts it there
    assert told == [status]
    assert commits.settled == 1
