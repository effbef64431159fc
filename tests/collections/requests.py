"""The requests that are recorded from json-server: each query and method of its documentation, and the cases beside it.

`READS` change nothing, and go to one server. Each item of `WRITES` is a list of steps that goes to a server of its own.
A request is a target for GET, or `METHOD target`, with a body (an object is sent as JSON, text as it is) and a media type.
"""

from typing import Any, NamedTuple

JSON = "application/json"
WHERE_OR = (
    "%7B%22or%22:[%7B%22views%22:%7B%22gt%22:100%7D%7D,%7B%22author%22:%7B%22name%22:%7B%22lt%22:%22b%22%7D%7D%7D]%7D"
)
WHERE_AND = "%7B%22views%22:%7B%22gte%22:9,%22lt%22:100%7D,%22published%22:%7B%22eq%22:false%7D%7D"


class Request(NamedTuple):
    """One request: `body` is sent as JSON unless it is text."""

    line: str
    body: Any = None
    media_type: str | None = None


# Stands in a recording for an id that json-server drew by chance.
DRAWN = "<drawn>"


def file_for(version: str, data: dict[str, Any]) -> dict[str, Any]:
    """The file as it is served to a version: 1.0 has only ids of text, and relates them to keys of text."""
    if version != "1.0":
        return data
    keys = "posts" in data and "author" in data["posts"][0]
    return {
        name: [
            {
                member: str(found)
                if isinstance(found, int) and (member == "id" or (keys and member.endswith("Id")))
                else found
                for member, found in document.items()
            }
            for document in value
        ]
        if isinstance(value, list)
        else value
        for name, value in data.items()
    }


def tidy(data: dict[str, Any]) -> dict[str, Any]:
    """The file without keys of documents that do not exist, which change what a DELETE of 0.17 does."""
    posts = [post for post in data["posts"] if str(post["userId"]) != "3"]
    comments = [comment for comment in data["comments"] if str(comment["postId"]) in ("1", "2")]
    return {**data, "posts": posts, "comments": comments}


