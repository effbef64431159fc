"""`run.py smoke`: the verification workflow, against any running server."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import click

from api.commands.client import Client, NoAnswer, Received
from api.commands.sentences import Checked, Misuse, Refusal
from api.rules.settings import seconds_between


class Departure(Exception):
    """An answer differs from the expected one; the text says how."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check: its `name`, its duration, and for a failure the `detail`."""

    name: str
    passed: bool
    milliseconds: int
    detail: str = ""


class Smoke:
    """The workflow. It deletes what it creates; values that later checks need are stored in attributes."""

    def __init__(self, client: Client, login: tuple[str, str] | None) -> None:
        self.client = client
        self.name = f"smoke-{secrets.token_hex(6)}"
        self.given = login
        self.login = login or (self.name, secrets.token_urlsafe(18))
        # Paths to delete at the end, the last first.
        self.made: list[str] = []
        self.place = ""
        self.tag = ""

    def steps(self) -> Iterator[Callable[[], None]]:
        """The checks in order; the docstring of each is its name in the report."""
        yield self.welcome
        yield self.stranger
        if self.given is None:
            yield self.register
            yield self.register_again
        yield self.create
        yield self.follow
        yield self.unchanged
        yield self.repeat
        yield self.other_with_that_key
        yield self.again_without_key
        yield self.wrong_members
        yield self.broken
        yield self.stale
        yield self.change
        yield self.delete

    def send(self, method: str, path: str, status: int, **said: Any) -> Received:
        """Send a request, signed in by default. Raises Departure for another status."""
        answer = self.client.send(method, path, **{"login": self.login, **said})
        if answer.status != status:
            raise Departure(f"{method} {path} should answer {status}, but answered {answer.status}{detail_of(answer)}")
        return answer

    def welcome(self) -> None:
        """The server answers with its name."""
        expect(self.send("GET", "/", 200, login=None).data.get("name"), "Touchstone", "name")

    def stranger(self) -> None:
        """Writing without signing in is refused with a challenge (401)."""
        answer = self.send("POST", "/articles", 401, login=None, data=self.article())
        expect("www-authenticate" in answer.fields, True, "a WWW-Authenticate field")

    def register(self) -> None:
        """Registering an account succeeds (201)."""
        answer = self.client.send("POST", "/users", data=self.account())
        if answer.status in (401, 403):
            raise Departure("Registration is closed: give an account with --user and --password.")
        expect(answer.status, 201, "the status of POST /users" + detail_of(answer))
        self.made.append(self.client.location(answer))

    def register_again(self) -> None:
        """Registering the same account again is refused (409)."""
        self.send("POST", "/users", 409, login=None, data=self.account())

    def create(self) -> None:
        """A create returns the whole article and its Location (201)."""
        answer = self.send("POST", "/articles", 201, data=self.article(), fields=self.key())
        self.place = self.client.location(answer)
        self.made.append(self.place)
        for name, value in self.article().items():
            expect(answer.data.get(name), value, name)

    def follow(self) -> None:
        """GET on its Location returns it (200)."""
        answer = self.send("GET", self.place, 200)
        expect(answer.data.get("title"), self.name, "title")
        self.tag = answer.fields.get("etag", "")
        expect(self.tag != "", True, "an ETag")

    def unchanged(self) -> None:
        """GET with its tag returns no content (304)."""
        self.send("GET", self.place, 304, fields={"If-None-Match": self.tag})

    def repeat(self) -> None:
        """A repetition with the same Idempotency-Key is replayed."""
        answer = self.send("POST", "/articles", 201, data=self.article(), fields=self.key())
        expect(self.client.location(answer), self.place, "Location")
        expect(answer.fields.get("idempotent-replayed"), "true", "Idempotent-Replayed")

    def other_with_that_key(self) -> None:
        """A different request with that key is refused (422)."""
        self.send("POST", "/articles", 422, data={**self.article(), "body": "Another"}, fields=self.key())

    def again_without_key(self) -> None:
        """A repetition without a key creates another article (201)."""
        answer = self.send("POST", "/articles", 201, data=self.article())
        self.made.append(self.client.location(answer))
        expect(self.client.location(answer) != self.place, True, "another Location")

    def wrong_members(self) -> None:
        """Wrong members are refused all at once, each with its pointer (422)."""
        answer = self.send("POST", "/articles", 422, data={"title": "", "tags": ["NO"]})
        pointers = {each.get("pointer") for each in answer.data.get("errors", ())}
        expect(pointers, {"#/title", "#/body", "#/tags/0"}, "the faults")

    def broken(self) -> None:
        """Truncated JSON is refused (400)."""
        self.send("POST", "/articles", 400, content=b'{"title": ')

    def stale(self) -> None:
        """A change with a stale tag is refused (412)."""
        self.send("PUT", self.place, 412, data=self.article(), fields={"If-Match": '"stale"'})

    def change(self) -> None:
        """A change with the current tag succeeds (200)."""
        said = {"Content-Type": "application/merge-patch+json", "If-Match": self.tag}
        answer = self.send("PATCH", self.place, 200, data={"body": "Changed"}, fields=said)
        expect(answer.data.get("body"), "Changed", "body")

    def delete(self) -> None:
        """Everything created is deleted (204), and is gone (404)."""
        while self.made:
            path = self.made.pop()
            self.send("DELETE", path, 204, fields={"If-Match": "*"})
            self.send("GET", path, 404, login=self.login if path.startswith("/articles") else None)

    def clean_up(self) -> None:
        """Delete the remains of a failed check."""
        for path in reversed(self.made):
            self.client.send("DELETE", path, login=self.login, fields={"If-Match": "*"})

    def article(self) -> dict[str, Any]:
        """The article to create."""
        return {"title": self.name, "body": "Made by the smoke test, which deletes it.", "tags": ["smoke"]}

    def account(self) -> dict[str, Any]:
        """The account to register."""
        name, password = self.login
        return {"username": name, "name": "Smoke test", "email": f"{name}@smoke.invalid", "password": password}

    def key(self) -> dict[str, str]:
        """The Idempotency-Key of this run."""
        return {"Idempotency-Key": self.name}


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise Departure if `found` is not `wanted`."""
    if found != wanted:
        raise Departure(f"{what} should be {wanted!r}, but is {found!r}")


def detail_of(answer: Received) -> str:
    """The detail of an answer's problem document."""
    detail = answer.data.get("detail") if isinstance(answer.data, dict) else None
    return f": {detail}" if detail else ""


