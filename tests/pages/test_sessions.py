"""Sessions: signing in and out with a browser, and the cookie."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.rules.tokens import new_token, token_digest
from api.store.audit import audit
from api.store.database import Database
from tests.contract.expect import refused
from tests.pages.session_state import is_signed_in, rows
from tests.pages.visitors import BROWSER, Visitor, read
from tests.servers import Server
from tests.streams import Session

JSON = {"Accept": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}

# Signing in and out


def test_signing_in_redirects_back_and_applies_to_every_page(stranger: Visitor, account: dict[str, Any]) -> None:
    refusal = stranger.page("/users/me", status=401)
    form = stranger.page(refusal.link("Sign in")).forms[-1]
    answer = stranger.send(form, username=account["username"], password=account["password"])
    assert (answer.status_code, answer.headers["Location"], answer.content) == (303, "/users/me", b"")
    page = stranger.page(answer.headers["Location"])
    assert account["email"] in page.text("pre")
    assert stranger.page("/articles").link(account["username"]) == "/users/me"


def test_the_user_name_is_accepted_in_any_case(stranger: Visitor, account: dict[str, Any]) -> None:
    assert stranger.sign_in(account["username"].upper(), account["password"]).status_code == 303
    assert is_signed_in(stranger)


@pytest.mark.parametrize("wrong", ["password", "username"])
def test_a_wrong_login_is_401_with_the_form_and_without_a_session(
    store: Database, stranger: Visitor, account: dict[str, Any], wrong: str
) -> None:
    typed = {**account, wrong: "wrong<b>"}
    # Without the fields that browsers send when a person opens a page.
    stranger.http.headers["Sec-Fetch-Mode"] = "cors"
    answer = stranger.sign_in(typed["username"], typed["password"], "/tokens")
    assert answer.status_code == 401
    # Not Basic: the browser would open its own password prompt.
    assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone"']
    page = read(answer)
    form = next(each for each in page.forms if each.action == "/sign-in")
    assert form.fields["username"] == [typed["username"]]
    assert form.fields["next"] == ["/tokens"]
    assert form.fields["password"] == [""]
    assert [each.text.strip() for each in page.elements if each.attributes.get("role") == "alert"] == [
        "The user name and password are not those of an account."
    ]
    assert rows(store, account) == []
    assert not is_signed_in(stranger)
    assert stranger.send(form, username=account["username"], password=account["password"]).status_code == 303


def test_signing_out_ends_the_session_and_deletes_the_cookie(
    store: Database, visitor: Visitor, account: dict[str, Any]
) -> None:
    cookie = visitor.cookie
    form = next(each for each in visitor.page("/").forms if each.button == "Sign out")
    answer = visitor.send(form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert visitor.cookie is None
    assert rows(store, account) == []
    visitor.http.cookies.set("session", cookie or "")
    assert not is_signed_in(visitor)


def test_signing_out_twice_is_not_an_error(visitor: Visitor) -> None:
    form = visitor.page("/").forms[0]
    cookie = visitor.cookie
    assert visitor.send(form).status_code == 303
    visitor.http.cookies.set("session", cookie or "")
    assert visitor.send(form).status_code == 303


def test_signing_out_leaves_other_browsers_signed_in(server: Server, visitor: Visitor, account: dict[str, Any]) -> None:
    other = Visitor(server)
    other.sign_in(account["username"], account["password"])
    assert visitor.send(visitor.page("/").forms[0]).status_code == 303
    assert is_signed_in(other)
    other.http.close()


def test_signing_in_and_out_is_audited(store: Database, visitor: Visitor, account: dict[str, Any]) -> None:
    visitor.send(visitor.page("/").forms[0])
    with store.reading() as db:
        mine = sa.select(audit.c.action, audit.c.target).where(audit.c.user_id == account["id"]).order_by(audit.c.id)
        assert [tuple(each) for each in db.execute(mine)] == [("sign-in", "/sign-in"), ("sign-out", "/sign-out")]


def test_signing_in_as_json_returns_the_account(visitor: Visitor, stranger: Visitor, account: dict[str, Any]) -> None:
    assert visitor.get("/sign-in", headers=JSON).json() == {"username": account["username"]}
    assert stranger.get("/sign-in", headers=JSON).json() == {"username": None}
    assert account["username"] in visitor.page("/sign-in?next=/articles").text("main")


def test_a_program_that_sends_the_forms_gets_the_account(stranger: Visitor, account: dict[str, Any]) -> None:
    form = stranger.page("/sign-in").forms[-1]
    signed_in = stranger.send(form, headers=JSON, username=account["username"], password=account["password"])
    assert (signed_in.status_code, signed_in.json()) == (200, {"username": account["username"]})
    assert is_signed_in(stranger)
    signed_out = stranger.send(stranger.page("/").forms[0], headers=JSON)
    assert (signed_out.status_code, signed_out.json()) == (200, {"username": None})
    assert not is_signed_in(stranger)


# The cookie


def test_the_cookie_is_for_this_server_only_and_hidden_from_scripts(stranger: Visitor, account: dict[str, Any]) -> None:
    answer = stranger.sign_in(account["username"], account["password"])
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("session=tst_")
    assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=Strict"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_planted_cookie_does_not_become_a_session(stranger: Visitor, account: dict[str, Any]) -> None:
    """Otherwise an attacker who planted or saw it would be signed in too (session fixation)."""
    planted = new_token()
    stranger.http.cookies.set("session", planted, domain="127.0.0.1", path="/")
    stranger.sign_in(account["username"], account["password"])
    assert stranger.cookie != planted
    stranger.http.cookies.clear()
    stranger.http.cookies.set("session", planted, domain="127.0.0.1", path="/")
    assert not is_signed_in(stranger)


def test_signing_in_again_replaces_the_session(store: Database, visitor: Visitor, account: dict[str, Any]) -> None:
    before = visitor.cookie
    visitor.sign_in(account["username"], account["password"])
    assert len(rows(store, account)) == 1
    visitor.http.cookies.clear()
    visitor.http.cookies.set("session", before or "")
    assert not is_signed_in(visitor)


def test_the_cookie_is_found_among_others_and_if_http_2_splits_them(
    server: Server, visitor: Visitor, account: dict[str, Any]
) -> None:
    session, others = f"session={visitor.cookie}", [f"other{number}={number}" for number in range(200)]
    lines = [["; ".join([*others, session, "last=1"])], ["a=1", session, "xsession=b"], ["session2=b", f"  {session}"]]
    with Session(server.port) as http:
        for each in lines:
            page = http.ask("GET", "/articles", ("accept", "text/html"), *(("cookie", line) for line in each))
            assert account["username"] in page.text


def test_stored_rows_do_not_reveal_the_cookie(store: Database, visitor: Visitor, account: dict[str, Any]) -> None:
    (row,) = rows(store, account)
    assert row.digest == token_digest(visitor.cookie)
    assert (visitor.cookie or "").encode() not in row.digest


@pytest.mark.parametrize(
    "field",
    [
        "session={0}; session=tst_" + "A" * 43,
        "session=tst_" + "A" * 43 + "; session={0}",
        "session={0}; session={0}",
        "session={0}x",
        "session=x{0}",
        "session=",
        "session",
        "Session={0}",
        "other={0}",
        "session=" + "a" * 16_000,
        'session="{0}',
        "session=%00{0}",
    ],
)
def test_any_other_cookie_signs_nobody_in_and_breaks_nothing(visitor: Visitor, field: str) -> None:
    sent = {**BROWSER, "Cookie": field.format(visitor.cookie)}
    with httpx.Client(base_url=visitor.origin, trust_env=False) as http:
        assert http.get("/users/me", headers=sent).status_code == 401
        assert http.get("/articles", headers=sent).status_code == 200


# The page after signing in


@pytest.mark.parametrize(
    "back",
    [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "/\tevil.test",
        "/a\r\nSet-Cookie: a=b",
        "evil.test",
        "",
        "/" + "a" * 3_000,
    ],
)
def test_it_redirects_only_to_paths_of_this_server(stranger: Visitor, account: dict[str, Any], back: str) -> None:
    form = stranger.page("/sign-in").forms[-1]
    answer = stranger.send(form, username=account["username"], password=account["password"], next=back)
    if len(back) > 2_048:
        assert answer.status_code == 422
        return
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "a=b" not in answer.headers["Set-Cookie"]
    asked = stranger.get("/sign-in", params={"next": back})
    assert read(asked).forms[-1].fields["next"] == ["/"]


def test_two_next_parameters_are_400(stranger: Visitor) -> None:
    refused(stranger.get("/sign-in?next=/a&next=/b", headers=JSON), 400, "invalid-parameter")
