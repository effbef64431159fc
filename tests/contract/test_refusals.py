"""Refusals on every route: impossible Accept, unknown and repeated parameters, and the pages of problem types."""

import pytest

from tests.contract.expect import parameters, refused
from tests.contract.raw import ADMIN, ask
from tests.contract.routes import KNOWN, NEGOTIATED, ROUTES, STRICT, every

pytestmark = pytest.mark.one_database

IMPOSSIBLE = ["image/png", "application/json;q=0", "*/*;q=0", "application/vnd.touchstone.v9+json"]


@pytest.mark.parametrize(("route", "method"), [pair for pair in every(KNOWN, content=True) if pair[1] != "HEAD"])
def test_an_impossible_accept_is_406_and_has_no_effect(send, stored, route, method):
    before = stored()
    for accept in IMPOSSIBLE:
        answer = send(route, method, Accept=accept)
        document = refused(answer, 406, "not-acceptable", accept)
        assert ROUTES[route].reads[0] in document["available"]
        assert set(document["available"]) <= set(ROUTES[route].reads)
    assert stored() == before


def test_a_delete_has_no_content_so_accept_does_not_matter(api, article):
    answer = api.delete(f"/articles/{article['id']}", headers={"Accept": "image/png"})
    assert answer.status_code == 204


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "text/plain"])
@pytest.mark.parametrize(("method", "route"), [("POST", "/articles"), ("PUT", "/articles/<id:article_id>")])
def test_a_write_cannot_be_answered_in_types_of_lists(send, stored, method, route, accept):
    before = stored()
    refused(send(route, method, Accept=accept), 406, "not-acceptable")
    assert stored() == before


@pytest.mark.parametrize("route", NEGOTIATED)
def test_the_available_types_of_a_406_work(api, place, route):
    answer = api.get(place(route), headers={"Accept": "image/png"})
    for media_type in answer.json()["available"]:
        offered = api.get(place(route), headers={"Accept": media_type})
        assert offered.status_code == 200, media_type
        assert offered.headers["Content-Type"].partition(";")[0] == media_type.partition(";")[0]


# Query parameters


@pytest.mark.parametrize(("route", "method"), [pair for pair in every(STRICT) if pair[1] != "HEAD"])
def test_an_unknown_parameter_is_400_and_has_no_effect(send, stored, route, method):
    before = stored()
    for query in ("nothing=1", "nothing", "nothing=", "Limit=1", "id=1", "__=1", "_method=DELETE"):
        answer = send(route, method, f"?{query}")
        document = refused(answer, 400, "invalid-parameter", query)
        assert parameters(document) == [query.partition("=")[0]]
    assert stored() == before


@pytest.mark.parametrize("route", STRICT)
def test_every_unknown_parameter_is_named(api, place, route):
    answer = api.get(f"{place(route)}?one=1&two=2&%C3%A9=3&_=4")
    assert set(parameters(refused(answer, 400, "invalid-parameter"))) == {"one", "two", "é"}


@pytest.mark.crossed
@pytest.mark.parametrize("query", ["_=1", "_=1700000000000&_=2", "_", "_=%22"])
@pytest.mark.parametrize(("route", "method"), every(STRICT))
def test_the_cache_buster_is_ignored(send, route, method, query):
    assert send(route, method, f"?{query}").is_success


