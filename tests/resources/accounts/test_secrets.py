"""/secrets/<name>: named by the client, visible to the owner only (CONTRACT §1, §5, §7)."""

from uuid import uuid4

import httpx
import pytest

from resources.secrets import SecretItem
from tests.resources.accounts.accounts import WRITERS, Account, Act, at_once, password_of, register
from tests.resources.making import MINIMAL, once_settled, pointers, refused
from tests.servers import Server

MEMBERS = ["name", "value", "version", "created_at", "updated_at"]
ENVELOPE = "application/vnd.touchstone.v2+json"
DOOR = "/secrets/door"
SESAME = {"value": "sesame"}


@pytest.fixture
def door(own: httpx.Client) -> str:
    """Create a secret named `door`, and return its tag."""
    assert own.put(DOOR, json=SESAME).status_code == 201
    return own.get(DOOR).headers["ETag"]


def test_the_first_put_creates_and_the_second_replaces(own: httpx.Client) -> None:
    answer = own.put(DOOR, json=SESAME)
    assert answer.status_code == 201
    assert answer.headers["Location"] == DOOR
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert list(made) == MEMBERS
    assert (made["name"], made["value"], made["version"]) == ("door", "sesame", 1)
    read = own.get(DOOR)
    assert (read.json(), read.headers["ETag"]) == (made, answer.headers["ETag"])
    again = own.put(DOOR, json={"value": "open"})
    assert (again.status_code, again.content) == (204, b"")
    assert again.headers["Cache-Control"] == "no-store"
    assert "Location" not in again.headers
    now = own.get(DOOR).json()
    assert now == {**made, "value": "open", "version": 2, "updated_at": now["updated_at"]}
    assert now["updated_at"] >= made["updated_at"]


@pytest.mark.parametrize("kind", SecretItem.writes)
def test_a_new_secret_is_shown_in_any_representation(own: httpx.Client, kind: str) -> None:
    answer = own.put(DOOR, json=SESAME, headers={"Accept": kind})
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (201, kind)
    assert answer.headers["ETag"] == own.get(DOOR, headers={"Accept": kind}).headers["ETag"]


def test_prefer_minimal_creates_without_content(own: httpx.Client) -> None:
    answer = own.put(DOOR, json=SESAME, headers=MINIMAL)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert own.get(DOOR).json()["value"] == "sesame"


def test_a_secret_has_validators_and_is_not_cached(own: httpx.Client, door: str) -> None:
    answer = once_settled(own, DOOR)
    assert door.startswith('"')
    assert answer.headers["ETag"] == door
    assert answer.headers["Cache-Control"] == "no-store"
    known = own.get(DOOR, headers={"If-None-Match": door})
    assert (known.status_code, known.content, known.headers["Cache-Control"]) == (304, b"", "no-store")


def test_a_deleted_secret_is_gone(own: httpx.Client, door: str) -> None:
    answer = own.delete(DOOR)
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (204, b"", "no-store")
    refused(own.get(DOOR), 404, "not-found")
    refused(own.delete(DOOR), 404, "not-found")


@pytest.mark.parametrize("tags", ["*", '"v1"', None])
def test_an_existing_secret_is_not_created_again(own: httpx.Client, door: str, tags: str | None) -> None:
    answer = own.put(DOOR, json={"value": "open"}, headers={"If-None-Match": tags or door})
    if tags == '"v1"':
        # Another tag: this condition does not require the secret to be absent.
        assert answer.status_code == 204
    else:
        assert refused(answer, 412, "precondition-failed")["current_etag"] == door
        assert own.get(DOOR).json()["value"] == "sesame"


def test_if_none_match_any_creates_what_is_absent(own: httpx.Client) -> None:
    assert own.put(DOOR, json=SESAME, headers={"If-None-Match": "*"}).status_code == 201


