"""Permissions: the status that each principal gets from each method of each route (CONTRACT §1, §9)."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx

from api.rules.accounts import SCOPES
from api.rules.tokens import token_digest
from api.store.accounts import tokens
from api.store.database import Database
from resources.articles.table import articles
from tests.contract.document_access import DOCUMENTS
from tests.contract.form_access import FORM_ACCESS
from tests.contract.message_access import MESSAGES
from tests.contract.operations_access import OPERATIONS
from tests.contract.routes import EXAMPLES, make
from tests.contract.rows import Row, derived_rows
from tests.servers import Server

# `thing` is the resource in the path: the owner's; a draft of the owner; an orphan, whose author is deleted; absent.
# `unscoped` is a token of the owner with every scope except `scope`, or without scopes if that is `-`.
# `wrong` is the owner's user name with another password; `expired` and `revoked` are tokens of the owner.
MATRIX = """
route                       thing    method   scope          anonymous wrong expired revoked unscoped other owner admin

/                           -        GET      -                    200   401     401     401      200   200   200   200
/                           -        HEAD     -                    200   401     401     401      200   200   200   200
/                           -        OPTIONS  -                    204   204     204     204      204   204   204   204
/hello                      -        GET      -                    200   401     401     401      200   200   200   200
/hello                      -        HEAD     -                    200   401     401     401      200   200   200   200
/hello                      -        OPTIONS  -                    204   204     204     204      204   204   204   204
/echo                       -        GET      -                    200   401     401     401      200   200   200   200
/echo                       -        HEAD     -                    200   401     401     401      200   200   200   200
/echo                       -        POST     -                    200   401     401     401      200   200   200   200
/echo                       -        PUT      -                    200   401     401     401      200   200   200   200
/echo                       -        PATCH    -                    200   401     401     401      200   200   200   200
/echo                       -        DELETE   -                    200   401     401     401      200   200   200   200
/echo                       -        OPTIONS  -                    204   204     204     204      204   204   204   204
/echo/<path:anything>       -        GET      -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        HEAD     -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        POST     -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        PUT      -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        PATCH    -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        DELETE   -                    200   401     401     401      200   200   200   200
/echo/<path:anything>       -        OPTIONS  -                    204   204     204     204      204   204   204   204
/status/<int:code>          -        GET      -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        HEAD     -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        POST     -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        PUT      -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        PATCH    -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        DELETE   -                    200   401     401     401      200   200   200   200
/status/<int:code>          -        OPTIONS  -                    204   204     204     204      204   204   204   204

/articles                   -        GET      -                    200   401     401     401      200   200   200   200
/articles                   -        HEAD     -                    200   401     401     401      200   200   200   200
/articles                   -        POST     articles:write       401   401     401     401      403   201   201   201
/articles                   -        OPTIONS  -                    204   204     204     204      204   204   204   204
/articles/<id:article_id>   article  GET      -                    200   401     401     401      200   200   200   200
/articles/<id:article_id>   article  HEAD     -                    200   401     401     401      200   200   200   200
/articles/<id:article_id>   article  PUT      articles:write       401   401     401     401      403   403   200   200
/articles/<id:article_id>   article  PATCH    articles:write       401   401     401     401      403   403   200   200
/articles/<id:article_id>   article  DELETE   articles:write       401   401     401     401      403   403   204   204
/articles/<id:article_id>   article  OPTIONS  -                    204   204     204     204      204   204   204   204
/articles/<id:article_id>   draft    GET      -                    404   401     401     401      200   404   200   200
/articles/<id:article_id>   draft    HEAD     -                    404   401     401     401      200   404   200   200
/articles/<id:article_id>   draft    PUT      articles:write       401   401     401     401      403   404   200   200
/articles/<id:article_id>   draft    PATCH    articles:write       401   401     401     401      403   404   200   200
/articles/<id:article_id>   draft    DELETE   articles:write       401   401     401     401      403   404   204   204
/articles/<id:article_id>   draft    OPTIONS  -                    204   204     204     204      204   204   204   204
/articles/<id:article_id>   orphan   GET      -                    200   401     401     401      200   200   200   200
/articles/<id:article_id>   orphan   PUT      articles:write       401   401     401     401      403   403   403   200
/articles/<id:article_id>   orphan   PATCH    articles:write       401   401     401     401      403   403   403   200
/articles/<id:article_id>   orphan   DELETE   articles:write       401   401     401     401      403   403   403   204
/articles/<id:article_id>   absent   GET      -                    404   401     401     401      404   404   404   404
/articles/<id:article_id>   absent   HEAD     -                    404   401     401     401      404   404   404   404
/articles/<id:article_id>   absent   PUT      articles:write       401   401     401     401      403   404   404   404
/articles/<id:article_id>   absent   PATCH    articles:write       401   401     401     401      403   404   404   404
/articles/<id:article_id>   absent   DELETE   articles:write       401   401     401     401      403   404   404   404

