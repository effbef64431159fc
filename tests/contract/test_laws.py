"""Rules for every route: methods, HEAD, OPTIONS, standing fields, ignored bodies, Location."""

import re

import httpx
import pytest

from api.rules.statuses import PHRASES
from api.rules.targets import IANA_METHODS
from tests.contract.expect import PROBLEM, REQUEST_ID, refused, standing
from tests.contract.raw import ADMIN, ask, chunked
from tests.contract.routes import EXAMPLES, KNOWN, MOVING, PAGES, ROUTES, STRICT, VERBATIM, every, methods
from tests.contract.xml_text import members

pytestmark = pytest.mark.one_database

PATCHES = ["application/merge-patch+json", "application/json-patch+json", "application/json"]
FINAL = [code for code in PHRASES if code >= 200]
# A page with forms sends a new cookie each time; an answer to HEAD has no framing (RFC 9112 §6.1); there is no
# Last-Modified in the second of a change.
TRANSIENT = ("date", "x-request-id", "set-cookie", "transfer-encoding", "last-modified")


def lasting(answer: httpx.Response) -> list[tuple[str, str]]:
    """The fields of an answer, without those that differ from answer to answer."""
    transient = (*TRANSIENT, "content-length") if answer.url.path in MOVING else TRANSIENT
    return sorted(pair for pair in answer.headers.multi_items() if pair[0] not in transient)


def test_every_route_has_an_example():
    missing = sorted(set(ROUTES) - set(EXAMPLES))
    assert not missing, f"add an example URL for {', '.join(missing)} to EXAMPLES in tests/contract/routes.py"
    gone = sorted(set(EXAMPLES) - set(ROUTES))
    assert not gone, f"no resource has the path {', '.join(gone)}: take it out of EXAMPLES in tests/contract/routes.py"


@pytest.mark.parametrize("route", KNOWN)
def test_every_example_answers_200(api, place, route):
    answer = api.get(place(route))
    assert answer.status_code == 200
    standing(answer, page=route in PAGES)


# HEAD


@pytest.mark.parametrize("route", KNOWN)
def test_head_is_get_without_content_in_every_representation(api, place, route):
    for accept in ("*/*", *ROUTES[route].reads, "application/problem+xml", "image/png"):
        for _ in range(3):  # in one second: Last-Modified appears in the next
            get = api.get(place(route), headers={"Accept": accept})
            head = api.head(place(route), headers={"Accept": accept})
            if lasting(head) == lasting(get):
                break
        assert head.status_code == get.status_code, accept
        assert lasting(head) == lasting(get), accept
        assert head.content == b""


@pytest.mark.parametrize("route", STRICT)
def test_head_has_the_refusals_of_get(api, place, route):
    for suffix in ("?nothing=1", "/", "?fields=nothing", "?limit=0"):
        get, head = api.get(place(route) + suffix), api.head(place(route) + suffix)
        assert (head.status_code, lasting(head)) == (get.status_code, lasting(get)), suffix
        assert head.content == b""


@pytest.mark.parametrize("code", FINAL)
def test_head_is_get_for_every_status(api, code):
    get, head = api.get(f"/status/{code}"), api.head(f"/status/{code}")
    assert get.status_code == head.status_code == code
    assert lasting(head) == lasting(get)
    assert head.content == b""


# OPTIONS, and methods that the resource does not have


@pytest.mark.parametrize("route", KNOWN)
@pytest.mark.parametrize("suffix", ["", "?nothing=1"])
def test_options_is_204_with_sorted_allow_and_no_content(api, place, route, suffix):
    for fields in ({}, {"Accept": "image/png"}, {"If-Match": '"v0"'}, {"If-None-Match": "*"}):
        answer = api.options(place(route) + suffix, headers=fields)
        assert answer.status_code == 204, fields
        assert answer.content == b""
        assert "Content-Type" not in answer.headers
        assert "Content-Length" not in answer.headers  # RFC 9110 §8.6
        allowed = answer.headers["Allow"].split(", ")
        assert allowed == sorted(set(allowed))
        assert "OPTIONS" in allowed
        assert ("GET" in allowed) == ("HEAD" in allowed)
        standing(answer)


@pytest.mark.parametrize(
    ("route", "field", "types"),
    [
        ("/articles", "Accept-Post", ["application/json"]),
        ("/messages", "Accept-Post", ["text/plain", "application/octet-stream", "multipart/form-data"]),
        ("/articles/<id:article_id>", "Accept-Patch", PATCHES),
    ],
)
def test_options_lists_the_accepted_types(api, place, route, field, types):
    told = api.options(place(route)).headers[field].split(", ")
    assert set(types) <= set(told)


