"""The list of an account's messages: access, pages, filters, order, fields, CSV and NDJSON (CONTRACT §1, §4)."""

import csv
import io
import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from api.store.database import Database
from resources.messages.table import messages
from tests.contract.access import register
from tests.resources.making import refused
from tests.resources.messages.messages import BINARY, FORM, JSON, MEMBERS, TEXT, Message, form, make, part, place
from tests.servers import Server

TIMES = [f"2026-01-0{day}T12:00:00.000Z" for day in (1, 2, 3, 4, 5)]


@pytest.fixture
def sender(anonymous: httpx.Client, server: Server) -> Iterator[httpx.Client]:
    """A client of a new account, without messages of other tests."""
    account = register(anonymous)
    with httpx.Client(
        base_url=server.url, timeout=20, trust_env=False, auth=(account.username, account.password)
    ) as client:
        yield client


@pytest.fixture
def five(sender: httpx.Client, store: Database) -> list[Message]:
    """Five messages of that account, a day apart, the oldest first."""
    sent = [(TEXT, b"a"), (JSON, b"[1]"), ("text/plain; charset=utf-8", b"bb"), (BINARY, b"cccc"), (TEXT, b"ddddd")]
    made = [
        make(sender, content, kind, Content_Disposition=f"attachment; filename=f{number}")
        for number, (kind, content) in enumerate(sent)
    ]
    with store.transaction() as db:
        for message, moment in zip(made, TIMES, strict=True):
            db.execute(messages.update().where(messages.c.id == message["id"]).values(created_at=moment))
            message["created_at"] = moment
    return made


def listed(http: httpx.Client, query: str = "") -> list[Message]:
    answer = http.get(f"/messages?{query}")
    assert answer.status_code == 200, answer.text
    items: list[Message] = answer.json()["items"]
    return items


def test_an_account_sees_only_its_own_messages_newest_first(
    sender: httpx.Client, five: list[Message], api: httpx.Client, admin: httpx.Client, anonymous: httpx.Client
) -> None:
    others = [make(api), make(anonymous)]
    assert listed(sender) == five[::-1]
    own = {message["id"] for message in five}
    for client in (api, admin):
        assert not own & {message["id"] for message in listed(client, "limit=100")}
    assert others[1]["id"] not in {message["id"] for message in listed(admin, "limit=100")}


def test_the_list_of_a_new_account_is_empty(sender: httpx.Client) -> None:
    answer = sender.get("/messages?count=true")
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None, "total": 0})
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"].startswith('W/"')


def test_an_anonymous_client_has_no_list(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/messages")
    refused(answer, 401, "unauthenticated")
    assert len(answer.headers.get_list("WWW-Authenticate")) == 2


def test_an_item_has_the_members_of_the_metadata_and_nothing_else(sender: httpx.Client) -> None:
    message = make(sender, form(part("a", b"1", "a.txt"), part("b", b"")), FORM)
    (item,) = listed(sender)
    assert item == message == sender.get(place(message) + "/metadata").json()
    assert list(item) == MEMBERS


def test_pages_in_both_directions_show_each_message_once(sender: httpx.Client, five: list[Message]) -> None:
    ids, url = [], "/messages?limit=2&count=true"
    pages = []
    while url:
        answer = sender.get(url)
        assert answer.json()["total"] == 5
        pages.append(answer.json()["items"])
        ids += [item["id"] for item in pages[-1]]
        url = answer.links.get("next", {}).get("url", "")
    assert ids == [message["id"] for message in five[::-1]]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sender.get(answer.links["prev"]["url"]).json()["items"] == pages[1]


def test_messages_with_the_same_time_are_each_listed_once(sender: httpx.Client, store: Database) -> None:
    ids = {make(sender)["id"] for _ in range(5)}
    with store.transaction() as db:
        db.execute(messages.update().where(messages.c.id.in_(ids)).values(created_at=TIMES[0]))
    seen: list[str] = []
    url = "/messages?limit=2"
    while url:
        answer = sender.get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "")
    assert sorted(seen) == sorted(ids)