/users                      -        GET      -                    200   401     401     401      200   200   200   200
/users                      -        HEAD     -                    200   401     401     401      200   200   200   200
/users                      -        POST     -                    201   401     401     401      201   201   201   201
/users                      -        OPTIONS  -                    204   204     204     204      204   204   204   204
/users/<id:user_id>         user     GET      -                    200   401     401     401      200   200   200   200
/users/<id:user_id>         user     HEAD     -                    200   401     401     401      200   200   200   200
/users/<id:user_id>         user     PUT      users:write          401   401     401     401      403   403   200   200
/users/<id:user_id>         user     PATCH    users:write          401   401     401     401      403   403   200   200
/users/<id:user_id>         user     DELETE   users:write          401   401     401     401      403   403   204   204
/users/<id:user_id>         user     OPTIONS  -                    204   204     204     204      204   204   204   204
/users/<id:user_id>         absent   GET      -                    404   401     401     401      404   404   404   404
/users/<id:user_id>         absent   PUT      users:write          401   401     401     401      403   404   404   404
/users/<id:user_id>         absent   DELETE   users:write          401   401     401     401      403   404   404   404
/users/me                   me       GET      -                    401   401     401     401      200   200   200   200
/users/me                   me       HEAD     -                    401   401     401     401      200   200   200   200
/users/me                   me       PUT      users:write          401   401     401     401      403   200   200   200
/users/me                   me       PATCH    users:write          401   401     401     401      403   200   200   200
/users/me                   me       DELETE   users:write          401   401     401     401      403   204   204   204
/users/me                   me       OPTIONS  -                    204   204     204     204      204   204   204   204

/tokens                     -        GET      -                    401   401     401     401      200   200   200   200
/tokens                     -        HEAD     -                    401   401     401     401      200   200   200   200
/tokens                     -        POST     -                    401   401     401     401      403   201   201   201
/tokens                     -        OPTIONS  -                    204   204     204     204      204   204   204   204
/tokens/<id:token_id>       token    GET      -                    401   401     401     401      200   404   200   404
/tokens/<id:token_id>       token    HEAD     -                    401   401     401     401      200   404   200   404
/tokens/<id:token_id>       token    DELETE   tokens:write         401   401     401     401      403   404   204   404
/tokens/<id:token_id>       token    OPTIONS  -                    204   204     204     204      204   204   204   204
/tokens/<id:token_id>       absent   GET      -                    401   401     401     401      404   404   404   404
/tokens/<id:token_id>       absent   DELETE   tokens:write         401   401     401     401      403   404   404   404

/secrets                    -        GET      secrets:read         401   401     401     401      403   200   200   200
/secrets                    -        HEAD     secrets:read         401   401     401     401      403   200   200   200
/secrets                    -        OPTIONS  -                    204   204     204     204      204   204   204   204
/secrets/<name:secret_name> secret   GET      secrets:read         401   401     401     401      403   404   200   404
/secrets/<name:secret_name> secret   HEAD     secrets:read         401   401     401     401      403   404   200   404
/secrets/<name:secret_name> secret   PUT      secrets:write        401   401     401     401      403   201   204   201
/secrets/<name:secret_name> secret   DELETE   secrets:write        401   401     401     401      403   404   204   404
/secrets/<name:secret_name> secret   OPTIONS  -                    204   204     204     204      204   204   204   204
/secrets/<name:secret_name> absent   GET      secrets:read         401   401     401     401      403   404   404   404
/secrets/<name:secret_name> absent   PUT      secrets:write        401   401     401     401      403   201   201   201
/secrets/<name:secret_name> absent   DELETE   secrets:write        401   401     401     401      403   404   404   404

/admin/audit                -        GET      admin                401   401     401     401      403   403   403   200
/admin/audit                -        HEAD     admin                401   401     401     401      403   403   403   200
/admin/audit                -        OPTIONS  -                    204   204     204     204      204   204   204   204
"""
# Only administrators can have the scope `admin`, so tokens with it, and tokens with all others, are theirs.
ADMIN = "admin"
NEVER_AN_ID = 2**62


def _rows() -> list[Row]:
    head, *lines = [
        line.split() for line in (MATRIX + DOCUMENTS + OPERATIONS + MESSAGES + FORM_ACCESS).splitlines() if line
    ]
    return [Row(*line[:4], dict(zip(head[4:], map(int, line[4:]), strict=True))) for line in lines]


ROWS = _rows()
ROWS += sorted(derived_rows(ROWS), key=str)
PRINCIPALS = tuple(ROWS[0].statuses)


@dataclass(frozen=True, slots=True)
class Account:
    """An account, with its credentials for signing in by password."""

    id: int
    username: str
    password: str

    @property
    def credentials(self) -> str:
        return basic(self.username, self.password)


@dataclass(frozen=True, slots=True)
class Cast:
    """The principals: accounts, and Authorization values of the owner's tokens; `without` and `only` are by scope."""

    owner: Account
    other: Account
    admin: Account
    expired: str
    revoked: str
    without: Mapping[str, str]
    only: Mapping[str, str]

    def credentials(self, who: str, scope: str = "-") -> str | None:
        """The Authorization value of this principal for an operation with this scope; None: no field."""
        match who:
            case "anonymous":
                return None
            case "wrong":
                return basic(self.owner.username, f"not {self.owner.password}")
            case "expired" | "revoked":
                return str(getattr(self, who))
            case "unscoped":
                return self.without[scope]
        account: Account = getattr(self, who)
        return account.credentials


