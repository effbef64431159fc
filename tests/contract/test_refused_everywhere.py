"""Refusals that are the same for every route and method; and the representations of every write."""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.rules.problems import MalformedJson, PreconditionFailed
from api.web.declared import Declared, declared_by
from tests.contract.expect import refused, standing
from tests.contract.keys import effects
from tests.contract.raw import ADMIN, CREDENTIALS, ask
from tests.contract.routes import KNOWN, PROBES, ROUTES, every
from tests.servers import Server

pytestmark = pytest.mark.one_database

OPERATIONS = every(KNOWN)
LIMITED = [(route, method) for route, method in OPERATIONS if route not in PROBES]
MIB = 1024 * 1024


def declared(route: str, method: str) -> Declared:
    found = declared_by(ROUTES[route], method)
    assert found
    return found


def check(answer: httpx.Response, method: str, status: int, slug: str) -> None:
    """Assert that this is that refusal; for HEAD only its fields."""
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
        standing(answer)
    else:
        refused(answer, status, slug)


@pytest.mark.parametrize(("route", "method"), LIMITED)
def test_two_authorization_lines_are_400(server, place, route, method):
    check(ask(server.port, method, place(route), ADMIN + CREDENTIALS), method, 400, "invalid-header")


@pytest.mark.parametrize(("route", "method"), sorted(set(OPERATIONS) - set(LIMITED)))
def test_probes_ignore_two_authorization_lines(server, place, route, method):
    assert ask(server.port, method, place(route), ADMIN + CREDENTIALS).status_code == 200


@pytest.mark.parametrize(("route", "method"), OPERATIONS)
def test_a_parameter_that_is_not_text_is_400(send, route, method):
    check(send(route, method, "?a=%ff"), method, 400, "invalid-parameter")


def without_looking(route: str, method: str) -> bool:
    """Whether a method accepts any path: PUT creates an absent client-named resource."""
    makes = method == "PUT" and declared(route, method).status == HTTPStatus.CREATED
    return makes or "<" not in route or route.startswith(("/echo", "/status"))


@pytest.mark.parametrize(("route", "method"), [each for each in OPERATIONS if not without_looking(*each)])
def test_an_absent_resource_is_404(api, route, method):
    absent = re.sub("<id:[^>]*>", "999999999", re.sub("<uuid:[^>]*>", str(uuid4()), route))
    check(api.request(method, re.sub("<[^>]*>", "1", absent)), method, 404, "not-found")


def test_over_the_limit_any_request_is_429_and_nothing_is_done(migrated_database: Callable[[], str], tmp_path: Path):
    limited = Server(tmp_path / "log", "--database", migrated_database(), RATE_LIMIT="1/hour")
    with httpx.Client(base_url=limited.url, auth=("admin", "secret"), trust_env=False) as client:
        assert client.get("/hello").status_code == 200
        before = effects(limited)
        for route, method in LIMITED:
            path = re.sub("<[^>]*>", "1", re.sub("<uuid:[^>]*>", str(uuid4()), route))
            answer = client.request(method, path, json={"title": "a", "body": ""})
            check(answer, method, 429, "rate-limited")
        assert effects(limited) == before
    assert limited.stop() == 0


def test_probes_are_never_429(migrated_database: Callable[[], str], tmp_path: Path):
    limited = Server(tmp_path / "log", "--database", migrated_database(), RATE_LIMIT="1/hour", LOGIN_LIMIT="1/hour")
    with httpx.Client(base_url=limited.url, trust_env=False) as client:
        for route, method in set(OPERATIONS) - set(LIMITED):
            for credentials in (None, ("admin", "wrong"), ("admin", "wrong"), ("admin", "secret")):
                assert client.request(method, route, auth=credentials).status_code == 200
    assert limited.stop() == 0


TAGGED = [
    (route, method)
    for route, method in OPERATIONS
    if method in ("GET", "HEAD")
    and (ROUTES[route].caching != "no-store" or PreconditionFailed in declared(route, method).refuses)
]


@pytest.mark.parametrize(("route", "method"), TAGGED)
def test_a_read_is_304_with_its_tag_and_412_with_another(api, place, route, method):
    url = place(route)
    tag = api.get(url).headers["ETag"]
    assert api.request(method, url, headers={"If-None-Match": tag}).status_code == 304
    check(api.request(method, url, headers={"If-Match": '"none"'}), method, 412, "precondition-failed")


# Bodies: every method parses JSON equally strictly.

FAULTS = {
    "malformed-json": (400, b"{", {}),
    "invalid": (422, b'{"a": "\\u0000"}', {}),
    # Parsers of JSON read this number differently. /echo shows its digits.
    "invalid number": (422, b"9007199254740993", {}),
    "content-too-large": (413, b" " * (MIB + 1), {}),
    "unsupported-encoding": (415, b"{}", {"Content_Encoding": "br"}),
    "malformed-body": (400, b"{}", {"Content_Encoding": "gzip"}),
    "unsupported-media-type": (415, b"{}", {"Content_Type": "image/png"}),
}
WRONG = [
    (route, method, fault)
    for route, method in OPERATIONS
    if MalformedJson in declared(route, method).refuses and route != "/messages"
    for fault in FAULTS
    if fault.partition(" ")[0] in {each.slug for each in declared(route, method).refuses}
    and not (fault == "invalid number" and route.startswith("/echo"))
    # The collections of a space may have as many bytes as any body; tests/resources/spaces/test_refusals.py sends more.
    and not (fault == "content-too-large" and route in ("/spaces", "/spaces/<space:space_id>"))
]


@pytest.mark.parametrize(("route", "method", "fault"), WRONG)
def test_a_bad_body_is_refused_with_its_specific_problem(send, route, method, fault):
    status, content, fields = FAULTS[fault]
    check(send(route, method, content=content, **fields), method, status, fault.partition(" ")[0])


# Answers


WRITES = [each for each in every(KNOWN, content=True) if each[1] not in ("GET", "HEAD")]


@pytest.mark.parametrize(
    ("route", "method", "kind"), [(route, method, kind) for route, method in WRITES for kind in ROUTES[route].writes]
)
def test_a_write_answers_in_each_representation_that_it_offers(send, route, method, kind):
    answer = send(route, method, Accept=kind)
    assert answer.is_success
    # A replacement can be 204.
    assert answer.status_code == 204 or answer.headers["Content-Type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    ("route", "method"),
    [
        (route, method)
        for route, method in WRITES
        if method in ("PUT", "PATCH") and ROUTES[route].prefers and declared(route, method).status == HTTPStatus.OK
    ],
)
def test_a_change_with_return_minimal_has_no_content(send, route, method):
    answer = send(route, method, Prefer="return=minimal")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
