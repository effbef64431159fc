"""The requests for which a session's cookie counts (CONTRACT §1)."""

from typing import Any

import httpx
import pytest

from tests.pages.visitors import BROWSER, Visitor, new_account

pytestmark = pytest.mark.one_database

JSON = {"Accept": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "", "application/xml", "text/html;q=0.5, application/json"]
)
def test_programs_are_not_signed_in_by_the_cookie(visitor: Visitor, accept: str) -> None:
    answer = visitor.get("/users/me", headers={"Accept": accept})
    assert answer.status_code == 401
    assert "Cookie" not in answer.headers["Vary"].split(", ")
    plain = visitor.get("/articles", headers={"Accept": accept})
    assert (plain.status_code, plain.headers["Cache-Control"]) == (200, "public, no-cache")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writes_to_the_api_ignore_the_cookie(visitor: Visitor, article: dict[str, Any], method: str) -> None:
    path = "/articles" if method == "POST" else f"/articles/{article['id']}"
    kind = MERGE["Content-Type"] if method == "PATCH" else "application/json"
    for accept in (BROWSER["Accept"], "text/html, */*;q=0.1", "application/json"):
        body = b'{"title": "x", "body": ""}'
        answer = visitor.http.request(method, path, content=body, headers={"Accept": accept, "Content-Type": kind})
        assert answer.status_code == 401
    assert visitor.get(f"/articles/{article['id']}", headers=JSON).json() == article


def test_a_form_to_the_api_itself_is_anonymous(visitor: Visitor) -> None:
    sent = visitor.http.post("/messages", content=b"hello", headers={"Content-Type": "text/plain"})
    assert sent.json()["sender_id"] is None if "json" in sent.headers["Content-Type"] else "sender_id" in sent.text
    told = visitor.get(f"{sent.headers['Location']}/metadata", headers=JSON)
    assert told.json()["sender_id"] is None


def test_content_served_as_stored_ignores_the_cookie(visitor: Visitor, anonymous: httpx.Client) -> None:
    place = anonymous.post("/messages", content=b"a", headers={"Content-Type": "text/plain"}).headers["Location"]
    answer = visitor.get(place)
    assert answer.content == b"a"
    assert "Cookie" not in answer.headers["Vary"].split(", ")


def test_the_authorization_field_wins(visitor: Visitor, anonymous: httpx.Client) -> None:
    other = new_account(anonymous)
    credentials = (other["username"], other["password"])
    assert other["username"] in visitor.http.get("/users/me", auth=credentials).text
    assert visitor.http.get("/users/me", headers={"Authorization": "Bearer x"}).status_code == 401
    assert visitor.http.get("/articles", auth=(other["username"], "wrong")).status_code == 401


def test_a_session_allows_no_more_than_a_token_with_all_scopes(
    visitor: Visitor, account: dict[str, Any], anonymous: httpx.Client
) -> None:
    form = visitor.page("/users/me").form("PUT")
    made = visitor.send(form, _method="POST")  # to /users/me, which has no form for POST
    assert made.status_code == 405
    form.action = "/pages/tokens"
    refusal = visitor.send(form, _method="POST", _key=None, _tag=None)
    assert refusal.status_code == 403  # the form of this page asks for the password
    form.action = "/pages/users/me"
    assert visitor.send(form, password="another-password").status_code == 403
    credentials = (account["username"], account["password"])
    assert anonymous.get("/tokens", auth=credentials).json()["items"] == []


def test_no_page_is_cached_and_vary_has_cookie(visitor: Visitor, stranger: Visitor) -> None:
    for one in (visitor, stranger):
        for path in ("/articles", "/users/me", "/nothing", "/hello?x=1", "/sign-in"):
            answer = one.get(path)
            assert answer.headers["Cache-Control"] == "no-store", path
            assert "Cookie" in answer.headers["Vary"].split(", "), path
            assert "ETag" not in answer.headers


def test_echo_does_not_show_the_cookie(visitor: Visitor) -> None:
    for headers in (BROWSER, JSON):
        answer = visitor.get("/echo", headers=headers)
        assert visitor.cookie not in answer.text
        assert "session=tst_…" in answer.text
