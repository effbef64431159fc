"""The part of the tour that shows whether a client is safe to retry: with faults, in a space of its own."""

from collections.abc import Mapping
from types import MappingProxyType

from api.describe.steps import Login
from api.describe.tour.visits import AS_JSON, Folder, Visit, equal, field_is

OWNER = Login(token="{{space_token}}")  # noqa: S106  # the name of a variable
ARTICLES = "/in/{{space}}/articles"
KEY = {"Idempotency-Key": "order-{{space}}"}
EMPTY: Mapping[str, str] = MappingProxyType({})
LOST = {"Touchstone-Fault": "status;code=504;after"}
NEW = {"It is a new answer": 'pm.expect(pm.response.headers.has("Idempotent-Replayed")).to.be.false'}


def create(
    title: str,
    name: str,
    shows: str,
    look: str,
    tests: dict[str, str],
    fields: Mapping[str, str] = EMPTY,
    status: int = 201,
) -> Visit:
    """A visit that creates an article of this title."""
    return Visit(
        name=name,
        method="POST",
        path=ARTICLES,
        fields={**AS_JSON, **fields},
        body=f'{{"title": "{title}", "body": ""}}',
        login=OWNER,
        shows=shows,
        look=(look,),
        status=status,
        tests=tests,
    )


def lost(title: str, name: str, shows: str, fields: Mapping[str, str] = EMPTY) -> Visit:
    """A visit that creates an article, and loses the answer."""
    look = "`Touchstone-Fault`: this answer was ordered, after the article was created"
    tests = {"The answer was ordered": field_is("Touchstone-Fault", "header")}
    return create(title, name, shows, look, tests, {**fields, **LOST}, 504)


def found(title: str, count: int, name: str, shows: str) -> Visit:
    """A visit that counts the articles of this title."""
    return Visit(
        name=name,
        path=ARTICLES,
        query={"title": title, "count": "true"},
        login=OWNER,
        shows=shows,
        look=("`total`",),
        tests={f"The total is {count}": equal("pm.response.json().total", str(count))},
    )


RETRIES: Folder = (
    "Is your client safe to retry?",
    "An answer can get lost after the server has done the work. These requests lose answers on purpose, in a space of "
    "their own, with the field `Touchstone-Fault`. Do the same to your client: only a retry with the same "
    "`Idempotency-Key` is safe. Here a proxy seems to say 504. `cut;at=after` ends the connection instead, which "
    "Postman reports as an error (`docs/faults.md`).",
    (
        Visit(
            name="Make a space",
            method="POST",
            path="/spaces",
            fields=AS_JSON,
            body="{}",
            shows="A space is an isolated store for a test: the same API under another path.",
            status=201,
            look=("`url`: the start of its paths", "`token`: its administrator, shown only once"),
            tests={"It is fresh": equal("pm.response.json().generation", "1")},
            keeps={"space": "pm.response.json().id", "space_token": "pm.response.json().token"},
        ),
        lost("Once", "Lose an answer", "The server creates the article, but the client is told 504.", KEY),
        create(
            "Once",
            "Retry with the same key",
            "The client cannot know what happened, so it sends the request again, with the same key.",
            "`Idempotent-Replayed: true`: this is the answer that was lost",
            {"It is the lost answer": field_is("Idempotent-Replayed", "true")},
            KEY,
        ),
        found("Once", 1, "One article", "The work was done once."),
        lost("Twice", "Lose an answer without a key", "The same without a key."),
        create(
            "Twice",
            "Retry without a key",
            "The server cannot know that this is a retry.",
            "there is no `Idempotent-Replayed`",
            NEW,
        ),
        found("Twice", 2, "Two articles", "The work was done twice. In a shop, this is a second order."),
        Visit(
            name="Wait before the retry",
            path="/in/{{space}}/hello",
            fields={"Touchstone-Fault": "status;code=503;retry-after=2"},
            login=OWNER,
            shows="A busy server says when to try again. A safe client waits that long.",
            status=503,
            look=("`Retry-After`, in seconds",),
            tests={"It says when": field_is("Retry-After", "2")},
        ),
        Visit(
            name="Broken JSON",
            path="/in/{{space}}/articles/1",
            fields={"Touchstone-Fault": "corrupt;what=json"},
            login=OWNER,
            shows="The status is 200, but the content is broken. A safe client reads the content before it reports a "
            "success, and may repeat a GET.",
            look=("the last character",),
            tests={"It cannot be read": "pm.expect(() => JSON.parse(pm.response.text())).to.throw()"},
        ),
        Visit(
            name="Delete the space",
            method="DELETE",
            path="/spaces/{{space}}",
            login=OWNER,
            shows="Everything in the space is gone with it.",
            status=204,
            look=("the status",),
            tests={"There is no content": equal("pm.response.text()", '""')},
        ),
    ),
)
