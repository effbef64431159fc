"""The forms of an item and of tokens: Edit and Delete, also by PATCH, and faults in words."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.web.declared import declared_by
from api.web.parsers import RequestParser
from tests.contract.routes import ROUTES
from tests.pages.html import Document
from tests.pages.visitors import Visitor, alert, as_json, faulty, read

pytestmark = pytest.mark.one_database


def test_an_item_has_edit_and_delete(visitor: Visitor, article: dict[str, Any]) -> None:
    page = visitor.page(f"/articles/{article['id']}")
    headings = [each.text for each in page.all("h2")]
    assert [each for each in headings if each in ("Edit", "Delete")] == ["Edit", "Delete"]
    assert page.methods() == ["PUT", "DELETE"]


def test_save_only_the_changes_is_a_patch_with_the_changed_members(
    visitor: Visitor, article: dict[str, Any], account: dict[str, Any], anonymous: httpx.Client
) -> None:
    path = f"/articles/{article['id']}"
    form = visitor.page(path).form("PUT")
    assert visitor.send(form, title="Patched", _partly="true").headers["Location"] == path
    now = as_json(visitor, path)
    assert (now["title"], now["body"], now["tags"], now["version"]) == ("Patched", "First\nsecond", ["one", "two"], 2)
    # Sent twice, it is done once.
    assert visitor.send(form, title="Patched", _partly="true").headers["Location"] == path
    assert as_json(visitor, path)["version"] == 2
    # A change by others is not overwritten.
    refusal = visitor.send(form, title="Mine", _partly="true")
    assert refusal.status_code == 412
    assert visitor.send(read(refusal).form("PATCH")).headers["Location"] == path
    assert as_json(visitor, path)["title"] == "Mine"


def test_an_invalid_patch_is_shown_at_its_field(visitor: Visitor, article: dict[str, Any]) -> None:
    form = visitor.page(f"/articles/{article['id']}").form("PUT")
    refusal = visitor.send(form, tags="Not OK", _partly="true")
    assert refusal.status_code == 422
    assert "Lower-case letters, digits and hyphens, up to 40." in faulty(read(refusal))["tags"]


def test_a_session_creates_a_token_with_the_password(
    visitor: Visitor, account: dict[str, Any], anonymous: httpx.Client
) -> None:
    form = visitor.page("/tokens").form("POST")
    assert form.fields["_password"] == [""]
    refusal = visitor.send(form, _password="wrong")
    assert refusal.status_code == 422
    assert "WWW-Authenticate" not in refusal.headers
    page = read(refusal)
    assert "This is not your password." in faulty(page)["_password"]
    assert page.form("POST").fields["_password"] == [""]
    answer = visitor.send(page.form("POST"), scopes="articles:write", _password=account["password"])
    assert answer.status_code == 201
    assert '"token": "tst_' in read(answer).text("pre")
    assert account["password"] not in answer.text
    listed = anonymous.get("/tokens", auth=(account["username"], account["password"])).json()["items"]
    assert [each["scopes"] for each in listed] == [["articles:write"]]


def test_without_the_password_a_session_creates_no_token(visitor: Visitor, account: dict[str, Any]) -> None:
    form = visitor.page("/tokens").form("POST")
    assert visitor.send(form, _password=None).status_code == 403
    me = (account["username"], account["password"])
    assert as_json(visitor, "/tokens", auth=me)["items"] == []


@pytest.mark.parametrize("path", ["/articles", "/users", "/secrets", "/users/me"])
def test_no_page_shows_a_regular_expression(visitor: Visitor, path: str) -> None:
    hints = [each.text for each in visitor.page(path).all("p") if each.attributes.get("class") == "hint"]
    assert hints
    assert not [each for each in hints if set(each) & set("[]{}^$\\")]


def patterns(schema: Any) -> Iterator[tuple[str, str]]:
    """Each pattern in a JSON Schema, with its description; those of times are known."""
    if isinstance(schema, dict):
        if isinstance(pattern := schema.get("pattern"), str) and schema.get("format") != "date-time":
            yield pattern, schema.get("description", "")
        for each in schema.values():
            yield from patterns(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns(each)


def test_every_pattern_of_a_body_is_described_in_words() -> None:
    takes = [declared_by(resource, method) for resource in ROUTES.values() for method in ("POST", "PUT", "PATCH")]
    parsers = {each.takes for each in takes if each and isinstance(each.takes, RequestParser)}
    found = [each for parser in parsers for each in patterns(parser.json_schema())]
    assert len(found) > 5
    assert [pattern for pattern, said in found if not said.endswith(".")] == []


def test_faults_are_in_words_for_people(stranger: Visitor) -> None:
    form = stranger.page("/users").form("POST")
    page = read(stranger.send(form, username="a b", name="a" * 201, email="x", password="short"))
    assert "Letters from A to Z, digits, dots, underscores and hyphens, 2 to 32." in faulty(page)["username"]
    assert "This must have at most 200 characters." in faulty(page)["name"]
    assert "An address with one @, without spaces." in faulty(page)["email"]
    assert "This must have at least 8 characters." in faulty(page)["password"]
    assert not set(alert(page)) & set("[]{}^$\\")
    assert "pattern" not in Document.text(page, "main")
