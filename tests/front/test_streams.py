"""HTTP/2 streams, fields and bodies, as the front gets them (RFC 9113)."""

import json

import pytest

from tests.front.conftest import Server, field_of, status_of
from tests.streams import Session

NO_ERROR, CANCEL = 0, 8  # RFC 9113 §7
LIMIT = 32 * 1024


@pytest.fixture
def session(server: Server):
    with Session(server.address[1]) as opened:
        yield opened


def large(size: int) -> list[tuple[str, str]]:
    """Fields of `size` bytes together, without `host` and its value, each of at most 10,000 bytes."""
    size -= len("hosttest")
    sizes = [10_000] * (size // 10_000) + [size % 10_000]
    return [(f"x-{number:03}", "a" * (each - 5)) for number, each in enumerate(sizes)]


def test_as_many_streams_are_answered_as_are_announced(session: Session) -> None:
    assert session.most_streams == 128
    opened = [session.open("GET", "/") for _ in range(session.most_streams)]
    assert {session.answer(number).status_code for number in opened} == {200}


def test_a_header_of_32_kib_is_taken_and_one_byte_more_is_431(session: Session) -> None:
    assert session.ask("GET", "/", *large(LIMIT)).status_code == 200
    refused = session.ask("GET", "/", *large(LIMIT + 1))
    assert (refused.status_code, refused.json()["limit"]) == (431, LIMIT)
    assert session.ask("GET", "/").status_code == 200


def test_over_http_1_1_a_header_has_the_same_limit(server: Server) -> None:
    def head(size: int) -> bytes:
        fields = [("host", "test"), *large(size)]
        return b"GET / HTTP/1.1\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in fields) + b"\r\n"

    assert status_of(server.exchange(head(LIMIT))) == 200
    refused = server.exchange(head(LIMIT + 1))
    assert (status_of(refused), field_of(refused, "connection")) == (431, "close")


def test_a_field_of_16_kib_is_taken_and_one_byte_more_is_431(session: Session) -> None:
    assert session.ask("GET", "/", ("x", "a" * 16_383)).status_code == 200
    refused = session.ask("GET", "/", ("x", "a" * 16_384))
    assert (refused.status_code, refused.json()["limit"]) == (431, 16_384)


def test_over_100_fields_are_431(session: Session) -> None:
    # `host` counts as the first.
    assert session.ask("GET", "/", *[("x", "1")] * 99).status_code == 200
    assert session.ask("GET", "/", *[("x", "1")] * 100).status_code == 431


def test_a_header_of_a_megabyte_is_refused_without_a_problem_and_others_are_served(server: Server) -> None:
    with Session(server.address[1]) as session, pytest.raises(ConnectionError):
        session.ask("GET", "/", *[(f"x-{number}", "a" * 10_000) for number in range(99)])
    assert status_of(server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")) == 200


@pytest.mark.parametrize("path", ["/", "/" + "a" * 9_000])
def test_refusals_for_size_look_at_no_field_but_origin(session: Session, path: str) -> None:
    fields = [("accept", "application/xml"), ("x-request-id", "mine"), ("cookie", "a" * 16_384)]
    refused = session.ask("GET", path, *fields)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-request-id"] != "mine"


def test_split_cookies_are_joined_as_one(session: Session) -> None:
    shown = session.ask("GET", "/", ("cookie", "a=1"), ("cookie", "b=2"), ("x", "1"), ("x", "2")).json()
    assert (shown["HTTP_COOKIE"], shown["HTTP_X"]) == ("a=1; b=2", "1, 2")


def test_all_lines_of_cookie_are_one_field(session: Session) -> None:
    crumbs = [("cookie", f"c{number:03}=1") for number in range(150)]
    assert len(session.ask("GET", "/", *crumbs).json()["HTTP_COOKIE"].split("; ")) == 150
    # Of the 16,384 bytes, the name takes 6, and each separator between the lines 2.
    longest = [("cookie", "a" * 8_000), ("cookie", "b" * 8_376)]
    assert session.ask("GET", "/", *longest).status_code == 200
    refused = session.ask("GET", "/", *longest, ("cookie", ""))
    assert (refused.status_code, refused.json()["limit"]) == (431, 16_384)


def test_the_host_is_the_authority(session: Session) -> None:
    shown = session.ask("GET", "/", authority="example.org:81").json()
    assert shown["HTTP_HOST"] == "example.org:81"
    assert session.ask("GET", "/", ("host", "example.org"), authority="").json()["HTTP_HOST"] == "example.org"
    assert session.ask("GET", "/", authority="").status_code == 400
    assert session.ask("GET", "/", authority="a,b").status_code == 400


def test_a_host_beside_the_authority_hides_it(session: Session) -> None:
    """RFC 9113 §8.3.1 requires 400 if they differ, but Granian shows only one. This test notices if that changes."""
    assert session.ask("GET", "/", ("host", "other"), authority="test").json()["HTTP_HOST"] == "other"


def test_a_body_without_a_length_may_be_cut(session: Session) -> None:
    opened = session.open("POST", "/", end=False)
    session.send(opened, b"abc", end=True)
    shown = session.answer(opened).json()
    assert (shown["body_length"], shown["touchstone.may_be_cut"]) == (3, True)


def test_a_body_with_a_length_and_no_body_are_whole(session: Session) -> None:
    opened = session.open("POST", "/", ("content-length", "3"), end=False)
    session.send(opened, b"abc", end=True)
    assert "touchstone.may_be_cut" not in session.answer(opened).json()
    assert session.ask("POST", "/").json()["touchstone.may_be_cut"] is False


@pytest.mark.parametrize("code", [NO_ERROR, CANCEL])
def test_a_body_shorter_than_its_length_never_reaches_the_application(server: Server, code: int) -> None:
    path = f"/short/{code}"
    with Session(server.address[1]) as session:
        opened = session.open("POST", path, ("content-length", "6"), end=False)
        session.send(opened, b"abc", end=False)
        session.reset(opened, code)
        # The next request is read after the reset.
        assert path not in session.ask("GET", "/").json()["calls"]
    assert (
        path not in json.loads(server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").partition(b"\r\n\r\n")[2])["calls"]
    )
