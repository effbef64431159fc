"""Hostile paths and fields (CONTRACT §11): the server judges them as sent, and never copies them into header fields."""

import re

import pytest

from tests.contract.expect import refused, standing
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, ask
from tests.contract.routes import KNOWN

pytestmark = pytest.mark.one_database

IDS = [
    "0",
    "-1",
    "+1",
    "1e3",
    "01",
    "00",
    "1.0",
    "0x1",
    "1_0",
    "%201",
    "1%20",
    "1%0a",
    "%D9%A1",
    "%EF%BC%91",
    "%C2%B2",
    "%E2%82%81",
    "1,2",
    "1;v=1",
    "1.",
    ".1",
    "a",
    "null",
    "NaN",
    "Infinity",
    "*",
    "%27",
    "1%27--",
    "1%20OR%201=1",
    str(2**63 - 1),
    str(2**63),
    str(2**64 + 1),
    str(2**200),
    "9" * 5_000,
]
STRANGE = [
    "%00",
    "%ff",
    "%ed%a0%80",
    "%c0%af",
    "%c0%ae%c0%ae",
    "%e2%82",
    "%",
    "%2g",
    "%zz",
    "%u0041",
    "%2F",
    "%2f",
    "%5C",
    "%0a",
    "%0d%0aX-Evil:%20yes",
    "%09",
    "%1b[31m",
    "%7f",
    "%C2%85",
    ".",
    "..",
    "%2e",
    "%2e%2e",
    "%2e%2e%2f",
    "..%2f..%2fetc%2fpasswd",
]


@pytest.mark.parametrize("collection", ["/articles", "/users"])
def test_an_invalid_id_is_404(server, collection):
    for item in IDS:
        refused(ask(server.port, "GET", f"{collection}/{item}"), 404, "not-found", item)


@pytest.mark.crossed
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST", "TRACE"])
@pytest.mark.parametrize("item", ["0", "01", "%D9%A1", str(2**63), str(2**200)])
def test_an_invalid_id_is_404_for_every_method(server, stored, method, item):
    before = stored()
    refused(ask(server.port, method, f"/articles/{item}"), 404, "not-found")
    assert stored() == before


@pytest.mark.parametrize("code", ["0200", "-200", "+200", "2e2", "200.0", "%D9%A2%D9%A0%D9%A0", "", "ok", "200/"])
def test_a_status_that_is_not_a_number_is_404(server, code):
    refused(ask(server.port, "GET", f"/status/{code}"), 404, "not-found")


@pytest.mark.parametrize("code", [0, 1, 99, 100, 101, 103, 199, 299, 306, 600, 999, 1000, 2**63, 10**30])
def test_a_status_that_cannot_be_sent_is_422(api, code):
    refused(api.get(f"/status/{code}"), 422, "invalid")


@pytest.mark.parametrize("base", ["", "/articles", "/users", "/echo", "/problems", "/status", "/hello"])
def test_an_invalid_path_is_404(server, base):
    for segment in STRANGE:
        for path in (f"{base}/{segment}", f"{base}/a{segment}b", f"{base}/{segment}/x"):
            if base == "/echo" and path.endswith(("/a.b", "/a..b", "/a%2eb", "/a%2e%2eb")):
                continue  # a name with points in it
            answer = ask(server.port, "GET", path, b"Host: evil.test\r\n")
            refused(answer, 404, "not-found", path)
            assert "Location" not in answer.headers
            assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("route", [route for route in KNOWN if route != "/"])
def test_another_spelling_of_a_path_is_404_and_never_redirected(server, place, route):
    path = place(route)
    first, _, rest = path[1:].partition("/")
    tail = f"/{rest}" if rest else ""
    spellings = [
        f"//{first}{tail}",
        f"/{first.title()}{tail}",
        f"/{first.upper()}{tail}",
        f"/{first};v=1{tail}",
        f"/./{first}{tail}",
        f"/x/../{first}{tail}",
        f"/%2F{first}{tail}",
        f"/%2e%2e%2f{first}{tail}",
        f"{path}%2F",
        f"{path}%00",
        f"{path}//",
        f"///{first}{tail}",
        f"/{first}%20{tail}",
        f"{path}\\",
        f"\\{first}{tail}",
        f"/evil.test/..{path}",
        f"//evil.test{path}",
        f"{path}/.",
        f"{path}/..",
    ]
    if not route.startswith("/echo"):
        spellings += [f"{path}/", f"{path};v=1", f"{path}%20", f"{path}.json"]
    for spelling in spellings:
        answer = ask(server.port, "GET", spelling, b"Host: evil.test\r\n" + CREDENTIALS)
        assert answer.status_code in (400, 404), spelling
        assert "Location" not in answer.headers, spelling
        if answer.content:
            refused(answer, 404, "not-found")


def test_an_escape_of_a_letter_is_that_letter(server, article):
    answer = ask(server.port, "GET", f"/%61rticles/{article['id']}")  # RFC 3986 §6.2.2.2
    assert answer.json() == article


