"""Refusals as pages: a browser gets a page where an API client gets a problem document (CONTRACT §3, §8, §9, §10)."""

import base64
import hashlib
import re

import httpx
import pytest

from tests.contract.access import basic
from tests.contract.expect import REQUEST_ID, instance_of, refused
from tests.contract.raw import ADMIN, HOST, ask
from tests.contract.xml_text import members
from tests.resources.test_problems import Page

pytestmark = pytest.mark.one_database

# The fields that Firefox and Chromium send when a person opens an address.
BROWSERS = [
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7",
]
BROWSER = {"Accept": BROWSERS[0]}
CHALLENGES = ['Bearer realm="touchstone"', 'Basic realm="touchstone", charset="UTF-8"']
JOHN, WRONG = {"Authorization": basic("john", "john")}, {"Authorization": basic("john", "wrong")}
JSON = {"Content-Type": "application/json"}
SCRIPT = "<script>alert(1)</script>"

REFUSALS = [
    ("GET", "/users/me", {}, "", 401, "unauthenticated"),
    ("GET", "/hello", WRONG, "", 401, "unauthenticated"),
    ("GET", "/hello", {"Authorization": "Bearer x"}, "", 401, "invalid-token"),
    ("GET", "/admin/audit", JOHN, "", 403, "forbidden"),
    ("GET", "/nothing", {}, "", 404, "not-found"),
    ("GET", "/articles/0", {}, "", 404, "not-found"),
    ("POST", "/hello", {}, "", 405, "method-not-allowed"),
    ("GET", "/articles?x=1&limit=0", {}, "", 400, "invalid-parameter"),
    ("GET", "/articles/1", {"If-Match": "x"}, "", 400, "invalid-header"),
    ("POST", "/articles", {**JOHN, **JSON}, "{", 400, "malformed-json"),
    ("POST", "/articles", {**JOHN, **JSON}, f'{{"{SCRIPT}": 1}}', 422, "invalid"),
    ("POST", "/articles", {**JOHN, "Content-Type": "text/plain"}, "a", 415, "unsupported-media-type"),
    ("GET", "/articles/1", {"If-Match": '"v0"'}, "", 412, "precondition-failed"),
    ("GET", "/status/99", {}, "", 422, "invalid"),
    ("BREW", "/hello", {}, "", 501, "not-implemented"),
]
NAMES = [f"{number} {method} {path} {status}" for number, (method, path, *_, status, _slug) in enumerate(REFUSALS)]
CODES = [401, 403, 404, 405, 406, 409, 418, 429, 500, 503]


def check_page(answer: httpx.Response) -> Page:
    """Assert that this is a complete page with the fields of every refusal; return it parsed."""
    headers = answer.headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert int(headers["Content-Length"]) == len(answer.content)
    assert headers["Cache-Control"] == "no-store"
    assert {"Accept", "Authorization"} <= set(headers["Vary"].split(", "))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert REQUEST_ID.fullmatch(headers["X-Request-Id"])
    assert headers["Date"]
    assert "ETag" not in headers
    read = Page(answer.text)
    assert answer.text.startswith("<!doctype html>")
    names = [name for name, _ in read.elements]
    assert (names.count("h1"), names.count("title")) == (1, 1)
    assert ("html", {"lang": "en"}) in read.elements
    # No scripts, nothing is loaded, and the policy allows only the page's own style.
    assert not {"script", "iframe", "object", "img", "link", "base"} & set(names)
    assert not any(name.startswith("on") or name == "style" for _, has in read.elements for name in has)
    policy = dict(each.strip().partition(" ")[::2] for each in headers["Content-Security-Policy"].split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert "script-src" not in policy
    return read


@pytest.mark.parametrize("accept", BROWSERS, ids=["Firefox", "Chromium"])
@pytest.mark.parametrize(("method", "path", "fields", "body", "status", "slug"), REFUSALS, ids=NAMES)
def test_a_browser_gets_a_page_with_the_content_of_the_problem(
    anonymous, accept, method, path, fields, body, status, slug
):
    sent = {**fields, "X-Request-Id": "one"}
    told = anonymous.request(method, path, headers=sent, content=body)
    document = refused(told, status, slug)
    answer = anonymous.request(method, path, headers={**sent, "Accept": accept}, content=body)
    assert answer.status_code == status
    read = check_page(answer)
    assert read.texts["h1"] == document["title"]
    assert document["title"] in read.texts["title"]
    for shown in (str(status), document["detail"], document["instance"]):
        assert shown in read.texts[""]
    for error in document.get("errors", []):
        assert error["detail"] in read.texts[""]
        assert error.get("pointer", error.get("parameter", error.get("header"))) in read.texts[""]
    links = [has["href"] for name, has in read.elements if name == "a"]
    assert f"/problems/{slug}" in links
    # All other fields are as for an API client: challenges, Allow and so on.
    # A page also depends on the signed-in account.
    own = {"content-type", "content-length", "content-security-policy", "date", "vary"}
    assert lasting(answer, own) == lasting(told, own)


def lasting(answer: httpx.Response, but: set[str]) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.multi_items() if pair[0] not in but]


