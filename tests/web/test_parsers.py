"""RequestParser: every location, strict checks, and all faults at once."""

import json
from typing import Annotated, Any

import pytest
from pydantic import Field

from api.rules.problems import (
    ContentTooLarge,
    Invalid,
    InvalidHeader,
    MalformedBody,
    MalformedJson,
    UnsupportedMediaType,
)
from api.web.fields import Flag, Strict, Whole
from api.web.parsers import RequestParser
from api.web.resource import Resource, answers
from tests.web.conftest import Serve

V2 = "application/vnd.touchstone.v2+json"
BODY = [ContentTooLarge, Invalid, InvalidHeader, MalformedBody, MalformedJson, UnsupportedMediaType]


class Part(Strict):
    """A part of the sent object."""

    name: str
    size: int = 1


class Thing(Strict):
    """The content of a JSON body."""

    name: Annotated[str, Field(min_length=1)]
    count: int = 0
    ratio: float = 0.5
    flag: bool = False
    parts: list[Part] = []


class Query(Strict):
    """The content of a query, a form, or header fields."""

    name: str = "nobody"
    count: Annotated[Whole, Field(le=10)] = 1
    flag: Flag = False


class Fields(Strict):
    """Header fields under their own names."""

    x_mine: Annotated[str, Field(alias="X-Mine")]
    x_count: Annotated[Whole, Field(alias="X-Count")] = 1


def parsed_by(parser: RequestParser, current: dict | None = None) -> type[Resource]:
    """A resource that returns what its parser returns."""

    class Parsed(Resource):
        paths = ("/parsed",)
        prefers = False

        @answers(200, takes=parser, refuses=BODY)
        def post(self) -> Any:
            return parser.parse_args(current), 200, {}

        put = post

    return Parsed


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.json["errors"]}


def test_json_is_given_with_its_defaults(serve: Serve) -> None:
    answer = serve(parsed_by(RequestParser(Thing))).post("/parsed", json={"name": "n", "parts": [{"name": "p"}]})
    assert answer.json == {"name": "n", "count": 0, "ratio": 0.5, "flag": False, "parts": [{"name": "p", "size": 1}]}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"name": 1}, "#/name"),
        ({"name": "n", "count": "1"}, "#/count"),
        ({"name": "n", "count": 1.0}, "#/count"),
        ({"name": "n", "count": True}, "#/count"),
        ({"name": "n", "flag": 1}, "#/flag"),
        ({"name": "n", "flag": "true"}, "#/flag"),
        ({"name": "n", "ratio": "0.5"}, "#/ratio"),
        ({"name": "n", "parts": {}}, "#/parts"),
        ({"name": "n", "parts": [{"name": "p"}, {"size": 1}]}, "#/parts/1/name"),
        ({"name": "n", "parts": [{"name": "p", "a/b": 1}]}, "#/parts/0/a~1b"),
        ({"name": None}, "#/name"),
        ({"Name": "n", "name": "n"}, "#/Name"),
        ([], "#"),
        (None, "#"),
        ("text", "#"),
        (5, "#"),
    ],
    ids=str,
)
def test_json_is_converted_into_nothing_else(serve: Serve, sent: Any, pointer: str) -> None:
    client = serve(parsed_by(RequestParser(Thing)))
    assert pointers(client.post("/parsed", data=json.dumps(sent), content_type="application/json")) == {pointer}


def test_every_fault_of_json_is_told_at_once(serve: Serve) -> None:
    sent = {"name": "", "count": "1", "flag": 0, "parts": [{}, {"name": 1, "x": 1}], "more": 1, "id": 5}
    answer = serve(parsed_by(RequestParser(Thing, read_only=("id",)))).post("/parsed", json=sent)
    expected = {"#/name", "#/count", "#/flag", "#/parts/0/name", "#/parts/1/name", "#/parts/1/x", "#/more", "#/id"}
    assert pointers(answer) == expected


@pytest.mark.parametrize(("sent", "status"), [(5, 200), (6, 422), ("5", 422), (5.5, 422), (None, 422)])
def test_a_read_only_member_passes_if_it_is_as_it_is(serve: Serve, sent: Any, status: int) -> None:
    client = serve(parsed_by(RequestParser(Thing, read_only=("id",)), current={"id": 5, "name": "old"}))
    answer = client.put("/parsed", json={"name": "n", "id": sent})
    assert answer.status_code == status
    assert "id" not in answer.json


def test_a_read_only_member_of_something_new_is_a_fault(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Thing, read_only=("id",))))
    assert pointers(client.post("/parsed", json={"name": "n", "id": None})) == {"#/id"}


