"""Sends valid and invalid credentials in every possible way, and records the values that must stay secret."""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from tests.contract.raw import Connection, ask
from tests.servers import JOHN

ADMIN = ("admin", "secret")
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
TARGETS = ("/users/me", "/echo", "/nowhere", "/status/503")

# Makes the next INSERT into `secrets` fail like an internal error.
BREAK = {
    "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON secrets BEGIN SELECT zeroblob(2000000000); END"],
    "postgresql": [
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON secrets FOR EACH ROW EXECUTE FUNCTION broken()",
    ],
}


@dataclass
class Told:
    """The sent values that must stay secret, by the way they were sent, and the error answers."""

    known: dict[str, str] = field(default_factory=dict)
    errors: list[httpx.Response] = field(default_factory=list)

    def word(self, way: str) -> str:
        """A new password, recorded under the way it is sent."""
        self.known[way] = f"password-{uuid4().hex}"
        return self.known[way]

    def keep(self, answer: httpx.Response, *expected: int) -> httpx.Response:
        """Record an answer if it is an error; its status must be one of these."""
        assert answer.status_code in expected, f"{answer.status_code}: {answer.request.url} {answer.text[:300]}"
        if answer.status_code >= 400:
            self.errors.append(answer)
        return answer


def send_all(client: httpx.Client, port: int, url: str) -> Told:
    """Send everything to a server on the database at `url`; at the end an insert of a secret fails."""
    told = Told()
    log_in(client, told)
    use_tokens(client, told)
    make_accounts(client, told)
    keep_secrets(client, told)
    put_into_targets(client, port, told)
    fail(client, url, told)
    return told


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def log_in(client: httpx.Client, told: Told) -> None:
    told.keep(client.get("/users/me", auth=ADMIN), 200)
    made_up = told.word("a wrong password")
    told.known["the field of a wrong password"] = base64(f"john:{made_up}")
    fields = [
        "Basic " + base64(f"john:{made_up}"),
        "Basic " + base64("nobody:" + told.word("a password of no account")),
        "Basic " + base64(told.word("a password without a user name")),
        "Basic " + base64(told.word("a password as user name") + ":john"),
        "Basic " + base64("john:\a" + told.word("a password with a control character")),
        "Basic " + told.word("bad Base64") + "!",
        "Bearer " + told.word("a password as token"),
        'Digest username="john", response="' + told.word("another scheme") + '"',
        told.word("no scheme"),
    ]
    for sent in fields:
        for target in TARGETS:
            told.keep(client.get(target, headers={"Authorization": sent}), 200, 401, 404, 503)
    locked_out = {"auth": (uuid4().hex, told.word("a password tried too often"))}
    while told.keep(client.get("/users/me", **locked_out), 401, 429).status_code == 401:
        pass
    twice = [("Authorization", f"Bearer {told.word('one of two fields')}"), ("Authorization", "Basic eA==")]
    told.keep(client.get("/users/me", headers=twice), 400)
    too_large = "Basic " + base64("john:" + told.word("a field that is too large") + "x" * 20_000)
    told.keep(client.get("/users/me", headers={"Authorization": too_large}), 431)
    for name in ("Cookie", "Proxy-Authorization", "X-Api-Key", "Referer", "User-Agent", "Origin", "Accept"):
        for target in TARGETS[1:]:
            sent = {name: f"https://a.test/?key={told.word(f'the field {name}')}"}
            told.keep(client.get(target, headers=sent), 200, 404, 406, 503)


def use_tokens(client: httpx.Client, told: Told) -> None:
    tokens = [client.post("/tokens", json={"scopes": scopes}, auth=JOHN).json() for scopes in (["secrets:read"], [])]
    for made, kind in zip(tokens, ("a token", "a token without a scope"), strict=True):
        told.known[kind] = made["token"]
        bearer = {"Authorization": "Bearer " + made["token"]}
        told.keep(client.get("/users/me", headers=bearer), 200)
        told.keep(client.get("/echo", headers=bearer), 200)
        told.keep(client.post("/tokens", json={}, headers=bearer), 403)
        told.keep(client.put("/secrets/a", json={"value": ""}, headers=bearer), 403)
        told.keep(client.get("/status/500", headers=bearer), 500)
        # Some services accept these; here they belong to no account.
        told.keep(client.get("/users/me", auth=(made["token"], "")), 401)
        told.keep(client.get("/users/me", headers={"Authorization": f"Token {made['token']}"}), 401)
        # A client that uses the token in place of its id.
        told.keep(client.delete(f"/tokens/{made['token']}", auth=JOHN), 404)
        told.keep(client.delete(f"/tokens/{made['id']}", auth=JOHN), 204)
        told.keep(client.get("/users/me", headers=bearer), 401)
    told.known["a token that stays"] = client.post("/tokens", json={}, auth=JOHN).json()["token"]
    told.known["a token never made"] = "tst_" + uuid4().hex + "0123456789a"
    for sent in (told.known["a token never made"], told.known["a token never made"] + "!"):
        told.keep(client.get("/users/me", headers={"Authorization": f"Bearer {sent}"}), 401)


