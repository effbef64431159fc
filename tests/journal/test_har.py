"""The journal as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""

from typing import Any

import httpx
import jsonschema
import pytest

from tests.resources.making import refused
from tests.resources.spaces.making import Space

pytestmark = pytest.mark.one_database


def record(required: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required}


TEXT, NUMBER = {"type": "string"}, {"type": "number", "minimum": -1}
TIME = {"type": "number", "minimum": 0}
PAIRS = {"type": "array", "items": record({"name": TEXT, "value": TEXT})}
SIZES = {"headersSize": NUMBER, "bodySize": NUMBER}
MESSAGE = {"httpVersion": TEXT, "cookies": PAIRS, "headers": PAIRS, **SIZES}
REQUEST = record({"method": TEXT, "url": {"pattern": "^http"}, "queryString": PAIRS, **MESSAGE})
# What the specification requires.
SCHEMA = record(
    {
        "log": record(
            {
                "version": {"const": "1.2"},
                "creator": record({"name": TEXT, "version": TEXT}),
                "entries": {
                    "type": "array",
                    "items": record(
                        {
                            "startedDateTime": {"type": "string", "format": "date-time"},
                            "time": TIME,
                            "request": record(
                                {"method": TEXT, "url": {"pattern": "^http"}, "queryString": PAIRS, **MESSAGE}
                            ),
                            "response": record(
                                {
                                    "status": {"type": "integer"},
                                    "statusText": TEXT,
                                    "content": record({"size": NUMBER, "mimeType": TEXT}),
                                    "redirectURL": TEXT,
                                    **MESSAGE,
                                }
                            ),
                            "cache": {"type": "object"},
                            "timings": record({"send": TIME, "wait": TIME, "receive": TIME}),
                        }
                    ),
                },
            }
        )
    }
)


def exported(space: Space, **query: str) -> list[dict[str, Any]]:
    answer = space.control.get(f"{space.place}/journal.har", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{space.id}.har"'
    jsonschema.validate(answer.json(), SCHEMA)
    found: list[dict[str, Any]] = answer.json()["log"]["entries"]
    return found


def test_an_empty_journal_is_a_har_document(space: Space) -> None:
    assert exported(space) == []


def test_requests_and_answers(space: Space) -> None:
    space.anonymous.get("/hello?name=Ada%20L", headers={"Cookie": "a=1; b=2"})
    body = '{"title": "A"}'
    space.anonymous.post("/articles", content=body, headers={"Content-Type": "application/json"})
    space.anonymous.post("/echo", content=b"\xff", headers={"Content-Type": "application/octet-stream"})
    with pytest.raises(httpx.RemoteProtocolError):
        space.anonymous.get("/hello", headers={"Touchstone-Fault": "cut;at=before"})
    hello, refusal, binary, cut = exported(space)
    assert hello["request"]["url"] == f"{space.url}/hello?name=Ada%20L"
    assert hello["request"]["queryString"] == [{"name": "name", "value": "Ada L"}]
    assert [each["name"] for each in hello["request"]["cookies"]] == ["a", "b"]
    assert hello["response"]["content"]["text"] == '{"hello":"Ada L"}'
    assert refusal["request"]["postData"] == {"mimeType": "application/json", "text": body}
    assert (refusal["request"]["bodySize"], refusal["response"]["status"]) == (len(body), 401)
    assert refusal["response"]["statusText"] == "Unauthorized"
    assert (binary["request"]["postData"]["text"], binary["request"]["postData"]["encoding"]) == ("/w==", "base64")
    assert (cut["response"]["status"], cut["_sent"], cut["_fault"]) == (0, "cut", "header")


def test_filters(space: Space) -> None:
    for path in ("/hello", "/articles/1", "/hello"):
        space.anonymous.get(path)
    assert [each["_n"] for each in exported(space, path="/hello", since="1")] == [3]
    refused(space.control.get(f"{space.place}/journal.har?limit=1"), 400, "invalid-parameter")


def test_it_has_a_tag(space: Space) -> None:
    place = f"{space.place}/journal.har"
    tag = space.control.get(place).headers["ETag"]
    assert space.control.get(place, headers={"If-None-Match": tag}).status_code in (200, 304)  # others use the journal
    space.anonymous.get("/hello")
    assert space.control.get(place, headers={"If-None-Match": tag}).status_code == 200
