"""Rules for every endpoint of the toolbox."""

import re
import shlex
import subprocess
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from api.app import create_app
from api.describe.endpoints import PLACE, WITH_BODY, Endpoint, endpoints
from api.toolbox import new_toolbox
from api.web.compat import MOUNT
from config import Config
from tests.honesty import wrong_value
from tests.servers import ROOT, Server

pytestmark = pytest.mark.one_database

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ALL = endpoints(new_toolbox(create_app(Config(touchstone_env="testing")).services, mount=MOUNT))
# Answers that are slow on purpose get less to do.
QUICK = {"/drip": "?duration=0", "/sse": "?duration=0", "/jsonl": "?duration=0", "/delay/<seconds>": ""}
READ = [each for each in ALL if each.method == "GET"]
IDS = [each.id for each in ALL]
# Their answers differ each time.
MOVING = {"/uuid", "/cache", "/unstable", "/sse", "/jsonl", "/try"}


def ask(http: httpx.Client, each: Endpoint, method: str = "", **options: Any) -> httpx.Response:
    """The answer to the example of an endpoint."""
    fields = {**each.resource.sends, **(FORM if each.method in WITH_BODY else {}), **options.pop("headers", {})}
    body = each.resource.body if each.method in WITH_BODY else None
    http.cookies.clear()
    target = each.target.replace("/delay/1", "/delay/0") + QUICK.get(each.route, "")
    return http.request(method or each.method, target, content=body, headers=fields, **options)


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_every_example_has_its_status_and_the_standing_fields(toolbox: httpx.Client, each: Endpoint) -> None:
    answer = ask(toolbox, each)
    # h11 can send them, Granian cannot.
    beyond = each.route in ("/trailers", "/early-hints") and not toolbox.base_url.path.strip("/")
    assert answer.status_code == (200 if beyond else each.status), answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"]
    assert "Accept" not in answer.headers.get("Vary", "") or each.route == "/image" or answer.status_code >= 400
    if each.members and answer.is_success and each.method != "HEAD":
        assert {name for name, always in each.members.items() if always} <= answer.json().keys()
        assert answer.json().keys() <= set(each.members) or each.resource.group in ("Documents", "OAuth 2.0")
    if location := answer.headers.get("Location"):
        mount = toolbox.base_url.path.rstrip("/")
        assert (
            location.startswith(f"{mount}/")
            or (each.route == "/redirect-to" and location == "/get")
            or "://" in location
        )


@pytest.mark.parametrize(
    ("each", "name", "value"),
    [pytest.param(each, *found, id=each.id) for each in ALL if (found := wrong_value(each))],
)
def test_a_wrong_value_of_a_parameter_is_400(beside: httpx.Client, each: Endpoint, name: str, value: str) -> None:
    path = each.filled({own: value if own == name else each.value(own) for own in each.in_path})
    answer = beside.request(each.method, path, params={} if name in each.in_path else {name: value})
    assert answer.status_code == 400
    if each.method != "HEAD":
        assert answer.json()["type"].endswith("/problems/invalid-parameter")
        assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


@pytest.mark.parametrize("each", [each for each in READ if each.route not in MOVING], ids=lambda each: each.id)
def test_head_is_get_without_content(beside: httpx.Client, each: Endpoint) -> None:
    get, head = ask(beside, each), ask(beside, each, "HEAD")
    assert (head.status_code, head.content) == (get.status_code, b"")
    left_out = {"date", "x-request-id", "transfer-encoding", "set-cookie", "www-authenticate", "content-length"}
    assert {name: value for name, value in head.headers.items() if name not in left_out} == {
        name: value for name, value in get.headers.items() if name not in left_out
    }


@pytest.mark.parametrize("each", ALL, ids=IDS)
def test_other_methods_are_405_and_options_lists_the_rest(beside: httpx.Client, each: Endpoint) -> None:
    target = each.target.partition("?")[0]
    answer = beside.options(target)
    assert (answer.status_code, answer.content) == (204, b"")
    allowed = answer.headers["Allow"].split(", ")
    assert each.method in allowed
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "LINK"} - set(allowed):
        refused = beside.request(method, target, headers={"X-Crumb": "crumb"})
        assert (refused.status_code, refused.headers["Allow"]) == (405, ", ".join(allowed)), method
        assert "crumb" not in refused.text
    assert beside.request("BREW", target).status_code == 501


