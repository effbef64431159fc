"""What an entry says of a request and its answer, and when it is there."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain

import httpx
import pytest

from tests.faults.wire import connect
from tests.journal.asking import entries, field, last
from tests.journal.conftest import Start
from tests.resources.making import refused
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database


def test_an_entry_has_the_request_and_its_answer(space: Space) -> None:
    body = b'{"title": "A title",  "body": "A body"}'
    fields = {"Content-Type": "application/json", "X-Run": "7", "Idempotency-Key": "one"}
    answer = space.john.post("/articles?_=1", content=body, headers=fields)
    [entry] = entries(space)
    sent, got = entry.pop("body"), entry.pop("answer")
    timing = entry.pop("timing_ms")
    assert (
        entry.items()
        >= {
            "n": 1,
            "method": "POST",
            "target": f"{space.prefix}/articles?_=1",
            "path": "/articles",
            "http": "1.1",
            "problem": None,
            "fault": None,
            "account": "john",
            "idempotency": "new",
        }.items()
    )
    assert (field(entry["fields"], "X-Run"), field(entry["fields"], "Content-Length")) == ("7", str(len(body)))
    assert sent == {
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "digest": None,
        "type": "application/json",
        "cut": False,
        "text": body.decode(),
    }
    assert (got["status"], got["sent"], got["body"]["text"]) == (201, "whole", answer.text)
    assert {name: field(got["fields"], name) for name in ("Location", "ETag", "X-Request-Id")} == {
        name: answer.headers[name] for name in ("Location", "ETag", "X-Request-Id")
    }
    assert timing["application"] > 0
    space.john.post("/articles?_=1", content=body, headers=fields)
    assert last(space)["idempotency"] == "replay"


def asked_at_once(server: Server, space: Space, client: int, count: int) -> int:
    """Send so many requests, and ask for the entry of each after its answer. Returns how many were there."""
    found = 0
    for number in range(count):
        mark = f"{client}-{number}"
        # A new connection each time, so that another worker may have it.
        with httpx.Client(base_url=server.url, trust_env=False) as http:
            assert http.get(f"{space.prefix}/hello", headers={"X-Run": mark}).status_code == 200
        with httpx.Client(base_url=server.url, trust_env=False) as http:
            found += len(http.get(f"{space.place}/journal?header:x-run={mark}&fields=n").json()["items"])
    return found


def test_an_entry_is_there_on_any_worker_when_the_answer_is(space: Space, server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda client: asked_at_once(server, space, client, 25), range(8))) == 200


@pytest.mark.slow
def test_10000_entries_are_there_when_their_answers_are(start: Start) -> None:
    server = start("--workers", "4")
    with spaces(server, 1) as [space], ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda client: asked_at_once(server, space, client, 1250), range(8))) == 10_000


def test_numbers_have_no_gaps_and_no_repetitions(space: Space) -> None:
    def ask(_: int) -> int:
        with space.client() as http:
            return http.get("/hello").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(80))) == {200}
    assert [each["n"] for each in entries(space)] == list(range(1, 81))


def test_refusals_of_the_front_have_entries(space: Space, server: Server) -> None:
    assert space.anonymous.get("/" + "x" * 9000).status_code == 414
    with closing(connect(server.port)) as connection:
        head = f"POST {space.prefix}/articles HTTP/1.1\r\nHost: a b\r\nContent-Length: 3\r\n\r\nabc"
        connection.sendall(head.encode())
        assert b" 400 " in connection.recv(100)
    found = [(each["answer"]["status"], each["problem"], each["answer"]["sent"]) for each in entries(space)]
    assert found == [(414, "uri-too-long", "whole"), (400, "invalid-host", "whole")]


def test_an_answer_in_pieces_is_whole_at_its_end(space: Space) -> None:
    answer = space.anonymous.get("/articles?limit=all", headers={"Accept": "application/x-ndjson"})
    entry = wait_until(lambda: next((each for each in entries(space) if each["answer"]["sent"]), None), "its end")
    assert entry["answer"]["sent"] == "whole"
    assert entry["answer"]["body"]["text"] == answer.text
    assert entry["answer"]["body"]["sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_bytes_are_in_base64_and_long_bodies_are_cut(space: Space) -> None:
    space.anonymous.post("/echo", content=b"\x00\xff", headers={"Content-Type": "application/octet-stream"})
    assert last(space)["body"]["base64"] == "AP8="
    long = "é" * 100_000
    space.anonymous.post("/echo", content=long.encode(), headers={"Content-Type": "text/plain"})
    body = last(space)["body"]
    assert (body["length"], body["cut"], body["sha256"]) == (200_000, True, hashlib.sha256(long.encode()).hexdigest())
    assert body["text"] == "é" * 32_768
    # A cut in the middle of a character.
    space.anonymous.post("/echo", content=b"a" + long.encode(), headers={"Content-Type": "text/plain"})
    assert last(space)["body"]["text"] == "a" + "é" * 32_767


def test_the_bytes_of_bodies(space: Space) -> None:
    sent = b'{"title":  "A title"}'
    answer = space.john.post("/articles", content=sent, headers={"Content-Type": "application/json"})
    body = space.control.get(f"{space.place}/journal/1/body")
    assert (body.content, body.headers["Content-Type"]) == (sent, "application/json")
    assert "sandbox" in body.headers["Content-Security-Policy"]
    got = space.control.get(f"{space.place}/journal/1/answer")
    assert (got.content, got.headers["Content-Type"]) == (answer.content, "application/problem+json")
    space.anonymous.get("/hello")
    refused(space.control.get(f"{space.place}/journal/2/body"), 404, "not-found")
    refused(space.control.get(f"{space.place}/journal/3"), 404, "not-found")


def test_the_control_of_spaces_has_no_entries(start: Start) -> None:
    with spaces(start(JOURNAL="everywhere"), 1) as [space]:
        for path in ("/livez", "/readyz", "/metrics", "/spaces", space.place, f"{space.place}/journal", "/hello"):
            assert space.control.get(path).status_code == 200, path
        found = space.control.get("/spaces/root/journal").json()["items"]
        assert [each["path"] for each in found] == ["/hello"]


def test_an_unknown_space_has_no_entries(space: Space) -> None:
    assert space.control.get("/in/no-such-space/hello").status_code == 404
    assert entries(space) == []


def test_a_ring_keeps_the_newest_entries(start: Start) -> None:
    with spaces(start(JOURNAL_ENTRIES="60"), 1) as [space]:
        for _ in range(130):
            space.anonymous.get("/hello")
        assert [each["n"] for each in entries(space)] == list(range(71, 131))
        assert space.control.get(f"{space.place}/journal?count=true").json()["total"] == 60


def test_deleted_entries_leave_their_numbers(space: Space) -> None:
    for _ in range(3):
        space.anonymous.get("/hello")
    assert space.control.delete(f"{space.place}/journal").status_code == 204
    assert entries(space) == []
    assert space.control.delete(f"{space.place}/journal").status_code == 204
    space.anonymous.get("/hello")
    assert [each["n"] for each in entries(space)] == [4]


def test_a_reset_keeps_the_journal_unless_asked(space: Space) -> None:
    space.anonymous.get("/hello")
    assert space.control.post(f"{space.place}/reset", json={}).status_code == 200
    assert len(entries(space)) == 1
    assert space.control.post(f"{space.place}/reset", json={"journal": True}).status_code == 200
    assert entries(space) == []


def test_a_space_with_the_name_of_a_deleted_one_has_none_of_its_entries(space: Space) -> None:
    place = "/spaces/made-again"
    for _ in range(2):
        assert space.control.put(place).status_code == 201
        assert space.control.get("/in/made-again/hello").status_code == 200
        [entry] = space.control.get(f"{place}/journal").json()["items"]
        assert entry["n"] == 1
        assert space.control.delete(place).status_code == 204


def test_a_space_may_keep_no_journal(server: Server) -> None:
    with spaces(server, 1, journal=False) as [space]:
        assert space.shown["journal"] is False
        space.anonymous.get("/hello")
        assert entries(space) == []
        changed = space.control.patch(space.place, json={"journal": True})
        assert (changed.status_code, changed.json()["journal"]) == (200, True)
        space.anonymous.get("/hello")
        assert len(entries(space)) == 1


def test_messages_are_kept_only_if_the_space_says_so(server: Server) -> None:
    for bodies in (False, True):
        with spaces(server, 1, bodies=bodies) as [space]:
            assert space.shown["bodies"] is bodies
            space.anonymous.post("/messages", content="A message", headers={"Content-Type": "text/plain"})
            space.john.put("/secrets/door", json={"value": "sesame"})
            message, secret = entries(space)
            assert message["body"]["sha256"] == hashlib.sha256(b"A message").hexdigest()
            assert message["body"].get("text") == ("A message" if bodies else None)
            assert (secret["body"]["sha256"], "text" in secret["body"]) == (None, False)


def test_the_journal_is_off(start: Start) -> None:
    with spaces(start(JOURNAL="off"), 1) as [space]:
        assert space.shown["journal"] is False
        for path in ("journal", "journal/1", "journal/1/body", "journal/1/answer", "journal.har"):
            refused(space.control.get(f"{space.place}/{path}"), 404, "not-found")
        refused(space.control.post(f"{space.place}/journal/verify", json={"match": {}}), 404, "not-found")
        refused(space.control.get("/spaces/root/journal"), 404, "not-found")
        refused(space.control.post("/spaces", json={"journal": True}), 422, "invalid")
        refused(space.control.patch(space.place, json={"journal": True}), 422, "invalid")
        assert space.control.post(f"{space.place}/reset", json={"journal": True}).status_code == 200
        assert "/spaces/{space_id}/journal" not in space.control.get("/openapi.json").json()["paths"]


def test_the_server_itself_has_a_journal_only_if_it_is_everywhere(space: Space) -> None:
    refused(space.control.get("/spaces/root/journal"), 404, "not-found")


def test_the_journal_of_the_server_is_for_administrators_unless_spaces_are_open(start: Start) -> None:
    server = start(SPACES="admins", JOURNAL="everywhere")
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        http.get("/hello")
        for auth, status in ((None, 401), (("john", "john"), 403), (("admin", "secret"), 200)):
            assert http.get("/spaces/root/journal", auth=auth).status_code == status
        page = http.get("/spaces/root/journal", auth=("admin", "secret"), headers={"Origin": "https://evil.test"})
        refused(page, 403, "forbidden")


def test_faults_stand_in_the_journal(space: Space) -> None:
    for fault in ("cut;at=before", "cut;at=after", "cut;at=body;bytes=5", "status;code=503;after", "corrupt;what=json"):
        try:
            space.anonymous.get("/hello", headers={"Touchstone-Fault": fault})
        except httpx.RemoteProtocolError:
            assert fault.startswith("cut")
    space.control.post(f"{space.place}/faults", json={"do": [{"status": {"code": 429}}]})
    space.anonymous.get("/hello")
    found = [
        (each["fault"], each["answer"]["status"], each["answer"]["sent"], (each["answer"]["body"] or {}).get("text"))
        for each in entries(space)
    ]
    assert found[:3] == [
        ("header", None, "cut", None),
        ("header", 200, "cut", '{"hello":"John Doe"}'),
        ("header", 200, "cut", '{"hel'),
    ]
    assert found[3][:3] == ("header", 503, "whole")
    assert found[4] == ("header", 200, "whole", '{"hello":"John Doe"]')
    assert found[5][:3] == ("1", 429, "whole")


def test_a_request_that_is_delivered_twice_has_two_entries(space: Space) -> None:
    space.john.post("/articles", json={"title": "A", "body": "B"}, headers={"Touchstone-Fault": "twice"})
    found = [(each["answer"]["status"], each["answer"]["sent"]) for each in entries(space)]
    assert found == [(201, "cut"), (201, "whole")]


def test_journals_of_spaces_are_apart(server: Server) -> None:
    with spaces(server, 2) as two:
        for each in two:
            each.anonymous.get(f"/hello?name={each.id}")
        assert [[entry["path"] for entry in entries(each)] for each in two] == [["/hello"], ["/hello"]]
        assert [json.loads(entry["answer"]["body"]["text"]) for entry in chain.from_iterable(map(entries, two))] == [
            {"hello": each.id} for each in two
        ]


@pytest.mark.parametrize("which", ["body", "answer"])
def test_bodies_take_ranges_and_conditions(space: Space, which: str) -> None:
    space.anonymous.post("/echo", json={"a": 1})
    place = f"{space.place}/journal/1/{which}"
    whole = space.control.get(place)
    for method in ("GET", "HEAD"):
        unchanged = space.control.request(method, place, headers={"If-None-Match": whole.headers["ETag"]})
        assert unchanged.status_code == 304
        assert space.control.request(method, place, headers={"If-Match": '"other"'}).status_code == 412
        assert space.control.request(method, f"{place}?a=1").status_code == 400
    part = space.control.get(place, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, whole.content[1:4])
    refused(space.control.get(place, headers={"Range": "bytes=999999-"}), 416, "range-not-satisfiable")
