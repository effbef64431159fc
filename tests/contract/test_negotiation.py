"""Accept (CONTRACT §8): its table, on an item, a list, `/hello`, `/echo` and an error; and each representation."""

import csv
import io
import json

import pytest

from tests.contract.accepts import BAD_MEMBERS, NOT_OFFERED
from tests.contract.expect import PROBLEM, refused, standing
from tests.contract.raw import ADMIN, ask
from tests.contract.routes import NEGOTIATED, ROUTES, VERBATIM
from tests.contract.xml_text import members

pytestmark = pytest.mark.one_database

JSON = "application/json"
V1 = "application/vnd.touchstone.v1+json"
V2 = "application/vnd.touchstone.v2+json"
XML = "application/xml"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
TEXT = "text/plain"
PROBLEM_XML = "application/problem+xml"
SERVED = ["/articles/<id:article_id>", "/articles", "/hello", "/echo", "/users/<id:user_id>", "/users", "/"]


def got(server, path: str, *accept: str):
    """A GET with these Accept lines and no other field."""
    fields = b"".join(b"Accept: " + each.encode("latin-1") + b"\r\n" for each in accept)
    return ask(server.port, "GET", path, ADMIN + fields)


def type_of(answer) -> str:
    return answer.headers["Content-Type"].partition(";")[0]


NO_WISH = [(), ("",), ("*/*",), ("application/*",), ("*/*;q=0.001",), ("APPLICATION/*",), ("*/*", "a/b"), (" , ,",)]


@pytest.mark.parametrize("route", SERVED)
def test_the_default_is_json(server, place, route):
    for accept in NO_WISH:
        answer = got(server, place(route), *accept)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON), accept
        assert "Accept" in answer.headers["Vary"]
        answer.json()


@pytest.mark.parametrize("route", SERVED)
def test_an_unavailable_type_is_406(server, place, route):
    for accept in NOT_OFFERED:
        answer = got(server, place(route), accept)
        assert answer.status_code == 406, accept
        if "problem+xml" in accept:
            assert type_of(answer) == PROBLEM_XML
            continue
        assert refused(answer, 406, "not-acceptable", accept)["available"] == list(ROUTES[route].reads)


@pytest.mark.parametrize("route", SERVED)
@pytest.mark.parametrize("accept", ["application/json;q=0, */*", "*/*, application/json;q=0.0"])
def test_json_refused_and_anything_allowed_is_another_offer(server, place, route, accept):
    answer = got(server, place(route), accept)
    assert answer.status_code == 200
    assert type_of(answer) == ROUTES[route].reads[1]


@pytest.mark.parametrize("route", SERVED)
def test_bad_members_are_dropped_and_an_empty_rest_is_as_absent(server, place, route):
    for accept in BAD_MEMBERS:
        answer = got(server, place(route), accept)
        assert (answer.status_code, type_of(answer)) == (200, JSON), accept


@pytest.mark.crossed
@pytest.mark.parametrize("route", SERVED)
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        # a good member beside bad ones
        ("garbage, application/xml", XML),
        ("application/json;q=2, application/xml", XML),
        ("*/json, application/xml;q=0.1", XML),
        # weights
        ("application/json;q=0.5, application/xml", XML),
        ("application/json;q=0.5, application/xml;q=0.501", XML),
        ("application/xml;q=0.9, application/json;q=0.8, */*;q=0.1", XML),
        ("image/png, application/xml;q=0.001", XML),
        ("application/xml;Q=0.2, application/json;q=0.1", XML),
        # weights outside the grammar that clients send
        ("application/json;q=.2, application/xml;q=.3", XML),
        ("application/json;q=0.9, application/xml;q=1.", XML),
        ("application/json;q=0., application/xml;q=0.1", XML),
        ("application/json;q=0.1234, application/xml;q=0.1235", XML),
        ("image/gif, *; q=.2, application/xml; q=.2", XML),
        # parameters that distinguish no offer are ignored
        ("application/json;indent=4", JSON),
        ("application/json; version=9", JSON),
        ("application/xml;level=1;q=0.4, application/json;charset=latin1;q=0.3", XML),
        ("application/xml;charset=anything", XML),
        (f"{V2};profile=a", V2),
        # equal weights: the server's order
        ("application/xml, application/json", JSON),
        ("application/xml;q=0.5, application/json;q=0.5", JSON),
        (f"application/xml, {V2}", V2),
        (f"{V2}, {V1}", V1),
        ("application/xml, */*", JSON),
        # the most specific range applies
        ("*/*, application/json;q=0.5, application/vnd.touchstone.v1+json;q=0.1", V2),
        ("application/*;q=0.2, application/xml;q=0.9", XML),
        ("application/xml;q=0.1, application/*;q=0.5", JSON),
        ("*/*;q=0.9, application/*;q=0.1, application/xml;q=0.5", None),
        # each by its name, in any case
        (V1, V1),
        (V2, V2),
        (XML, XML),
        ("Application/XML", XML),
        ("application/json ; q=0.3 , application/xml\t;\tq=0.4", XML),
        ('application/xml;q=1, image/png;note="a, application/json"', XML),
    ],
)
def test_weights_decide_then_the_servers_order(server, place, route, accept, chosen):
    answer = got(server, place(route), accept)
    assert answer.status_code == 200
    if chosen is None:  # text is preferred, where there is any
        chosen = next((offer for offer in ROUTES[route].reads if offer.startswith("text/")), XML)
    assert type_of(answer) == chosen


@pytest.mark.parametrize("route", [route for route in NEGOTIATED if XML in ROUTES[route].reads])
def test_several_lines_are_one_list(server, place, route):
    assert type_of(got(server, place(route), "application/json;q=0.1", "application/xml")) == XML