@pytest.mark.parametrize("tags", ["*", '"v1"'])
def test_if_match_does_not_create(own: httpx.Client, tags: str) -> None:
    document = refused(own.put(DOOR, json=SESAME, headers={"If-Match": tags}), 412, "precondition-failed")
    assert "current_etag" not in document
    refused(own.get(DOOR), 404, "not-found")
    # An absent secret cannot be deleted with any tag.
    refused(own.delete(DOOR, headers={"If-Match": tags}), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_succeeds_if_the_tag_matches(own: httpx.Client, door: str, method: str) -> None:
    sent = {"json": {"value": "open"}} if method == "PUT" else {}
    assert own.put(DOOR, json=SESAME, headers={"If-Match": door}).status_code == 204
    current = own.get(DOOR).headers["ETag"]
    document = refused(own.request(method, DOOR, headers={"If-Match": door}, **sent), 412, "precondition-failed")
    assert document["current_etag"] == current != door
    assert own.get(DOOR).json()["value"] == "sesame"
    assert own.request(method, DOOR, headers={"If-Match": current}, **sent).status_code == 204


@pytest.mark.parametrize("accept", ["application/json", "application/xml", ENVELOPE])
def test_a_recreated_secret_never_has_an_old_tag(own: httpx.Client, door: str, accept: str) -> None:
    fields = {"Accept": accept}
    old = own.get(DOOR, headers=fields).headers["ETag"]
    assert own.delete(DOOR).status_code == 204
    assert own.put(DOOR, json=SESAME).status_code == 201
    again = own.get(DOOR, headers={**fields, "If-None-Match": old})
    assert again.status_code == 200
    assert again.headers["ETag"] != old
    for method in ("PUT", "DELETE"):
        sent = {"json": {"value": "lost"}} if method == "PUT" else {}
        refused(own.request(method, DOOR, headers={"If-Match": old}, **sent), 412, "precondition-failed")
    assert own.get(DOOR).json()["value"] == "sesame"


@pytest.mark.parametrize("who", ["api", "admin"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("fields", [{}, {"If-Match": '"v1"'}, {"If-None-Match": "*"}], ids=str)
def test_secrets_of_others_look_absent(clients: dict, own: httpx.Client, who: str, method: str, fields: dict) -> None:
    held, absent = "m" + uuid4().hex, "m" + uuid4().hex
    assert own.put(f"/secrets/{held}", json=SESAME).status_code == 201
    answers = []
    for name in (held, absent):
        answer = clients[who].request(method, f"/secrets/{name}", headers={"X-Request-Id": "same", **fields})
        assert answer.status_code == 404
        shown = {field: value for field, value in answer.headers.items() if field != "date"}
        answers.append((shown, answer.content.replace(name.encode(), b"NAME")))
    assert answers[0] == answers[1]
    assert own.get(f"/secrets/{held}").json()["value"] == "sesame"


@pytest.mark.parametrize("conditions", [{}, {"If-None-Match": "*"}])
def test_accounts_can_use_the_same_names(
    own: httpx.Client, anonymous: httpx.Client, door: str, conditions: dict
) -> None:
    other = password_of(register(anonymous))
    answer = anonymous.put(DOOR, json={"value": "mine"}, headers=conditions, auth=other)
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    assert anonymous.get(DOOR, auth=other).json()["value"] == "mine"
    assert anonymous.get(DOOR, auth=other).headers["ETag"] != door
    assert anonymous.delete(DOOR, auth=other).status_code == 204
    assert (own.get(DOOR).json()["value"], own.get(DOOR).headers["ETag"]) == ("sesame", door)


@pytest.mark.parametrize(("method", "url"), [("GET", "/secrets"), ("GET", DOOR), ("PUT", DOOR), ("DELETE", DOOR)])
def test_secrets_require_credentials(anonymous: httpx.Client, method: str, url: str) -> None:
    refused(anonymous.request(method, url), 401, "unauthenticated")


@pytest.mark.parametrize("value", ["", "v" * 10_000, "😀" * 10_000, "two\nlines\t"], ids=lambda value: value[:3])
def test_a_value_is_stored_as_sent(own: httpx.Client, value: str) -> None:
    assert own.put(DOOR, json={"value": value}).status_code == 201
    assert own.get(DOOR).json()["value"] == value


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, {"#/value"}),
        ({"value": "v" * 10_001}, {"#/value"}),
        ({"value": None}, {"#/value"}),
        ({"value": 1}, {"#/value"}),
        ({"value": "v", "more": 1}, {"#/more"}),
        ({"value": 1, "more": 1, "name": "window", "version": 9}, {"#/value", "#/more", "#/name"}),
        ([], {"#"}),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_all_faults_are_reported_at_once_and_nothing_changes(
    own: httpx.Client, sent: object, expected: set, there: bool
) -> None:
    if there:
        assert own.put(DOOR, json=SESAME).status_code == 201
    assert pointers(own.put(DOOR, json=sent)) == expected
    read = own.get(DOOR)
    assert (read.status_code, read.json().get("value")) == ((200, "sesame") if there else (404, None))


def test_a_value_is_in_no_log(server: Server, own: httpx.Client) -> None:
    value = "value-" + uuid4().hex
    assert own.put(DOOR, json={"value": value}).status_code == 201
    assert own.put(DOOR, json={"value": [value]}).status_code == 422
    assert value not in server.log.read_text()


def test_a_representation_can_be_sent_back_unchanged(own: httpx.Client, door: str) -> None:
    sent = {**own.get(DOOR).json(), "value": "open"}
    for changing in ({}, {}, {"version": 9, "created_at": None, "updated_at": 0}):
        assert own.put(DOOR, json={**sent, **changing}).status_code == 204
    assert own.get(DOOR).json() == {**sent, "version": 4, "updated_at": own.get(DOOR).json()["updated_at"]}


@pytest.mark.parametrize("name", ["a", "n" * 64, "A.b_c-9", "0", "-", "_"])
def test_a_name_is_letters_digits_and_three_signs(own: httpx.Client, name: str) -> None:
    answer = own.put(f"/secrets/{name}", json=SESAME)
    assert (answer.status_code, answer.json()["name"]) == (201, name)
    assert own.get(answer.headers["Location"]).json()["name"] == name


@pytest.mark.crossed
@pytest.mark.parametrize("name", ["n" * 65, "a%20b", "%C3%BCnal", "a%2Fb", "a/b", "a:b", "a%00", "a%0A", ""])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_name_of_another_form_is_404(own: httpx.Client, method: str, name: str) -> None:
    sent = {"json": SESAME} if method == "PUT" else {}
    refused(own.request(method, f"/secrets/{name}", **sent), 404, "not-found")
    assert own.get("/secrets").json()["items"] == []


def test_the_case_of_a_name_counts(own: httpx.Client, door: str) -> None:
    refused(own.get("/secrets/Door"), 404, "not-found")
    assert own.put("/secrets/Door", json=SESAME).status_code == 201


def test_the_envelope_of_version_2(own: httpx.Client) -> None:
    both = {"Content-Type": ENVELOPE, "Accept": ENVELOPE}
    answer = own.put(DOOR, json={"data": SESAME}, headers=both)
    assert answer.status_code == 201
    data = own.get(DOOR).json()
    envelope = {"data": data, "links": {"self": DOOR}, "meta": {"version": 1}}
    assert answer.json() == own.get(DOOR, headers={"Accept": ENVELOPE}).json() == envelope
    assert pointers(own.put(DOOR, json={"data": {"value": 1}}, headers=both)) == {"#/data/value"}
    assert pointers(own.put(DOOR, json=SESAME, headers=both)) == {"#"}


def put_values(account: Account, **fields: str) -> list[Act]:
    """So many acts that each put another value under one name."""
    return [
        lambda client, value=value: client.put(
            DOOR, json={"value": str(value)}, headers=fields, auth=password_of(account)
        )
        for value in range(WRITERS)
    ]


@pytest.mark.parametrize("rounds", range(3))
def test_eight_puts_at_once_of_an_absent_name_create_once(
    server: Server, account: Account, own: httpx.Client, rounds: int
) -> None:
    answers = at_once(server, *put_values(account, **{"If-None-Match": "*"}))
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * (WRITERS - 1)
    winner = next(answer for answer in answers if answer.status_code == 201)
    assert own.get(DOOR).json() == winner.json()
    assert winner.json()["value"] == str(answers.index(winner))


@pytest.mark.parametrize("rounds", range(3))
def test_eight_puts_at_once_without_conditions_create_once_and_then_replace(
    server: Server, account: Account, own: httpx.Client, rounds: int
) -> None:
    answers = at_once(server, *put_values(account))
    assert sorted(answer.status_code for answer in answers) == [201] + [204] * (WRITERS - 1)
    created = next(answer.json() for answer in answers if answer.status_code == 201)
    secret = own.get(DOOR).json()
    assert (secret["version"], secret["created_at"]) == (WRITERS, created["created_at"])


def test_eight_puts_at_once_with_one_tag_are_one_204(
    server: Server, account: Account, own: httpx.Client, door: str
) -> None:
    answers = at_once(server, *put_values(account, **{"If-Match": door}))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204] + [412] * (WRITERS - 1)
    secret = own.get(DOOR).json()
    assert (secret["value"], secret["version"]) == (str(statuses.index(204)), 2)
