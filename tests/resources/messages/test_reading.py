"""Reading a message as sent, its validators, and deleting it (CONTRACT §1, §3, §5, §7, §8)."""

import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from api.store.database import Database
from tests.contract.access import new_token, register
from tests.resources.making import refused
from tests.resources.messages.messages import (
    ABSENT,
    BINARY,
    FORM,
    JSON,
    POLICY,
    TEXT,
    XML,
    form,
    make,
    part,
    place,
    stored,
)

ACCEPTS = ["*/*", "", "text/plain", JSON, "image/png", "*/*;q=0", "application/json;q=0", "garbage", "text/html"]


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize(("content_type", "content"), [(XML, b"<a/>"), (JSON, b' {"a":1}'), (BINARY, b"\x00\xff")])
def test_a_message_is_returned_as_sent_with_any_accept(
    api: httpx.Client, anonymous: httpx.Client, content_type: str, content: bytes, accept: str
) -> None:
    message = make(api, content, content_type)
    answer = anonymous.get(place(message), headers={"Accept": accept})
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Length"] == str(len(content))
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("accept", ["image/png", "text/plain"])
def test_a_part_is_returned_as_sent_with_any_accept(api: httpx.Client, accept: str) -> None:
    message = make(api, form(part("a", b"<p>", "a.html", "text/html; charset=utf-8")), FORM)
    answer = api.get(place(message, 1), headers={"Accept": accept})
    assert (answer.status_code, answer.content) == (200, b"<p>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_metadata_is_negotiated(api: httpx.Client) -> None:
    message = make(api)
    answer = api.get(place(message) + "/metadata")
    assert (answer.status_code, answer.json()) == (200, message)
    assert answer.headers["Content-Type"] == JSON
    refused(api.get(place(message) + "/metadata", headers={"Accept": "text/plain"}), 406, "not-acceptable")
    assert api.get(place(message) + "/metadata?fields=size,id").json() == {"size": 10, "id": message["id"]}


@pytest.mark.parametrize("number", [None, 1], ids=["message", "part"])
def test_head_is_get_without_content(api: httpx.Client, number: int | None) -> None:
    message = make(api, form(part("a", b"0123456789", "a.txt")), FORM, Content_Disposition="attachment; filename=b")
    get, head = (api.request(method, place(message, number)) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    passing = ("date", "x-request-id")
    assert [pair for pair in head.headers.items() if pair[0] not in passing] == [
        pair for pair in get.headers.items() if pair[0] not in passing
    ]


@pytest.mark.parametrize("number", [None, 1], ids=["message", "part"])
def test_every_answer_prevents_a_browser_from_running_it(api: httpx.Client, number: int | None) -> None:
    url = place(make(api, form(part("a", b"x", "a.html", "text/html"))[:-2], FORM), number)
    whole = api.get(url)
    answers = [whole, api.head(url), api.get(url, headers={"Range": "bytes=0-0"})]
    # Fields of a 304 replace those stored with the content (RFC 9111 §4.3.4), so a weaker policy would undo the first.
    answers.append(api.get(url, headers={"If-None-Match": whole.headers["ETag"]}))
    assert [answer.status_code for answer in answers] == [200, 200, 206, 304]
    assert whole.headers["Accept-Ranges"] == "bytes"
    for answer in answers:
        assert answer.headers["Content-Security-Policy"] == POLICY, answer.status_code
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content_type", "content", "sent", "said"),
    [
        (TEXT, b"a", None, None),
        (JSON, b"1", None, None),
        (TEXT, b"a", "attachment; filename=a.txt", 'inline; filename="a.txt"'),
        (TEXT, b"a", 'attachment; filename="\xe9.txt"', "inline; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        (XML, b"<a/>", None, "attachment"),
        ("text/xml", b"<a/>", None, "attachment"),
        (BINARY, b"a", None, "attachment"),
        (BINARY, b"a", 'inline; filename="a b.bin"', 'attachment; filename="a b.bin"'),
        (FORM, form(part("a", b"1")), None, "attachment"),
    ],
)
def test_safe_content_is_inline_and_the_rest_is_an_attachment(
    api: httpx.Client, content_type: str, content: bytes, sent: str | None, said: str | None
) -> None:
    headers = {"Content-Type": content_type} | ({"Content-Disposition": sent.encode("latin-1")} if sent else {})
    made = api.post("/messages", content=content, headers=headers)
    assert made.status_code == 201
    assert api.get(made.headers["Location"]).headers.get("Content-Disposition") == said


def test_the_fields_of_a_message(api: httpx.Client, anonymous: httpx.Client) -> None:
    message = make(api)
    answer = anonymous.get(place(message))
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
    modified = parsedate_to_datetime(answer.headers["Last-Modified"])
    assert modified.strftime("%Y-%m-%dT%H:%M:%S") == message["created_at"][:19]
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert "Accept" in answer.headers["Vary"].split(", ")
    # Answers to signed-in clients are private (CONTRACT §3).
    assert api.get(place(message)).headers["Cache-Control"] == "private, no-cache"


# Conditions


@pytest.mark.parametrize("number", [None, 1], ids=["message", "part"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_matching_condition_is_304(api: httpx.Client, method: str, number: int | None) -> None:
    url = place(make(api, form(part("a", b"0123456789")), FORM), number)
    answer = api.get(url)
    tag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    later = format_datetime(parsedate_to_datetime(modified) + timedelta(days=1), usegmt=True)
    for fields in (
        {"If-None-Match": tag},
        {"If-None-Match": f"W/{tag}"},
        {"If-None-Match": f'"other", {tag}'},
        {"If-None-Match": "*"},
        {"If-Match": tag, "If-None-Match": tag},
        {"If-Modified-Since": modified},
        {"If-Modified-Since": later},
    ):
        again = api.request(method, url, headers=fields)
        assert (again.status_code, again.content) == (304, b""), fields
        assert "Content-Type" not in again.headers
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[name] == answer.headers[name]


def test_a_condition_that_does_not_match_is_200(api: httpx.Client) -> None:
    url = place(make(api))
    modified = parsedate_to_datetime(api.get(url).headers["Last-Modified"])
    earlier, later = (format_datetime(modified + timedelta(days=days), usegmt=True) for days in (-1, 1))
    tag = api.get(url).headers["ETag"]
    for fields in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": later},
        {"If-None-Match": "junk"},
        {"If-Modified-Since": earlier},
        {"If-Modified-Since": "junk"},
        {"If-Match": tag},
        {"If-Match": f'"other", {tag}'},
        {"If-Match": "*"},
        {"If-Unmodified-Since": later},
        {"If-Unmodified-Since": "junk"},
    ):
        assert api.get(url, headers=fields).status_code == 200, fields


def test_a_condition_that_fails_is_412(api: httpx.Client) -> None:
    url = place(make(api))
    modified = parsedate_to_datetime(api.get(url).headers["Last-Modified"])
    tag = api.get(url).headers["ETag"]
    for fields in (
        {"If-Match": '"other"'},
        {"If-Match": f"W/{tag}"},
        {"If-Match": '"other"', "If-None-Match": tag},
        {"If-Unmodified-Since": format_datetime(modified - timedelta(days=1), usegmt=True)},
    ):
        document = refused(api.get(url, headers=fields), 412, "precondition-failed")
        assert document["current_etag"] == tag, fields


def test_equal_contents_have_equal_tags_and_others_have_others(api: httpx.Client) -> None:
    one, same, other = (api.get(place(make(api, content))).headers["ETag"] for content in (b"a", b"a", b"b"))
    assert one == same != other


# Deleting


def test_the_sender_deletes_a_message_once(api: httpx.Client, store: Database) -> None:
    before = stored(store)
    message = make(api, form(part("a", b"1")), FORM)
    answer = api.delete(place(message))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert stored(store) == before
    for url in (place(message), place(message, 1), place(message) + "/metadata"):
        refused(api.get(url), 404, "not-found")
    refused(api.delete(place(message)), 404, "not-found")
    assert api.delete(ABSENT, headers={"If-Match": "*"}).status_code == 404


def test_an_administrator_deletes_any_message(api: httpx.Client, admin: httpx.Client, anonymous: httpx.Client) -> None:
    for message in (make(api), make(anonymous)):
        assert admin.delete(place(message)).status_code == 204
        assert admin.get(place(message)).status_code == 404


def test_others_cannot_delete_it(api: httpx.Client, steve: httpx.Client, anonymous: httpx.Client) -> None:
    ours, nobodys = make(api), make(anonymous)
    for message in (ours, nobodys):
        answer = anonymous.delete(place(message))
        refused(answer, 401, "unauthenticated")
        assert len(answer.headers.get_list("WWW-Authenticate")) == 2
        refused(steve.delete(place(message)), 403, "forbidden")
        assert api.get(place(message)).status_code == 200
    # An anonymous sender cannot prove that a message is theirs.
    refused(api.delete(place(nobodys)), 403, "forbidden")


def test_a_token_without_the_scope_neither_sends_nor_deletes(anonymous: httpx.Client, store: Database) -> None:
    account = register(anonymous)
    _, token = new_token(anonymous, account, ["articles:write"])
    message = anonymous.post(
        "/messages", content=b"a", headers={"Content-Type": TEXT, "Authorization": account.credentials}
    ).json()
    before = stored(store)
    fields = {"Content-Type": TEXT, "Authorization": token}
    for answer in (
        anonymous.post("/messages", content=b"a", headers=fields),
        anonymous.delete(place(message), headers=fields),
    ):
        assert refused(answer, 403, "insufficient-scope")["required_scopes"] == ["messages:write"]
    assert stored(store) == before


def test_a_delete_has_conditions_too(api: httpx.Client) -> None:
    message = make(api)
    tag = api.get(place(message)).headers["ETag"]
    for fields in ({"If-Match": '"other"'}, {"If-Match": f"W/{tag}"}, {"If-None-Match": "*"}):
        refused(api.delete(place(message), headers=fields), 412, "precondition-failed")
    refused(api.delete(place(message), headers={"If-Match": "junk"}), 400, "invalid-header")
    refused(api.delete(place(message) + "?x=1"), 400, "invalid-parameter")
    assert api.delete(place(message), headers={"If-Match": tag}).status_code == 204


def test_deleting_an_account_deletes_its_messages(anonymous: httpx.Client) -> None:
    account = register(anonymous)
    said = {"Authorization": account.credentials}
    made = anonymous.post("/messages", content=b"a", headers={"Content-Type": TEXT, **said})
    assert anonymous.delete("/users/me", headers=said).status_code == 204
    refused(anonymous.get(made.headers["Location"]), 404, "not-found")


# Ids


@pytest.mark.parametrize(
    "message_id",
    [
        ABSENT.rpartition("/")[2],
        "1",
        "0",
        "x",
        "metadata",
        "00000000-0000-4000-8000-00000000000",
        "00000000-0000-4000-8000-0000000000000",
        "00000000000040008000000000000000",
        "{00000000-0000-4000-8000-000000000000}",
        "urn:uuid:00000000-0000-4000-8000-000000000000",
        "00000000-0000-4000-8000-00000000000g",
        "00000000-0000-4000-8000-00000000000%D9%A1",
        "%00",
    ],
)
def test_an_absent_or_invalid_id_is_404(api: httpx.Client, message_id: str) -> None:
    for suffix in ("", "/metadata", "/parts/1", "?x=1"):
        refused(api.get(f"/messages/{message_id}{suffix}"), 404, "not-found")
    refused(api.delete(f"/messages/{message_id}"), 404, "not-found")


def test_an_id_has_one_spelling(api: httpx.Client) -> None:
    message = make(api)
    for spelled in (message["id"].upper(), message["id"].replace("-", ""), message["id"] + "/"):
        refused(api.get(f"/messages/{spelled}"), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_a_message_is_never_changed(api: httpx.Client, method: str) -> None:
    answer = api.request(method, place(make(api)), content=b"x", headers={"Content-Type": TEXT})
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"