@contextmanager
def cleaned(smoke: Smoke) -> Iterator[None]:
    """Delete what was created, in every case."""
    try:
        yield
    finally:
        smoke.clean_up()


def outcomes(smoke: Smoke) -> Iterator[Outcome]:
    """Run the checks until one fails, because later ones depend on it."""
    with cleaned(smoke):
        for step in smoke.steps():
            started = time.perf_counter()
            try:
                step()
                detail = ""
            except (Departure, NoAnswer) as departure:
                detail = str(departure)
            name = (step.__doc__ or "").rstrip(".")
            yield Outcome(name, not detail, round((time.perf_counter() - started) * 1000), detail)
            if detail:
                return


def is_url(text: str) -> bool:
    """Whether the text is the URL of a server."""
    try:
        place = urlsplit(text)
        return place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


@click.command()
@click.argument("url")
@click.option("--user", metavar="NAME", help="Account to use. Default: registers one, and deletes it again.")
@click.option("--password", metavar="PASSWORD", help="Password of the account.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=Checked(seconds_between(0.1, 60)),
    default=5.0,
    help="Time for each answer, 0.1 to 60. Default: 5.",
)
@click.pass_obj
def smoke(settings: Any, /, url: str, user: str | None, password: str | None, as_json: bool, timeout: float) -> None:
    """Test the running server at URL.

    It creates, reads, repeats, sends faults, changes, and deletes what it created. If an answer is wrong, the
    exit status is 1.

    Example: python run.py smoke http://127.0.0.1:8000
    """
    if not is_url(url):
        raise Misuse(f"{url!r} is not the URL of a server: use one such as http://127.0.0.1:8000.")
    if (user is None) != (password is None):
        raise Misuse("--user and --password belong together: give both, or neither.")
    client = Client(url, timeout)
    try:
        client.send("GET", "/")
    except NoAnswer as why:
        raise Refusal(f"Nothing answers at {url} ({why}): check that the server runs, and the URL.") from None
    login = (user, password) if user is not None and password is not None else None
    started = time.perf_counter()
    found = []
    for outcome in outcomes(Smoke(client, login)):
        found.append(outcome)
        if not as_json:
            detail = f": {outcome.detail}" if outcome.detail else ""
            click.echo(f"{'pass' if outcome.passed else 'FAIL'} {outcome.milliseconds:5d} ms  {outcome.name}{detail}")
    passed = all(each.passed for each in found)
    seconds = round(time.perf_counter() - started, 2)
    if as_json:
        report = {"url": url, "passed": passed, "seconds": seconds, "checks": [asdict(each) for each in found]}
        click.echo(json.dumps(report, indent=2))
    else:
        click.echo(f"{sum(each.passed for each in found)} of {len(found)} passed in {seconds} s")
    if not passed:
        raise click.exceptions.Exit(1)
