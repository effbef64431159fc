"""The start of the tour: first steps, the life of an article, and safe retries."""

from api.describe.steps import NOBODY
from api.describe.tour.visits import AS_JSON, AS_PATCH, Folder, Visit, equal, field_is, has_field, refused

ARTICLE = "/articles/{{article_id}}"

FIRST_STEPS: Folder = (
    "First steps",
    "Requests that need no account and change nothing.",
    (
        Visit(
            name="Say hello",
            path="/hello",
            query={"name": "Luis"},
            login=NOBODY,
            shows="The simplest request. `name` is a query parameter; without it the server greets John Doe.",
            look=(
                "the body: JSON with one member",
                "`X-Request-Id`: the name of this request, also in the server's log. Send your own to find it there",
            ),
            tests={
                "The server greets Luis": equal("pm.response.json()", '{"hello": "Luis"}'),
                "The answer has a request id": has_field("X-Request-Id"),
            },
        ),
        Visit(
            name="See what there is",
            path="/",
            login=NOBODY,
            shows="The entrance: a link to every resource.",
            look=(
                "`links`: follow one of them",
                "the header field `Link`: it leads programs to the OpenAPI document and to the reference",
            ),
            tests={
                "There is a link to the articles": equal(
                    "pm.response.json().links.articles.href.slice(-9)", '"/articles"'
                )
            },
        ),
        Visit(
            name="See your own request",
            method="POST",
            path="/echo",
            fields={**AS_JSON, "X-Color": "blue"},
            body='{"numbers": [1, 2, 3]}',
            login=NOBODY,
            shows="`/echo` returns the request as the server received it. It shows what a client really sends.",
            look=(
                "`json`: the body, parsed",
                "`headers`: your `X-Color`, and the fields that Postman adds",
            ),
            tests={
                "The server received the body": equal("pm.response.json().json", '{"numbers": [1, 2, 3]}'),
                "The server received the field": equal('pm.response.json().headers["x-color"]', '"blue"'),
            },
        ),
    ),
)

CHANGES: Folder = (
    "Create, read, change",
    "The life of an article. These requests sign in with the user name and password of the environment.",
    (
        Visit(
            name="Create an article",
            method="POST",
            path="/articles",
            fields=AS_JSON,
            body='{\n  "title": "My first article",\n  "body": "Hello",\n  "tags": ["tour"]\n}',
            shows="A POST to a collection creates a resource in it. The server chooses the id.",
            status=201,
            look=(
                "`Location`: the address of the new article",
                "`ETag`: its version",
                "the body: what you sent, and what the server added (`id`, `author_id`, `version`, times)",
            ),
            tests={
                "Location is the address of the article": (
                    'pm.expect(pm.response.headers.get("Location")).to.include(`/articles/${pm.response.json().id}`)'
                ),
                "The article has the title that was sent": equal("pm.response.json().title", '"My first article"'),
            },
            keeps={"article_id": "pm.response.json().id"},
        ),
        Visit(
            name="Read the article",
            path=ARTICLE,
            login=NOBODY,
            shows="Reading is public: this request does not sign in.",
            look=(
                "`ETag`: with it a client can ask later whether something has changed",
                "`Cache-Control` and `Vary`: the rules for caches",
            ),
            tests={"The answer has a tag": has_field("ETag")},
        ),
        Visit(
            name="Replace the article",
            method="PUT",
            path=ARTICLE,
            fields=AS_JSON,
            body='{\n  "title": "My article, replaced",\n  "body": "Hello again"\n}',
            shows="PUT replaces the whole article. A member that is left out gets its default.",
            look=("`tags`: it is empty now, because the request had no tags", "`version`: it is 2"),
            tests={
                "The title is new": equal("pm.response.json().title", '"My article, replaced"'),
                "The tags are empty": equal("pm.response.json().tags", "[]"),
            },
        ),
        Visit(
            name="Change a part of the article",
            method="PATCH",
            path=ARTICLE,
            fields=AS_PATCH,
            body='{"tags": ["tour", "changed"]}',
            shows="PATCH changes only the members that the request has (a merge patch, RFC 7396).",
            look=("`title`: it is as before", "`tags`: they are new", "`ETag`: it has changed with the version"),
            tests={
                "The title is as before": equal("pm.response.json().title", '"My article, replaced"'),
                "The tags are new": equal("pm.response.json().tags", '["tour", "changed"]'),
            },
            keeps={"article_tag": 'pm.response.headers.get("ETag")'},
        ),
    ),
)

ONCE_BODY = '{\n  "title": "Created once",\n  "body": "",\n  "tags": ["tour"]\n}'
WITH_KEY = {**AS_JSON, "Idempotency-Key": "{{key}}"}

RETRIES: Folder = (
    "Safe retries",
    "If an answer is lost, a client does not know whether its request succeeded. With a key it can repeat it safely.",
    (
        Visit(
            name="Create with a key",
            method="POST",
            path="/articles",
            fields=WITH_KEY,
            body=ONCE_BODY,
            starts={"key": 'pm.variables.replaceIn("{{$guid}}")'},
            shows="The client chooses an `Idempotency-Key`, a new one for each thing that it wants to do.",
            status=201,
            look=("the request's `Idempotency-Key`", "`id`: remember it for the next request"),
            tests={"This is the first answer": 'pm.response.to.not.have.header("Idempotent-Replayed")'},
            keeps={"once_id": "pm.response.json().id"},
        ),
        Visit(
            name="Send it again",
            method="POST",
            path="/articles",
            fields=WITH_KEY,
            body=ONCE_BODY,
            shows="The same request with the same key. The server repeats its first answer, and executes nothing.",
            status=201,
            look=("`Idempotent-Replayed: true`", "`id`: the same as before; there is no second article"),
            tests={
                "The answer is a replay": field_is("Idempotent-Replayed", "true"),
                "The article is the same": equal("pm.response.json().id", 'Number(pm.variables.get("once_id"))'),
            },
        ),
        Visit(
            name="Use the key for something else",
            method="POST",
            path="/articles",
            fields=WITH_KEY,
            body='{\n  "title": "Something else",\n  "body": ""\n}',
            shows="A key belongs to one request. For another one the server refuses it: that is a bug of the client.",
            status=422,
            look=("`detail`: the reason in one sentence", "nothing was created"),
            tests=refused("idempotency-key-reused"),
        ),
    ),
)

ARTICLES = (FIRST_STEPS, CHANGES, RETRIES)
