"""Queries of collections: filters, order, parts, pages, search, relations (json-server 0.17 and 1.0)."""

import json
from urllib.parse import urlencode

import pytest

from tests.collections.data import space_of
from tests.contract.expect import parameters, refused

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [1, 2, 3]),
        ("title=Hello", [1]),
        ("title=Hello&title=World", [1, 2]),
        ("author.name=typicode", [1]),
        ("tags[0]=a", [1]),
        ("tags.1=b", [1]),
        ("tags=a,b", [1]),
        ("views=100", [1]),
        ("views=100.0", []),
        ("views:eq=100.0", [1]),
        ("open=true", [1]),
        ("rating=null", []),
        ("rating:eq=null", [3]),
        ("views_gte=150", [2, 3]),
        ("views_gte=150&views_lte=150", [3]),
        ("views_gt=150", [2]),
        ("views:lt=150", [1]),
        ("views_gte=x", []),
        ("title_gte=World", [2, 3]),
        ("views_ne=100", [2, 3]),
        ("rating_ne=1", []),
        ("rating:ne=1", [3]),
        ("id_ne=1&id_ne=2", [3]),
        ("title_like=WOR", [2]),
        ("title_like=^h.*o$", [1]),
        ("title_like=hello|world", [1, 2]),
        ("views:in=100, 150", [1, 3]),
        ("title:contains=SERVER", [3]),
        ("title:startsWith=w", [2]),
        ("title:startswith=w", [2]),
        ("title:endsWith=O", [1]),
        ("_sort=views", [1, 3, 2]),
        ("_sort=-views", [2, 3, 1]),
        ("_sort=views&_order=desc", [2, 3, 1]),
        ("_sort=author.name,views&_order=asc,desc", [3, 2, 1]),
        ("_sort=rating,-id", [3, 2, 1]),
        ("_start=1", [2, 3]),
        ("_start=1&_end=2", [2]),
        ("_start=1&_limit=1", [2]),
        ("_limit=0", []),
        ("_start=9", []),
        ("_page=2&_limit=2", [3]),
        ("_page=3&_limit=2", []),
        ("q=TYPICODE", [1, 3]),
        ("q=15", [3]),
        ("q=", [1, 2, 3]),
        ("_=123", [1, 2, 3]),
    ],
)
def test_a_query_finds_these_documents(root, query, ids) -> None:
    answer = root.get(f"/posts?{query}")
    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in answer.json()] == ids


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({"views": {"gt": 100}}, [2, 3]),
        ({"or": [{"views": {"gte": 200}}, {"title": "Hello"}]}, [1, 2]),
        ({"views": {"gt": 100}, "author": {"name": {"contains": "typi"}}}, [3]),
        ({"and": [{"views": {"in": [100, 200]}}, {"open": True}]}, [1]),
        ({"open": {"eq": 1}}, []),
        ({"rating": None}, [3]),
        ({"or": []}, []),
        ({"not": {"views": 100}}, [2, 3]),
        ({}, [1, 2, 3]),
    ],
)
def test_a_condition_in_json_finds_these_documents(root, where, ids) -> None:
    answer = root.get("/posts", params={"_where": json.dumps(where), "title": "nothing"})
    assert [each["id"] for each in answer.json()] == ids


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("nothing=1", "nothing"),
        ("author.nothing=1", "author.nothing"),
        ("nothing_gte=1", "nothing"),
        ("_sort=nothing", "_sort"),
        ("_where={}x", "_where"),
        ('_where={"nothing":1}', "_where"),
        ('_where={"views":{"like":"a"}}', "_where"),
        ('_where={"or":1}', "_where"),
        ("_where=[]", "_where"),
        ("_page=0", "_page"),
        ("_page=x", "_page"),
        ("_page=1&_limit=0", "_limit"),
        ("_page=1&_start=1", "_page"),
        ("_limit=-1", "_limit"),
        ("_limit=1&_limit=2", "_limit"),
        ("_page=1&_per_page=2&_limit=2", "_per_page"),
        ("_order=desc", "_order"),
        ("_sort=id&_order=up", "_order"),
        ("_embed=nothing", "_embed"),
        ("_expand=comments", "_expand"),
        ("_delay=1", "_delay"),
        ("callback=f", "callback"),
        ("views:near=1", "views:near"),
        ("title_like=(a)", "title_like"),
        ("title_like=a*b*c*d*", "title_like"),
    ],
)
def test_a_query_that_means_nothing_is_400(root, query, parameter) -> None:
    answer = root.get(f"/posts?{urlencode([tuple(each.split('=', 1)) for each in query.split('&')])}")
    assert parameters(refused(answer, 400, "invalid-parameter", query)) == [parameter]


def test_an_empty_collection_has_any_member(root) -> None:
    assert root.get("/empty?anything=1").json() == []


def test_a_member_that_a_new_document_brings_can_be_asked_for(http) -> None:
    assert http.get("/posts?mood=good").status_code == 400
    made = http.post("/posts", json={"mood": "good"}).json()
    assert http.get("/posts?mood=good").json() == [made]