@pytest.mark.parametrize(
    ("route", "parameter", "values"),
    [
        ("/hello", "name", ("a", "b")),
        ("/hello", "name", ("a", "a")),
        ("/users/<id:user_id>", "fields", ("id", "name")),
        ("/articles/<id:article_id>", "fields", ("id", "id")),
        *(
            (route, parameter, values)
            for route in ("/users", "/articles")
            for parameter, values in [
                ("limit", ("1", "2")),
                ("count", ("true", "true")),
                ("sort", ("id", "-id")),
                ("fields", ("id", "version")),
                ("cursor", ("a", "b")),
                ("created_at:gt", ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")),
            ]
        ),
        ("/articles", "q", ("a", "b")),
        ("/articles", "title", ("a", "b")),
        ("/articles", "status", ("draft", "published")),
        ("/articles", "tags:in", ("a", "b")),
        ("/articles", "author_id", ("1", "2")),
    ],
)
def test_a_parameter_given_twice_is_400(api, place, route, parameter, values):
    answer = api.get(place(route), params=[(parameter, value) for value in values])
    assert parameters(refused(answer, 400, "invalid-parameter")) == [parameter]


@pytest.mark.parametrize("route", STRICT)
def test_a_parameter_that_is_not_text_is_400(server, place, route):
    for value in ("%00", "a%00b", "%ff", "%ed%a0%80", "%c0%af", "%e2%82"):
        for query in (f"{value}=1", *(f"{name}={value}" for name in ("name", "title", "fields", "cursor", "q"))):
            refused(ask(server.port, "GET", f"{place(route)}?{query}"), 400, "invalid-parameter", query)


@pytest.mark.crossed
@pytest.mark.parametrize("limit", ["0", "-1", "101", "a", "", "1.0", "1e1", "+1", "01", "%D9%A1", "9" * 400, "all"])
@pytest.mark.parametrize("route", ["/users", "/articles"])
def test_a_bad_limit_is_400(api, route, limit):
    answer = api.get(f"{route}?limit={limit}")
    assert parameters(refused(answer, 400, "invalid-parameter")) == ["limit"]


@pytest.mark.crossed
@pytest.mark.parametrize("cursor", ["a", "AAAA", "..", "a.b", "é", "'", "0" * 2_048, "eyJhIjoxfQ.c2ln"])
@pytest.mark.parametrize("route", [route for route in KNOWN if "text/csv" in ROUTES[route].offers])
def test_a_forged_cursor_is_400(api, place, route, cursor):
    answer = api.get(place(route), params={"cursor": cursor})
    assert api.head(place(route), params={"cursor": cursor}).status_code == 400
    assert answer.status_code == 400
    document = refused(answer, 400, "invalid-cursor")
    assert parameters(document) == ["cursor"]


@pytest.mark.parametrize(
    "query", ["title=%27%20OR%201=1--", "title:contains=%25", "title:startswith=_", "q=%22zebra%22%20OR%20article"]
)
def test_sql_in_parameters_is_plain_text(api, article, query):
    answer = api.get(f"/articles?{query}")
    assert answer.status_code == 200
    assert article not in answer.json()["items"]


@pytest.mark.parametrize("query", ["x&" * 1_200, "limit=1&" * 1_100])
def test_over_a_thousand_parameters_are_400(api, query):
    refused(api.get(f"/articles?{query[:8_000]}"), 400, "invalid-parameter")


# The pages of problem types


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("DELETE", "/hello", 405, "method-not-allowed"),
        ("BREW", "/hello", 501, "not-implemented"),
        ("GET", "/hello?x=1", 400, "invalid-parameter"),
        ("GET", "/articles?cursor=x", 400, "invalid-cursor"),
        ("POST", "/articles", 400, "malformed-json"),
        ("GET", "/status/99", 422, "invalid"),
    ],
)
def test_the_type_of_a_problem_is_a_page(api, method, path, status, slug):
    document = refused(api.request(method, path), status, slug)
    page = api.get(document["type"])
    assert page.status_code == 200
    assert document["title"] in page.text
    for_people = api.get(document["type"], headers={"Accept": "text/html"})
    assert for_people.status_code == 200
    assert for_people.headers["Content-Type"].startswith("text/html")


def test_every_problem_in_the_list_has_its_page(api):
    answer = api.get("/problems")
    assert answer.status_code == 200
    assert len(answer.json()["items"]) > 20
    for problem in answer.json()["items"]:
        assert api.get(f"/problems/{problem['slug']}").status_code == 200, problem


@pytest.mark.parametrize("slug", ["nothing", "about:blank", "Not-Found", "not_found", "%20", "a" * 300])
def test_an_unknown_problem_is_404(api, slug):
    refused(api.get(f"/problems/{slug}"), 404, "not-found")


@pytest.mark.parametrize("path", ["/articles", "/users"])
def test_absent_and_malformed_ids_answer_with_the_same_bytes(server, path):
    def told(item: str) -> tuple[list[tuple[str, str]], str]:
        answer = ask(server.port, "GET", f"{path}/{item}", ADMIN + b"X-Request-Id: one\r\n")
        fields = [pair for pair in answer.headers.multi_items() if pair[0] not in ("date", "content-length")]
        return fields, answer.text.replace(f"{path}/{item}", "")

    absent = told("999999999")
    for item in ("0", "01", "-1", "x", "1e3", str(2**63), str(2**200)):
        assert told(item) == absent, item