def make_accounts(client: httpx.Client, told: Told) -> None:
    name = uuid4().hex[:12]
    account = {"username": name, "name": "A name", "email": f"{name}@example.org"}

    def post(way: str, status: int, content: Callable[[str], Any], media_type: str = "application/json") -> None:
        body = content(told.word(way))
        sent = body if isinstance(body, str) else json.dumps(body)
        told.keep(client.post("/users", content=sent, headers={"Content-Type": media_type}), status)

    post("a new account", 201, lambda word: {**account, "password": word})
    post("a user name that is taken", 409, lambda word: {**account, "password": word})
    post("a password that is too long", 422, lambda word: {**account, "password": word * 20})
    post("a password in a list", 422, lambda word: {**account, "password": [word]})
    post("a password as a user name in JSON", 422, lambda word: {**account, "username": f"{word}!", "password": word})
    post("a password as an address", 422, lambda word: {**account, "email": word, "password": word})
    post("a password under another name", 422, lambda word: {**account, "passwd": word})
    post("a password as the whole body", 422, lambda word: json.dumps(word))
    post("JSON that is cut", 400, lambda word: f'{{"password": "{word}')
    post("JSON with more after it", 400, lambda word: f'{{"password": "{word}"}} {word}')
    post("a body of another type", 415, lambda word: {"password": word}, "text/plain")
    post("a body that is a form", 415, lambda word: f"password={word}", "application/x-www-form-urlencoded")
    post("a body that is too large", 413, lambda word: word * 30_000)

    old, new = told.known["a new account"], told.word("a new password")
    me = "/users/me"
    told.keep(client.patch(me, json={"password": 1, "name": old}, headers=MERGE, auth=(name, old)), 422)
    test = [{"op": "test", "path": "/password", "value": told.word("a tested password")}]
    told.keep(client.patch(me, json=test, headers=JSON_PATCH, auth=(name, old)), 409)
    bearer = {"Authorization": "Bearer " + client.post("/tokens", json={}, auth=(name, old)).json()["token"]}
    by_token = {"password": told.word("a password changed by a token")}
    told.keep(client.patch(me, json=by_token, headers=MERGE | bearer), 403)
    told.keep(client.patch(me, json={"password": new}, headers=MERGE, auth=(name, old)), 200)
    told.keep(client.get(me, auth=(name, old)), 401)
    place = client.get(me, auth=(name, new)).headers["Content-Location"]
    by_admin = {**account, "password": told.word("a password from an administrator")}
    told.keep(client.put(place, json=by_admin, auth=ADMIN), 200)
    told.keep(client.delete(place, auth=(name, by_admin["password"])), 204)


def keep_secrets(client: httpx.Client, told: Told) -> None:
    def put(way: str, status: int, name: str = "door", times: int = 1, **headers: str) -> None:
        value = told.word(way) * times
        told.keep(client.put(f"/secrets/{name}", json={"value": value}, headers=headers, auth=JOHN), status)

    put("a secret", 201)
    put("a secret that replaces", 204)
    put("a secret of an older version", 412, **{"If-Match": '"never"'})
    put("a secret that is too long", 422, times=300)
    put("a secret with a name that is none", 404, name="a%20b")
    told.keep(client.get("/secrets/door", auth=JOHN), 200)
    told.keep(client.get("/secrets/door"), 401)
    told.keep(client.get("/secrets", auth=JOHN), 200)
    told.keep(client.delete("/secrets/door", auth=JOHN), 204)


def put_into_targets(client: httpx.Client, port: int, told: Told) -> None:
    for name in ("access_token", "token", "password", "api_key", "authorization"):
        for target in (*TARGETS[1:], "/articles", "/hello"):
            query = {name: told.word(f"the parameter {name} of {target}")}
            told.keep(client.get(target, params=query), 200, 400, 404, 503)
    told.keep(client.get("/echo", params={"authorization": "Basic " + base64("john:john")}), 200)
    told.keep(client.request("BREW", "/echo?token=" + told.word("a target with an unknown method")), 501)
    told.keep(client.post("/hello?token=" + told.word("a target with another method")), 405)
    unknown = "image/png; token=" + told.word("a media type")
    told.keep(client.get("/articles", headers={"Accept": unknown}), 406)
    told.keep(client.get("/articles?token=" + told.word("a target that is too long") + "x" * 9000), 414)
    absolute = f"http://john:{told.word('a target with credentials')}@localhost/hello"
    told.keep(ask(port, "GET", absolute, b"Host: localhost\r\n"), 200, 400, 404)
    host = f"Host: john:{told.word('a Host with credentials')}@localhost\r\n"
    told.keep(ask(port, "GET", "/hello", host.encode()), 400)
    with Connection(port) as slow:
        target = f"/echo?token={told.word('a target whose body does not come')}"
        slow.send(f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".encode())
        stopped = slow.answer()
        assert stopped
        told.keep(stopped, 408)


def fail(client: httpx.Client, url: str, told: Told) -> None:
    def put(way: str, status: int) -> None:
        told.keep(client.put("/secrets/other", json={"value": told.word(way)}, auth=ADMIN), status)

    with locked(url):
        put("a secret while the database is locked", 503)
    with connection(url) as db:
        for statement in BREAK[url.partition(":")[0]]:
            db.execute(statement)
    put("a secret that the server fails with", 500)


@contextmanager
def connection(url: str) -> Iterator[Any]:
    """A connection to the database by its driver, in autocommit mode."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as db:
            yield db
    else:
        with psycopg.connect(url, autocommit=True) as db:
            yield db


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold a lock that writing a secret needs."""
    with connection(url) as db:
        for statement in ["BEGIN IMMEDIATE"] if url.startswith("sqlite") else ["BEGIN", "LOCK TABLE secrets"]:
            db.execute(statement)
        yield
        db.execute("ROLLBACK")
