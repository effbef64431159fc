"""Random requests: always an answer in time, never an internal error or HTML, and refusals are problems."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.expect import PROBLEM, standing
from tests.contract.raw import HOST, ask, exchange
from tests.contract.routes import EXAMPLES, make

bounded = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    # The server is not reset between examples, as in real use.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

PLACES = list(EXAMPLES.values())
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "CONNECT", "BREW", "get"]
TYPES = [
    "application/json",
    "application/merge-patch+json",
    "application/json-patch+json",
    "text/plain",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
    "application/vnd.touchstone.v2+json",
    "text/plain; charset=utf-16",
    "text/xml",
]
FIELDS = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Content-Type",
    "Content-Encoding",
    "Content-Digest",
    "Content-Disposition",
    "Content-Range",
    "Cookie",
    "Expect",
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Range",
    "Prefer",
    "X-Request-Id",
    "Authorization",
    "Forwarded",
    "Origin",
    "Referer",
    "Upgrade",
    "Want-Repr-Digest",
    "X-HTTP-Method-Override",
]
PARAMETERS = [
    "limit",
    "cursor",
    "sort",
    "fields",
    "count",
    "q",
    "title",
    "title:contains",
    "status:in",
    "author_id:lt",
    "created_at:gt",
    "size:lt",
    "media_type:contains",
    "tags",
    "name",
    "_",
    "username:startswith",
]

escaped = st.binary(max_size=12).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw))
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"#<>`{}\\^|?'), max_size=20)
segments = st.one_of(
    visible, escaped, st.sampled_from(["articles", "users", "echo", "problems", "hello", "0", "..", ""])
)
paths = st.lists(segments, max_size=5).map(lambda each: "/" + "/".join(each))
queries = st.lists(
    st.tuples(st.one_of(st.sampled_from(PARAMETERS), visible, escaped), st.one_of(visible, escaped)), max_size=4
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
texts = st.text(max_size=10)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
documents = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4))
)
MEMBERS = ["title", "body", "tags", "status", "id", "version", "value", "scopes", "expires_at", "username", "password"]
articles = st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, documents))
operations = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": st.sampled_from(["", "/", "/title", "/tags/0", "/tags/-", "/tags/9", "/id", "/~", "title"]),
    },
    optional={"value": documents, "from": st.sampled_from(["", "/title", "/tags", "/nothing"])},
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.one_of(documents, articles, st.lists(operations, max_size=4)).map(lambda value: json.dumps(value).encode()),
)


def judge(answer, *, said) -> None:
    """Assert the rules for every answer."""
    assert answer is not None, said
    assert answer.status_code < 500 or answer.status_code == 501, (answer.status_code, said)
    if said[1:2] == ("/docs",) and answer.status_code < 400:
        return  # a page, also for clients that accept anything
    assert "html" not in answer.headers.get("Content-Type", ""), said
    if answer.status_code == 400 and answer.headers.get("Connection") == "close" and not answer.content:
        return  # refused by Granian, before the application (CONTRACT §3)
    standing(answer)
    if answer.status_code >= 400 and "Content-Length" in answer.headers:
        assert answer.headers["Content-Type"] in (PROBLEM, "application/problem+xml"), said
        if answer.content and answer.headers["Content-Type"] == PROBLEM:
            assert answer.json()["status"] == answer.status_code


@bounded
@given(method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "TRACE", "BREW"]), path=paths, query=queries)
def test_any_path_and_query(server, method, path, query):
    target = f"{path}?{query}" if query else path
    judge(ask(server.port, method, target), said=(method, target))


@pytest.fixture
def things(article, user, token, secret, message, api) -> dict[str, Any]:
    """The ids of the resources in the example URLs."""
    space = make(api, "/spaces/<space:space_id>")
    named = {"article": article, "user": user, "token": token, "secret": secret, "message": message}
    return {name: thing["id"] for name, thing in named.items()} | {"made": space}


@pytest.fixture
def careful(api) -> bytes:
    """Host, and a token without the scope to change accounts: otherwise `DELETE /users/me` would end the test."""
    scopes = ["articles:write", "messages:write", "secrets:read", "secrets:write", "tokens:write", "admin"]
    token = api.post("/tokens", json={"scopes": scopes}).json()["token"]
    return HOST + f"Authorization: Bearer {token}\r\n".encode()


@bounded
@given(path=st.sampled_from(PLACES), query=queries)
def test_any_query_of_a_route(server, things, path, query):
    path = path.format(**things)
    judge(ask(server.port, "GET", f"{path}?{query}"), said=(path, query))


@bounded
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PLACES),
    fields=st.lists(st.tuples(st.sampled_from(FIELDS), values), max_size=6),
)
def test_any_fields(server, things, careful, method, path, fields):
    path = path.format(**things)
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in fields)
    judge(ask(server.port, method, path, careful + lines), said=(method, path, fields))


@pytest.mark.one_database
@bounded
@given(
    method=st.sampled_from(["POST", "PUT", "PATCH", "GET"]),
    path=st.sampled_from(PLACES),
    content_type=st.sampled_from(TYPES),
    body=bodies,
)
def test_any_body(server, things, careful, method, path, content_type, body):
    path = path.format(**things)
    fields = careful + f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n".encode()
    judge(ask(server.port, method, path, fields, body), said=(method, path, content_type, body))


@bounded
@given(noise=st.binary(min_size=1, max_size=200))
def test_any_bytes_at_all(server, noise):
    answer = exchange(server.port, noise + b"\r\n\r\n", end=True)
    if answer is not None:  # closing without an answer is right for bytes that are not HTTP
        judge(answer, said=noise)
