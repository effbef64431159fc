"""Paths: converters with one spelling, other applications beside the API, and the prefix of links."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from api.app import create_app, find_loaders
from api.store import loading, migrating
from api.web.resource import Resource, answers
from config import Config
from tests.servers import JOHN
from tests.web.conftest import Serve

# Development accounts may sign in only from the same machine.
LOOPBACK = {"REMOTE_ADDR": "127.0.0.1"}

Settings = Callable[..., Config]


class Converted(Resource):
    """Returns what each converter makes of its segment."""

    paths = (
        "/int/<int:value>",
        "/float/<float:value>",
        "/id/<id:value>",
        "/path/<path:value>/end",
        "/text/<value>",
    )

    @answers(200)
    def get(self, value: Any) -> Any:
        """Return it."""
        return {"value": value, "type": type(value).__name__}, 200, {}


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("/int/0", 0, "int"),
        ("/int/42", 42, "int"),
        ("/float/0.5", 0.5, "float"),
        ("/float/-12.25", -12.25, "float"),
        ("/float/0.0", 0.0, "float"),
        ("/id/1", 1, "int"),
        ("/id/9223372036854775807", 2**63 - 1, "int"),
        ("/path/a/end", "a", "str"),
        ("/path/a/b/c/end", "a/b/c", "str"),
        ("/path/a%20b/%C3%A9/end", "a b/é", "str"),
        ("/text/a.b-c", "a.b-c", "str"),
        ("/text/42", "42", "str"),
    ],
)
def test_a_converter_gives_the_value_in_its_type(serve: Serve, path: str, value: Any, kind: str) -> None:
    answer = serve(Converted).get(path)
    assert (answer.status_code, answer.json) == (200, {"value": value, "type": kind})


@pytest.mark.parametrize(
    "path",
    [
        *(f"/int/{each}" for each in ("01", "-1", "+1", "1.0", "1e3", "%D9%A1", "%C2%B2", "x", "", "1/", "1%20")),
        *(
            f"/float/{each}"
            for each in ("1", "1.", ".5", "01.5", "+1.5", "1e3", "nan", "inf", "1.5.2", "1,5", "%D9%A1.5")
        ),
        *(f"/id/{each}" for each in ("0", "01", "-1", "9223372036854775808", "1" * 30, "1e3", "%D9%A1", "x")),
        *("/path//end", "/path/end", "/path/a%2Fb/end", "/path/../end", "/path/a//b/end", "/path/a/end/"),
        *("/text/", "/text/a/b", "/text/a%2Fb", "/text/a/", "/Text/a"),
    ],
)
def test_another_spelling_names_nothing(serve: Serve, path: str) -> None:
    answer = serve(Converted).get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("target", ["/text/\xe9", "/text/a?x=\xe9", "/nothing\xff", "/text/a?x=\xed\xa0\x80"])
def test_raw_bytes_that_are_not_utf_8_are_400(serve: Serve, target: str) -> None:
    """Granian refuses them by itself; other WSGI servers pass them on, one character for each byte."""
    answer = serve(Converted).get("/text/a", environ_overrides={"REQUEST_URI": target})
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-parameter")
    assert "UTF-8" in answer.json["detail"]


def test_a_resource_has_its_url_by_its_ids(settings: Settings) -> None:
    class Nested(Resource):
        paths = ("/shelves/<id:shelf_id>/books/<id:book_id>",)

    app = create_app(settings())
    with app.test_request_context("/"):
        assert Nested.url(3, 7) == "/shelves/3/books/7"
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/api"}):
        assert Nested.url(3, 7) == "/api/shelves/3/books/7"
    with create_app(settings(PUBLIC_URL="https://api.example.org/v/")).test_request_context("/"):
        assert Nested.url(3, 7) == "https://api.example.org/v/shelves/3/books/7"


def legacy(environ: dict, start_response: Callable) -> list[bytes]:
    """Another WSGI application, which shows where it is mounted."""
    start_response("203 Fine", [("Content-Type", "text/plain"), ("X-Legacy", "yes")])
    return [f"{environ['REQUEST_METHOD']} {environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]


def test_another_wsgi_application_answers_beside_the_api(settings: Settings) -> None:
    client = Client(create_app(settings(), mounts={"/legacy": legacy}))
    answer = client.post("/legacy/old/page")
    assert (answer.status_code, answer.text, answer.headers["X-Legacy"]) == (203, "POST /legacy /old/page", "yes")
    assert client.get("/legacy").text == "GET /legacy "
    assert client.get("/hello").json == {"hello": "John Doe"}
    assert client.get("/legacyish").status_code == 404


def test_a_flask_application_can_be_mounted_too(settings: Settings) -> None:
    other = Flask("other")
    other.add_url_rule("/", view_func=lambda: ("from Flask", 202))
    client = Client(create_app(settings(), mounts={"/other": other}))
    assert (client.get("/other/").status_code, client.get("/other/").text) == (202, "from Flask")
    assert client.get("/").json["name"] == "Touchstone"


@pytest.fixture
def migrated(settings: Settings) -> Settings:
    """Settings of a database with its tables and the development accounts."""
    database = create_app(settings()).services.database
    loaders = find_loaders()
    migrating.upgrade(database)
    loading.seed(database, loaders)
    database.close()
    return settings


def test_mounted_itself_every_link_has_the_prefix(migrated: Settings) -> None:
    app = create_app(migrated())
    client = Client(DispatcherMiddleware(legacy, {"/api": app}))
    for _ in range(2):
        made = client.post("/api/articles", json={"title": "t", "body": ""}, auth=JOHN, environ_base=LOOPBACK)
        assert made.status_code == 201
    place = f"/api/articles/{made.json['id']}"
    assert made.headers["Location"] == made.headers["Content-Location"] == place
    assert client.get(place).json == made.json
    assert client.get("/api/hello").headers["Link"].startswith("</api/>")
    page = client.get("/api/articles?limit=1")
    assert page.headers["Link"].startswith("</api/articles?limit=1>")
    assert "</api/articles?limit=1&cursor=" in page.headers["Link"]
    wrapped = client.get(place, headers={"Accept": "application/vnd.touchstone.v2+json"})
    assert wrapped.json["links"]["self"] == place
    assert client.get("/api/nothing").json["type"] == "/api/problems/not-found"
    assert all(link["href"].startswith("/api/") for link in client.get("/api/").json["links"].values())
    app.services.database.close()


def test_with_a_public_url_every_link_starts_with_it(migrated: Settings) -> None:
    app = create_app(migrated(PUBLIC_URL="https://api.example.org"))
    client = Client(app)
    for _ in range(2):
        sent = {"json": {"title": "t", "body": ""}, "headers": {"Host": "evil.example"}}
        made = client.post("/articles", **sent, auth=JOHN, environ_base=LOOPBACK)
    place = f"https://api.example.org/articles/{made.json['id']}"
    assert made.headers["Location"] == made.headers["Content-Location"] == place
    page = client.get("/articles?limit=1", headers={"Host": "evil.example"})
    assert page.headers["Link"].startswith("<https://api.example.org/articles?limit=1>")
    assert "evil" not in page.headers["Link"]
    assert client.get("/nothing").json["type"] == "https://api.example.org/problems/not-found"
    wrapped = client.get(f"/articles/{made.json['id']}", headers={"Accept": "application/vnd.touchstone.v2+json"})
    assert wrapped.json["links"]["self"] == place
    app.services.database.close()
