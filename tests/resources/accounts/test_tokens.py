"""/tokens: created with the password, shown once, visible to the owner only (CONTRACT §1, §5, §9)."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.rules.accounts import SCOPES, USER_SCOPES
from api.rules.clock import now, present, timestamp
from api.store.accounts import tokens
from api.store.database import Database
from tests.resources.accounts.accounts import Account, bearer, make_token, password_of, register
from tests.resources.making import MINIMAL, NEVER_AN_ID, pointers, refused
from tests.servers import JOHN, Server

FORM = re.compile("tst_[A-Za-z0-9_-]{43}")
LISTED = ["id", "scopes", "created_at", "expires_at", "last_used_at"]
ENVELOPE = "application/vnd.touchstone.v2+json"


def in_days(number: int) -> str:
    """The date in so many days."""
    return str((now() + timedelta(days=number)).date())


def url_of(token: dict) -> str:
    return f"/tokens/{token['id']}"


def listed(token: dict) -> dict:
    """The representation of a token after its creation."""
    return {name: token[name] for name in LISTED}


def test_a_token_is_created_with_the_password_and_shown_once(own: httpx.Client, anonymous: httpx.Client) -> None:
    answer = own.post("/tokens", json={})
    assert answer.status_code == 201
    token = answer.json()
    assert list(token) == [*LISTED, "token"]
    assert FORM.fullmatch(token["token"])
    assert answer.headers["Location"] == url_of(token)
    assert answer.headers["Cache-Control"] == "no-store"
    assert anonymous.get("/users/me", headers=bearer(token)).status_code == 200
    read = own.get(answer.headers["Location"])
    assert read.status_code == 200
    assert {**read.json(), "last_used_at": None} == listed(token)
    for shown in (read, own.get("/tokens")):
        assert shown.headers["Cache-Control"] == "no-store"
        assert token["token"] not in shown.text
        assert "token" not in (shown.json().get("items") or [shown.json()])[0]


def test_two_tokens_differ(own: httpx.Client) -> None:
    one, other = make_token(own), make_token(own)
    assert one["id"] != other["id"]
    assert one["token"] != other["token"]


def test_the_stored_row_does_not_contain_the_token(store: Database, server: Server, own: httpx.Client) -> None:
    token = make_token(own)
    with store.reading() as db:
        row = db.execute(tokens.select().where(tokens.c.id == token["id"])).one()
    assert len(row.digest) == 32
    secret = token["token"]
    assert secret not in str(row)
    assert secret.removeprefix("tst_").encode() not in bytes(row.digest)
    assert secret not in server.log.read_text()


@pytest.mark.parametrize("role", ["user", "admin"])
def test_a_default_token_has_all_scopes_of_the_role_for_30_days(admin: httpx.Client, role: str) -> None:
    account = register(admin, role=role)
    token = make_token(admin, auth=password_of(account))
    assert tuple(token["scopes"]) == SCOPES[role]
    made, ends = (datetime.fromisoformat(token[name]) for name in ("created_at", "expires_at"))
    assert ends - made == timedelta(days=30)
    assert token["last_used_at"] is None


@pytest.mark.parametrize("scopes", [[], ["secrets:read"], list(USER_SCOPES)])
def test_a_token_has_the_requested_scopes(own: httpx.Client, scopes: list[str]) -> None:
    token = make_token(own, scopes=scopes)
    assert token["scopes"] == own.get(url_of(token)).json()["scopes"] == scopes


def test_scopes_are_sorted_without_duplicates(own: httpx.Client) -> None:
    sent = ["users:write", "secrets:read", "articles:write", "secrets:read"]
    assert make_token(own, scopes=sent)["scopes"] == ["articles:write", "secrets:read", "users:write"]


@pytest.mark.parametrize(("wrap", "within"), [(lambda sent: sent, ""), (lambda sent: {"data": sent}, "/data")])
def test_a_scope_above_the_role_is_422_at_its_pointer(own: httpx.Client, wrap: type, within: str) -> None:
    sent = wrap({"scopes": ["secrets:read", "admin", "users:write"]})
    answer = own.post("/tokens", json=sent, headers={"Content-Type": ENVELOPE} if within else {})
    assert pointers(answer) == {f"#{within}/scopes/1"}
    assert own.get("/tokens").json()["items"] == []


def test_all_faults_are_reported_at_once_and_nothing_is_created(own: httpx.Client) -> None:
    answer = own.post("/tokens", json={"scopes": ["all", "admin", 1], "expires_at": "tomorrow", "token": "t", "id": 1})
    assert {"#/scopes/0", "#/scopes/2", "#/expires_at", "#/token", "#/id"} <= pointers(answer)
    assert own.get("/tokens").json()["items"] == []


def test_semantic_faults_are_reported_at_once_too(own: httpx.Client) -> None:
    answer = own.post("/tokens", json={"scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"})
    assert pointers(answer) == {"#/scopes/0", "#/expires_at"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("scopes", None),
        ("scopes", "secrets:read"),
        ("expires_at", None),
        ("expires_at", 1795000000),
        ("expires_at", "2099-01-01"),
        ("expires_at", "2099-01-01T00:00:00"),
        ("expires_at", "2099-01-01T00:00:00.Z"),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "0001-01-01T00:00:00Z"),
    ],
)
def test_an_invalid_member_is_422(own: httpx.Client, member: str, value: object) -> None:
    assert pointers(own.post("/tokens", json={member: value})) == {f"#/{member}"}
    assert own.get("/tokens").json()["items"] == []


def test_a_token_lasts_a_year_at_most(own: httpx.Client) -> None:
    year = timedelta(days=366)
    taken = own.post("/tokens", json={"expires_at": timestamp(now() + year - timedelta(minutes=1))})
    assert taken.status_code == 201
    refused = own.post("/tokens", json={"expires_at": timestamp(now() + year + timedelta(minutes=1))})
    assert pointers(refused) == {"#/expires_at"}
    assert "at most 366 days" in refused.json()["errors"][0]["detail"]


def test_token_max_days_shortens_the_default_too(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", TOKEN_MAX_DAYS="7")
    token = httpx.post(f"{server.url}/tokens", json={}, auth=JOHN).json()
    late = {"expires_at": timestamp(now() + timedelta(days=8))}
    refused = httpx.post(f"{server.url}/tokens", json=late, auth=JOHN)
    assert server.stop() == 0
    made, ends = (datetime.fromisoformat(token[name]) for name in ("created_at", "expires_at"))
    assert ends - made == timedelta(days=7)
    assert refused.status_code == 422


def test_a_token_cannot_expire_in_the_past(own: httpx.Client) -> None:
    answer = own.post("/tokens", json={"expires_at": present()})
    assert pointers(answer) == {"#/expires_at"}
    assert answer.json()["errors"][0]["code"] == "out_of_range"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("T00:00:00Z", "T00:00:00.000Z"),
        ("T02:30:00.5+02:30", "T00:00:00.500Z"),
        ("T00:00:00.123999Z", "T00:00:00.123Z"),
    ],
)
def test_an_expiry_can_have_any_offset_and_finer_digits_are_cut(own: httpx.Client, sent: str, kept: str) -> None:
    assert make_token(own, expires_at=in_days(90) + sent)["expires_at"] == in_days(90) + kept


def test_a_token_cannot_create_a_token(own: httpx.Client, anonymous: httpx.Client, admin: httpx.Client) -> None:
    for client in (own, admin):
        token = bearer(make_token(client))
        refused(anonymous.post("/tokens", json={}, headers=token), 403, "forbidden")
        # Credentials are checked before the body.
        refused(anonymous.post("/tokens", content=b"{", headers=token), 403, "forbidden")
    assert len(own.get("/tokens").json()["items"]) == 1


@pytest.mark.parametrize(
    ("method", "url"), [("GET", "/tokens"), ("POST", "/tokens"), ("GET", "/tokens/1"), ("DELETE", "/tokens/1")]
)
def test_tokens_require_credentials(anonymous: httpx.Client, method: str, url: str) -> None:
    answer = anonymous.request(method, url)
    refused(answer, 401, "unauthenticated")
    assert len(answer.headers.get_list("WWW-Authenticate")) == 2


def test_no_body_is_400_and_creates_nothing(own: httpx.Client) -> None:
    refused(own.post("/tokens"), 400, "malformed-json")
    refused(own.post("/tokens?x=1", json={}), 400, "invalid-parameter")
    assert own.get("/tokens").json()["items"] == []


def test_prefer_minimal_does_not_hide_a_new_token(own: httpx.Client) -> None:
    answer = own.post("/tokens", json={}, headers=MINIMAL)
    assert answer.status_code == 201
    assert FORM.fullmatch(answer.json()["token"])
    assert "Preference-Applied" not in answer.headers
    assert "Prefer" not in answer.headers["Vary"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("who", ["own", "admin"])
def test_tokens_of_others_look_absent(
    own: httpx.Client, admin: httpx.Client, api: httpx.Client, who: str, method: str
) -> None:
    client, others = {"own": own, "admin": admin}[who], make_token(api)
    answers = []
    for name in (str(others["id"]), str(NEVER_AN_ID), "01"):
        answer = client.request(method, f"/tokens/{name}", headers={"X-Request-Id": "same"})
        refused(answer, 404, "not-found")
        fields = {name: value for name, value in answer.headers.items() if name not in ("date", "content-length")}
        answers.append((fields, answer.content.replace(f"/tokens/{name}".encode(), b"/tokens/ID")))
    assert answers[0] == answers[1] == answers[2]
    assert api.get(url_of(others)).status_code == 200


def test_a_token_has_no_tag_for_a_conditional_revocation(own: httpx.Client) -> None:
    token = make_token(own)
    refused(own.delete(url_of(token), headers={"If-Match": '"v1"'}), 412, "precondition-failed")
    assert own.get(url_of(token)).status_code == 200
    assert own.delete(url_of(token), headers={"If-Match": "*"}).status_code == 204


def test_a_token_shows_its_last_use(own: httpx.Client, anonymous: httpx.Client) -> None:
    token, unused = make_token(own), make_token(own)
    before = present()
    assert anonymous.get("/articles/1", headers=bearer(token)).status_code == 200
    after = present()
    used = own.get(url_of(token)).json()["last_used_at"]
    assert before <= used <= after
    assert own.get(url_of(unused)).json()["last_used_at"] is None
    # Storing each use would turn every read into a write.
    assert anonymous.get("/articles/1", headers=bearer(token)).status_code == 200
    assert own.get(url_of(token)).json()["last_used_at"] == used


def test_a_use_long_after_the_last_one_is_stored_again(
    store: Database, own: httpx.Client, anonymous: httpx.Client
) -> None:
    token = make_token(own)
    long_ago = "2020-01-01T00:00:00.000Z"
    with store.transaction() as db:
        db.execute(tokens.update().where(tokens.c.id == token["id"]).values(last_used_at=long_ago))
    assert anonymous.get("/articles", headers=bearer(token)).status_code == 200
    assert own.get(url_of(token)).json()["last_used_at"] > long_ago


def test_an_account_sees_only_its_own_tokens_newest_first(own: httpx.Client, account: Account) -> None:
    made = [make_token(own) for _ in range(5)]
    answer = own.get("/tokens", params={"limit": 2, "count": "true"})
    following = answer.json()["next"]
    assert answer.json() == {"items": [listed(made[4]), listed(made[3])], "next": following, "total": 5}
    second = own.get(following)
    assert second.json()["items"] == [listed(made[2]), listed(made[1])]
    third = own.get(second.links["next"]["url"])
    assert third.json()["items"] == [listed(made[0])]
    assert "next" not in third.links
    assert own.get(third.links["prev"]["url"]).json()["items"] == second.json()["items"]


def test_tokens_are_filtered_and_sorted(own: httpx.Client) -> None:
    early, middle, late = (make_token(own, expires_at=f"{in_days(days)}T00:00:00Z") for days in (10, 20, 30))
    for query, expected in (
        ({"expires_at:lt": f"{in_days(20)}T00:00:00Z"}, [early]),
        ({"expires_at:gte": f"{in_days(20)}T00:00:00Z"}, [late, middle]),
        ({"expires_at": f"{in_days(20)}T00:00:00Z"}, [middle]),
        ({"created_at:gt": late["created_at"]}, []),
        ({"sort": "expires_at"}, [early, middle, late]),
        ({"sort": "-expires_at", "limit": "1"}, [late]),
    ):
        assert own.get("/tokens", params=query).json()["items"] == list(map(listed, expected)), query


@pytest.mark.parametrize("query", ["user_id=1", "digest=a", "q=a", "sort=digest", "fields=digest"])
def test_unknown_parameters_are_400(own: httpx.Client, query: str) -> None:
    document = refused(own.get(f"/tokens?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [query.partition("=")[0]]


def test_fields_and_representations(own: httpx.Client) -> None:
    token = make_token(own, scopes=["secrets:read", "secrets:write"])
    assert own.get(url_of(token), params={"fields": "id"}).json() == {"id": token["id"]}
    assert own.get("/tokens", params={"fields": "scopes"}).json()["items"] == [{"scopes": token["scopes"]}]
    envelope = own.get(url_of(token), headers={"Accept": ENVELOPE}).json()
    assert envelope == {"data": listed(token), "links": {"self": url_of(token)}, "meta": {}}
    rows = own.get("/tokens", headers={"Accept": "text/csv"}).text.splitlines()
    assert rows[0] == ",".join(LISTED)
    assert rows[1].startswith(f"{token['id']},secrets:read secrets:write,")
    assert own.get(url_of(token), headers={"Accept": "application/xml"}).text.count("<item>secrets:") == 2
