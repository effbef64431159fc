"""Methods, hosts and request targets (RFC 9110 §7, RFC 3986; CONTRACT §11)."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.targets import IANA_METHODS, exact_path, valid_host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "example.com:",
        "example.com:0",
        "example.com:65535",
        "example.com:00080",
        "a_b.example",
        "[::1]",
        "[::1]:8000",
        "[::ffff:192.0.2.1]",
        "[v1.fe80::a+en1]",
        "%C3%A9.example",
    ],
)
def test_a_host_is_taken(host: str) -> None:
    assert valid_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":8000",
        "a b",
        "a,b",
        "a, b",
        "user@host",
        "http://host",
        "host/path",
        "host?x",
        "host#x",
        "host:x",
        "host:-1",
        "host:65536",
        "host:123456",
        "host:80:80",
        "host:٨",
        "é.example",
        "%zz",
        "::1",
        "[::1",
        "[::1]x",
        "[:::1]",
        "[1]",
        "[fe80::1%25eth0]",
        "[localhost]",
        "host\n",
        "a\0",
        "a" * 256,
    ],
)
def test_an_invalid_host_is_refused(host: str) -> None:
    assert not valid_host(host)


def test_methods_are_those_that_requests_may_use() -> None:
    assert len(IANA_METHODS) == 39
    assert {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"} <= IANA_METHODS
    assert {"VERSION-CONTROL", "ACL", "UPDATEREDIRECTREF"} <= IANA_METHODS
    assert not {"BREW", "get", "PRI", "*", ""} & IANA_METHODS


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/?x=1", "/"),
        ("/articles/7?x=1", "/articles/7"),
        ("/articles/7?x=//..%2f%00", "/articles/7"),
        ("/articles/", "/articles/"),
        ("/.well-known/api-catalog", "/.well-known/api-catalog"),
        ("/a/.../b.", "/a/.../b."),
        ("/articles;v=1", "/articles;v=1"),
        ("/caf%C3%A9/%F0%9F%98%80", "/café/😀"),
        ("/%61rticles", "/articles"),
        ("/a%20b", "/a b"),
        ("/%2525", "/%25"),
        ("/%252e%252e", "/%2e%2e"),
        ("/%3F%23", "/?#"),
        ("/echo/!$&'()*+,;=:@", "/echo/!$&'()*+,;=:@"),
        ("http://host/articles/7?x=1", "/articles/7"),
        ("HTTPS://user@host:8000/a%20b", "/a b"),
        ("http://host", "/"),
        ("http://host?x=1", "/"),
        ("http://[::1]:8000/a", "/a"),
        # Raw UTF-8, as WSGI has it, and characters that browsers and Node send without encoding them.
        ("/é".encode().decode("latin-1"), "/é"),
        ("/é%2Eb/😀".encode().decode("latin-1"), "/é.b/😀"),
        ('/a|b[c]^d{e}"f', '/a|b[c]^d{e}"f'),
    ],
)
def test_a_valid_path_is_decoded_once(target: str, path: str) -> None:
    assert exact_path(target) == path


@pytest.mark.parametrize(
    "target",
    [
        "",
        "*",
        "articles",
        "host:80",
        "http://",
        "http:///articles",
        "ftp://host/articles",
        "//",
        "//articles",
        "/articles//7",
        "/articles//",
        "http://host//articles",
        "/.",
        "/..",
        "/./articles",
        "/articles/.",
        "/articles/../users",
        "/%2e",
        "/%2e%2e/users",
        "/%2E%2e%2fusers",
        "/.%2e/users",
        "/articles%2F7",
        "/articles%2f7",
        "/articles\\7",
        "/articles%5C7",
        "/%",
        "/%4",
        "/%zz",
        "/%u0041",
        "/a%00",
        "/a%0a",
        "/a%0D%0AX:y",
        "/a%7f",
        "/a%C2%85",
        "/%ff",
        "/%ed%a0%80",
        "/%c0%af",
        "/a b",
        "/a\0",
        "/a\n",
        "/articles\n",
        "/é",
        "/a#b",
        "/<a>",
        "/a|b^c`",
    ],
)
def test_a_path_that_cannot_name_a_resource_is_none(target: str) -> None:
    assert exact_path(target) is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b%2Fc%2fd?%2F", "/a/b/c/d"),
        ("http://host/a/b%2Fc", "/a/b/c"),
        ("/a%2Fb", None),
        ("/a%2Fb/c", None),
        ("/a/b%2F%2Fc", None),
        ("/a/%2Fb", None),
        ("/a/..%2Fb", None),
    ],
)
def test_an_encoded_slash_counts_behind_the_fixed_part(target: str, path: str | None) -> None:
    assert exact_path(target, fixed=2) == path


@given(st.text("/.%2eEfFcC3a9~-?:") | st.text())
def test_no_path_comes_out_that_two_readers_could_take_for_two(target: str) -> None:
    path = exact_path(target)
    if path is not None:
        assert path.startswith("/")
        assert "//" not in path
        assert "\\" not in path
        assert not {".", ".."} & set(path.split("/"))
        assert "Cc" not in {category(each) for each in path}
