"""`/status/<code>`: every status in its proper form (CONTRACT §1, RFC 9110 §15)."""

import xml.etree.ElementTree as ET
from http import HTTPStatus

import httpx
import pytest

from tests.resources.making import pointers, refused

pytestmark = pytest.mark.one_database

# The IANA HTTP Status Code Registry from 200 on, repeated here to check the server's own table.
CODES = [
    *range(200, 209), 226,
    *range(300, 306), 307, 308,
    *range(400, 419), 421, 422, 423, 424, 425, 426, 428, 429, 431, 451,
    *range(500, 509), 510, 511,
]  # fmt: skip
EMPTY = (204, 205, 304)
REDIRECTS = (301, 302, 303, 307, 308)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("method", [*METHODS, "HEAD"])
def test_every_status_has_its_proper_form(api: httpx.Client, code: int, method: str) -> None:
    answer = api.request(method, f"/status/{code}")
    assert answer.status_code == code
    assert "X-Request-Id" in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if code in EMPTY or method == "HEAD":
        assert answer.content == b""
    if code in EMPTY:
        assert "Content-Type" not in answer.headers
        assert answer.headers.get("Content-Length", "0") == "0"
        return
    assert answer.headers["Content-Type"] == ("application/problem+json" if code >= 400 else "application/json")
    if method != "HEAD":
        document = answer.json()
        assert document["status"] == code
        assert document["title"]
        assert code < 400 or {"type", "detail", "instance"} <= set(document)


@pytest.mark.parametrize("code", CODES)
def test_every_phrase_is_that_of_the_registry(api: httpx.Client, code: int) -> None:
    answer = api.get(f"/status/{code}")
    if code in EMPTY or code == 418:
        return
    # The registry's newest names (RFC 9110), which older versions of Python do not have.
    renamed = {
        413: "Content Too Large",
        414: "URI Too Long",
        416: "Range Not Satisfiable",
        422: "Unprocessable Content",
    }
    assert answer.json()["title"] == renamed.get(code, HTTPStatus(code).phrase)


def test_options_list_the_methods(api: httpx.Client) -> None:
    answer = api.options("/status/404")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


@pytest.mark.parametrize("code", [201, *REDIRECTS])
def test_a_201_or_3xx_has_location(api: httpx.Client, code: int) -> None:
    place = api.get(f"/status/{code}").headers["Location"]
    assert place.startswith("/")
    assert api.get(place).status_code == 200


def test_a_304_has_a_validator(api: httpx.Client) -> None:
    assert api.get("/status/304").headers["ETag"]


def test_a_401_has_a_line_for_each_scheme(api: httpx.Client) -> None:
    lines = api.get("/status/401").headers.get_list("WWW-Authenticate")
    assert lines == ['Bearer realm="touchstone"', 'Basic realm="touchstone", charset="UTF-8"']


def test_a_405_has_allow(api: httpx.Client) -> None:
    for method in METHODS:
        allowed = api.request(method, "/status/405").headers["Allow"].split(", ")
        assert allowed == sorted(allowed)


@pytest.mark.parametrize(
    ("code", "field"),
    [
        (206, "Content-Range"),
        (407, "Proxy-Authenticate"),
        (416, "Content-Range"),
        (426, "Upgrade"),
        (429, "Retry-After"),
        (503, "Retry-After"),
    ],
)
def test_a_status_has_its_required_field(api: httpx.Client, code: int, field: str) -> None:
    assert api.get(f"/status/{code}").headers[field]


def test_the_part_of_a_206_is_as_long_as_it_says(api: httpx.Client) -> None:
    for accept in ("application/json", "application/xml"):
        answer = api.get("/status/206", headers={"Accept": accept})
        length = len(answer.content)
        assert answer.headers["Content-Range"] == f"bytes 0-{length - 1}/{length}"


def test_a_wait_is_a_whole_number_of_seconds(api: httpx.Client) -> None:
    for code in (429, 503):
        assert int(api.get(f"/status/{code}").headers["Retry-After"]) >= 0


@pytest.mark.crossed
@pytest.mark.parametrize(
    "code", [0, 1, 99, 100, 101, 102, 103, 104, 199, 209, 299, 306, 419, 420, 430, 509, 599, 600, 999, 10**20]
)
@pytest.mark.parametrize("method", METHODS)
def test_a_status_that_is_not_final_is_422_and_never_sent(api: httpx.Client, code: int, method: str) -> None:
    assert pointers(api.request(method, f"/status/{code}"))
    assert api.head(f"/status/{code}").status_code == 422


@pytest.mark.parametrize("spelling", ["0200", "-200", "+200", "2e2", "200.0", "٢٠٠", "ok", "200/", "", "200/x"])
def test_a_code_that_is_not_a_number_is_404(api: httpx.Client, spelling: str) -> None:
    refused(api.get(f"/status/{spelling}"), 404, "not-found")


@pytest.mark.parametrize("code", [400, 418, 503])
def test_a_refusal_is_xml_if_that_is_preferred(api: httpx.Client, code: int) -> None:
    answer = api.get(f"/status/{code}", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (code, "application/problem+xml")
    root = ET.fromstring(answer.content)
    assert (root.tag, root.findtext("status")) == ("problem", str(code))


def test_a_success_can_be_xml_too(api: httpx.Client) -> None:
    answer = api.get("/status/202", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/xml")


def test_no_status_is_cached(api: httpx.Client) -> None:
    for code in (200, 301, 404, 410, 500):
        assert api.get(f"/status/{code}").headers["Cache-Control"] == "no-store"


def test_a_connection_can_be_reused_after_any_status(api: httpx.Client) -> None:
    for code in (204, 205, 304, 500, 204):
        assert api.get(f"/status/{code}").status_code == code
        assert api.get("/hello").json() == {"hello": "John Doe"}


def test_a_parameter_is_400(api: httpx.Client) -> None:
    refused(api.get("/status/204?x=1"), 400, "invalid-parameter")
