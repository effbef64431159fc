"""The recorded scenarios that create documents."""

from tests.collections.requests import JSON, Request

CREATING: dict[str, list[Request]] = {
    "post": [
        Request("POST /posts", {"title": "new"}),
        Request("GET /posts?title=new"),
        Request("POST /posts", {"title": "newer"}),
    ],
    "post-number-id": [
        Request("POST /posts", {"id": 50, "title": "x"}),
        Request("GET /posts/50"),
        Request("POST /posts", {"title": "y"}),
    ],
    "post-text-id": [
        Request("POST /posts", {"id": "50", "title": "x"}),
        Request("GET /posts/50"),
        Request("POST /posts", {"title": "y"}),
    ],
    "post-word-id": [
        Request("POST /posts", {"id": "abc", "title": "x"}),
        Request("GET /posts/abc"),
        Request("POST /posts", {"title": "y"}),
    ],
    "post-taken-id": [Request("POST /posts", {"id": 1, "title": "x"}), Request("GET /posts/1")],
    "post-taken-text-id": [Request("POST /posts", {"id": "1", "title": "x"}), Request("GET /posts/1")],
    "post-id-0": [Request("POST /posts", {"id": 0, "title": "x"})],
    "post-id-null": [Request("POST /posts", {"id": None, "title": "x"})],
    "post-id-empty": [Request("POST /posts", {"id": "", "title": "x"})],
    "post-id-object": [Request("POST /posts", {"id": {"a": 1}, "title": "x"})],
    "post-text-ids": [
        Request("POST /books", {"title": "new"}),
        Request("POST /books", {"id": "b4", "title": "x"}),
        Request("GET /books/b4"),
    ],
    "post-empty-collection": [
        Request("POST /empty", {"a": 1}),
        Request("POST /empty", {"a": 2}),
        Request("GET /empty"),
    ],
    "post-nothing": [Request("POST /posts", {})],
    "post-without-body": [Request("POST /posts")],
    "post-array": [Request("POST /posts", [{"title": "x"}]), Request("GET /posts?_start=11&_end=13")],
    "post-number": [Request("POST /posts", 1)],
    "post-text": [Request("POST /posts", '"x"', JSON)],
    "post-null": [Request("POST /posts", "null", JSON)],
    "post-not-json": [Request("POST /posts", "{", JSON)],
    "post-duplicate-keys": [Request("POST /posts", '{"title": "a", "title": "b"}', JSON)],
    "post-no-type": [Request("POST /posts", '{"title": "x"}', ""), Request("GET /posts?title=x")],
    "post-text-plain": [Request("POST /posts", '{"title": "x"}', "text/plain")],
    "post-form": [Request("POST /posts", "title=x&views=1", "application/x-www-form-urlencoded")],
    "post-json-suffix": [Request("POST /posts", '{"title": "x"}', "application/vnd.api+json")],
    "post-charset": [Request("POST /posts", '{"title": "x"}', "application/json; charset=utf-8")],
    "post-item": [Request("POST /posts/1", {"title": "x"})],
    "post-missing": [Request("POST /missing", {"title": "x"})],
    "post-query": [Request("POST /posts?a=b", {"title": "x"})],
    "post-db": [Request("POST /db", {"title": "x"})],
    "post-nested": [
        Request("POST /posts/1/comments", {"body": "new"}),
        Request("GET /posts/1/comments"),
        Request("GET /comments/6"),
    ],
    "post-nested-text": [Request("POST /books/b2/reviews", {"text": "new"}), Request("GET /books/b2/reviews")],
    "post-nested-key": [Request("POST /posts/1/comments", {"body": "new", "postId": 2})],
    "post-nested-missing-parent": [Request("POST /posts/99/comments", {"body": "new"})],
    "post-nested-missing": [Request("POST /posts/1/missing", {"body": "new"})],
}