def test_a_page_of_401_links_to_the_sign_in_and_back(anonymous):
    answer = anonymous.get("/articles?tags=%C3%A9&x=1", headers={**BROWSER, "Authorization": "Bearer x"})
    assert answer.status_code == 401
    links = [has["href"] for name, has in check_page(answer).elements if name == "a"]
    assert "/sign-in?next=/articles%3Ftags%3D%25C3%25A9%26x%3D1" in links
    answer = anonymous.get("/users/me", headers=BROWSER)
    assert answer.headers.get_list("WWW-Authenticate") == CHALLENGES
    assert "/sign-in?next=/users/me" in [has.get("href") for _, has in check_page(answer).elements]


def test_a_browser_that_navigates_to_a_page_gets_no_basic_challenge(anonymous):
    """A Basic challenge would open a password prompt over the page, which has a better way to sign in."""
    visit = {**BROWSER, "Sec-Fetch-Mode": "navigate"}
    answer = anonymous.get("/users/me", headers=visit)
    assert (answer.status_code, answer.headers.get_list("WWW-Authenticate")) == (401, CHALLENGES[:1])
    # A browser forgets a wrong remembered password only after a Basic challenge.
    asked_again = anonymous.get("/users/me", headers={**visit, **WRONG})
    assert asked_again.headers.get_list("WWW-Authenticate") == CHALLENGES[1:]
    other = anonymous.get("/users/me", headers={**BROWSER, "Sec-Fetch-Mode": "cors"})
    assert other.headers.get_list("WWW-Authenticate") == CHALLENGES


@pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
def test_a_script_of_a_page_gets_no_basic_challenge(anonymous, mode):
    script = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": "empty"}
    for more in ({}, WRONG, {"Authorization": "Bearer x"}):
        answer = anonymous.get("/users/me", headers={**script, **more})
        assert answer.status_code == 401
        (challenge,) = answer.headers.get_list("WWW-Authenticate")
        assert challenge.startswith("Bearer ")
        assert {"Sec-Fetch-Mode", "Sec-Fetch-Dest", "X-Requested-With"} <= set(answer.headers["Vary"].split(", "))
    image = anonymous.get("/users/me", headers={**script, "Sec-Fetch-Dest": "image"})
    assert image.headers.get_list("WWW-Authenticate") == CHALLENGES


def test_every_page_of_a_404_offers_to_sign_in(anonymous):
    for path in ("/nothing", "/articles/999999999"):
        told = [has.get("href") for _, has in check_page(anonymous.get(path, headers=BROWSER)).elements]
        assert f"/sign-in?next={path}" in told


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml", "/.well-known/api-catalog"])
def test_a_406_is_a_page_if_only_html_is_accepted(anonymous, path):
    answer = anonymous.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    assert check_page(answer).texts["h1"] == "Not acceptable"


@pytest.mark.parametrize("code", CODES)
def test_a_requested_status_is_a_page_too(api, code):
    answer = api.get(f"/status/{code}", headers=BROWSER)
    assert answer.status_code == code
    told, read = api.get(f"/status/{code}"), check_page(answer)
    assert read.texts["h1"] == told.json()["title"]
    assert told.json()["detail"] in read.texts[""]
    for field in ("WWW-Authenticate", "Allow", "Retry-After"):
        assert answer.headers.get_list(field) == told.headers.get_list(field)


@pytest.mark.parametrize("accept", ["text/html;level=1", "text/html;charset=utf-8, */*;q=.2", "text/html, *; q=.2"])
def test_parameters_and_odd_weights_do_not_hide_that_html_is_preferred(anonymous, accept):
    check_page(anonymous.get("/nothing", headers={"Accept": accept}))