def test_version_2_is_taken_out_of_its_envelope_and_answered_in_one(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Thing)))
    fields = {"Content-Type": V2, "Accept": V2}
    answer = client.post("/parsed", data=b'{"data": {"name": "n"}}', headers=fields)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, V2)
    assert set(answer.json) == {"data", "links", "meta"}
    assert answer.json["data"]["name"] == "n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"data": {"parts": [{}], "x": 1}}', {"#/data/name", "#/data/parts/0/name", "#/data/x"}),
        (b'{"data": []}', {"#/data"}),
        (b'{"data": null}', {"#/data"}),
        (b'{"data": {"name": "n", "id": 1}}', {"#/data/id"}),
    ],
)
def test_faults_in_version_2_point_into_the_envelope(serve: Serve, content: bytes, expected: set) -> None:
    client = serve(parsed_by(RequestParser(Thing, read_only=("id",))))
    assert pointers(client.post("/parsed", data=content, content_type=V2)) == expected


def test_a_query_is_read_by_its_types(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Query, location="args")))
    assert client.post("/parsed").json == {"name": "nobody", "count": 1, "flag": False}
    assert client.post("/parsed?count=10&flag=true&name=%C3%A9+x").json == {"name": "é x", "count": 10, "flag": True}


WRONG = ["count=11", "count=x", "count= 5", "count=05", "count=5.0", "count=", "flag=1", "flag=True", "more=1"]


@pytest.mark.parametrize("query", [*WRONG, "count=1&count=1"])
def test_a_bad_parameter_is_400_and_named(serve: Serve, query: str) -> None:
    answer = serve(parsed_by(RequestParser(Query, location="args"))).post(f"/parsed?{query}".replace(" ", "%20"))
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-parameter")
    assert [fault["parameter"] for fault in answer.json["errors"]] == [query.partition("=")[0]]


def test_every_bad_parameter_is_named_at_once(serve: Serve) -> None:
    answer = serve(parsed_by(RequestParser(Query, location="args"))).post("/parsed?count=x&flag=x&more=1&name=a&name=b")
    assert {fault["parameter"] for fault in answer.json["errors"]} == {"count", "flag", "more", "name"}


@pytest.mark.parametrize("multipart", [False, True])
def test_a_form_is_read_by_its_types(serve: Serve, multipart: bool) -> None:
    client = serve(parsed_by(RequestParser(Query, location="form")))
    content_type = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
    answer = client.post("/parsed", data={"name": "é & x", "count": "3", "flag": "true"}, content_type=content_type)
    assert answer.json == {"name": "é & x", "count": 3, "flag": True}


@pytest.mark.parametrize("form", [*WRONG, "count=1&count=1"])
def test_a_bad_field_of_a_form_is_422_at_its_pointer(serve: Serve, form: str) -> None:
    client = serve(parsed_by(RequestParser(Query, location="form")))
    answer = client.post("/parsed", data=form, content_type="application/x-www-form-urlencoded")
    assert pointers(answer) == {f"#/{form.partition('=')[0]}"}


def test_the_pointer_to_a_field_of_a_form_is_escaped(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Query, location="form")))
    answer = client.post("/parsed", data="a%2Fb~=1", content_type="application/x-www-form-urlencoded")
    assert pointers(answer) == {"#/a~1b~0"}


def test_a_form_is_415_where_json_is_asked_for_and_the_other_way_round(serve: Serve) -> None:
    form, body = (serve(parsed_by(RequestParser(model, place))) for model, place in ((Query, "form"), (Thing, "json")))
    assert form.post("/parsed", json={"name": "n"}).status_code == 415
    answer = body.post("/parsed", data={"name": "n"})
    assert answer.status_code == 415
    assert answer.headers["Accept-Post"].startswith("application/json")


def test_header_fields_are_read_whatever_their_case_and_others_let_be(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Fields, location="headers")))
    answer = client.post("/parsed", headers={"x-mine": "value", "X-COUNT": "7", "X-Other": "ignored"})
    assert answer.json == {"X-Mine": "value", "X-Count": 7}


def test_every_bad_header_field_is_named_at_once(serve: Serve) -> None:
    answer = serve(parsed_by(RequestParser(Fields, location="headers"))).post("/parsed", headers={"X-Count": "x"})
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-header")
    assert {fault["header"] for fault in answer.json["errors"]} == {"X-Mine", "X-Count"}


def test_a_body_over_the_cap_of_its_parser_is_413(serve: Serve) -> None:
    client = serve(parsed_by(RequestParser(Thing, cap=100)))
    assert client.post("/parsed", json={"name": "n" * 80}).status_code == 200
    answer = client.post("/parsed", json={"name": "n" * 100})
    assert (answer.status_code, answer.json["limit"]) == (413, 100)


def test_a_json_body_takes_no_query(serve: Serve) -> None:
    answer = serve(parsed_by(RequestParser(Thing))).post("/parsed?name=n", json={"name": "n"})
    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, "name")
