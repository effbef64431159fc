"""The forms of pages: their fields, and their effect, which is that of the API, once (CONTRACT §1, §6, §7)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.store.audit import audit
from api.store.database import Database
from tests.contract.expect import refused
from tests.pages.visitors import JSON, Visitor, alert, as_json, faulty, last_change, new_account, read
from tests.servers import Server

pytestmark = pytest.mark.one_database

# Effects


def test_a_create_redirects_to_the_new_resource(visitor: Visitor, account: dict[str, Any]) -> None:
    form = visitor.page("/articles").form("POST")
    assert form.choices["status"] == ["draft", "published"]
    answer = visitor.send(
        form, title="Made <b>", body="One\r\ntwo & three", tags="one\r\n\r\n two \r\n", status="draft"
    )
    place = answer.headers["Location"]
    assert (answer.status_code, answer.content) == (303, b"")
    me = (account["username"], account["password"])
    made = as_json(visitor, place, auth=me)
    assert (made["title"], made["body"], made["tags"], made["status"], made["author_id"]) == (
        "Made <b>",
        "One\ntwo & three",
        ["one", "two"],
        "draft",
        account["id"],
    )
    assert "Made <b>" in visitor.page(place).text("pre")


def test_empty_fields_get_their_defaults(visitor: Visitor) -> None:
    place = visitor.send(visitor.page("/articles").form("POST"), title="a", body="").headers["Location"]
    made = as_json(visitor, place)
    assert (made["body"], made["tags"], made["status"]) == ("", [], "published")


def test_an_edit_shows_the_current_values_and_replaces_them(visitor: Visitor, article: dict[str, Any]) -> None:
    path = f"/articles/{article['id']}"
    form = visitor.page(path).form("PUT")
    assert form.fields["body"] == ["First\nsecond"]
    assert form.fields["tags"] == ["one\ntwo"]
    assert form.fields["_tag"] == ['"v1"']
    page = visitor.do(form, title="Another")
    assert page.form("PUT").fields["_tag"] == ['"v2"']
    now = as_json(visitor, path)
    assert now == {**article, "title": "Another", "version": 2, "updated_at": now["updated_at"]}


@pytest.mark.parametrize(
    "body", ["\nfirst", "\n\n", "a\n", " a ", "</textarea><b>", "&lt;", "é\U0001f600\u2028x", "a\tb"]
)
def test_an_edit_that_changes_nothing_loses_nothing(visitor: Visitor, article: dict[str, Any], body: str) -> None:
    path = f"/articles/{article['id']}"
    visitor.do(visitor.page(path).form("PUT"), body=body, title=" \"<>&' ")
    visitor.do(visitor.page(path).form("PUT"))
    now = as_json(visitor, path)
    assert (now["version"], now["body"], now["title"]) == (3, body, " \"<>&' ")


def test_a_delete_redirects_to_the_list(visitor: Visitor, article: dict[str, Any]) -> None:
    path = f"/articles/{article['id']}"
    answer = visitor.send(visitor.page(path).form("DELETE"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/articles")
    refused(visitor.get(path, headers=JSON), 404, "not-found")


def test_changes_are_audited_under_the_account(
    store: Database, visitor: Visitor, article: dict[str, Any], account: dict[str, Any]
) -> None:
    path = f"/articles/{article['id']}"
    answer = visitor.send(visitor.page(path).form("DELETE"))
    with store.reading() as db:
        entry = db.execute(sa.select(audit).where(audit.c.target == path, audit.c.action == "delete")).one()
    assert (entry.user_id, entry.username) == (account["id"], account["username"])
    assert entry.request_id == answer.headers["X-Request-Id"]


def test_a_stranger_registers_and_signs_in(stranger: Visitor) -> None:
    form = stranger.page("/users").form("POST")
    account = {"username": "anna" + form.fields["_key"][0][:8].lower().replace("_", "-"), "name": "Anna"}
    sent = {**account, "email": f"{account['username']}@example.org", "password": "password-abcdef12"}
    page = stranger.do(form, **sent)
    assert account["username"] in page.text("pre")
    assert page.methods() == []
    assert stranger.sign_in(account["username"], sent["password"]).status_code == 303
    page = stranger.do(stranger.page("/users/me").form("PUT"), name="Anna B.")
    assert "Anna B." in page.text("pre")


def test_the_form_for_a_new_secret_does_not_replace_an_existing_one(visitor: Visitor) -> None:
    form = visitor.page("/secrets").form("PUT")
    page = visitor.do(form, _name="door", value="sesame")
    assert '"value": "sesame"' in page.text("pre")
    refusal = visitor.send(visitor.page("/secrets").form("PUT"), _name="door", value="other")
    assert refusal.status_code == 412
    assert "This name already exists." in faulty(read(refusal))["_name"]
    assert read(refusal).form("PUT").fields["value"] == ["other"]
    assert '"value": "changed"' in visitor.do(page.form("PUT"), value="changed").text("pre")
    assert visitor.do(visitor.page("/secrets/door").form("DELETE")).text("h1") == "GET /secrets"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "é", "a" * 65, "%2e"])
def test_a_name_that_is_invalid_in_a_path_is_reported_at_its_field(visitor: Visitor, name: str) -> None:
    refusal = visitor.send(visitor.page("/secrets").form("PUT"), _name=name, value="sesame")
    assert refusal.status_code == 422
    page = read(refusal)
    assert "cannot be a part of a path" in faulty(page)["_name"]
    assert page.form("PUT").fields["value"] == ["sesame"]


# Permissions


def test_other_users_see_no_forms_and_administrators_see_all(
    stranger: Visitor, visitor: Visitor, server: Server, anonymous: httpx.Client, article: dict[str, Any]
) -> None:
    path = f"/articles/{article['id']}"
    other, chief = Visitor(server), Visitor(server)
    account = new_account(anonymous)
    other.sign_in(account["username"], account["password"])
    chief.sign_in("admin", "secret")
    assert [each.page(path).methods() for each in (stranger, visitor, other, chief)] == [
        [],
        ["PUT", "DELETE"],
        [],
        ["PUT", "DELETE"],
    ]
    own = f"/users/{article['author_id']}"
    assert [each.page(own).methods() for each in (stranger, visitor, other, chief)] == [
        [],
        ["PUT", "DELETE"],
        [],
        ["PUT", "DELETE"],
    ]
    assert stranger.page(path).link("Sign in") == f"/sign-in?next={path}"
    assert "Delete an article." in stranger.page(path).text("main")
    for one in (other, chief):
        one.http.close()


def test_a_form_for_anothers_resource_is_refused_as_by_the_api(
    visitor: Visitor, server: Server, anonymous: httpx.Client, article: dict[str, Any]
) -> None:
    other, account = Visitor(server), new_account(anonymous)
    other.sign_in(account["username"], account["password"])
    form = visitor.page(f"/articles/{article['id']}").form("PUT")
    form.fields["_token"] = other.page("/articles").form("POST").fields["_token"]
    refusal = other.send(form, title="Mine")
    assert (refusal.status_code, alert(read(refusal)).split("\n")[1]) == (403, "Forbidden")
    assert as_json(visitor, form.action.removeprefix("/pages")) == article
    other.http.close()


def test_a_page_with_some_members_only_has_no_form_to_replace_them(visitor: Visitor, article: dict[str, Any]) -> None:
    assert visitor.page(f"/articles/{article['id']}?fields=id,title,author_id").methods() == ["DELETE"]
    assert visitor.page(f"/articles/{article['id']}?fields=title").methods() == []


# Repetitions


def test_a_form_that_is_sent_twice_creates_one_thing(visitor: Visitor, store: Database) -> None:
    form = visitor.page("/articles").form("POST")
    first = visitor.send(form, title="Once", body="")
    before = last_change(store)
    second = visitor.send(form, title="Once", body="")
    assert (second.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    assert last_change(store) == before
    assert visitor.page("/articles").form("POST").fields["_key"] != form.fields["_key"]
    assert visitor.send(form, title="Another", body="").status_code == 422


def test_a_form_that_is_sent_many_times_at_once_creates_one_thing(visitor: Visitor, store: Database) -> None:
    form, barrier = visitor.page("/articles").form("POST"), Barrier(4, timeout=20)

    def send(_: int) -> httpx.Response:
        barrier.wait()
        return visitor.send(form, title="At once", body="")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    done = [each for each in answers if each.status_code == 303]
    assert done
    assert len({each.headers["Location"] for each in done}) == 1
    assert {each.status_code for each in answers} <= {303, 409, 503}
    with store.reading() as db:
        place = done[0].headers["Location"]
        assert db.execute(sa.select(sa.func.count()).where(audit.c.target == place)).scalar_one() == 1


def test_an_edit_that_is_sent_twice_is_done_once_without_a_fault(visitor: Visitor, article: dict[str, Any]) -> None:
    path = f"/articles/{article['id']}"
    form = visitor.page(path).form("PUT")
    for _ in range(2):
        assert visitor.send(form, title="Twice").headers["Location"] == path
    assert as_json(visitor, path)["version"] == 2