def test_options_at_the_root_is_200_as_in_httpbin(alone: httpx.Client) -> None:
    fields = {
        "Origin": "https://a.example",
        "Access-Control-Request-Headers": "X-A",
        "Access-Control-Request-Method": "PUT",
    }
    answer = alone.options("/get", headers=fields)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, PATCH, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "X-A"
    assert answer.headers["Access-Control-Max-Age"] == "3600"
    assert alone.get("/get").headers["Access-Control-Allow-Origin"] == "*"


def test_cors_at_the_prefix_is_that_of_the_contract(beside: httpx.Client) -> None:
    answer = beside.get("/headers", headers={"Origin": "https://a.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    preflight = beside.options("/put", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"})
    assert preflight.status_code == 204
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]


def test_any_accept_and_any_credentials_are_data(beside: httpx.Client) -> None:
    for fields in ({"Accept": "image/png"}, {"Authorization": "Basic broken"}, {"Authorization": "Bearer tst_no"}):
        assert beside.get("/headers", headers=fields).status_code == 200


def test_refusals_follow_accept(beside: httpx.Client) -> None:
    assert beside.get("/nothing").headers["Content-Type"] == "application/problem+json"
    answer = beside.get("/delay/x", headers={"Accept": "application/problem+xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+xml")
    assert beside.get("/nothing", headers={"Accept": "text/html"}).headers["Content-Type"] == "application/problem+json"


def test_the_type_of_a_problem_is_that_of_the_server(
    server: Server, beside: httpx.Client, within: httpx.Client
) -> None:
    assert beside.get("/nothing").json()["type"] == "/problems/not-found"
    found = within.get("/nothing").json()["type"]
    assert httpx.get(server.url + found, trust_env=False).status_code == 200


def test_a_body_above_the_cap_is_413(beside: httpx.Client) -> None:
    large = b"x" * (1024 * 1024 + 1)
    for method, path in (("POST", "/post"), ("GET", "/get"), ("DELETE", "/delete"), ("POST", "/status/200")):
        assert beside.request(method, path, content=large).status_code == 413, path
    assert beside.post("/post", content=iter([large])).status_code == 413
    assert beside.post("/upload", content=large).json()["bytes_received"] == len(large)


def test_the_documents_are_valid_and_complete(toolbox: httpx.Client) -> None:
    spec = toolbox.get("/spec.json").json()
    validate(spec)
    assert spec["servers"] == [{"url": toolbox.base_url.path.rstrip("/") or "/"}]
    assert {each.path for each in ALL} <= spec["paths"].keys()
    names = {item["name"] for folder in toolbox.get("/postman.json").json()["item"] for item in folder["item"]}
    assert {f"{each.method} {each.path}" for each in ALL if each.method != "TRACE"} == names


def test_commands_of_the_document_work(server: Server) -> None:
    """docs/toolbox.md has a row for each endpoint, with a command and the status that it gets."""
    rows = re.findall(
        r"^\| ([A-Z]+) `([^`]+)` \|.*\| `(curl [^`]+)` \| ([0-9]{3}) \|$", (ROOT / "docs/toolbox.md").read_text(), re.M
    )
    assert {(method, path) for method, path, *_ in rows} == {(each.method, each.path) for each in ALL}
    commands = [shlex.split(command.replace("http://127.0.0.1:8000", server.url)) for _, _, command, _ in rows]
    # One curl for all: a process for each takes longer than its request.
    together = ["curl", "-sS"]
    for words in commands:
        together += [*(["--next"] if len(together) > 2 else []), "-sS", "-o", "/dev/null", "-w", "%{http_code}\n"]
        together += [word for word in words[1:] if word not in ("-i", "--output", "-")]
    done = subprocess.run(together, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [status for *_, status in rows]


def test_the_placeholder_of_commands_is_replaced(beside: httpx.Client) -> None:
    page = beside.get("/").text
    assert PLACE not in page
    assert f"curl -i {str(beside.base_url).rstrip('/')}/status/200" in page


def test_toolbox_off_leaves_nothing(tmp_path: Any, migrated_database: Any) -> None:
    running = Server(tmp_path / "log", "--database", migrated_database(), TOOLBOX="off")
    try:
        assert httpx.get(f"{running.url}/httpbin/get", trust_env=False).status_code == 404
    finally:
        assert running.stop() == 0
