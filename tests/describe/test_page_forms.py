"""Forms, generated from the declarations of methods."""

from typing import Any

import pytest

from api.app import create_app
from api.describe.forms import ABSENT, Filled, can_be_filled, content_of, form_for
from api.describe.operations import Operation, operations
from api.rules.accounts import Account
from config import Config

TAG = '"v3"'
ARTICLE = {"id": 7, "title": "A title", "body": "", "tags": ["one"], "status": "draft", "author_id": 5, "version": 3}
OWNER, OTHER = Account(5, "ann", "user", frozenset()), Account(6, "bob", "user", frozenset())
CHIEF = Account(1, "chief", "admin", frozenset({"admin"}))


@pytest.fixture(scope="module")
def known() -> dict[str, Operation]:
    return {f"{each.method} {each.route}": each for each in operations(create_app(Config()))}


def test_patch_has_a_form_if_there_is_no_put(known: dict[str, Operation]) -> None:
    patch = known["PATCH /articles/<id:article_id>"]
    assert can_be_filled(patch, OWNER, ARTICLE)
    form = form_for(patch, "/articles/7", shown=ARTICLE, etag=TAG)
    assert (form.method, form.hidden["_tag"], form.button) == ("PATCH", TAG, "Save")
    assert {each.name: each.text for each in form.inputs} == {
        "title": "A title",
        "body": "",
        "tags": "one",
        "status": "draft",
    }
    takes: Any = patch.declared.takes if patch.declared else None
    assert takes.media_types[0] == "application/merge-patch+json"
    assert content_of(takes, {"title": ["Another"], "_token": ["x"]})["title"] == "Another"


def test_unknown_fields_of_a_form_are_passed_on_to_the_resource(known: dict[str, Operation]) -> None:
    declared = known["PUT /articles/<id:article_id>"].declared
    assert declared
    sent = content_of(declared.takes, {"title": ["a"], "id": ["1"], "other": ["x", "y"], "_method": ["PUT"]})
    assert (sent["id"], sent["other"], "_method" in sent) == ("1", "x", False)
    assert ABSENT not in sent.values()


@pytest.mark.parametrize(("account", "allowed"), [(None, False), (OWNER, True), (OTHER, False), (CHIEF, True)], ids=str)
def test_owned_resources_have_forms_for_owners_and_administrators(
    known: dict[str, Operation], account: Account | None, allowed: bool
) -> None:
    for method in ("PUT", "DELETE"):
        assert can_be_filled(known[f"{method} /articles/<id:article_id>"], account, ARTICLE) is allowed


def test_methods_without_an_effect_have_no_form(known: dict[str, Operation]) -> None:
    for name, operation in known.items():
        if operation.route.startswith(("/echo", "/status", "/hello")):
            assert not can_be_filled(operation, CHIEF, {}), name


def test_each_form_that_creates_has_its_own_key(known: dict[str, Operation]) -> None:
    keys = {form_for(known["POST /articles"], "/articles").hidden["_key"] for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) >= 22 for key in keys)
    assert "_key" not in form_for(known["PUT /articles/<id:article_id>"], "/articles/7").hidden


def test_a_weak_or_missing_tag_is_not_put_into_a_form(known: dict[str, Operation]) -> None:
    put = known["PUT /articles/<id:article_id>"]
    for etag in (None, "", 'W/"v3"'):
        assert "_tag" not in form_for(put, "/articles/7", shown=ARTICLE, etag=etag).hidden


def test_a_refused_form_assigns_faults_by_the_longest_pointer(
    known: dict[str, Operation],
) -> None:
    errors = [
        {"pointer": "#/tags/1", "code": "x", "detail": "First."},
        {"pointer": "#/tagsnot", "code": "x", "detail": "Second."},
        {"pointer": "#", "code": "x", "detail": "Third."},
        {"parameter": "q", "code": "x", "detail": "Fourth."},
    ]
    filled = Filled("post", {"title": ["Kept"], "tags": ["a\nb"]}, {"status": 422, "errors": errors})
    form = form_for(known["POST /articles"], "/articles", filled=filled)
    assert [(fault.name, fault.detail) for fault in form.faults] == [
        ("tags", "Line 2: First."),
        ("", "Second."),
        ("", "Third."),
        ("", "Fourth."),
    ]
    assert {each.name: each.text for each in form.inputs}["title"] == "Kept"
    other = Filled("put", {"title": ["Another form's"]}, {"status": 422, "errors": errors})
    assert form_for(known["POST /articles"], "/articles", filled=other).faults == []