@pytest.mark.crossed
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", *NOT_OFFERED, *BAD_MEMBERS])
@pytest.mark.parametrize("route", VERBATIM)
def test_stored_content_is_served_regardless_of_accept(server, api, place, route, accept):
    plain, answer = api.get(place(route)), got(server, place(route), accept)
    assert (answer.status_code, answer.content) == (200, plain.content)
    assert answer.headers["Content-Type"] == plain.headers["Content-Type"]


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16;q=1", "*;q=0", "utf-8;q=0", "garbage;;"])
@pytest.mark.parametrize("route", SERVED)
def test_accept_charset_is_ignored(api, place, route, charset):
    plain = api.get(place(route))
    answer = api.get(place(route), headers={"Accept-Charset": charset})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON)
    assert route == "/echo" or answer.content == plain.content


@pytest.mark.parametrize("field", ["Accept-Encoding", "Accept-Language"])
@pytest.mark.parametrize("route", SERVED)
def test_other_accept_fields_change_nothing(api, place, route, field):
    answer = api.get(place(route), headers={field: "gzip, br, *;q=0"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


# The content of each representation


@pytest.mark.parametrize("route", ["/articles/<id:article_id>", "/users/<id:user_id>", "/hello", "/"])
def test_the_same_members_in_every_representation(server, api, place, route):
    plain = api.get(place(route)).json()
    assert got(server, place(route), V1).json() == plain
    envelope = got(server, place(route), V2).json()
    assert set(envelope) == {"data", "links", "meta"}
    assert envelope["data"] == plain
    assert envelope["links"]["self"] == place(route)
    root, shown = members(got(server, place(route), XML).text)
    assert root == {"/articles/<id:article_id>": "article", "/users/<id:user_id>": "user"}.get(route, root)
    assert set(shown) == set(plain)


@pytest.mark.parametrize(("route", "noun"), [("/articles", "article"), ("/users", "user")])
def test_the_same_items_in_every_representation(server, api, place, route, noun):
    page = api.get(f"{route}?limit=2").json()
    items, following = page["items"], page["next"]
    assert items
    assert page == {"items": items, "next": following}
    assert got(server, f"{route}?limit=2", V1).json() == page
    envelope = got(server, f"{route}?limit=2", V2).json()
    assert (envelope["data"], envelope["meta"]) == (items, {"next": following})
    assert envelope["links"].get("next") == following
    lines = got(server, f"{route}?limit=2", NDJSON).text.splitlines()
    assert [json.loads(line) for line in lines] == items
    root, shown = members(got(server, f"{route}?limit=2", XML).text)
    assert (root, set(shown), shown["next"]) == (noun, {"items", "next"}, following)
    assert [item["id"] for item in shown["items"]] == [item["id"] for item in items]
    table = got(server, f"{route}?limit=2", CSV)
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [row["id"] for row in rows] == [str(item["id"]) for item in items]
    assert set(rows[0]) == set(items[0])


@pytest.mark.parametrize(
    ("path", "text"), [("/hello", "Hello John Doe"), ("/hello?name=Luis", "Hello Luis"), ("/echo", "ECHO: GET")]
)
def test_text_is_a_sentence(server, path, text):
    answer = got(server, path, TEXT)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.rstrip("\n") == text


@pytest.mark.parametrize("accept", [CSV, NDJSON])
@pytest.mark.parametrize("route", ["/articles/<id:article_id>", "/users/<id:user_id>", "/hello", "/echo", "/problems"])
def test_only_lists_have_csv_and_ndjson(server, place, route, accept):
    refused(got(server, place(route), accept), 406, "not-acceptable")


@pytest.mark.parametrize("route", ["/articles/<id:article_id>", "/articles", "/users", "/"])
def test_only_hello_and_echo_have_text(server, place, route):
    refused(got(server, place(route), TEXT), 406, "not-acceptable")


def test_null_in_xml_is_nil_and_invalid_characters_are_replaced(server, api, token):
    made = api.post("/articles", json={"title": "a\u0001b", "body": "<&>\r\n"}).json()
    _, shown = members(got(server, f"/articles/{made['id']}", XML).text)
    assert shown["title"] == "a\ufffdb"
    assert shown["body"] == "<&>\r\n"
    answer = got(server, f"/tokens/{token['id']}", XML)
    assert 'xsi:nil="true"' in answer.text
    assert members(answer.text)[1]["last_used_at"] is None


# Errors


@pytest.mark.parametrize("path", ["/nothing", "/articles/0", "/problems/", "/Hello"])
@pytest.mark.parametrize(
    ("accept", "problem"),
    [
        ("*/*", PROBLEM),
        ("", PROBLEM),
        ("garbage", PROBLEM),
        (JSON, PROBLEM),
        (PROBLEM, PROBLEM),
        (XML, PROBLEM_XML),
        (PROBLEM_XML, PROBLEM_XML),
        ("application/xml, application/json;q=0.9", PROBLEM_XML),
        ("application/problem+xml;q=0.2, application/json;q=0.1", PROBLEM_XML),
        ("application/json;q=0, application/xml", PROBLEM_XML),
        ("application/xml, application/json", PROBLEM),
        ("application/xml;q=0.5, application/problem+json", PROBLEM),
        ("application/xml;q=0.5, */*", PROBLEM),
        (V2, PROBLEM),
        ("image/png", PROBLEM),
        ("*/*;q=0", PROBLEM),
        ("application/json;q=0", PROBLEM),
    ],
)
def test_an_error_is_a_problem_and_never_a_second_406(server, path, accept, problem):
    answer = got(server, path, accept)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == problem
    standing(answer)