READS = ["/posts", "/posts/1", "/posts/12", "/posts/99", "/posts/x", "/posts/01", "/books", "/books/b1", "/books/B1", "/books/x", "/empty", "/empty/1", "/profile", "/profile/1", "/settings", "/db", "/missing", "/missing/1", "/posts/", "/posts/1/", "/Posts", "HEAD:/posts", "HEAD:/posts/1", "HEAD:/posts/99", "HEAD:/profile", "HEAD:/missing", "HEAD:/posts?_page=2&_limit=5", "HEAD:/db", "OPTIONS:/posts", "OPTIONS:/posts/1", "OPTIONS:/profile", "/posts?title=json-server", "/posts?title=json-server&author.name=typicode", "/posts?id=1&id=2", "/posts?id=1", "/posts?id=01", "/posts?author.name=typicode", "/posts?author.name=ann&author.name=bob", "/posts?author.name=ann&views=9", "/posts?author.age=9", "/posts?views=100", "/posts?views=100.0", "/posts?views=0", "/posts?views=-5", "/posts?views=33.5", "/posts?published=true", "/posts?published=false", "/posts?published=True", "/posts?rating=null", "/posts?rating=4.5", "/posts?author=null", "/posts?title=null", "/posts?title=true", "/posts?title=100", "/posts?title=", "/posts?title=JSON-SERVER", "/posts?title=%C3%84pfel+%26+%C3%96l", "/posts?tags=api", "/posts?tags=api,json", "/posts?tags=c%2B%2B", "/posts?tags[0]=api", "/posts?tags%5B0%5D=api", "/posts?tags.0=api", "/posts?tags[1]=json", "/posts?author=[object%20Object]", "/posts?author[name]=ann", "/posts?unknown=1", "/posts?title=nothing", "/posts?title=Zebra&unknown=1", "/books?id=b1", "/books?id=b1&id=b3", "/books?title=Emma", "/empty?title=x", "/profile?name=x", "/posts?_page=1", "/posts?_page=2", "/posts?_page=7", "/posts?_page=1&_limit=5", "/posts?_page=2&_limit=5", "/posts?_page=3&_limit=5", "/posts?_page=4&_limit=5", "/posts?_page=7&_limit=20", "/posts?_page=1&_limit=100", "/posts?_page=1&_limit=12", "/posts?_page=0", "/posts?_page=-1", "/posts?_page=x", "/posts?_page=", "/posts?_page=1.5&_limit=5", "/posts?_page=1&_limit=0", "/posts?_page=1&_limit=-1", "/posts?_page=1&_limit=x", "/posts?_limit=5&_page=2", "/posts?published=true&_page=1&_limit=2", "/posts?title_like=e&_sort=views&_page=2&_limit=2", "/empty?_page=1", "/empty?_page=1&_limit=5", "/posts?_page=1&_per_page=25", "/posts?_page=1&_per_page=5", "/posts?_page=2&_per_page=5", "/posts?_page=3&_per_page=5", "/posts?_page=9&_per_page=5", "/posts?_page=0&_per_page=5", "/posts?_page=-2&_per_page=5", "/posts?_page=x&_per_page=5", "/posts?_page=1&_per_page=0", "/posts?_page=1&_per_page=-1", "/posts?_page=1&_per_page=x", "/posts?_per_page=5", "/posts?views:gt=50&_page=1&_per_page=3", "/posts?_sort=-views&_page=1&_per_page=3", "/empty?_page=1&_per_page=5", "/posts?_page=1&_per_page=5&_limit=2", "/posts?_page=1&_per_page=1000000", "/posts?_sort=title", "/posts?_sort=views", "/posts?_sort=views&_order=asc", "/posts?_sort=views&_order=desc", "/posts?_sort=views&_order=DESC", "/posts?_sort=views&_order=x", "/posts?_order=desc", "/posts?_sort=author.name,views&_order=desc,asc", "/posts?_sort=author.name,views&_order=desc", "/posts?_sort=author.name,-views", "/posts?_sort=-views", "/posts?_sort=-author.name,title", "/posts?_sort=rating", "/posts?_sort=-rating", "/posts?_sort=rating&_order=desc", "/posts?_sort=published", "/posts?_sort=tags", "/posts?_sort=unknown", "/posts?_sort=", "/posts?_sort=views&_sort=title", "/posts?_sort=author.name", "/posts?_sort=author", "/posts?_sort=id&_order=desc", "/posts?_sort=-id", "/books?_sort=id&_order=desc", "/books?_sort=title", "/posts?_sort=userId,views", "/posts?_sort=views,,title", "/empty?_sort=x", "/posts?_start=2&_end=5", "/posts?_start=2&_limit=3", "/posts?_start=2", "/posts?_end=3", "/posts?_limit=3", "/posts?_start=10&_end=30", "/posts?_start=20&_end=30", "/posts?_start=5&_end=2", "/posts?_start=-3&_end=-1", "/posts?_start=0&_end=0", "/posts?_limit=0", "/posts?_limit=-2", "/posts?_limit=x", "/posts?_start=x&_end=4", "/posts?_end=x", "/posts?_start=1&_end=9&_limit=2", "/posts?_start=2&_end=4&published=true", "/posts?_end=-2", "/posts?views_gte=10&views_lte=100", "/posts?views_gte=100", "/posts?views_lte=9", "/posts?views_gt=100", "/posts?views_lt=9", "/posts?views_gte=x", "/posts?title_gte=h", "/posts?title_lte=a", "/posts?author.age_gte=31", "/posts?published_gte=1", "/posts?rating_gte=0", "/posts?rating_lte=0", "/posts?rating_gte=", "/posts?id_ne=1", "/posts?id_ne=1&id_ne=2", "/posts?title_ne=Zebra", "/posts?rating_ne=4.5", "/posts?author.name_ne=ann", "/posts?published_ne=true", "/posts?unknown_ne=1", "/posts?views_gte=900&views_gte=200", "/posts?unknown_gte=1", "/posts?title_like=server", "/posts?title_like=SERVER", "/posts?title_like=^hello", "/posts?title_like=o$", "/posts?title_like=%5Ea", "/posts?title_like=h.llo", "/posts?title_like=hello|zebra", "/posts?title_like=[hz]e", "/posts?title_like=[^a-z0-9]", "/posts?title_like=^.{0,4}$", "/posts?title_like=l%2B", "/posts?title_like=l*a", "/posts?title_like=(", "/posts?title_like=[", "/posts?title_like=%5C(", "/posts?title_like=c%2B%2B", "/posts?title_like=", "/posts?views_like=00", "/posts?rating_like=4", "/posts?tags_like=api", "/posts?author.name_like=^a", "/posts?title_like=server&title_like=zebra", "/posts?title_like=(hello|zebra)", "/posts?title_like=%5Cd", "/posts?unknown_like=x", "/posts?views:gt=100", "/posts?views:gte=100", "/posts?views:lt=9", "/posts?views:lte=9", "/posts?views:eq=100", "/posts?views:ne=100", "/posts?views:gt=9&views:lt=100", "/posts?title:eq=Hello%20World", "/posts?title:eq=100", "/posts?title:ne=Zebra", "/posts?id:eq=1", "/posts?id:in=1,2,3", "/posts?id:in=1", "/posts?views:in=100,9", "/posts?views:in=100,%209", "/posts?title:in=Zebra,last", "/posts?title:in=", "/posts?author.name:eq=typicode", "/posts?author.name:in=ann,bob", "/posts?title:contains=hello", "/posts?title:contains=SERVER", "/posts?title:startsWith=Hello", "/posts?title:endsWith=WORLD", "/posts?title:contains=", "/posts?views:contains=0", "/posts?tags:contains=api", "/posts?title:startsWith=100", "/posts?published:eq=true", "/posts?published:ne=true", "/posts?rating:eq=null", "/posts?rating:ne=null", "/posts?rating:gt=4", "/posts?rating:lte=1", "/posts?author:eq=null", "/posts?title:lt=b", "/posts?title:gte=h", "/posts?author.age:gte=31", "/posts?views:unknown=1", "/posts?views:=100", "/posts?unknown:eq=1", "/posts?unknown:ne=1", "/posts?title_contains=server", "/posts?title_eq=Zebra", "/posts?views_in=100,9", "/posts?title_startsWith=Hello", "/posts?title:like=server", "/posts?author.name:contains=an", "/posts?tags[0]:eq=api", "/posts?views%3Agt=100", "/books?id:eq=b1", "/books?id:in=b1,b3", "/books?title:startsWith=d", "/posts?id:gt=10", "/posts?q=server", "/posts?q=SERVER", "/posts?q=typicode", "/posts?q=100", "/posts?q=0", "/posts?q=true", "/posts?q=false", "/posts?q=null", "/posts?q=zoo", "/posts?q=nothing", "/posts?q=", "/posts?q=%C3%B6l", "/posts?q=hello%20world", "/posts?q=4.5", "/posts?q=a&q=zoo", "/posts?q=api&published=true", "/posts?q=api&_limit=1", "/books?q=em", "/profile?q=x", "/posts?_embed=comments", "/posts/1?_embed=comments", "/posts/3?_embed=comments", "/posts/1?_embed=unknown", "/posts?_embed=comments&_embed=unknown&_limit=2", "/posts/1?_embed=user", "/posts/12?_embed=user", "/comments?_embed=post", "/comments/1?_embed=post", "/comments/4?_embed=post", "/comments?_expand=post", "/comments/1?_expand=post", "/comments/4?_expand=post", "/comments/5?_expand=post", "/comments/1?_expand=unknown", "/posts?_expand=user&_limit=3", "/posts/1?_expand=user&_embed=comments", "/posts/12?_expand=user", "/posts/1?_expand=users", "/posts/1?_expand=user&_expand=unknown", "/books?_embed=reviews", "/books/b1?_embed=reviews", "/books/b2?_embed=reviews", "/reviews?_embed=book", "/reviews/r1?_embed=book", "/reviews?_expand=book", "/reviews/r1?_expand=book", "/books/b1?_embed=review", "/users?_embed=posts&id=2", "/users/1?_embed=posts&_embed=comments", "/posts/99?_embed=comments", "/profile?_embed=comments", "/comments?_expand=post&_sort=votes&_limit=2", "/reviews?_embed=book&text:eq=good", "/reviews?_embed=book&book.pages:gt=500", "/books?_embed=reviews&_page=1&_per_page=2", "/posts/1/comments", "/posts/2/comments", "/posts/3/comments", "/posts/99/comments", "/posts/x/comments", "/posts/1/unknown", "/posts/1/comments?_sort=votes&_order=desc", "/posts/1/comments?_sort=votes&_order=asc", "/posts/1/comments?_start=0&_end=1", "/posts/1/comments?_start=1&_limit=10", "/posts/1/comments?votes_gte=5", "/posts/1/comments?_page=1&_limit=1", "/posts/1/comments?_expand=post", "/books/b1/reviews", "/books/zz/reviews", "/posts/1/comments/1", "/posts/1/profile", "/profile/1/posts", "/missing/1/posts", "/users/1/posts?_limit=2", "HEAD:/posts/1/comments", "PUT:/posts/1/comments", "DELETE:/posts/1/comments", "/posts?callback=done", "/posts/1?callback=done", "/posts?_=123", "/posts/1?unknown=1", "/posts?_delay=1", "/?x=1", "/posts?_where=x"]