@pytest.mark.parametrize(("route", "method"), every(KNOWN))
def test_options_lists_every_working_method(api, place, send, route, method):
    assert send(route, method).is_success
    assert method in api.options(place(route)).headers["Allow"].split(", ")


@pytest.mark.parametrize("route", KNOWN)
def test_a_method_that_options_does_not_list_is_405_with_the_same_allow(server, api, place, stored, route):
    before = stored()
    allow = api.options(place(route)).headers["Allow"]
    for method in sorted(IANA_METHODS - set(allow.split(", "))):
        answer = ask(server.port, method, place(route))
        document = refused(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == allow, method
        assert document["allowed"] == allow.split(", "), method
    assert stored() == before


@pytest.mark.parametrize("route", KNOWN)
def test_trace_is_405_and_echoes_nothing(server, place, route):
    answer = ask(server.port, "TRACE", place(route), ADMIN + b"Cookie: secret=crumb\r\nMax-Forwards: 0\r\n")
    refused(answer, 405, "method-not-allowed")
    assert "crumb" not in answer.text
    assert "crumb" not in str(answer.headers)


@pytest.mark.parametrize("route", KNOWN)
def test_an_unknown_method_is_501(server, place, route):
    for method in ("BREW", "get", "Get", "post", "options", "GETT", "M-SEARCH", "X" * 200):
        answer = ask(server.port, method, place(route))
        refused(answer, 501, "not-implemented", method)
        assert "Allow" not in answer.headers


# The fields on every answer


@pytest.mark.parametrize(("route", "method"), every(KNOWN))
def test_every_success_has_the_standing_fields(send, route, method):
    answer = send(route, method)
    assert answer.is_success
    standing(answer, page=route in PAGES)
    assert ("text/html" in answer.headers.get("Content-Type", "")) == (route in PAGES)
    if answer.status_code == 204:
        assert "Content-Type" not in answer.headers
    elif route not in VERBATIM:
        assert answer.headers["Content-Type"].partition(";")[0] == ROUTES[route].reads[0].partition(";")[0]


@pytest.mark.parametrize("route", KNOWN)
def test_a_representation_has_a_validator_or_is_not_stored(api, place, route):
    answer = api.get(place(route))
    if answer.headers["Cache-Control"] == "no-store":
        assert route.startswith(("/echo", "/status", "/tokens", "/secrets", "/livez", "/readyz", "/metrics"))
        return
    tag = answer.headers["ETag"]
    assert re.fullmatch(r'(?:W/)?"[^"]+"', tag)
    again = api.get(place(route), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert "Content-Type" not in again.headers
    for name in ("ETag", "Cache-Control", "Vary", "X-Content-Type-Options", "Content-Security-Policy"):
        assert again.headers[name] == answer.headers[name]
    assert again.headers["Date"]


@pytest.mark.parametrize("code", FINAL)
def test_every_status_has_the_standing_fields(api, code):
    answer = api.get(f"/status/{code}")
    standing(answer)
    if code >= 400:
        refused(answer, code, "about:blank")
    if code in (204, 304):
        assert "Content-Type" not in answer.headers
        assert answer.content == b""


@pytest.mark.parametrize("path", ["/hello", "/nothing", "/articles?limit=0", "/status/204", "/status/503"])
def test_a_good_request_id_is_kept(api, path):
    for sent in ("a", "A.b_c-9", "0" * 64, "d3b07384-d9a0-4c9b-8c3a-5c1d6c4d5f00"):
        assert api.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a" * 65, "a b", "a,b", "a/b", "é", "<script>", "%0d%0aSet-Cookie:a", "a\tb"])
def test_another_request_id_is_replaced(server, sent):
    field = b"X-Request-Id: " + sent.encode("latin-1") + b"\r\n"
    made = ask(server.port, "GET", "/hello", ADMIN + field).headers["X-Request-Id"]
    assert REQUEST_ID.fullmatch(made)
    assert made != sent


def test_two_request_ids_are_replaced_and_each_answer_has_its_own(server, api):
    made = ask(server.port, "GET", "/hello", ADMIN + b"X-Request-Id: a\r\nX-Request-Id: b\r\n").headers["X-Request-Id"]
    assert made not in ("a", "b")
    assert api.get("/hello").headers["X-Request-Id"] != api.get("/hello").headers["X-Request-Id"]


@pytest.mark.parametrize("route", KNOWN)
def test_html_is_sent_only_on_request(api, place, route):
    for accept in ("*/*", "", "garbage", "text/*;q=0.1, */*", "text/html;q=0.1, application/json"):
        for suffix in ("", "/nothing/x", "?limit=x&limit=x"):
            answer = api.get(place(route) + suffix, headers={"Accept": accept})
            is_page = route in PAGES and not suffix and accept in ("*/*", "", "garbage")
            assert ("html" in answer.headers["Content-Type"]) == is_page, (accept, suffix)
            assert answer.text.lstrip().startswith("<!") == is_page, (accept, suffix)  # an example may contain HTML


# Bodies of methods that do not take one


@pytest.mark.crossed
@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (b"Content-Length: 1\r\nContent-Type: application/json\r\n", b"{"),
        (b"Content-Length: 1\r\nContent-Type: a/b, c/d\r\nContent-Encoding: br\r\n", b"{"),
        (b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", chunked(b"{" * 100)),
        (b"Content-Length: 1100000\r\nContent-Type: application/json\r\n", b" " * 1_100_000),
    ],
    ids=["JSON", "unsupported", "chunked", "large"],
)
@pytest.mark.parametrize("route", sorted(set(STRICT) - set(MOVING)))
def test_a_body_with_get_is_ignored(server, api, place, route, fields, body):
    plain = api.get(place(route))
    answer = ask(server.port, "GET", place(route), ADMIN + fields, body)
    assert (answer.status_code, answer.content) == (200, plain.content)


@pytest.mark.parametrize("content_type", ["application/json", "image/png"])
def test_a_body_with_delete_is_ignored(api, article, content_type):
    answer = api.request("DELETE", f"/articles/{article['id']}", content=b"{", headers={"Content-Type": content_type})
    assert answer.status_code == 204
    refused(api.get(f"/articles/{article['id']}"), 404, "not-found")


@pytest.mark.parametrize("prefer", [None, "return=representation", "return=minimal"])
@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/vnd.touchstone.v1+json", "application/vnd.touchstone.v2+json", "application/xml"],
)
def test_the_location_of_a_create_is_the_new_resource(api, accept, prefer):
    fields = {"Accept": accept} | ({"Prefer": prefer} if prefer else {})
    made = api.post("/articles", json={"title": "Made", "body": "é"}, headers=fields)
    assert made.status_code == 201
    assert made.headers["Location"].startswith("/articles/")
    found = api.get(made.headers["Location"], headers={"Accept": accept})
    assert found.status_code == 200
    if prefer == "return=minimal":
        assert made.content == b""
        assert "Content-Type" not in made.headers
        assert made.headers["Preference-Applied"] == "return=minimal"
        return
    assert found.content == made.content or accept.endswith("v2+json")
    assert made.headers["Content-Location"] == made.headers["Location"]
    assert made.headers["ETag"] == found.headers["ETag"]
    assert not made.headers["ETag"].startswith("W/")
    assert "Prefer" in made.headers["Vary"]
    if accept.endswith("v2+json"):
        assert made.json()["data"] == found.json()["data"]


@pytest.mark.parametrize("method", methods("/status/<int:code>"))
@pytest.mark.parametrize("code", [201, 300, 301, 302, 303, 307, 308])
def test_the_location_of_a_status_answers_200(api, method, code):
    answer = api.request(method, f"/status/{code}")
    assert answer.status_code == code
    assert answer.headers["Location"].startswith("/")
    assert api.get(answer.headers["Location"]).status_code == 200


# Refusals in XML have the content of those in JSON


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/articles/0", 404),
        ("POST", "/hello", 405),
        ("GET", "/articles?x=1&y=2", 400),
        ("BREW", "/", 501),
        ("GET", "/status/1000", 422),
        ("GET", "/status/418", 418),
    ],
)
def test_a_problem_in_xml_has_the_members_of_the_one_in_json(api, method, path, status):
    fields = {"X-Request-Id": "one-1", "Accept": "application/json"}
    json = api.request(method, path, headers=fields)
    xml = api.request(method, path, headers=fields | {"Accept": "application/problem+xml, application/json;q=0.5"})
    assert (json.status_code, xml.status_code) == (status, status)
    assert json.headers["Content-Type"] == PROBLEM
    assert xml.headers["Content-Type"] == "application/problem+xml"
    standing(xml)
    assert members(xml.text) == ("problem", json.json())
