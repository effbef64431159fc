"""Where this server deliberately answers otherwise than json-server. Each is a row of docs/json-server.md, and tested.

    python -m tests.collections.departures http://127.0.0.1:8000

writes recorded/departures.json: what this server answers to each recorded request that a departure covers. It fails for
a difference that none covers. The server must have spaces.
"""

import json
import re
import sys
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.collections.comparing import HERE, Compared, reads, writes

BOTH, OLD, NEW = ("0.17", "1.0"), ("0.17",), ("1.0",)


class Departure(NamedTuple):
    """Recorded requests of `versions` that match `requests` are answered otherwise, with one of `statuses`.

    `example` is one of them. `theirs` says what json-server answers, `ours` what this server does and why.
    """

    versions: tuple[str, ...]
    example: str
    theirs: str
    ours: str
    requests: str
    statuses: tuple[int, ...]

    def covers(self, compared: Compared) -> bool:
        """Whether this departure explains the answer to a recorded request."""
        name = compared.name.removeprefix(compared.version + " ")
        return (
            compared.version in self.versions
            and compared.ours.status in self.statuses
            and re.search(self.requests, name) is not None
        )


# Members that no document has.
_UNKNOWN = r"[?&](unknown|views:|book\.pages|title_(eq|contains|startsWith)|views_in)[:_=]|_sort=unknown|_where=.*unknown|[?&]a=b|_sort=views,,"
_NOT_WHOLE = r"_(page|limit|start|end|per_page)=(-|x|&|$|1\.5)|_page=0|_per_page=0|_limit=0.*_page|_page=.*_limit=0"
DEPARTURES = [
    Departure(
        BOTH,
        "GET /posts?unknown=1",
        "0.17 ignores it, 1.0 finds nothing",
        "400: a filter or an order by a member that no document and no schema has is a mistake. A collection without "
        "documents and schema takes any.",
        _UNKNOWN,
        (400,),
    ),
    Departure(
        BOTH,
        "GET /posts?_page=0",
        "counts as another number, or gives everything or nothing",
        "400: these parameters are whole numbers, and a page has a number and at least one document",
        _NOT_WHOLE,
        (400,),
    ),
    Departure(
        NEW,
        "GET /posts?_page=1&_per_page=5&_limit=2",
        "finds nothing",
        "400: the two ways to cut pages do not go together",
        "_per_page=5&_limit",
        (400,),
    ),
    Departure(
        BOTH,
        "GET /posts?_start=2",
        "`_start` alone is ignored",
        "it cuts the list there",
        r"\?_start=2$",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?_page=1",
        "an object with `data`",
        "as 0.17: an array, and `Link`. `_per_page` asks for the object.",
        r"\?_page=\d$",
        (200,),
    ),
    Departure(
        BOTH,
        "GET /posts?_per_page=5",
        "`_per_page` alone is ignored",
        "it asks for the first page",
        r"\?_per_page=5$",
        (200,),
    ),
    Departure(
        BOTH,
        "GET /posts?_sort=views&_order=x",
        "anything but `desc` is ascending",
        "400, also for `_order` without `_sort`, and if either is repeated",
        "_order=x|[?]_order|_sort=views&_sort",
        (400,),
    ),
    Departure(
        NEW,
        "GET /posts?_sort=title",
        "sorts texts by the rules of a language, and true before false",
        "as 0.17: texts by their characters, false before true, null and missing members last",
        "_sort=",
        (200,),
    ),
    Departure(
        BOTH,
        "GET /posts?tags[0]=api",
        "0.17 compares the whole array, 1.0 finds nothing or fails",
        "the item of an array, or the member of an object, as in `tags.0` and `author.name`",
        r"tags\[|tags%5B|author\[|tags\.0",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?title=100",
        "a value that looks like a number, true, false or null is one, and never equals a text: `id=1` finds nothing",
        "`member=value` compares texts, as 0.17 does; repeated values are alternatives",
        r"\?(id|title|views|rating|author|tags)=|&id=",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?id:in=1,2,3",
        "the same: its own example finds nothing",
        "`:eq`, `:ne` and `:in` find the number and the text",
        "(id|title):(eq|in|ne)=",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?author.name:eq=typicode",
        "also finds documents whose `author` is null or missing",
        "they do not match",
        "author|_where=.*author",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?id:gt=10",
        "a text that looks like a number is compared as one",
        "texts compare by their characters, as in 0.17",
        "id:gt=",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?rating:lte=1",
        "null counts as 0",
        "null is neither less nor more than a number",
        "rating[:_](lte|gte|lt|gt)=|rating_",
        (200,),
    ),
    Departure(
        OLD,
        "GET /posts?rating_gte=",
        "an empty value counts as 0",
        "nothing compares with an empty value",
        "rating_gte=$",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?views:unknown=1",
        "ignored",
        "400: there is no such operator",
        "views:unknown|views:=",
        (400,),
    ),
    Departure(
        NEW,
        "GET /posts?title:like=server",
        "ignored",
        "`:like` is `_like`",
        "title:like",
        (200,),
    ),
    Departure(
        NEW,
        "GET /posts?_where=x",
        "a `_where` that is not understood is ignored",
        "400, with the reason. `and` and `not` are understood, and a value means `eq`.",
        "_where=",
        (200, 400),
    ),
    Departure(
        OLD,
        "GET /posts?title_like=%5Cd",
        "any regular expression, or 500",
        "400 outside a subset that cannot take long: characters, `. ^ $ [ ] |`, and up to three `?` or `*`",
        "title_like=",
        (400,),
    ),
    Departure(
        BOTH,
        "GET /posts/1?_embed=unknown",
        "0.17 adds an empty array, 1.0 nothing",
        "400: there is no such relation. In 0.17's `_expand` the same.",
        "_embed=|_expand=",
        (400,),
    ),
    Departure(
        OLD,
        "GET /comments?_expand=post",
        "500 if a document names no parent",
        "the member is left out",
        r"comments(/5)?\?_expand=post",
        (200,),
    ),
    Departure(
        BOTH,
        "GET /posts/1?unknown=1",
        "ignored",
        "400: one document and `/profile` take only the parameters that mean something there",
        r"^GET /((posts|users)/1|profile)?\?",
        (400,),
    ),
    Departure(
        OLD,
        "GET /posts?callback=done",
        "JSONP",
        "400: scripts of other origins use CORS. `_delay` is 400 too: faults and delays are in [faults.md](faults.md).",
        "callback=|_delay=",
        (400,),
    ),
    Departure(
        BOTH,
        "GET /posts/",
        "the same as `/posts`; in 0.17 also `/Posts`",
        "404, which names the right path",
        r"^GET /(posts/|posts/1/|Posts)$",
        (404,),
    ),
    Departure(
        OLD,
        "GET /posts/1/profile",
        "answers without the parent",
        "404: `/<parent>/<id>/<children>` is there where the children have the key of the parent",
        r"^GET /(posts/1/profile|(profile|missing)/1/posts)",
        (404,),
    ),
    Departure(
        BOTH,
        "GET /posts/99",
        '`{}` (0.17), `{"error": …}` (1.0), or a page of HTML',
        "every error is a problem document (RFC 9457), with the fields of [contract.md](contract.md)",
        r"^$",
        (404,),
    ),
    Departure(
        BOTH,
        "POST /posts/1",
        "404",
        "405 with `Allow`: the path is there, and has other methods",
        r"^(PUT|DELETE) /posts/1/comments|^(post-item|post-db|put-collection|delete-collection|delete-singleton|other-methods|override|singleton-post-item)",
        (405, 501),
    ),
    Departure(
        NEW,
        "HEAD /posts",
        "400",
        "as GET without its body",
        r"^HEAD ",
        (200, 404),
    ),
    Departure(
        OLD,
        'POST /posts {"id": 1}',
        "500 for an id that is taken",
        "409",
        r"^post-taken",
        (409,),
    ),
    Departure(
        NEW,
        'POST /posts {"id": "new"}',
        "ignores the id, and always draws one",
        "as 0.17: takes the id; without one, numbers count on, and texts are drawn",
        r"^post-(number-id|text-id|word-id|taken|id-|text-ids|empty)",
        (201, 200, 409, 404, 422),
    ),
    Departure(
        OLD,
        'POST /posts {"id": "abc"}',
        "ids of both types in one collection, objects as ids, and 0 counts as no id",
        "422: ids of one collection have one type; 0 is an id",
        r"^post-(text-id|word-id|id-0|id-object) ",
        (422, 404, 201),
    ),
    Departure(
        BOTH,
        "POST /posts []",
        "stores arrays (0.17), or 400",
        "422: a document is an object",
        r"^(post|put|patch|singleton-put)-(array|number|text|null) ",
        (422, 200),
    ),
    Departure(
        BOTH,
        "POST /posts",
        "a missing or wrong media type, or no body, is 2xx, and nothing or everything is stored",
        "415 for the type, 400 for no body and for a member twice",
        r"-(no-type|text-plain|form|json-suffix|without-body|duplicate-keys|nothing|not-json) ",
        (415, 400, 200),
    ),
    Departure(
        OLD,
        'POST /posts/1/comments {"body": "new"}',
        "sets the key as text (`_embed` does not find it then), and `Location` is a 404",
        "the key has the type of the parent's id, and `Location` is `/comments/<id>`; a missing parent is 404",
        r"^post-nested",
        (201, 404, 200),
    ),
    Departure(
        BOTH,
        'PUT /posts/1 {"id": 2}',
        "ignored",
        "422: the id is that of the path; the same id may be sent",
        r"^(put|patch)-(other|same)-id",
        (422, 200),
    ),
    Departure(
        OLD,
        "PATCH /posts/1 (application/merge-patch+json)",
        "2xx, and nothing changes",
        "a merge patch (RFC 7396), and a JSON Patch by its type. `application/json` is the shallow merge of json-server.",
        r"^patch-merge-type",
        (200,),
    ),
    Departure(
        OLD,
        "POST /users",
        "gives the number of a deleted last document again",
        "a number is given once",
        r"^delete-last-then-post 1",
        (201,),
    ),
    Departure(
        BOTH,
        "DELETE /books/b1?_dependent=missing",
        "0.17 ignores `_dependent`, 1.0 a collection that has no children of these",
        "400: there is no such relation. `_dependent` is answered as 1.0 does: with the document.",
        "^delete-(dependent|parent-dependent)",
        (400, 200),
    ),
    Departure(
        BOTH,
        "DELETE /posts/1",
        "0.17 also deletes every document whose parent was missing before, or fails with 500; 1.0 keeps the children, without "
        "their key, and answers the document",
        "as 0.17, `{}`, with the children of this document, and nothing else",
        r"^delete",
        (200, 404),
    ),
    Departure(
        NEW,
        "POST /profile {}",
        "404; `GET /db` and `/posts/1/comments` too",
        "as 0.17",
        r"^GET /(db$|(posts|books|users)/\w+/\w+)|^(HEAD|PUT|DELETE) /(db|posts/1/comments)|^post-nested|^singleton-post ",
        (200, 201, 404),
    ),
]


def rows() -> list[str]:
    """The rows of the table in docs/json-server.md."""
    return [
        f"| `{each.example}` | {' and '.join(each.versions)} | {each.theirs} | {each.ours} |" for each in DEPARTURES
    ]


def departure_of(compared: Compared) -> Departure | None:
    """The first departure that covers a request."""
    return next((each for each in DEPARTURES if each.covers(compared)), None)


def main(url: str) -> None:
    """Write recorded/departures.json from the server at this URL."""
    port = urlsplit(url).port or 80
    found = {}
    for version in ("0.17", "1.0"):
        for each in (*reads(version, port), *writes(version, port)):
            if not each.same:
                departure = departure_of(each)
                if departure is None:
                    sys.exit(f"No departure covers this.\n{each.name}\ntheirs {each.theirs}\nours   {each.ours}")
                found[each.name] = [departure.example, *each.outcome]
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(outcome, ensure_ascii=False)}" for name, outcome in found.items()
    )
    (HERE / "departures.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
