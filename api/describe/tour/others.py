"""The end of the tour: accounts, refusals, messages, and the clean-up."""

from api.describe.steps import ACCOUNT, NOBODY, Login
from api.describe.tour.visits import AS_JSON, AS_PATCH, Folder, Visit, equal, field_is, has_field, refused

READER = Login("{{reader}}", "correct horse")
WITH_TOKEN = Login(token="{{token}}")  # noqa: S106  # the name of a variable

ACCOUNTS: Folder = (
    "Accounts and tokens",
    "A new account, and a token for its programs, so that they need no password.",
    (
        Visit(
            name="Write without signing in",
            method="POST",
            path="/articles",
            fields=AS_JSON,
            body='{"title": "By nobody", "body": ""}',
            login=NOBODY,
            shows="Writing requires signing in.",
            status=401,
            look=("`WWW-Authenticate`: how a client can sign in",),
            tests={"The server says how to sign in": has_field("WWW-Authenticate"), **refused("unauthenticated")},
        ),
        Visit(
            name="Register",
            method="POST",
            path="/users",
            fields=AS_JSON,
            body=(
                '{\n  "username": "{{reader}}",\n  "email": "{{reader}}@example.org",\n  "name": "A reader",\n'
                '  "password": "correct horse"\n}'
            ),
            login=NOBODY,
            starts={"reader": '"reader-" + Date.now().toString(36)'},
            shows="Anyone can register while the server's `REGISTRATION` is `open`.",
            status=201,
            look=("the body: the password is not in it",),
            tests={
                "The account has the name": equal("pm.response.json().username", 'pm.variables.get("reader")'),
                "The password is not shown": 'pm.expect(pm.response.json()).to.not.have.property("password")',
            },
        ),
        Visit(
            name="Get a token",
            method="POST",
            path="/tokens",
            fields=AS_JSON,
            body='{"scopes": ["articles:write"]}',
            login=READER,
            shows="The new account signs in with its password (Basic), and gets a token that can write articles only.",
            status=201,
            look=("`token`: the server shows it only this once", "`expires_at`: in 30 days, if you do not choose"),
            tests={"The answer is in no cache": field_is("Cache-Control", "no-store")},
            keeps={"token": "pm.response.json().token"},
        ),
        Visit(
            name="Use the token",
            path="/users/me",
            login=WITH_TOKEN,
            shows="`Authorization: Bearer …` instead of a password. `/users/me` is the account of the caller.",
            look=("`username`: the new account", "`email`: only the account itself and administrators see it"),
            tests={"This is the new account": equal("pm.response.json().username", 'pm.variables.get("reader")')},
        ),
        Visit(
            name="Change an article of another author",
            method="PATCH",
            path="/articles/{{article_id}}",
            fields=AS_PATCH,
            body='{"title": "Mine now"}',
            login=WITH_TOKEN,
            shows="The server knows the caller (no 401), but only the author and administrators can change an article.",
            status=403,
            look=("the difference: 401 means sign in, 403 means that signing in again does not help",),
            tests=refused("forbidden"),
        ),
    ),
)

ERRORS: Folder = (
    "Errors on purpose",
    "Every refusal is a problem document (RFC 9457). Its `type` is the address of an explanation.",
    (
        Visit(
            name="Make three mistakes at once",
            method="POST",
            path="/articles",
            fields=AS_JSON,
            body='{\n  "title": "",\n  "tags": "tour"\n}',
            shows="The title is too short, the tags are no list, and the body is missing. The answer lists all three.",
            status=422,
            look=("`errors`: each has a `pointer` to the member, and a `detail`",),
            tests={
                "All three mistakes are named": (
                    "pm.expect(pm.response.json().errors.map(each => each.pointer))"
                    '.to.have.members(["#/title", "#/tags", "#/body"])'
                ),
                **refused("invalid"),
            },
        ),
        Visit(
            name="Read the explanation",
            path="/problems/invalid",
            shows="The `type` of the last answer leads here: what happened, and what a client can do.",
            look=("`advice`",),
            tests={"The problem has this status": equal("pm.response.json().status", "422")},
        ),
        Visit(
            name="Misspell a parameter",
            path="/articles",
            query={"tag": "tour"},
            shows="There is no parameter `tag` (it is `tags`). The server refuses it, because a filter that is ignored "
            "would return wrong articles.",
            status=400,
            look=("`errors`: the name of the parameter",),
            tests={
                "The parameter is named": equal("pm.response.json().errors[0].parameter", '"tag"'),
                **refused("invalid-parameter"),
            },
        ),
        Visit(
            name="Ask for a format that does not exist",
            path="/articles",
            fields={"Accept": "application/pdf"},
            shows="The server cannot answer in PDF, and says which formats it has.",
            status=406,
            look=("`available`: the formats",),
            tests=refused("not-acceptable"),
        ),
    ),
)

MESSAGES: Folder = (
    "Files and messages",
    "`/messages` stores any content byte for byte.",
    (
        Visit(
            name="Send a form",
            method="POST",
            path="/messages",
            form={"note": "Hello from Postman", "reply_to": "luis@example.org"},
            shows=(
                "A form with two fields. To send a file, change the type of a field from Text to File in the Body tab."
            ),
            status=201,
            look=("`parts`: each field or file of the form", "`sha256` and `size`: of the bytes that were stored"),
            tests={"The form has two parts": equal("pm.response.json().parts.length", "2")},
            keeps={"message_id": "pm.response.json().id"},
        ),
        Visit(
            name="Read the first five bytes of a part",
            path="/messages/{{message_id}}/parts/1",
            fields={"Range": "bytes=0-4"},
            shows="`Range` reads a piece, for example to continue an interrupted download.",
            status=206,
            look=("`Content-Range`: which bytes, and how many there are", "the body: `Hello`"),
            tests={
                "The body has five bytes": equal("pm.response.text()", '"Hello"'),
                "The answer says which bytes": field_is("Content-Range", "bytes 0-4/18"),
            },
        ),
    ),
)


def deletion(name: str, path: str, shows: str, look: str, login: Login = ACCOUNT) -> Visit:
    """A DELETE at the end of the tour."""
    without = {"There is no content": equal("pm.response.text()", '""')}
    return Visit(
        name=name, method="DELETE", path=path, status=204, shows=shows, look=(look,), tests=without, login=login
    )


CLEAN_UP: Folder = (
    "Clean up",
    "Delete everything that the tour created.",
    (
        deletion(
            "Delete the article",
            "/articles/{{article_id}}",
            "DELETE ends a resource. Send it twice, and the second answer is 404.",
            "the status: 204 means that it succeeded, and that there is nothing to show",
        ),
        deletion(
            "Delete the other article",
            "/articles/{{once_id}}",
            "The article that was created with a key.",
            "the status",
        ),
        deletion(
            "Delete the message",
            "/messages/{{message_id}}",
            "The sender and administrators can delete a message.",
            "the status",
        ),
        deletion(
            "Delete the account",
            "/users/me",
            "The account deletes itself, with its password. Its token ends at once: “Use the token” now gets 401.",
            "the status",
            login=READER,
        ),
    ),
)

OTHERS = (ACCOUNTS, ERRORS, MESSAGES, CLEAN_UP)
