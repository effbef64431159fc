"""Real jQuery in a real browser: the callbacks of `$.ajax` with `dataType: "json"` (BRIEF 1)."""

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.contract.access import basic
from tests.contract.expect import refused
from tests.judges import INSTALLED
from tests.servers import Server

pytestmark = pytest.mark.one_database

# The current version, and the last one of the previous major version, by the names of their packages.
VERSIONS = {"jquery": "4.0.0", "jquery3": "3.7.1"}
JOHN, WRONG = {"Authorization": basic("john", "john")}, {"Authorization": basic("john", "wrong")}
MINIMAL = {**JOHN, "Prefer": "return=minimal"}
MERGE = "application/merge-patch+json"
# With jQuery's timeout, `error` is called even if the browser waits for a person at a prompt.
ASK = """asked => new Promise(answered => {
    const called = [];
    $.ajax({
        contentType: "application/json",
        dataType: "json",
        timeout: 20000,
        ...asked,
        success: data => called.push(["success", data]),
        error: jqXHR => called.push(["error", jqXHR.responseJSON]),
        complete: (jqXHR, said) => answered({
            called,
            said,
            status: jqXHR.status,
            location: jqXHR.getResponseHeader("Location"),
            challenge: jqXHR.getResponseHeader("WWW-Authenticate"),
        }),
    });
})"""
Ask = Callable[..., dict[str, Any]]


class Folder(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, *_: object) -> None:
        """Print no line."""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another origin, with a page for each version of jQuery."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in VERSIONS:
        shutil.copy(script(name), folder / f"{name}.js")
        (folder / f"{name}.html").write_text(f"<!doctype html><title>jQuery</title><script src={name}.js></script>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Folder, directory=folder)) as pages:
        thread = Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{pages.server_port}"
        pages.shutdown()
        thread.join()


def script(name: str) -> str:
    return str(INSTALLED.parent / name / "dist" / "jquery.min.js")


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version of jQuery, by its name."""
    return str(request.param)


@pytest.fixture(scope="module", params=["own origin", "another origin"])
def page(
    request: pytest.FixtureRequest, version: str, server: Server, elsewhere: str, browser: Browser
) -> Iterator[Page]:
    """A page with jQuery."""
    # The policy of the server's own pages forbids other scripts.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    if request.param == "own origin":
        page.goto(f"{server.url}/problems")
        page.add_script_tag(path=script(version))
    else:
        page.goto(f"{elsewhere}/{version}.html")
    assert page.evaluate("$.fn.jquery") == VERSIONS[version]
    yield page
    context.close()


@pytest.fixture
def ask(page: Page, server: Server) -> Ask:
    """Sends a request of the page by `$.ajax` with these options, and returns the calls of its callbacks."""

    def asked(method: str, path: str, content: object = None, **options: Any) -> dict[str, Any]:
        if content is not None:
            options["data"] = json.dumps(content)
        told: dict[str, Any] = page.evaluate(ASK, {"method": method, "url": server.url + path, **options})
        return told

    return asked


def test_success_is_called_for_a_create_a_read_updates_and_a_delete(ask: Ask) -> None:
    created = ask("POST", "/articles", {"title": "By jQuery", "body": "Hello"}, headers=JOHN)
    ((called, article),) = created["called"]
    assert (called, created["said"], created["status"]) == ("success", "success", 201)
    assert (article["title"], created["location"]) == ("By jQuery", f"/articles/{article['id']}")
    place = created["location"]

    read = ask("GET", place)
    assert (read["called"], read["status"]) == ([["success", article]], 200)

    replaced = ask("PUT", place, {"title": "Replaced", "body": ""}, headers=JOHN)
    changed = ask("PATCH", place, {"body": "Changed"}, headers=JOHN, contentType=MERGE)
    for told, title, body in ((replaced, "Replaced", ""), (changed, "Replaced", "Changed")):
        ((called, article),) = told["called"]
        assert (called, told["status"], article["title"], article["body"]) == ("success", 200, title, body)

    deleted = ask("DELETE", place, headers=JOHN)
    assert (deleted["called"], deleted["said"], deleted["status"]) == ([["success", None]], "nocontent", 204)
    ((called, problem),) = ask("GET", place)["called"]
    assert (called, problem["type"], problem["status"]) == ("error", "/problems/not-found", 404)


def test_error_is_called_with_all_faults_of_a_problem(ask: Ask) -> None:
    told = ask("POST", "/articles", {"title": "", "tags": ["Not OK"]}, headers=JOHN)
    ((called, problem),) = told["called"]
    assert (called, told["said"], told["status"]) == ("error", "error", 422)
    assert (problem["type"], problem["status"]) == ("/problems/invalid", 422)
    assert [each["pointer"] for each in problem["errors"]] == ["#/title", "#/body", "#/tags/0"]
    assert all(each["detail"] for each in problem["errors"])


@pytest.mark.parametrize("headers", [WRONG, {}], ids=["wrong", "absent"])
def test_error_is_called_without_valid_credentials_and_no_password_prompt_opens(
    ask: Ask, headers: dict[str, str]
) -> None:
    told = ask("POST", "/articles", {"title": "By nobody", "body": ""}, headers=headers)
    ((called, problem),) = told["called"]
    assert (called, told["said"], told["status"]) == ("error", "error", 401)
    assert (problem["type"], problem["status"]) == ("/problems/unauthenticated", 401)
    assert problem["detail"]
    assert told["challenge"]


def test_a_script_gets_no_basic_challenge(anonymous: httpx.Client) -> None:
    by_script = {"X-Requested-With": "XMLHttpRequest"}
    for path, headers in (("/users/me", {}), ("/hello", WRONG), ("/hello", {"Authorization": "Digest x"})):
        answer = anonymous.get(path, headers={**headers, **by_script})
        refused(answer, 401, "unauthenticated")
        assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone"']
        assert "Basic" in anonymous.get(path, headers=headers).headers["WWW-Authenticate"]
    answer = anonymous.get("/hello", headers={"Authorization": "Bearer x", **by_script})
    assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone", error="invalid_token"']


def test_its_cache_buster_is_ignored(ask: Ask, page: Page) -> None:
    with page.expect_response("**/articles?*") as answered:
        told = ask("GET", "/articles?limit=1", cache=False)
    ((called, found),) = told["called"]
    assert "&_=" in answered.value.url
    assert (called, told["status"], len(found["items"])) == ("success", 200, 1)


def test_success_is_called_for_a_304(ask: Ask) -> None:
    assert ask("GET", "/hello", ifModified=True)["status"] == 200
    again = ask("GET", "/hello", ifModified=True)
    assert (again["called"], again["said"], again["status"]) == ([["success", None]], "notmodified", 304)


def test_an_empty_201_is_an_error_as_json_and_a_success_as_text(ask: Ask) -> None:
    """Empty content is not JSON: `Prefer: return=minimal` needs `dataType: "text"`, as the README says."""
    sent = {"title": "By jQuery", "body": ""}
    for data_type, called, said in (
        ("json", ["error", None], "parsererror"),
        ("text", ["success", ""], "success"),
    ):
        told = ask("POST", "/articles", sent, headers=MINIMAL, dataType=data_type)
        assert (told["called"], told["said"], told["status"]) == ([called], said, 201)
        assert ask("GET", told["location"])["status"] == 200
    replaced = ask("PUT", told["location"], sent, headers=MINIMAL)
    assert (replaced["called"], replaced["said"], replaced["status"]) == ([["success", None]], "nocontent", 204)
