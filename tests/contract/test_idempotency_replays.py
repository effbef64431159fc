"""Replays: the stored answer, after the caller has been authorised again (CONTRACT §6, §2)."""

import gzip
import hashlib
import json
import zlib
from dataclasses import replace

import pytest
import sqlalchemy as sa

from api.rules import passwords
from api.rules.idempotency import fingerprint
from api.store.accounts import logins, users
from api.store.audit import audit
from tests.contract.access import Account, basic, new_token, register, store_of
from tests.contract.expect import refused
from tests.contract.keys import (
    ADMIN,
    REPLAYED,
    STORING,
    Asked,
    effects,
    expire,
    kept,
    new_article,
    new_key,
    new_request,
    same_answer,
)
from tests.contract.raw import chunked, exchange
from tests.contract.routes import sound
from tests.servers import Server

ARTICLE, USER = "/articles/<id:article_id>", "/users/<id:user_id>"
XML = {"Accept": "application/xml"}
V2 = {"Accept": "application/vnd.touchstone.v2+json"}
MINIMAL = {"Prefer": "return=minimal"}
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.crossed
@pytest.mark.parametrize("fields", [XML, V2, MINIMAL, XML | MINIMAL], ids=str)
@pytest.mark.parametrize(("route", "method"), STORING)
def test_every_representation_is_replayed_as_it_was(anonymous, route, method, fields):
    asked, key = replace(new_request(anonymous, route, method), fields=fields), new_key()
    first = asked.send(anonymous, key)
    created = 201 if method == "POST" else 204 if "Prefer" in fields else 200
    assert first.status_code == created, first.text
    assert first.headers.get("Content-Type", "") == ("" if "Prefer" in fields else fields["Accept"])
    assert first.headers.get("Preference-Applied") == ("return=minimal" if "Prefer" in fields else None)
    again = asked.send(anonymous, key)
    same_answer(first, again)
    assert again.headers.get("Content-Length") == first.headers.get("Content-Length")


@pytest.mark.parametrize("fields", [XML, V2, MINIMAL], ids=str)
def test_accept_and_prefer_of_the_repetition_do_not_matter(anonymous, fields):
    """The answer describes the first execution; a client that wants another representation reads the resource."""
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = asked.send(anonymous, key)
    same_answer(first, asked.send(anonymous, key, fields=fields))


def test_an_envelope_is_another_request_than_plain_json(anonymous):
    sent = b'{"data": {"title": "A title", "body": ""}}'
    asked, key = Asked("POST", "/articles", sent, "application/vnd.touchstone.v2+json"), new_key()
    same_answer(asked.send(anonymous, key), asked.send(anonymous, key))


@pytest.mark.parametrize("route", [ARTICLE, USER])
def test_a_patch_with_if_match_repeats_after_its_own_effect(anonymous, route):
    asked, key = new_request(anonymous, route, "PATCH"), new_key()
    shown = anonymous.get(asked.url, headers={"Authorization": asked.authorization})
    asked = replace(asked, fields={"If-Match": shown.headers["ETag"]})
    first = asked.send(anonymous, key)
    assert (first.status_code, first.json()["version"]) == (200, 2)
    same_answer(first, asked.send(anonymous, key))
    refused(asked.send(anonymous, new_key()), 412, "precondition-failed")


def test_a_replay_is_the_old_answer_and_not_the_current_state(anonymous):
    asked, key = new_request(anonymous, ARTICLE, "PATCH"), new_key()
    first = asked.send(anonymous, key)
    later = asked.send(anonymous, content=b'{"title": "Later"}')
    same_answer(first, asked.send(anonymous, key))
    assert anonymous.get(asked.url).json() == later.json()


def test_a_create_is_replayed_after_its_resource_was_deleted(server: Server, anonymous):
    asked, key = new_request(anonymous, "/articles", "POST"), new_key()
    first = asked.send(anonymous, key)
    place = first.headers["Location"]
    assert anonymous.delete(place, headers={"Authorization": asked.authorization}).status_code == 204
    before = effects(server)
    same_answer(first, asked.send(anonymous, key))
    assert effects(server) == before
    assert anonymous.get(place).status_code == 404


@pytest.mark.parametrize(("route", "method"), STORING)
def test_a_replay_writes_no_second_line_of_the_audit_trail(server: Server, anonymous, route, method):
    asked, key = new_request(anonymous, route, method), new_key()
    ids = [new_key(), new_key()]
    for request_id in ids:
        assert replace(asked, fields={"X-Request-Id": request_id}).send(anonymous, key).status_code < 300
    with store_of(server) as store, store.reading() as db:
        lines = db.execute(sa.select(audit.c.request_id).where(audit.c.request_id.in_(ids))).scalars().all()
    assert lines == ids[:1]


