"""`/metrics`: access and formats."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from tests.contract.expect import refused
from tests.servers import JOHN, Server

pytestmark = pytest.mark.one_database

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# The Accept field of Prometheus 3.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
ADMIN = ("admin", "secret")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        (PROMETHEUS, OPENMETRICS),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", OPENMETRICS),
    ],
)
def test_it_is_sent_in_the_requested_format(anonymous: httpx.Client, accept: str, content_type: str) -> None:
    assert anonymous.get("/hello").status_code == 200  # or there may be nothing to count yet
    answer = anonymous.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    parse = openmetrics if content_type == OPENMETRICS else plain
    names = {family.name for family in parse(answer.text)}
    assert names >= {
        "touchstone",
        "touchstone_http_request_duration_seconds",
        "touchstone_http_requests_in_flight",
        "touchstone_thread_wait_seconds",
        "touchstone_transaction_wait_seconds",
        "process_resident_memory_bytes",
    } - ({"touchstone"} if parse is plain else set())
    assert 'touchstone_info{version="' in answer.text


def test_json_has_the_same_families(anonymous: httpx.Client) -> None:
    families = anonymous.get("/metrics", headers={"Accept": "application/json"}).json()["items"]
    text = anonymous.get("/metrics", headers={"Accept": OPENMETRICS}).text
    # The text is read later, and may have more samples.
    assert {family["name"] for family in families} <= {family.name for family in openmetrics(text)}
    in_flight = next(each for each in families if each["name"] == "touchstone_http_requests_in_flight")
    assert (in_flight["type"], [each["value"] >= 1 for each in in_flight["samples"]]) == ("gauge", [True])


def test_another_format_is_406(anonymous: httpx.Client) -> None:
    document = refused(anonymous.get("/metrics", headers={"Accept": "image/png"}), 406, "not-acceptable")
    assert document["available"] == [TEXT, OPENMETRICS, "application/json"]


def test_with_metrics_admins_only_administrators_read_it(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--database", migrated_database(), METRICS="admins")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        token = client.post("/tokens", json={"scopes": ["secrets:read"]}, auth=ADMIN).json()["token"]
        narrow = {"Authorization": f"Bearer {token}"}
        refused(client.get("/metrics"), 401, "unauthenticated")
        refused(client.get("/metrics", auth=JOHN), 403, "forbidden")
        refused(client.get("/metrics", headers=narrow), 403, "insufficient-scope")
        assert client.get("/metrics", auth=ADMIN).status_code == 200
        heads = [client.head("/metrics", auth=JOHN), client.head("/metrics", headers=narrow)]
        assert [answer.status_code for answer in heads] == [403, 403]
    assert server.stop() == 0


def test_with_metrics_off_it_is_404(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", METRICS="off")
    refused(httpx.get(f"{server.url}/metrics", auth=ADMIN), 404, "not-found")
    assert httpx.head(f"{server.url}/metrics").status_code == 404
    assert server.stop() == 0
