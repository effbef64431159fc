"""No password, token or Authorization value in a log line, an error or a stored row (CONTRACT §9, §10)."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.store.accounts import tokens, users
from api.store.audit import audit
from api.store.counters import DatabaseStorage
from api.store.database import Database
from resources.secrets import secrets
from tests import leaks
from tests.servers import Server
from tests.watch.credentials import send_all

Heard = dict[str, Any]


@pytest.fixture(scope="module")
def heard(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The log, rows and errors of a server of two workers at LOG_LEVEL=debug after credentials were sent in every way.

    `known` has the sent credentials by the way they were sent; `log`, `rows` and `errors` are texts.
    """
    url = migrated_database()
    settings = {"LOG_LEVEL": "debug", "LOGIN_LIMIT": "15/hour", "BODY_TIMEOUT": "0.2", "LOCK_TIMEOUT": "0.2"}
    server = Server(tmp_path_factory.mktemp("heard") / "log", "--workers", "2", "--database", url, **settings)
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        sent = send_all(client, server.port, url)
    assert server.stop() == 0
    return {
        "known": sent.known,
        "lines": server.lines(),
        "log": leaks.logged([server.log]),
        "rows": leaks.stored(url),
        "errors": [(str(each.status_code), f"{each.headers.multi_items()}\n{each.text}") for each in sent.errors],
    }


def test_no_log_line_holds_a_credential(heard: Heard) -> None:
    statuses = {line["status"] for line in heard["lines"] if "status" in line}
    assert statuses >= {200, 201, 204, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415, 422, 429, 500}
    assert any("trace" in line for line in heard["lines"])
    assert leaks.holding(heard["known"], heard["log"]) == set()
    assert leaks.findings(heard["log"]) == []


def test_no_stored_row_holds_a_credential(heard: Heard) -> None:
    tables = {place.partition(".")[0] for place, _ in heard["rows"]}
    assert tables >= {"users", "logins", "tokens", "audit", "counters"}
    assert leaks.holding(heard["known"], heard["rows"]) == set()
    assert leaks.findings(heard["rows"]) == []


def test_no_error_holds_a_credential(heard: Heard) -> None:
    statuses = {status for status, _ in heard["errors"]}
    assert statuses >= {"400", "401", "403", "404", "405", "406", "408", "409", "412", "413", "414", "415", "422"}
    assert statuses >= {"429", "431", "500", "501", "503"}
    assert leaks.holding(heard["known"], heard["errors"]) == set()
    assert leaks.findings(heard["errors"]) == []


PASSWORD = "password-0123456789abcdef"
TOKEN = "tst_" + "aB3_-" * 8 + "xyz"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f'{{"path":"/hello?a={PASSWORD}"}}', "a password"),
        (PASSWORD.upper(), "a password"),
        (f"/echo/{PASSWORD.replace('-', '%2D')}", "a password"),
        (f"sent {b64encode(PASSWORD.encode()).decode()} to us", "a password"),
        (f"the token {TOKEN}.", "a token"),
        (TOKEN.lower(), "a token"),
        ("Authorization: Basic am9objpqb2hu", "Basic credentials"),
        ("authorization=basic%20am9objpqb2hu", "Basic credentials"),
        ("authorization: bearer abcdefghijklmnop", "Bearer credentials"),
        ("'YWRtaW46c2VjcmV0'", "credentials of a development account"),
        ('{"password":"secret"}', "a value under the name of one"),
        (r'"body": "{\"password\": \"secret\"}"', "a value under the name of one"),
        ("{'password': 'secret'}", "a value under the name of one"),
        ("/sign-in?username=admin&password=secret", "a value under the name of one"),
        ("/articles?access_token=abc", "a value under the name of one"),
    ],
)
def test_planted_credentials_are_found(text: str, kind: str) -> None:
    assert f"here: {kind}" in "\n".join(leaks.findings([("here", text)]))


@pytest.mark.parametrize(
    "text",
    [
        '{"path":"/tokens/7","problem":"invalid-token","logger":"touchstone.web"}',
        '"path": "/users?sort=password&fields=token"',
        'Basic realm="touchstone", charset="UTF-8"',
        "Basic instructions for bearers: Bearer tokens come first.",
        'Bearer realm="touchstone", error="invalid_token"',
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$5zkQJ4n3yVb0bW1oLZk2Yg",
        '"password": "***", token=…',
        "tst_… and password-reset",
    ],
)
def test_other_texts_are_not_reported(text: str) -> None:
    assert leaks.findings([("here", text)]) == []


def test_a_known_value_is_found_in_every_form() -> None:
    known = {"plain": "Sesame 1", "upper": "sesame 2", "quoted": "Sesame 3", "Base64": "Sesame 4", "absent": "Sesame 5"}
    texts = [("a", "Sesame 1, SESAME 2"), ("b", "/a?b=Sesame+3"), ("c", b64encode(b"john:Sesame 4").decode())]
    assert leaks.holding(known, texts) == {"plain", "upper", "quoted", "Base64"}


def test_every_row_is_read_except_content_of_clients(database: Database) -> None:
    moment = "2026-11-20T10:00:00.000Z"
    times = {"created_at": moment, "updated_at": moment}
    with database.transaction() as db:
        user = {"username": "ann", "name": PASSWORD, "email": "ann@example.org", "role": "user", "version": 1, **times}
        user_id = db.execute(users.insert().values(**user).returning(users.c.id)).scalar_one()
        token = {"user_id": user_id, "digest": TOKEN.encode(), "scopes": [PASSWORD], "expires_at": moment}
        db.execute(tokens.insert().values(**token, created_at=moment))
        db.execute(audit.insert().values(created_at=moment, action="create", target=f"/users/{PASSWORD}"))
        secret = {"user_id": user_id, "name": "door", "value": PASSWORD, "version": 1, **times}
        db.execute(secrets.insert().values(**secret))
        db.execute(sa.text("CREATE TABLE anything (at text)"))
        db.execute(sa.text("INSERT INTO anything VALUES (:at)"), {"at": TOKEN})
    DatabaseStorage(database).incr(PASSWORD, 60)
    found = leaks.findings(leaks.stored(database.engine.url.render_as_string(hide_password=False)))
    places = {"users.name", "tokens.digest", "tokens.scopes", "audit.target", "anything.at", "counters.key"}
    assert {each.partition(":")[0] for each in found} == places


def test_a_credential_is_found_in_lines_that_otherwise_are_the_same(tmp_path: Path) -> None:
    times = [f"2026-11-20T10:00:0{second}.000Z" for second in range(9)]
    lines = [f'{{"time":"{time}","path":"/hello","account_id":1}}' for time in times]
    lines[5] = f'{{"time":"{times[5]}","path":"/hello?a={TOKEN}","account_id":1}}'
    (tmp_path / "log").write_text("\n".join(lines))
    ((_, text),) = leaks.logged([tmp_path / "log"])
    assert len(text.splitlines()) == 2
    (found,) = leaks.findings([("log", text)])
    assert found.startswith("log: a token: tst_")


def test_a_log_with_any_bytes_is_read(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\xff " + TOKEN.encode())
    (found,) = leaks.findings(leaks.logged([tmp_path / "log"]))
    assert found.startswith(f"{tmp_path / 'log'}: a token")