def test_a_cursor_does_not_show_messages_of_another_account(
    sender: httpx.Client, five: list[Message], steve: httpx.Client
) -> None:
    link = sender.get("/messages?limit=2").links["next"]["url"]
    answer = steve.get(link)
    assert answer.status_code in (200, 400)
    assert not {message["id"] for message in five} & {item["id"] for item in answer.json().get("items", [])}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("media_type=text/plain", [4, 2, 0]),  # with any parameters
        ("media_type=application/json", [1]),
        ("media_type=text/html", []),
        ("media_type:ne=text/plain", [3, 1]),
        ("media_type:in=application/json,application/octet-stream", [3, 1]),
        ("media_type:startswith=application/", [3, 1]),
        ("media_type:contains=PLAIN", [4, 2, 0]),
        ("size=2", [2]),
        ("size:gt=2", [4, 3, 1]),
        ("size:gte=2&size:lt=5", [3, 2, 1]),
        ("size:lte=1", [0]),
        ("size:in=1,5", [4, 0]),
        ("size:gt=9007199254740991", []),
        (f"created_at={TIMES[2]}", [2]),
        (f"created_at:gt={TIMES[2]}", [4, 3]),
        (f"created_at:gte={TIMES[1]}&created_at:lt={TIMES[3]}", [2, 1]),
        ("created_at:lt=2026-01-02T13:00:00%2B01:00", [0]),
        ("filename=f3", [3]),
        ("filename:startswith=F", [4, 3, 2, 1, 0]),
        ("media_type=text/plain&size:gt=1", [4, 2]),
        # other orders
        ("sort=created_at", [0, 1, 2, 3, 4]),
        ("sort=size", [0, 2, 1, 3, 4]),
        ("sort=-size", [4, 3, 1, 2, 0]),
        ("sort=-size&limit=2", [4, 3]),
        ("media_type=text/plain&sort=size", [0, 2, 4]),
    ],
)
def test_filters_and_orders(sender: httpx.Client, five: list[Message], query: str, found: list[int]) -> None:
    assert [item["id"] for item in listed(sender, query)] == [five[number]["id"] for number in found]


def test_the_order_of_ids_is_that_of_their_text(sender: httpx.Client, five: list[Message]) -> None:
    ids = sorted(message["id"] for message in five)
    assert [item["id"] for item in listed(sender, "sort=id")] == ids
    assert [item["id"] for item in listed(sender, "sort=-id")] == ids[::-1]


def test_fields_returns_only_these_members(sender: httpx.Client, five: list[Message]) -> None:
    assert [list(item) for item in listed(sender, "fields=size,id,parts")] == [["size", "id", "parts"]] * 5
    assert [item["size"] for item in listed(sender, "fields=size&sort=size")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=all", "limit"),
        ("size=-1", "size"),
        ("size=1.5", "size"),
        ("size=9223372036854775808", "size"),
        ("size:in=1,9999999999999999999", "size:in"),
        ("size:contains=1", "size:contains"),
        ("created_at=yesterday", "created_at"),
        ("sort=sha256", "sort"),
        ("sort=media_type", "sort"),
        ("fields=starts", "fields"),
        ("fields=media_type", "fields"),
        ("sha256=x", "sha256"),
        ("sender_id=1", "sender_id"),
        ("starts=1", "starts"),
        ("parts=1", "parts"),
        ("content_type=text/plain", "content_type"),
        ("q=word", "q"),
        ("id=x", "id"),
        ("media_type=a&media_type=b", "media_type"),
    ],
)
def test_another_parameter_is_400_and_named(api: httpx.Client, query: str, parameter: str) -> None:
    document = refused(api.get(f"/messages?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [parameter]


@pytest.mark.parametrize("query", ["", "limit=all", "limit=all&sort=size", "limit=2"])
def test_ndjson_has_the_same_items(sender: httpx.Client, five: list[Message], query: str) -> None:
    answer = sender.get(f"/messages?{query}", headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in answer.text.splitlines()]
    expected = sorted(five, key=lambda message: message["size"]) if "sort" in query else five[::-1]
    assert rows == (expected[:2] if query == "limit=2" else expected)


@pytest.mark.parametrize("query", ["", "limit=all"])
def test_csv_has_a_line_for_each_message(sender: httpx.Client, five: list[Message], query: str) -> None:
    answer = sender.get(f"/messages?{query}", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))
    assert list(rows[0]) == MEMBERS
    assert [(row["id"], row["size"], row["filename"]) for row in rows] == [
        (message["id"], str(message["size"]), message["filename"]) for message in five[::-1]
    ]


def test_csv_does_not_contain_python_notation(sender: httpx.Client) -> None:
    message = make(sender, form(part("it's", b"1", "a.txt"), part("b", b"")), FORM)
    answer = sender.get("/messages", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""), strict=True)
    assert row["id"] == message["id"]
    # Other programs cannot read Python's notation of a dict.
    assert "None" not in row["parts"]
    assert "{'" not in row["parts"]


def test_xml_and_version_2_have_the_same_items(sender: httpx.Client, five: list[Message]) -> None:
    envelope = sender.get("/messages", headers={"Accept": "application/vnd.touchstone.v2+json"}).json()
    assert envelope["data"] == five[::-1]
    answer = sender.get("/messages", headers={"Accept": "application/xml"})
    assert answer.headers["Content-Type"] == "application/xml"
    for message in five:
        assert f"<id>{message['id']}</id>" in answer.text


def test_a_deleted_message_is_not_listed(sender: httpx.Client, five: list[Message]) -> None:
    assert sender.delete(place(five[0])).status_code == 204
    assert listed(sender) == five[:0:-1]


def test_an_unknown_filename_finds_nothing(sender: httpx.Client, five: list[Message]) -> None:
    assert listed(sender, f"filename={uuid4().hex}") == []