@pytest.mark.parametrize("path", ["/nothing", "/users/me", "/articles?x=1"])
def test_head_has_the_fields_of_the_page(server, path):
    accept = HOST + f"X-Request-Id: one\r\nAccept: {BROWSERS[0]}\r\n".encode()
    get, head = (ask(server.port, method, path, accept) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert lasting(head, {"date"}) == lasting(get, {"date"})
    assert head.headers["Content-Type"] == "text/html; charset=utf-8"


# Input of the client


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "/%3Cscript%3Ealert(1)%3C/script%3E", b""),
        ("GET", "/articles/%3Cscript%3Ealert(1)%3C%2Fscript%3E", b""),
        ("GET", "/articles?%3Cscript%3Ealert(1)%3C/script%3E=1", b""),
        ("GET", "/articles?limit=%3Cscript%3Ealert(1)%3C/script%3E", b""),
        ("GET", "/articles?sort=%3Cscript%3Ealert(1)%3C/script%3E", b""),
        ("GET", "/articles?cursor=%3Cscript%3Ealert(1)%3C/script%3E", b""),
        ("GET", "/hello?name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&x=%22%3E%3Cscript%3E", b""),
        ("GET", "/articles/1", b"If-Match: <script>alert(1)</script>\r\n"),
        ("GET", "/nothing", b"X-Request-Id: <script>alert(1)</script>\r\n"),
        ("GET", "/nothing", b"Referer: <script>alert(1)</script>\r\n"),
        ("PUT", "/problems/%3Cscript%3Ealert(1)%3C%2Fscript%3E", b""),
        ("DELETE", "/echo%22onload=%22alert(1)", b""),
        ("GET", "/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", b""),
        ("GET", "/javascript:alert(1)", b""),
        ("GET", "/nothing%26lt;b%26gt;", b""),
    ],
)
def test_no_input_becomes_a_part_of_the_page(server, method, path, fields):
    answer = ask(server.port, method, path, ADMIN + f"Accept: {BROWSERS[0]}\r\n".encode() + fields)
    assert answer.status_code in (400, 404, 405)
    check_page(answer)
    assert SCRIPT not in answer.text
    assert 'href="javascript:' not in answer.text


# API clients


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/problem+json",
        "application/*",
        "application/json, text/html",
        "text/html, application/json",
        "text/html, */*",
        "text/html;q=0.8, */*;q=0.8",
        "text/html;q=0.5, application/problem+json;q=0.6",
        "application/json, text/plain, */*",
        "text/*;q=0.1, */*",
        "garbage",
        "image/png, */*;q=0.1",
        "text/html;q=0",
        "application/xhtml+xml",
    ],
)
def test_an_api_client_gets_the_problem_document(server, accept):
    field = b"" if accept is None else f"Accept: {accept}\r\n".encode()
    for path, fields, status, slug in (
        ("/nothing", HOST, 404, "not-found"),
        ("/articles/0", HOST, 404, "not-found"),
        ("/articles?x=1", HOST, 400, "invalid-parameter"),
        ("/users/me", HOST, 401, "unauthenticated"),
    ):
        answer = ask(server.port, "GET", path, fields + field)
        if answer.status_code == 406:
            slug, status = "not-acceptable", 406
        refused(answer, status, slug, (accept, path))


@pytest.mark.parametrize(
    "accept",
    [
        "application/problem+xml",
        "application/xml, text/html;q=0.9, */*;q=0.1",
        "text/xml, text/html, application/json;q=0.9",
        "application/xml;q=0.9, */*;q=0.8",
    ],
)
def test_xml_is_sent_if_it_is_preferred(anonymous, accept):
    answer = anonymous.get("/nothing", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+xml")
    name, document = members(answer.text)
    assert (name, document["type"], document["status"]) == ("problem", "/problems/not-found", 404)
    assert document["instance"] == instance_of(answer.headers["X-Request-Id"])


def test_refusals_of_the_front_are_problem_documents_for_browsers_too(server):
    accept = f"Accept: {BROWSERS[0]}\r\n".encode()
    for target, fields in (("/" + "a" * 9_000, HOST), ("/", b""), ("/", HOST + b"X: " + b"a" * 17_000 + b"\r\n")):
        answer = ask(server.port, "GET", target, fields + accept)
        assert answer.status_code in (400, 414, 431)
        assert answer.headers["Content-Type"].startswith("application/problem+")
