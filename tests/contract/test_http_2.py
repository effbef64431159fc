"""HTTP/2 to the real server: cut uploads are never stored, and split fields are joined."""

import base64

import pytest

from tests.contract.expect import refused
from tests.contract.routes import FORMS, KNOWN, every, sound
from tests.streams import Session

pytestmark = pytest.mark.one_database

ADMIN = ("authorization", "Basic " + base64.b64encode(b"admin:secret").decode())
NO_ERROR, CANCEL = 0, 8  # RFC 9113 §7
# /echo returns its input, and stores nothing.
STORING = [
    (route, method)
    for route, method in every([*KNOWN, *FORMS])
    if sound(route, method) and not route.startswith(("/echo", "/status"))
]


@pytest.fixture
def session(server):
    with Session(server.port) as opened:
        yield opened


def opened(session, route, method, place, *fields):
    """Send a valid request without its end; return its stream."""
    needed = sound(route, method)
    content_type = ("content-type", needed["headers"]["Content-Type"])
    stream = session.open(method, place(route), ADMIN, content_type, *fields, end=False)
    session.send(stream, needed["content"] or b"_token=a", end=False)
    return stream


@pytest.mark.parametrize(("route", "method"), STORING)
def test_a_stored_body_needs_a_length(session, place, route, method):
    stream = opened(session, route, method, place)
    session.send(stream, b"", end=True)
    refused(session.answer(stream), 411, "length-required")


@pytest.mark.parametrize("code", [NO_ERROR, CANCEL])
@pytest.mark.parametrize(("path", "content_type"), [("/messages", "text/plain"), ("/articles", "application/json")])
def test_an_upload_that_was_reset_is_not_stored(session, api, code, path, content_type):
    def total():
        return api.get(path, params={"count": "true", "limit": 1}).json()["total"]

    before = total()
    stream = session.open("POST", path, ADMIN, ("content-type", content_type), end=False)
    session.send(stream, b'{"title": "Cut", "body": "A body"}', end=False)
    session.reset(stream, code)
    assert session.ask("GET", "/hello").status_code == 200
    assert total() == before


def test_echo_shows_a_body_without_a_length(session):
    stream = session.open("POST", "/echo", ("content-type", "text/plain"), end=False)
    session.send(stream, b"abc", end=True)
    assert session.answer(stream).json()["text"] == "abc"


def test_echo_shows_split_cookies_as_one(session):
    shown = session.ask("GET", "/echo", ("cookie", "a=1"), ("cookie", "b=2"), ("x", "1"), ("x", "2")).json()
    assert (shown["headers"]["cookie"], shown["headers"]["x"]) == ("a=1; b=2", "1, 2")