@pytest.mark.parametrize(("route", "method"), STORING)
def test_a_key_that_has_expired_executes_again(server: Server, anonymous, route, method):
    asked, key = new_request(anonymous, route, method), new_key()
    first = asked.send(anonymous, key)
    expire(server, key)
    second = asked.send(anonymous, key)
    assert REPLAYED not in second.headers
    if route == "/users":
        refused(second, 409, "username-taken")
    else:
        assert second.status_code == first.status_code
        assert second.json() != first.json()
        same_answer(second, asked.send(anonymous, key))


# Bodies: the content counts, not its framing or coding.


@pytest.mark.parametrize("route", ["/articles", "/messages", ARTICLE])
def test_a_body_in_chunks_is_the_same_body(server: Server, anonymous, route):
    asked, key = new_request(anonymous, route, "PATCH" if route == ARTICLE else "POST"), new_key()
    first = asked.send(anonymous, key)
    same_answer(first, exchange(server.port, asked.raw(key.encode(), fields=CHUNKED, body=chunked(asked.content))))
    other = chunked(asked.content + b" ")
    refused(exchange(server.port, asked.raw(key.encode(), fields=CHUNKED, body=other)), 422, "idempotency-key-reused")


@pytest.mark.parametrize("route", ["/articles", "/users", ARTICLE])
def test_a_compressed_body_is_the_same_body(anonymous, route):
    """Also with another compression level or time."""
    asked, key = new_request(anonymous, route, "PATCH" if route == ARTICLE else "POST"), new_key()
    packed = replace(asked, fields={"Content-Encoding": "gzip"})
    first = packed.send(anonymous, key, content=gzip.compress(asked.content, 9, mtime=1))
    assert first.status_code < 300
    same_answer(first, packed.send(anonymous, key, content=gzip.compress(asked.content, 1, mtime=2)))
    same_answer(first, packed.send(anonymous, key, content=zlib.compress(asked.content, wbits=31)))
    same_answer(first, asked.send(anonymous, key))
    other = gzip.compress(asked.content + b" ")
    refused(packed.send(anonymous, key, content=other), 422, "idempotency-key-reused")


@pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
def test_a_multipart_upload_is_replayed_and_stored_once(server: Server, anonymous, size):
    file = bytes(range(256)) * (size // 256 + 1)
    head = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    content = head + file + b"\r\n--frontier--\r\n"
    asked, key = Asked("POST", "/messages", content, "multipart/form-data; boundary=frontier"), new_key()
    first = asked.send(anonymous, key)
    assert first.status_code == 201, first.text
    before = effects(server)
    same_answer(first, asked.send(anonymous, key))
    same_answer(first, asked.send(anonymous, key, content_type='Multipart/Form-Data; boundary="frontier"'))
    same_answer(first, exchange(server.port, asked.raw(key.encode(), fields=CHUNKED, body=chunked(content))))
    refused(asked.send(anonymous, key, content=content + b"\r\n"), 422, "idempotency-key-reused")
    assert effects(server) == before
    assert anonymous.get(first.headers["Location"]).content == content


# A caller that has lost the permission does not get the stored answer.


def test_with_a_revoked_token_nothing_is_replayed(anonymous):
    account = register(anonymous)
    token_id, said = new_token(anonymous, account, ["articles:write", "tokens:write"])
    asked, key = replace(new_request(anonymous, "/articles", "POST"), authorization=said), new_key()
    first = asked.send(anonymous, key)
    assert anonymous.delete(f"/tokens/{token_id}", headers={"Authorization": said}).status_code == 204
    refused(asked.send(anonymous, key), 401, "invalid-token")
    same_answer(first, asked.send(anonymous, key, authorization=account.credentials))


@pytest.mark.parametrize(("route", "scope"), [("/articles", "articles:write"), ("/messages", "messages:write")])
def test_without_the_scope_nothing_is_replayed(anonymous, route, scope):
    account = register(anonymous)
    asked = replace(new_request(anonymous, route, "POST"), authorization=new_token(anonymous, account, [scope])[1])
    key, without = new_key(), new_token(anonymous, account, [])[1]
    first = asked.send(anonymous, key)
    assert first.status_code == 201
    document = refused(asked.send(anonymous, key, authorization=without), 403, "insufficient-scope")
    assert document["required_scopes"] == [scope]
    same_answer(first, asked.send(anonymous, key))


@pytest.mark.parametrize("route", [ARTICLE, USER])
def test_a_repeated_patch_of_a_deleted_resource_is_404(anonymous, route):
    asked, key = new_request(anonymous, route, "PATCH"), new_key()
    assert asked.send(anonymous, key).status_code == 200
    assert anonymous.delete(asked.url, headers={"Authorization": asked.authorization}).status_code == 204
    refused(asked.send(anonymous, key), 404, "not-found")


def test_a_repeated_patch_without_permission_is_403(server: Server, anonymous):
    """An article's author cannot change, so the test uses an administrator who has lost the role."""
    former = register(anonymous, "admin")
    asked, key = replace(new_request(anonymous, ARTICLE, "PATCH"), authorization=former.credentials), new_key()
    first = asked.send(anonymous, key)
    for role, refusal in (("user", (403, "forbidden")), ("admin", None)):
        with store_of(server) as store, store.transaction() as db:
            db.execute(users.update().where(users.c.id == former.id).values(role=role))
        again = asked.send(anonymous, key)
        refused(again, *refusal) if refusal else same_answer(first, again)


@pytest.mark.parametrize("route", ["/articles", "/messages", "/users"])
def test_with_a_wrong_password_nothing_is_replayed(anonymous, route):
    account = register(anonymous)
    asked, key = replace(new_request(anonymous, route, "POST"), authorization=account.credentials), new_key()
    assert asked.send(anonymous, key).status_code == 201
    refused(asked.send(anonymous, key, authorization=basic(account.username, "no")), 401, "unauthenticated")


def test_deleting_an_account_deletes_its_keys(server: Server, anonymous):
    account, key = register(anonymous), new_key()
    asked = replace(new_request(anonymous, "/articles", "POST"), authorization=account.credentials)
    assert asked.send(anonymous, key).status_code == 201
    assert len(kept(server, key)) == 1
    by = {"Authorization": account.credentials}
    assert anonymous.delete(f"/users/{account.id}", headers=by).status_code == 204
    assert kept(server, key) == []
    refused(asked.send(anonymous, key), 401, "unauthenticated")


# Passwords


@pytest.mark.parametrize("route", ["/users", USER])
def test_no_fast_digest_of_a_body_with_a_password_is_stored(server: Server, anonymous, route, monkeypatch):
    """Otherwise the owner of a copy of the database could try a thousand million passwords a second, not forty."""
    method = "POST" if route == "/users" else "PATCH"
    asked, key = new_request(anonymous, route, method), new_key()
    password = f"password-{new_key()[:8]}"
    content = json.dumps({**json.loads(sound(route, method)["content"]), "password": password}).encode()
    answer = asked.send(anonymous, key, content=content)
    assert answer.status_code < 300, answer.text
    (row,) = kept(server, key)
    digest = hashlib.sha256(content).digest()
    named = f"{method}\n{asked.url}\n".encode()
    known = [digest, *(hashlib.sha256(each).digest() for each in (digest, named + content, named + digest))]
    assert row.fingerprint not in known
    asked_by = f"{asked.authorization == ADMIN} True" if asked.authorization else ""
    request = (method, asked.url, asked.content_type, digest)
    assert row.fingerprint != fingerprint(*request, by=asked_by)
    monkeypatch.setattr(passwords, "_hasher", passwords._CHEAP)  # as on the server, in testing
    assert row.fingerprint == fingerprint(*request, by=asked_by, confidential=True)
    assert password.encode() not in row.content
    same_answer(answer, asked.send(anonymous, key, content=content))
    with store_of(server) as store, store.reading() as db:
        assert password not in db.execute(sa.select(logins.c.password_hash)).scalars().all()


def test_a_new_password_ends_replays_by_the_old_one(anonymous):
    """The account and its keys stay the same, but the old password alone gets no replay."""
    account = register(anonymous)
    asked, key = replace(new_request(anonymous, "/articles", "POST"), authorization=account.credentials), new_key()
    first = asked.send(anonymous, key)
    changed = Account(account.id, account.username, f"password-{new_key()[:8]}")
    change = Asked("PATCH", "/users/me", b"", "application/merge-patch+json", account.credentials)
    sent = json.dumps({"password": changed.password}).encode()
    assert change.send(anonymous, content=sent).status_code == 200
    refused(asked.send(anonymous, key), 401, "unauthenticated")
    same_answer(first, asked.send(anonymous, key, authorization=changed.credentials))
    assert new_article(anonymous, changed)


def test_a_token_gets_no_replay_of_a_request_that_requires_a_password(server: Server, anonymous):
    """Creating an administrator requires the password, and so does its replay."""
    owner, mark, key = register(anonymous, role="admin"), new_key()[:8], new_key()
    account = {"username": mark, "name": "A", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    asked = Asked("POST", "/users", json.dumps({**account, "role": "admin"}).encode(), "application/json")
    by_password = asked.send(anonymous, key, authorization=owner.credentials)
    assert by_password.status_code == 201
    _, token = new_token(anonymous, owner, ["users:write", "admin"])
    refused(asked.send(anonymous, key, authorization=token), 422, "idempotency-key-reused")
    same_answer(by_password, asked.send(anonymous, key, authorization=owner.credentials))