READS += [
    f"/posts?_where={WHERE_OR}",
    f"/posts?_where={WHERE_AND}",
    "/posts?_where=%7B%22views%22:%7B%22in%22:[100,9]%7D%7D",
    "/posts?_where=%7B%22title%22:%7B%22contains%22:%22SERVER%22%7D%7D",
    "/posts?_where=%7B%22title%22:%7B%22startsWith%22:%22h%22%7D,%22views%22:%7B%22gt%22:10%7D%7D",
    "/posts?_where=%7B%22title%22:%7B%22endsWith%22:%22D%22%7D%7D",
    "/posts?_where=%7B%22author%22:%7B%22name%22:%7B%22eq%22:%22ann%22%7D%7D%7D",
    "/posts?_where=%7B%22author.name%22:%7B%22eq%22:%22ann%22%7D%7D",
    "/posts?_where=%7B%22published%22:%7B%22ne%22:true%7D%7D",
    "/posts?_where=%7B%22rating%22:%7B%22eq%22:null%7D%7D",
    "/posts?_where=%7B%22views%22:100%7D",
    "/posts?_where=%7B%22views%22:%7B%22unknown%22:1%7D%7D",
    "/posts?_where=%7B%22unknown%22:%7B%22eq%22:1%7D%7D",
    "/posts?_where=%7B%22or%22:[]%7D",
    "/posts?_where=%7B%22or%22:1%7D",
    "/posts?_where=%7B%22and%22:[%7B%22views%22:%7B%22gt%22:100%7D%7D]%7D",
    "/posts?_where=%7B%7D",
    "/posts?_where=[]",
    "/posts?_where=1",
    "/posts?_where=%7B",
    f"/posts?_where={WHERE_OR}&title=Zebra",
    f"/posts?_where={WHERE_OR}&_sort=-views",
    f"/posts?_where={WHERE_OR}&_page=1&_per_page=2",
    "/posts?_where=%7B%22or%22:[%7B%22views%22:%7B%22gt%22:500%7D%7D,%7B%22or%22:[%7B%22title%22:%7B%22eq%22:%22Zebra%22%7D%7D]%7D]%7D",
]

