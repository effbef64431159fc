"""All forms of a method's return value, and what is refused (requests 2 and 3 of the project's brief)."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from flask import Response, stream_with_context
from werkzeug.exceptions import BadRequest, ImATeapot

from api.rules.problems import Conflict, Forbidden
from api.watch.logs import JsonFormatter
from api.web.resource import LostRace, Resource, answers
from tests.web.conftest import Serve


def resource_that(answer: Any, status: int = 200, **options: Any) -> type[Resource]:
    """Create a resource at `/thing` whose GET and POST return this."""

    class Thing(Resource):
        paths = ("/thing",)

        @answers(status, **options)
        def get(self) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        post = get

    return Thing


@pytest.mark.parametrize("status", [200, HTTPStatus.OK])
def test_data_status_and_header_fields_are_an_answer(serve: Serve, status: int) -> None:
    answer = serve(resource_that(({"a": 1}, status, {"X-Mine": "yes"}))).get("/thing")
    assert (answer.status_code, answer.json) == (200, {"a": 1})
    assert answer.headers["X-Mine"] == "yes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("status", [201, HTTPStatus.CREATED])
def test_a_named_status_is_as_good_as_a_number(serve: Serve, status: int) -> None:
    answer = serve(resource_that(({"a": 1}, status, {"Location": "/thing"}), 201)).post("/thing")
    assert answer.status == "201 CREATED"
    assert answer.headers["Content-Location"] == "/thing"


def test_no_data_is_no_content_and_no_type(serve: Serve) -> None:
    answer = serve(resource_that((None, HTTPStatus.NO_CONTENT, {}), 204)).post("/thing")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    "answer",
    [
        {"a": 1},
        "text",
        None,
        ({"a": 1},),
        ({"a": 1}, 200),
        ({"a": 1}, {"X-Mine": "yes"}),
        ({"a": 1}, 200, {}, "more"),
        [{"a": 1}, 200, {}],
        ({"a": 1}, "200", {}),
        ({"a": 1}, "200 OK", {}),
        ({"a": 1}, 200.0, {}),
        ({"a": 1}, True, {}),
        ({"a": 1}, None, {}),
        ({"a": 1}, {}, 200),
        ({"a": 1}, 200, None),
        ({"a": 1}, 200, [("X-Mine", "yes")]),
        ({"a": 1}, 200, "X-Mine: yes"),
    ],
    ids=str,
)
def test_anything_else_is_refused_with_a_sentence_that_says_what_to_write(
    serve: Serve, log: pytest.LogCaptureFixture, answer: Any
) -> None:
    refused = serve(resource_that(answer)).get("/thing")
    assert refused.status_code == 500
    assert "Return (data, status, headers)" not in refused.text
    assert "Thing.get" in log.text
    assert "Return (data, status, headers), for example: return article, 200, {}" in log.text


def test_a_status_in_a_string_is_refused_with_a_hint_to_named_statuses(
    serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    serve(resource_that(({"a": 1}, "201", {}))).get("/thing")
    assert "Use an int or http.HTTPStatus" in log.text


def test_a_ready_response_passes_as_it_is(serve: Serve) -> None:
    ready = Response(b"\x00\x01", 202, {"Content-Type": "image/png", "Cache-Control": "no-store"})
    answer = serve(resource_that(ready, 202)).get("/thing")
    assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (202, b"\x00\x01", "image/png")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_ready_response_has_the_fields_of_every_answer(serve: Serve) -> None:
    answer = serve(resource_that(Response(b"x", 200))).get("/thing", headers={"X-Request-Id": "mine"})
    assert answer.headers["X-Request-Id"] == "mine"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert {"Vary", "Cache-Control"} <= set(answer.headers.keys())


def test_a_streamed_response_passes(serve: Serve) -> None:
    class Stream(Resource):
        paths = ("/stream",)

        @answers(200)
        def get(self) -> Response:
            return Response(stream_with_context(f"{number}\n" for number in range(3)), mimetype="text/plain")

    assert serve(Stream).get("/stream").text == "0\n1\n2\n"


def test_a_refusal_that_is_declared_is_its_problem(serve: Serve) -> None:
    answer = serve(resource_that(Conflict("Taken.", existing="/thing/1"), refuses=[Conflict])).get("/thing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert (answer.json["type"], answer.json["detail"]) == ("/problems/conflict", "Taken.")
    assert answer.json["existing"] == "/thing/1"


@pytest.mark.parametrize("answer", [({"a": 1}, 202, {}), (None, 204, {}), Response(b"", 202), Forbidden()], ids=str)
def test_in_testing_an_answer_that_is_not_declared_is_a_fault(
    serve: Serve, log: pytest.LogCaptureFixture, answer: Any
) -> None:
    assert serve(resource_that(answer)).get("/thing").status_code == 500
    assert "UndeclaredAnswer" in log.text
    assert "which is not declared" in log.text


def test_in_production_an_answer_that_is_not_declared_is_sent(serve: Serve) -> None:
    settings = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "a secret for tests, and none to keep"}
    answer = serve(resource_that(({"a": 1}, 202, {})), **settings).get("/thing")
    assert (answer.status_code, answer.json) == (202, {"a": 1})
    assert serve(resource_that(Forbidden()), **settings).get("/thing").status_code == 403


def test_a_fault_nobody_foresaw_tells_nothing_but_the_request_id(serve: Serve, log: pytest.LogCaptureFixture) -> None:
    fault = ValueError("SELECT secret FROM users; /srv/app/resources/thing.py")
    answer = serve(resource_that(fault)).get("/thing", headers={"X-Request-Id": "trace-me"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"] == "trace-me"
    assert set(answer.json) == {"type", "title", "status", "detail", "instance"}
    assert (answer.json["type"], answer.json["instance"]) == ("/problems/internal-error", "trace-me")
    for secret in ("SELECT", "secret", "ValueError", "Traceback", ".py"):
        assert secret not in answer.text
    (line,) = [json.loads(JsonFormatter().format(record)) for record in log.records]
    assert (line["level"], line["request_id"]) == ("error", "trace-me")
    assert "Traceback" in line["trace"]
    assert "SELECT secret" in line["trace"]


FAULTS = [KeyError("x"), RecursionError(), AssertionError(), TypeError(), OSError(), StopIteration()]


@pytest.mark.parametrize("fault", [*FAULTS, BadRequest(), ImATeapot()], ids=repr)
def test_no_fault_escapes(serve: Serve, log: pytest.LogCaptureFixture, fault: Exception) -> None:
    assert serve(resource_that(fault)).get("/thing").json["type"] == "/problems/internal-error"
    (record,) = log.records
    assert record.exc_info


def test_data_that_no_representation_can_hold_is_a_500(serve: Serve, log: pytest.LogCaptureFixture) -> None:
    for accept in ("application/json", "application/xml"):
        answer = serve(resource_that(({"a": object()}, 200, {}))).get("/thing", headers={"Accept": accept})
        assert answer.status_code == 500
    assert "Traceback" in log.text


@pytest.mark.parametrize("losses", [1, 2, 4])
def test_a_method_that_lost_a_race_runs_again(serve: Serve, losses: int) -> None:
    runs = []

    class Contested(Resource):
        paths = ("/contested",)

        @answers(200)
        def put(self) -> Any:
            runs.append(1)
            if len(runs) <= losses:
                raise LostRace
            return {"runs": len(runs)}, 200, {}

    assert serve(Contested).put("/contested").json == {"runs": losses + 1}


def test_head_runs_get_and_has_no_content(serve: Serve) -> None:
    answer = serve(resource_that(({"a": 1}, 200, {}))).head("/thing")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Type"] == "application/json"


def test_the_representation_is_chosen_before_the_method_runs(serve: Serve) -> None:
    ran = []

    class Careful(Resource):
        paths = ("/careful",)

        @answers(201)
        def post(self) -> Any:
            ran.append(1)
            return {}, 201, {}

    assert serve(Careful).post("/careful", headers={"Accept": "image/png"}).status_code == 406
    assert ran == []