@contextmanager
def store_of(server: Server) -> Iterator[Database]:
    """The database of a running server, for changes that no request can make."""
    arguments = server.arguments
    with closing(Database(arguments[arguments.index("--database") + 1])) as found:
        yield found


def basic(username: str, password: str) -> str:
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def register(http: httpx.Client, role: str = "user", password: str = "") -> Account:
    """Create an account as a development administrator, who can set roles."""
    mark = uuid4().hex[:12]
    sent = {
        "username": f"u{mark}",
        "name": "A name",
        "email": f"{mark}@example.org",
        "password": password or f"password-{mark}",
        "role": role,
    }
    answer = http.post("/users", json=sent, headers={"Authorization": basic("admin", "secret")})
    assert answer.status_code == 201, answer.text
    return Account(answer.json()["id"], sent["username"], sent["password"])


def new_token(http: httpx.Client, account: Account, scopes: Sequence[str]) -> tuple[int, str]:
    """Create a token of this account; return its id and its Authorization value."""
    answer = http.post("/tokens", json={"scopes": list(scopes)}, headers={"Authorization": account.credentials})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], f"Bearer {answer.json()['token']}"


def expired_token(http: httpx.Client, store: Database, account: Account) -> str:
    """An expired token: the test sets its time in the database instead of waiting."""
    _, said = new_token(http, account, [])
    digest = token_digest(said.removeprefix("Bearer "))
    with store.transaction() as db:
        db.execute(tokens.update().where(tokens.c.digest == digest).values(expires_at="2026-01-01T00:00:00.000Z"))
    return said


def revoked_token(http: httpx.Client, account: Account) -> str:
    token_id, said = new_token(http, account, [])
    assert http.delete(f"/tokens/{token_id}", headers={"Authorization": account.credentials}).status_code == 204
    return said


def new_cast(http: httpx.Client, store: Database) -> Cast:
    """Create every principal."""
    owner, other, admin = register(http), register(http), register(http, ADMIN)
    without, only = {"-": new_token(http, owner, [])[1]}, {}
    for scope in SCOPES[ADMIN]:
        maker, allowed = (admin, SCOPES[ADMIN]) if scope == ADMIN else (owner, SCOPES["user"])
        without[scope] = new_token(http, maker, [each for each in allowed if each != scope])[1]
        only[scope] = new_token(http, maker, [scope])[1]
    return Cast(owner, other, admin, expired_token(http, store, owner), revoked_token(http, owner), without, only)


def stage(http: httpx.Client, store: Database, cast: Cast, row: Row) -> tuple[Cast, str]:
    """Create the resource of a row; return the principals and its URL. Accounts to change or delete are new ones."""
    url = EXAMPLES[row.route]
    by_owner = {"Authorization": cast.owner.credentials}
    named: int | str = ""
    match row.thing:
        case "message" | "nobodys":
            sent = {"file": ("a.txt", b"0123456789", "text/plain")}
            named = http.post("/messages", files=sent, headers=by_owner if row.thing == "message" else {}).json()["id"]
        case "article" | "draft" | "orphan":
            status = "draft" if row.thing == "draft" else "published"
            sent = {"title": "A title", "body": "A body", "status": status}
            named = http.post("/articles", json=sent, headers=by_owner).json()["id"]
            if row.thing == "orphan":
                with store.transaction() as db:
                    db.execute(articles.update().where(articles.c.id == named).values(author_id=None))
        case "user":
            cast = replace(cast, owner=register(http))
            named = cast.owner.id
        case "me":
            cast = replace(cast, owner=register(http), other=register(http), admin=register(http, ADMIN))
        case "made":
            named = make(http, row.route, headers=by_owner)
        case "token":
            named, _ = new_token(http, cast.owner, [])
        case "secret":
            named = uuid4().hex
            made = http.put(f"/secrets/{named}", json={"value": "sesame"}, headers=by_owner)
            assert made.status_code == 201, made.text
        case "absent":
            named = str(uuid4()) if "name:" in row.route or "uuid:" in row.route else NEVER_AN_ID
    name = url.partition("{")[2].partition("}")[0]
    return cast, url.format(**{name: named}) if name else url