WRITES: dict[str, list[Request]] = {
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
    "put": [Request("PUT /posts/1", {"title": "x"}), Request("GET /posts/1"), Request("GET /posts?_limit=1")],
    "put-same-id": [Request("PUT /posts/1", {"id": 1, "title": "x"})],
    "put-same-id-as-text": [Request("PUT /posts/1", {"id": "1", "title": "x"})],
    "put-other-id": [Request("PUT /posts/1", {"id": 2, "title": "x"}), Request("GET /posts/1")],
    "put-text-id": [Request("PUT /books/b1", {"title": "x"}), Request("GET /books/b1")],
    "put-missing-item": [Request("PUT /posts/99", {"title": "x"}), Request("GET /posts/99")],
    "put-collection": [Request("PUT /posts", [{"id": 1}])],
    "put-collection-object": [Request("PUT /posts", {"a": 1})],
    "put-missing": [Request("PUT /missing", {"a": 1}), Request("PUT /missing/1", {"a": 1})],
    "put-nothing": [Request("PUT /posts/1", {}), Request("PUT /posts/2")],
    "put-array": [Request("PUT /posts/1", [1]), Request("GET /posts/1")],
    "put-not-json": [Request("PUT /posts/1", "{", JSON)],
    "put-no-type": [Request("PUT /posts/1", '{"title": "x"}', ""), Request("GET /posts/1")],
    "patch": [Request("PATCH /posts/1", {"title": "x"}), Request("GET /posts/1")],
    "patch-deep": [
        Request("PATCH /posts/1", {"author": {"name": "new"}}),
        Request("PATCH /posts/2", {"title": None}),
        Request("GET /posts/2"),
    ],
    "patch-same-id": [Request("PATCH /posts/1", {"id": 1, "title": "x"})],
    "patch-other-id": [Request("PATCH /posts/1", {"id": 2, "title": "x"})],
    "patch-missing-item": [Request("PATCH /posts/99", {"title": "x"})],
    "patch-array": [Request("PATCH /posts/1", [1])],
    "patch-nothing": [Request("PATCH /posts/1", {}), Request("PATCH /posts/1")],
    "patch-not-json": [Request("PATCH /posts/1", "{", JSON)],
    "patch-merge-type": [
        Request("PATCH /posts/1", '{"title": "x"}', "application/merge-patch+json"),
        Request("GET /posts/1"),
    ],
    "patch-no-type": [Request("PATCH /posts/1", '{"title": "x"}', "")],
    "delete": [
        Request("DELETE /posts/1"),
        Request("GET /posts/1"),
        Request("GET /comments"),
        Request("DELETE /posts/1"),
        Request("GET /users"),
    ],
    "delete-missing-item": [Request("DELETE /posts/99"), Request("GET /comments")],
    "delete-parent-text": [Request("DELETE /books/b1"), Request("GET /reviews")],
    "delete-parent-dependent": [Request("DELETE /books/b1?_dependent=reviews"), Request("GET /reviews")],
    "delete-dependent": [Request("DELETE /posts/1?_dependent=comments"), Request("GET /comments")],
    "delete-dependent-missing": [Request("DELETE /books/b1?_dependent=missing"), Request("GET /reviews")],
    "delete-dependent-twice": [
        Request("DELETE /users/1?_dependent=posts&_dependent=comments"),
        Request("GET /posts"),
        Request("GET /comments"),
    ],
    "delete-grandchildren": [Request("DELETE /users/1"), Request("GET /posts"), Request("GET /comments")],
    "delete-untidy": [
        Request("DELETE /comments/5"),
        Request("DELETE /posts/1"),
        Request("GET /posts"),
        Request("GET /comments"),
    ],
    "delete-orphans": [
        Request("DELETE /comments/5"),
        Request("DELETE /posts/77"),
        Request("GET /posts"),
        Request("GET /comments"),
    ],
    "delete-dependent-nulls": [Request("DELETE /posts/1?_dependent=comments"), Request("GET /comments")],
    "delete-child": [Request("DELETE /comments/1"), Request("GET /comments"), Request("GET /posts/1")],
    "delete-last-then-post": [Request("DELETE /users/2"), Request("POST /users", {"name": "Eve"})],
    "delete-collection": [Request("DELETE /posts"), Request("DELETE /missing"), Request("DELETE /missing/1")],
    "delete-singleton": [Request("DELETE /profile"), Request("GET /profile")],
    "singleton-put": [Request("PUT /profile", {"name": "x"}), Request("GET /profile")],
    "singleton-put-nothing": [Request("PUT /profile", {}), Request("PUT /profile"), Request("GET /profile")],
    "singleton-put-array": [Request("PUT /profile", [1]), Request("GET /profile")],
    "singleton-patch": [
        Request("PATCH /profile", {"name": "x"}),
        Request("PATCH /profile", {"links": {"blog": "y"}}),
        Request("GET /profile"),
    ],
    "singleton-patch-id": [Request("PATCH /profile", {"id": 7}), Request("GET /profile")],
    "singleton-post": [Request("POST /profile", {"name": "x"}), Request("GET /profile")],
    "singleton-post-item": [
        Request("POST /profile/1", {"name": "x"}),
        Request("PUT /profile/1", {"name": "x"}),
        Request("DELETE /profile/1"),
    ],
    "other-methods": [Request("TRACE /posts"), Request("PROPFIND /posts"), Request("PUT /"), Request("DELETE /db")],
    "override": [Request("POST /posts/1?_method=DELETE", {}), Request("GET /posts/1")],
}

