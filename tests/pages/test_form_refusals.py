"""Refused forms: each fault is shown at its field, and no input is lost."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.rules.clock import now
from api.store.database import Database
from tests.pages.html import Form
from tests.pages.visitors import JSON, Visitor, alert, as_json, faulty, last_change, read

pytestmark = pytest.mark.one_database

# Refusals


def test_every_fault_is_shown_at_its_field_and_no_input_is_lost(visitor: Visitor, store: Database) -> None:
    form = visitor.page("/articles").form("POST")
    before = last_change(store)
    answer = visitor.send(form, title="a" * 201, body="Kept <b>", tags="fine\nNot OK\nAlso not", status="other")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (422, "no-store")
    page = read(answer)
    assert page.text("h1") == "POST /articles"
    wrong = faulty(page)
    assert set(wrong) == {"title", "tags", "status"}
    assert "Line 2:" in wrong["tags"]
    assert "Line 3:" in wrong["tags"]
    links = [each for each in page.links() if each.startswith("#post-")]
    assert set(links) == {"#post-title", "#post-tags", "#post-status"}
    assert {each.removeprefix("#") for each in links} <= set(page.ids())
    again = page.form("POST")
    assert (again.fields["title"], again.fields["body"]) == (["a" * 201], ["Kept <b>"])
    assert again.fields["tags"] == ["fine\nNot OK\nAlso not"]
    assert '"code": "too_long"' in page.text("pre")
    assert last_change(store) == before
    assert visitor.send(again, title="a", tags="", status="draft").status_code == 303


def test_a_taken_name_is_reported_as_by_the_api(stranger: Visitor, account: dict[str, Any]) -> None:
    form = stranger.page("/users").form("POST")
    answer = stranger.send(form, **{name: account[name] for name in ("username", "name", "email", "password")})
    assert answer.status_code == 409
    page = read(answer)
    assert "user name" in alert(page)
    assert page.form("POST").fields["password"] == [""]
    assert account["password"] not in answer.text


def test_changes_by_others_are_not_overwritten(
    visitor: Visitor, article: dict[str, Any], account: dict[str, Any], anonymous: httpx.Client
) -> None:
    path = f"/articles/{article['id']}"
    form = visitor.page(path).form("PUT")
    me = (account["username"], account["password"])
    assert anonymous.put(path, json={"title": "Theirs", "body": ""}, auth=me).status_code == 200
    answer = visitor.send(form, title="Mine")
    assert answer.status_code == 412
    page = read(answer)
    assert as_json(visitor, path)["title"] == "Theirs"
    assert '"title": "Theirs"' in page.text("main")
    again = page.form("PUT")
    assert (again.fields["title"], again.fields["_tag"]) == (["Mine"], ['"v2"'])
    visitor.do(again)
    assert as_json(visitor, path)["title"] == "Mine"
    stale = visitor.page(path).form("DELETE")
    assert anonymous.put(path, json={"title": "Theirs", "body": ""}, auth=me).status_code == 200
    assert visitor.send(stale).status_code == 412
    assert as_json(visitor, path)["title"] == "Theirs"


def test_no_input_is_lost_if_the_session_ended_meanwhile(
    visitor: Visitor, account: dict[str, Any], anonymous: httpx.Client
) -> None:
    form = visitor.page("/articles").form("POST")
    new = {"password": f"password-{'cd' * 8}"}
    merge = {"Content-Type": "application/merge-patch+json"}
    anonymous.patch("/users/me", json=new, headers=merge, auth=(account["username"], account["password"]))
    answer = visitor.send(form, title="A long text", body="of mine")
    assert answer.status_code == 401
    assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone"']
    assert read(answer).form("POST").fields["title"] == ["A long text"]
    visitor.sign_in(account["username"], new["password"])
    # The form belongs to the ended session, so the person must check it and send it again.
    late = visitor.send(read(answer).form("POST"), body="of mine")
    assert late.status_code == 403
    again = read(late).form("POST")
    assert (again.fields["title"], again.fields["body"]) == (["A long text"], ["of mine"])
    assert visitor.send(again).status_code == 303


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pages/nothing", 404),
        ("/pages/articles/0", 404),
        ("/pages/articles/999999999", 404),
        ("/pages/sign-out", 404),
        ("/pages/sign-in", 404),
        ("/pages/pages/articles", 404),
        ("/pages/pages/pages/articles", 404),
        ("/pages/hello", 405),
        ("/pages/articles/", 404),
        ("/pages/%2e%2e/sign-out", 404),
        ("/pages//sign-out", 404),
        ("/pages", 404),
        ("/pages/", 404),
        ("/pages/docs/swagger-ui.css", 405),
    ],
)
def test_forms_for_paths_without_such_a_form_do_nothing(
    visitor: Visitor, store: Database, path: str, status: int
) -> None:
    form = visitor.page("/articles").form("POST")
    before = last_change(store)
    method = "PUT" if path.endswith("999999999") else "POST"
    answer = visitor.send(Form(path, "post", form.enctype, form.fields), _method=method, title="a", body="")
    assert answer.status_code == status
    assert read(answer).text("h1")
    assert last_change(store) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "BREW", "post", "CONNECT", "POST\r\nX: y", ""])
def test_a_form_with_another_method_does_nothing(visitor: Visitor, method: str, store: Database) -> None:
    form = visitor.page("/articles").form("POST")
    before = last_change(store)
    answer = visitor.send(form, _method=method, title="", body="")
    assert answer.status_code == (422 if method == "" else 405)
    assert last_change(store) == before


# Answers that are shown only once


def test_a_new_token_is_shown_at_once(stranger: Visitor, account: dict[str, Any]) -> None:
    stranger.http.auth = httpx.BasicAuth(account["username"], account["password"])
    form = stranger.page("/tokens").form("POST")
    assert form.choices["scopes"][:2] == ["articles:write", "documents:write"]
    day = (now() + timedelta(days=90)).date()
    answer = stranger.send(form, scopes=["secrets:read", "articles:write"], expires_at=f"{day}T03:04")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    page = read(answer)
    assert '"token": "tst_' in page.text("pre")
    assert f'"{day}T03:04:00.000Z"' in page.text("pre")
    listed = as_json(stranger, "/tokens")["items"]
    assert [each["scopes"] for each in listed] == [["articles:write", "secrets:read"]]


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_answer_without_a_redirect_is_a_page(visitor: Visitor, status: int) -> None:
    form = visitor.page("/articles").form("POST")
    answer = visitor.send(Form(f"/pages/status/{status}", "post", form.enctype, {}), _token=form.fields["_token"])
    assert answer.status_code == status
    assert f'"status": {status}' in read(answer).text("pre")


@pytest.mark.parametrize("status", [302, 303, 307, 204, 418, 500, 503])
def test_any_other_answer_is_a_redirect_or_a_refusal(visitor: Visitor, status: int) -> None:
    form = visitor.page("/articles").form("POST")
    answer = visitor.send(Form(f"/pages/status/{status}", "post", form.enctype, {}), _token=form.fields["_token"])
    assert answer.status_code == (303 if status < 400 else status)
    if status < 400:
        assert answer.headers["Location"] in ("/status/200", "/status/204")
    else:
        assert read(answer).text("h1")


def test_a_program_that_sends_a_form_gets_the_problem_document(visitor: Visitor) -> None:
    form = visitor.page("/articles").form("POST")
    document = refused_as_json(visitor.send(form, title="", body="", headers=JSON))
    assert [each["pointer"] for each in document["errors"]] == ["#/title"]


def refused_as_json(answer: httpx.Response) -> Any:
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    return answer.json()
