"""No credential is in the journal: neither in its file, nor in any answer with its entries."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from tests.faults.wire import connect
from tests.journal.asking import entries, last
from tests.journal.asking import field as line
from tests.journal.conftest import Start
from tests.resources.spaces.making import Space, spaces

pytestmark = pytest.mark.one_database

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Planted:
    """The secrets that were sent, each with the way it was sent; and those of the server."""

    values: dict[str, bytes] = field(default_factory=dict)

    def new(self, name: str) -> str:
        """A secret that occurs nowhere else, with characters that every encoding changes."""
        value = f"s3cr3t {len(self.values):02}/+é{name[:3]}"
        self.values[name] = value.encode()
        return value

    def plain(self, name: str) -> str:
        """A secret of plain letters."""
        value = f"pl4nted{len(self.values):02}{name[:3].replace(' ', '')}"
        self.values[name] = value.encode()
        return value

    def found_in(self, content: bytes) -> list[str]:
        """The secrets in a content, in any usual encoding."""
        return [name for name, value in self.values.items() if any(form in content for form in forms(value))]


def forms(value: bytes) -> set[bytes]:
    """A value in the encodings in which it may stand in a content."""
    text = value.decode()
    escaped = json.dumps(text)[1:-1]
    return {
        value,
        escaped.encode(),
        json.dumps(escaped)[1:-1].encode(),
        quote(text).encode(),
        quote(text, safe="").encode(),
        quote_plus(text).encode(),
        text.encode("utf-16-le"),
        text.encode("latin-1", "replace"),
        b64encode(value).rstrip(b"="),
        text.replace('"', "&quot;").encode(),
    }


def send_all(space: Space, planted: Planted) -> None:
    """Send some forty kinds of secret to a space."""
    http, new, plain = space.anonymous, planted.new, planted.plain

    # Header fields.
    basic = b64encode(f"john:{new('password of Basic')}".encode()).decode()
    planted.values["Basic"] = basic.rstrip("=").encode()
    bearer = "tst_" + "B" * 43
    planted.values["Bearer"] = bearer.encode()
    for fields in (
        {"Authorization": f"Basic {basic}"},
        {"Authorization": f"bearer {bearer}"},
        {"Authorization": f"Bearer {plain('foreign bearer')}"},
        {"Authorization": plain("no scheme")},
        {"Authorization": f'Digest username="u", response="{plain("digest")}"'},
        {"Proxy-Authorization": f"Basic {plain('proxy')}"},
        {"Cookie": f"a={plain('cookie')}; b={plain('second cookie')}"},
        {"X-API-Key": plain("api key")},
        {"X-Auth-Token": plain("auth token")},
        {"X-Amz-Security-Token": plain("amazon")},
        {"X-Ssn": plain("setting")},
        {"Referer": f"https://example.org/?access_token={plain('referer')}&x=1"},
        {"Referer": f"https://user:{plain('user in url')}@example.org/"},
        {"X-Data": json.dumps({"password": plain("json in field")})},
    ):
        http.get("/echo", headers=fields)
        http.get("/articles/1", headers=fields)

    # Paths and queries.
    for path in (
        f"/httpbin/basic-auth/user/{quote(new('path'), safe='')}",
        f"/httpbin/hidden-basic-auth/user/{plain('hidden path')}",
        f"/httpbin/digest-auth/auth/user/{plain('digest path')}/MD5",
        f"/httpbin/digest/user/{plain('strict digest path')}",
        f"/httpbin/api-key/{plain('key path')}?in=header",
        f"/httpbin/oauth/authorize?response_type=code&code_verifier={plain('verifier query')}",
        f"/echo/reset-token/{plain('segment')}",
        f"/echo?token={quote(new('query'))}",
        f"/echo?access_token={plain('access')}&refresh_token={plain('refresh')}&client_secret={plain('client')}",
        f"/echo?code={plain('code')}&state=x",
        f"/echo?user%5Bpass%77ord%5D={plain('nested query')}",
        f"/echo?next={quote('https://x.test/?token=' + plain('redirect'), safe='')}",
        f"/echo?url={quote('https://u:' + plain('url user') + '@x.test/', safe='')}",
        f"/articles?X-Api-Key={plain('key query')}",
    ):
        http.get(path)

    # A key of the path, in fields and parameters of any name.
    key = plain("key everywhere")
    http.get(f"/httpbin/api-key/{key}?in=query&name=k&k={key}", headers={"X-Mine": key, "Cookie": f"k={key}"})

    # Members of JSON.
    for body in (
        json.dumps({"password": new("member")}),
        json.dumps({"password": new("member"), "x": 'é"\\'}, ensure_ascii=False),
        json.dumps({"a": [{"b": {"newPassword": new("deep")}}]}, ensure_ascii=False),
        json.dumps({"user-password": plain("hyphen"), "API_KEY": plain("upper"), "ssn": plain("own name")}),
        '{"p\\u0061ssword": "' + plain("escaped name") + '"}',
        json.dumps({"client_secret": [plain("list"), {"x": plain("object in list")}], "y": 1}),
        json.dumps({"token": {"value": plain("object"), "n": 12345678901}}),
        '{"password": "' + plain("truncated"),
        "{'password': '" + plain("single quotes") + "'}",
        '{"password": ' + plain("bare") + "}",
        json.dumps({"inner": json.dumps({"password": plain("json in json")})}),
        json.dumps({"log": f"Authorization: Bearer {plain('text in json')}"}),
        json.dumps({"link": f"/reset?token={plain('link in json')}"}),
        json.dumps([{"op": "replace", "path": "/password", "value": plain("json patch")}]),
        '{"a": 1}\n{"password": "' + plain("second line") + '"}',
        json.dumps({"body": "x" * 65_520, "password": plain("cut") * 20}),
        json.dumps(
            {"id_token": plain("id token"), "code_verifier": plain("verifier"), "assertion": plain("assertion")}
        ),
    ):
        for path in ("/echo", "/articles"):
            http.post(path, content=body.encode(), headers=JSON)
        http.post("/echo", content=body.encode(), headers={"Content-Type": "text/plain"})
    http.post("/echo", content=json.dumps({"password": plain("utf-16")}).encode("utf-16"), headers=JSON)
    packed = gzip.compress(json.dumps({"password": plain("gzip")}).encode())
    http.post("/articles", content=packed, headers={**JSON, "Content-Encoding": "gzip"})
    planted.values["packed"] = b64encode(packed)[:40]
    http.post("/echo", content=iter([b'{"pass', f'word": "{plain("chunked")}"}}'.encode()]), headers=JSON)
    http.post(
        "/users", json={"username": "new-one", "password": plain("registration"), "email": "a@b.org", "name": "N"}
    )

    # Forms, and other types.
    for form in (
        f"user=a&password={quote_plus(new('form'))}",
        f"p%61ssword={plain('encoded name')}",
        f"user[password]={plain('nested form')}&password_confirmation={plain('confirmation')}",
        f"grant_type=authorization_code&code={plain('code in form')}&client_assertion={plain('assertion in form')}",
    ):
        http.post("/echo", content=form, headers=FORM)
        http.post("/sign-in", content=form, headers=FORM)
    http.post("/echo", files={"token": ("t.txt", plain("multipart").encode()), "other": ("o", b"x")})
    http.post("/echo", data={"password": plain("multipart field")}, files={"other": ("o", b"x")})
    xml = f"<user><password>{plain('xml')}</password></user>"
    http.post("/echo", content=xml, headers={"Content-Type": "application/xml"})
    http.post("/messages", content=f"password={plain('message')}", headers={"Content-Type": "text/plain"})
    http.post("/echo", content=f"secret: {plain('no type')}")

    # What the server itself gives away.
    space.john.put("/secrets/door", json={"value": new("secret")})
    for accept in ("application/json", "application/xml", "text/csv", "text/html"):
        space.john.get("/secrets", headers={"Accept": accept})
        space.john.get("/secrets/door", headers={"Accept": "*/*" if accept == "text/csv" else accept})
    for accept in ("application/json", "application/xml", "application/vnd.touchstone.v2+json"):
        token = space.john.post("/tokens", json={}, headers={"Accept": accept}).text
        planted.values[f"token as {accept}"] = token[(at := token.index("tst_")) : at + 47].encode()
    made = space.john.post("/tokens", json={}).json()["token"]
    planted.values["token"] = made.encode()
    http.get("/users/me", headers={"Authorization": f"Bearer {made}"})
    http.get("/users/me", headers={"Authorization": f"Bearer {space.token}"})
    planted.values["token of the space"] = space.token.encode()
    page = http.get("/sign-in", headers={"Accept": "text/html"})
    token = re.findall('name="_token" value="([^"]*)"', page.text)[0]
    planted.values["token of a form"] = token.encode()
    login = {"username": "john", "password": "john", "_token": token, "next": "/"}
    origin = str(space.control.base_url).rstrip("/")
    signed = http.post("/sign-in", data=login, headers={"Origin": origin, "Accept": "text/html"})
    assert signed.status_code == 303
    for answer in (page, signed):
        for cookie in answer.cookies.jar:
            planted.values[f"cookie {cookie.name}"] = (cookie.value or "").encode()
    http.get("/users/me", headers={"Accept": "text/html"})  # the client has the cookie

    # Requests that the application does not see, or does not answer.
    http.get(f"/{'x' * 9000}?token={plain('too long')}")
    with suppress(httpx.RemoteProtocolError):
        http.get(f"/hello?token={plain('cut')}", headers={"Touchstone-Fault": "cut;at=before"})
    http.get("/hello", headers={"Touchstone-Fault": "status;code=503", "Authorization": f"Bearer {plain('fault')}"})


def shown(space: Space) -> Iterator[tuple[str, bytes]]:
    """Every answer that has entries, with its name."""
    http, place = space.control, f"{space.place}/journal"
    for accept in ("application/json", "application/xml", "application/vnd.touchstone.v2+json", "text/html"):
        target: str | None = f"{place}?limit=100"
        while target:
            answer = http.get(target, headers={"Accept": accept})
            assert answer.status_code == 200, answer.text
            yield accept, answer.content
            target = answer.links.get("next", {}).get("url")
    for accept in ("text/csv", "application/x-ndjson"):
        yield accept, http.get(f"{place}?limit=all", headers={"Accept": accept}).content
    yield "HAR", http.get(f"{place}.har").content
    for entry in entries(space):
        for part in ("", "/body", "/answer"):
            yield f"{entry['n']}{part}", http.get(f"{place}/{entry['n']}{part}").content
    verified = http.post(f"{place}/verify", json={"match": {"path": "/nothing", "header": {"Authorization": "x"}}})
    yield "verification", verified.content
    newest = last(space)["n"]
    with http.stream("GET", place, headers={"Accept": "text/event-stream"}) as events:
        content = b""
        for piece in events.iter_raw():
            content += piece
            if b"id: %d\n" % newest in content and content.endswith(b"\n\n"):
                break
    yield "events", content


def test_no_planted_secret_can_be_found(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "spaces"
    server = start("--workers", "2", SPACES_DIR=str(folder), JOURNAL_REDACT="ssn, X-Ssn", JOURNAL_ENTRIES="2000")
    planted = Planted()
    with spaces(server, 1) as [space]:
        send_all(space, planted)
        assert len(planted.values) > 60
        assert space.control.get(f"{space.place}/journal?count=true").json()["total"] > 120
        leaks = {name: found for name, content in shown(space) if (found := planted.found_in(content))}
        assert leaks == {}
        files = [path for path in folder.iterdir() if path.name.startswith("journal.db")]
        assert {path.name for path in files} >= {"journal.db"}
        kept = {path.name: planted.found_in(path.read_bytes()) for path in files}
        assert not any(kept.values()), kept


def test_equal_credentials_are_seen_to_be_equal(space: Space) -> None:
    token = space.john.post("/tokens", json={}).json()["token"]
    for sent in (token, token, "tst_" + "C" * 43):
        space.anonymous.get("/users/me", headers={"Authorization": f"Bearer {sent}"})
    made, first, second, other = entries(space)
    tails = [line(each["fields"], "Authorization") for each in (first, second, other)]
    assert tails[0] == tails[1] != tails[2]
    assert tails[0] == f"Bearer {json.loads(made['answer']['body']['text'])['token']}"
    assert tails[0].startswith("Bearer …#")
    bodies: list[Any] = []
    for password in ("one and the same", "one and the same", "another"):
        space.anonymous.post("/users", json={"username": "u", "password": password})
        bodies.append(last(space)["body"])
    assert bodies[0] == bodies[1]
    assert bodies[1]["digest"] != bodies[2]["digest"]
    assert bodies[0]["sha256"] is None


def test_equal_credentials_differ_between_spaces(start: Start) -> None:
    with spaces(start(), 2) as two:
        for each in two:
            each.anonymous.get("/hello", headers={"X-API-Key": "the same"})
        first, second = (line(last(each)["fields"], "X-API-Key") for each in two)
        assert first != second


def test_a_body_without_credentials_stays_byte_for_byte(space: Space) -> None:
    for body in ('{"a":  1.0, "token_type": "x", "a": 2}', '{"code": "not_a_choice"}', "[1,\n2]", "plain, text"):
        space.anonymous.post("/echo", content=body, headers=JSON)
        assert last(space)["body"]["text"] == body


@pytest.fixture
def reading(space: Space) -> Callable[[bytes], dict[str, Any]]:
    """Sends a request of these bytes, and returns its entry."""

    def read(content: bytes) -> dict[str, Any]:
        with closing(connect(int(str(space.control.base_url).rpartition(":")[2].strip("/")))) as connection:
            connection.sendall(content)
            connection.recv(100)
        return last(space)

    return read


def test_two_lines_of_authorization_are_hidden(space: Space, reading: Callable[[bytes], dict[str, Any]]) -> None:
    head = (
        f"GET {space.prefix}/hello HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eHg6eXk=\r\nAuthorization: other\r\n\r\n"
    )
    entry = reading(head.encode())
    assert entry["answer"]["status"] == 400
    assert "eHg6eXk" not in json.dumps(entry)
    assert "other" not in json.dumps(entry["fields"])