# These scenarios run with orphans and null keys in the file.
UNTIDY = ("delete-untidy", "delete-orphans", "delete-dependent-nulls")

# Against the data of JSONPlaceholder, where answers are large: these queries show order, pages and relations in bulk.
BULK = ["/posts?userId=3", "/posts?_page=3&_limit=7", "/posts?_page=10&_limit=10", "/posts?_sort=title&_order=desc&_limit=20", "/comments?_page=25", "/comments?postId=7&_sort=email", "/comments?q=voluptate&_limit=5", "/comments?email_like=biz$", "/comments?id_gte=100&id_lte=110", "/comments?name_ne=odio&_start=490&_end=500", "/photos?_start=4990&_end=5000", "/photos?_page=500&_limit=10", "/photos?albumId=7&albumId=8&_sort=id&_order=desc", "/photos?title_like=^sunt", "/todos?completed=true&_limit=30", "/todos?completed=false&userId=5&_sort=title", "/users?_sort=address.geo.lat&_order=asc", "/users?address.city=Gwenborough", "/users?q=gwen", "/users/1/todos?completed=true", "/posts/1/comments", "/posts?_embed=comments&_limit=2", "/posts?_expand=user&_start=40&_end=42", "/albums/5/photos?_limit=3", "/users?name_like=^C", "/users?_sort=-name", "/photos?_sort=title,id&_limit=25", "/todos?_sort=completed,title&_order=desc,asc&_limit=20", "/comments?_sort=postId,id&_order=desc,desc&_limit=12", "/comments?_sort=-postId,email&_page=2&_per_page=10", "/photos?albumId:gt=98&title:contains=qui", "/todos?completed:eq=true&userId:in=1,2&_sort=-title", "/users?address.city:startsWith=s&_sort=name", "/posts?userId:ne=1&_page=4&_per_page=9", "/photos?_page=501&_per_page=10", "/comments?email:endsWith=.biz&postId:lte=10"]
