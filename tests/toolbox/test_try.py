"""The forms of the index page: the request and the answer as they are on the wire."""

import httpx
import pytest

from tests.pages.html import Document

pytestmark = pytest.mark.one_database


def tried(http: httpx.Client, **fields: str) -> tuple[str, str, str]:
    """The request and the answer that the page shows, and its note on the answer."""
    answer = http.post("/try", data=fields)
    assert answer.status_code == 200, answer.text
    elements = Document(answer.text).elements
    request, response = (each.text for each in elements if each.name == "code" and "HTTP/1.1" in each.text)
    note = next((each.text for each in elements if each.attributes.get("class") == "hint"), "")
    return request, response, note


def test_the_request_and_the_answer_are_shown(toolbox: httpx.Client, mount: str) -> None:
    fields = {"p.anything": "a b", "q.c": "d", "more": "e=f", "fields": "X-A: b\nAccept: text/plain", "body": "g=h"}
    request, answer, _ = tried(toolbox, id="post_anything_anything", **fields)
    host = f"{toolbox.base_url.host}:{toolbox.base_url.port}"
    assert request.startswith(f"POST {mount}/anything/a%20b?c=d&e=f HTTP/1.1\nhost: {host}\nx-a: b\naccept: text/plain")
    assert request.endswith("\n\ng=h")
    assert answer.startswith("HTTP/1.1 200 OK\n")
    assert '"X-A": "b"' in answer
    assert '"g": "h"' in answer


def test_credentials_of_the_page_are_not_sent(beside: httpx.Client) -> None:
    answer = beside.post("/try", data={"id": "get_headers"}, headers={"Authorization": "Bearer a-secret"})
    assert answer.status_code == 200
    assert "a-secret" not in answer.text


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"id": "get_delay_seconds", "p.seconds": "5"}, "A client gets this after 5 seconds."),
        ({"id": "get_bytes_n", "p.n": "70000", "q.seed": "1"}, "This is the start of the content: 65,536 bytes."),
    ],
)
def test_a_note_says_what_is_not_shown(beside: httpx.Client, fields: dict[str, str], note: str) -> None:
    assert tried(beside, **fields)[2] == note


@pytest.mark.parametrize("first", ["", "a"])
def test_a_text_may_be_cut_in_the_middle_of_a_character(beside: httpx.Client, first: str) -> None:
    _, answer, note = tried(beside, id="post_dump_request", body=first + "é" * 40_000)
    assert answer.count("é") > 30_000
    assert note == "This is the start of the content: 65,536 bytes."


@pytest.mark.parametrize("name", ["", "nothing", "post_try"])
def test_an_unknown_endpoint_is_404(beside: httpx.Client, name: str) -> None:
    answer = beside.post("/try", data={"id": name})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("typed", ["no colon", "a b: c", "a: \u0007", "\n".join(f"a{n}: b" for n in range(101))])
def test_wrong_header_fields_are_400(beside: httpx.Client, typed: str) -> None:
    answer = beside.post("/try", data={"id": "get_headers", "fields": typed})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-parameter")


def test_a_form_that_is_not_utf_8_is_400(beside: httpx.Client) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = beside.post("/try", content=b"id=%ff", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-body")