# OPTIONS *


@pytest.mark.parametrize("fields", [b"", b"Accept: image/png\r\n", b'If-Match: "v0"\r\n'])
def test_options_of_the_server_is_204(server, fields):
    answer = ask(server.port, "OPTIONS", "*", ADMIN + fields)
    assert answer.status_code == 204
    assert answer.content == b""
    assert "Content-Type" not in answer.headers
    standing(answer)


@pytest.mark.parametrize(("method", "status", "slug"), [("GET", 404, "not-found"), ("BREW", 501, "not-implemented")])
def test_a_star_target_with_another_method_is_refused(server, method, status, slug):
    refused(ask(server.port, method, "*"), status, slug)


@pytest.mark.parametrize("target", ["touchstone.test:80", "/hello"])
def test_connect_opens_no_tunnel(server, target):
    answer = ask(server.port, "CONNECT", target)
    assert answer.status_code in (400, 404, 405)


# Fields that claim another method, host or path


@pytest.mark.crossed
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"])
@pytest.mark.parametrize("field", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
def test_a_method_in_a_field_is_ignored(api, stored, article, field, method):
    before = stored()
    assert api.get(f"/articles/{article['id']}", headers={field: method}).status_code == 200
    refused(api.post(f"/articles/{article['id']}", headers={field: method}), 405, "method-not-allowed")
    assert stored() == before


@pytest.mark.crossed
@pytest.mark.parametrize(
    "fields",
    [
        b"Host: evil.test\r\n" + CREDENTIALS,
        ADMIN + b"X-Forwarded-Host: evil.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil.test\r\n",
        ADMIN + b"Forwarded: host=evil.test;proto=https\r\n",
        ADMIN + b"X-Original-URL: /evil.test\r\nX-Rewrite-URL: /evil.test\r\nX-Script-Name: /evil.test\r\n",
        ADMIN + b"SCRIPT_NAME: /evil.test\r\nScript-Name: /evil.test\r\nRequest-URI: /evil.test\r\n",
    ],
)
@pytest.mark.parametrize("route", [route for route in KNOWN if not route.startswith("/echo")])
def test_no_link_is_built_from_the_clients_host(server, place, route, fields):
    path = place(route).replace("/status/200", "/status/301")
    answer = ask(server.port, "GET", path, fields)
    assert answer.status_code in (200, 301)
    assert "evil.test" not in str(answer.headers)
    assert "evil.test" not in answer.text


def test_location_is_a_path_for_any_host(server):
    body = b'{"title": "a", "body": "b"}'
    fields = CREDENTIALS + b"Host: evil.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    answer = ask(server.port, "POST", "/articles", fields, body)
    assert answer.status_code == 201
    assert re.fullmatch(r"/articles/[1-9][0-9]*", answer.headers["Location"])


@pytest.mark.parametrize("name", ["Proxy", "Path", "Home", "Server-Name", "Wsgi.Input", "Content_Length"])
def test_a_field_never_becomes_the_environment(server, name):
    shown = ask(server.port, "GET", "/echo", HOST + name.encode() + b": evil\r\n").json()
    assert shown["headers"] == {"host": "touchstone.test", name.lower(): "evil"}


# CR and LF in values that could reach a header field

BREAKS = [
    "%0d%0aX-Evil:%20yes",
    "%0aX-Evil:%20yes",
    "%0dX-Evil:%20yes",
    "%E5%98%8A%E5%98%8DX-Evil:%20yes",
    "%22%3E;%20rel=evil,%20%3C/evil",
    "%00",
    "%3E;rel=%22evil%22",
    "%C3%A9",
    "%F0%9F%98%80",
]


@pytest.mark.crossed
@pytest.mark.parametrize(
    "path",
    [
        "/articles?title={}",
        "/articles?q=a{}",
        "/articles?limit=1&title:contains={}",
        "/hello?name={}",
        "/users?name={}",
        "/articles?{}=1",
        "/articles?cursor={}",
        "/articles?sort={}",
        "/nothing{}",
        "/problems/{}",
        "/articles/{}",
    ],
)
@pytest.mark.parametrize("accept", [b"*/*", b"text/plain, text/csv, application/xml;q=0.9, */*;q=0.1"])
def test_no_value_breaks_out_of_a_field(server, path, accept):
    for value in BREAKS:
        answer = ask(server.port, "GET", path.format(value), ADMIN + b"Accept: " + accept + b"\r\n")
        assert answer.status_code in (200, 400, 404), value
        assert "X-Evil" not in answer.headers
        for _, content in answer.headers.multi_items():
            assert re.fullmatch(r"[\x20-\x7e]*", content), value
        link = answer.headers.get("Link", "")
        assert re.fullmatch(r'(<[^<>"]*>; rel="(?:first|next|prev|index)"(?:, )?)*', link), value
