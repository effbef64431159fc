"""The largest fields: the server limits the parsing of each, and each refusal is exact (CONTRACT §2, §11)."""

import pytest

from api.rules.fields import LISTS, MOST_MEMBERS
from tests.contract.expect import refused
from tests.contract.raw import ADMIN, HOST, ask
from tests.contract.routes import KNOWN, NEGOTIATED

pytestmark = pytest.mark.one_database

TOO_MANY = MOST_MEMBERS + 1


def values(name, number):
    """Values with so many separators: only commas, only semicolons, or both."""
    sound = {"Accept": "*/*", "If-Match": '"v1"', "If-None-Match": '"v9"', "Prefer": "wait=1"}.get(name, "a=b")
    return [",".join([sound] * (number + 1)), sound + ";" * number, sound + ",;" * (number // 2) + ";" * (number % 2)]


@pytest.mark.parametrize("name", LISTS.values())
def test_a_field_of_over_100_members_and_parameters_is_400(server, name):
    for value in values(name, TOO_MANY):
        problem = refused(
            ask(server.port, "GET", "/articles/1", ADMIN + f"{name}: {value}\r\n".encode()), 400, "invalid-header"
        )
        assert [(each["header"], each["code"]) for each in problem["errors"]] == [(name, "too_many")]


@pytest.mark.parametrize("name", [name for name in LISTS.values() if name != "If-Match"])
def test_a_field_of_100_members_and_parameters_is_read(server, name):
    for value in values(name, MOST_MEMBERS):
        assert ask(server.port, "GET", "/articles/1", ADMIN + f"{name}: {value}\r\n".encode()).status_code == 200


@pytest.mark.parametrize("route", NEGOTIATED)
def test_lines_of_one_field_are_counted_together(server, place, route):
    lines = b"Accept: application/json;q=0.5, application/json\r\n" * 50
    refused(ask(server.port, "GET", place(route), ADMIN + lines), 400, "invalid-header")


@pytest.mark.parametrize("route", KNOWN)
def test_fields_over_32_kib_together_are_431_and_ignored(server, place, route):
    lines = b"Accept: application/xml\r\nAuthorization: Basic !\r\n" + (b"X: " + b"a" * 16_000 + b"\r\n") * 2
    answer = ask(server.port, "GET", place(route), HOST + lines + b"Y: " + b"a" * 800 + b"\r\n")
    assert refused(answer, 431, "header-fields-too-large")["limit"] == 32_768


def test_options_reads_no_field(server):
    assert ask(server.port, "OPTIONS", "/articles", HOST + b"Accept: " + b"a/b," * 200 + b"\r\n").status_code == 204


@pytest.mark.parametrize("number", [1_000, 1_001])
def test_a_query_has_at_most_1000_parameters(server, number):
    answer = ask(server.port, "GET", "/echo?" + "&".join(["a=1"] * number))
    if number == 1_000:
        assert len(answer.json()["args"]["a"]) == 1_000
    else:
        refused(answer, 400, "invalid-parameter")