def test_a_part_tells_the_total(root) -> None:
    assert root.get("/posts?_limit=1").headers["X-Total-Count"] == "3"
    assert root.get("/posts?views_gte=150&_end=1").headers["X-Total-Count"] == "2"
    assert "X-Total-Count" not in root.get("/posts").headers


def test_a_page_of_0_17_links_to_the_others(root) -> None:
    link = root.get("/posts?_page=2&_limit=1&_sort=id").headers["Link"]
    expected = {"first": 1, "prev": 1, "next": 3, "last": 3}
    assert link == ", ".join(
        f'</posts?_page={number}&_limit=1&_sort=id>; rel="{name}"' for name, number in expected.items()
    )
    assert "Link" not in root.get("/posts?_page=4&_limit=1").headers
    assert "Link" not in root.get("/posts?_page=1").headers


def test_a_page_of_1_0_is_an_object(root) -> None:
    posts = root.get("/posts").json()
    first = root.get("/posts?_page=1&_per_page=2").json()
    assert first == {"first": 1, "prev": None, "next": 2, "last": 2, "pages": 2, "items": 3, "data": posts[:2]}
    beyond = root.get("/posts?_page=9&_per_page=2").json()
    assert (beyond["prev"], beyond["next"], beyond["data"]) == (1, None, posts[2:])
    assert root.get("/empty?_per_page=2").json()["pages"] == 1


def test_children_and_parents_are_embedded(root) -> None:
    posts = root.get("/posts?_embed=comments").json()
    assert [[each["id"] for each in post["comments"]] for post in posts] == [[1, 2], [3], []]
    for query in ("_expand=post", "_embed=post"):
        comment = root.get(f"/comments/1?{query}").json()
        assert comment["post"]["title"] == "Hello"
        assert root.get(f"/comments?{query}").json()[0] == comment


def test_nested_routes_list_the_children(root) -> None:
    assert [each["id"] for each in root.get("/posts/1/comments").json()] == [1, 2]
    assert [each["id"] for each in root.get("/posts/1/comments?body=bad").json()] == [2]
    assert root.get("/posts/99/comments").json() == []
    assert root.get("/posts/1/profile").status_code == 404


def test_a_slow_pattern_takes_no_time(http) -> None:
    http.post("/posts", json={"title": "a" * 100_000})
    assert http.get("/posts", params={"title_like": ".*.*.*!"}).json() == []


def test_a_pattern_searches_only_so_many_documents(data_server) -> None:
    with space_of(data_server, {"many": [{"n": "x"}] * 10_001}) as http:
        assert http.get("/many?n_like=y").status_code == 400
        assert http.get("/many?id_gt=10&id_like=99999").status_code == 200


# In our style


def test_lists_in_our_style_are_pages_with_cursors(ours) -> None:
    first = ours.get("/posts?limit=2&sort=-views&count=true").json()
    assert ([each["id"] for each in first["items"]], first["total"]) == ([2, 3], 3)
    second = ours.get(first["next"])
    assert [each["id"] for each in second.json()["items"]] == [1]
    assert second.json()["next"] is None
    back = second.links["prev"]["url"]
    assert ours.get(back).json()["items"] == first["items"]


def test_a_cursor_is_for_its_list_and_order_only(ours) -> None:
    cursor = ours.get("/posts?limit=1&sort=-views").json()["next"].partition("cursor=")[2]
    for target in (f"/comments?cursor={cursor}", f"/posts?sort=views&cursor={cursor}", "/posts?cursor=x"):
        refused(ours.get(target), 400, "invalid-cursor")


def test_a_cursor_survives_the_deletion_of_its_document(our_server) -> None:
    with space_of(our_server) as ours:
        ours.auth = ("john", "john")
        for number in (5, 1, 4, 2, 3):
            assert ours.post("/empty", json={"n": number}).status_code == 201
        for sort, rest in (("n", [4, 5]), ("-n", [2, 1]), ("", [2, 3])):
            order = f"sort={sort}&" if sort else ""
            page = ours.get(f"/empty?{order}limit=3").json()
            last = page["items"][-1]
            ours.delete(f"/empty/{last['id']}")
            assert [each["n"] for each in ours.get(our_server.url + page["next"]).json()["items"]] == rest
            ours.post("/empty", json=last)


def test_our_style_searches_words_and_picks_members(ours) -> None:
    assert [each["id"] for each in ours.get("/posts?q=typicode").json()["items"]] == [1, 3]
    assert ours.get("/posts?q=typi").json()["items"] == []
    assert ours.get("/posts/1?fields=title").json() == {"title": "Hello"}
    assert ours.get("/posts?fields=title,id&_limit=1").json()["items"] == [{"title": "Hello", "id": 1}]
    refused(ours.get("/posts?fields=nothing"), 400, "invalid-parameter")


def test_a_whole_list_is_csv_or_ndjson(ours) -> None:
    lines = ours.get("/posts?limit=all", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]
    refused(ours.get("/posts?limit=all"), 400, "invalid-parameter")
