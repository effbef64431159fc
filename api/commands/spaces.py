"""`run.py spaces`: lists, makes, resets and deletes spaces of a running server."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import click

from api.commands.client import Client, NoAnswer, Received
from api.commands.sentences import Checked, Misuse, Refusal
from api.commands.smoke import is_url
from api.rules.settings import whole

Command = Callable[..., Any]


def asking(command: Command) -> Command:
    """The options that all commands have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
        click.option("--token", metavar="TOKEN", help="A token of the space, or of an administrator."),
        click.option("--password", metavar="PASSWORD", help="Password of the account."),
        click.option("--user", metavar="NAME", help="Account to use, if the server requires one."),
    ):
        command = option(command)
    return command


class Control:
    """The spaces of the server at `url`. Raises Misuse for bad options, Refusal for what the server refuses."""

    def __init__(self, url: str, user: str | None, password: str | None, token: str | None) -> None:
        if not is_url(url):
            raise Misuse(f"{url!r} is not the URL of a server: use one such as http://127.0.0.1:8000.")
        if (user is None) != (password is None):
            raise Misuse("--user and --password belong together: give both, or neither.")
        if user is not None and token is not None:
            raise Misuse("--user and --token contradict each other: give one of them.")
        self.url = url.rstrip("/")
        self.client = Client(self.url)
        self.login = (user, password) if user is not None and password is not None else None
        self.fields = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, data: Any = None) -> Received:
        """Send a request, and return its answer."""
        try:
            answer = self.client.send(method, path, data=data, login=self.login, fields=self.fields)
        except NoAnswer as why:
            raise Refusal(f"Nothing answers at {self.url} ({why}): check that the server runs, and the URL.") from None
        if answer.status >= 400:
            raise Refusal(f"The server refused with {answer.status}: {_reason(answer)}")
        return answer

    def all(self) -> Iterator[dict[str, Any]]:
        """Every space, newest first."""
        path: str | None = f"/spaces?{urlencode({'limit': 100})}"
        while path:
            page = self.ask("GET", path).data
            yield from page["items"]
            path = page["next"] and page["next"][page["next"].index("/spaces") :]


def _reason(answer: Received) -> str:
    document = answer.data
    errors = [each["detail"] for each in document.get("errors", ())]
    return " ".join([document.get("detail", "no reason given."), *errors])


@click.group()
def spaces() -> None:
    """Control isolated stores: list, make, reset, delete.

    A space is the same API with its own data, at the URL that `make` prints.

    Example: python run.py spaces make http://127.0.0.1:8000
    """


@spaces.command("list")
@click.argument("url")
@asking
def list_spaces(url: str, as_json: bool, **options: Any) -> None:
    """List the spaces of the server at URL, newest first.

    Example: python run.py spaces list http://127.0.0.1:8000
    """
    found = list(Control(url, **options).all())
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for each in found:
        click.echo(f"{each['id']}  {each['bytes'] // 1024:,} KiB  from {each['from']}  expires {each['expires_at']}")


@spaces.command()
@click.argument("url")
@click.option("--id", "space_id", metavar="ID", help="Lower-case letters, digits and hyphens. Default: a random one.")
@click.option("--from", "source", metavar="SOURCE", help="seeded, empty, or SPACE@SNAPSHOT. Default: seeded.")
@click.option(
    "--idle-minutes", metavar="N", type=Checked(whole(1, 525_600)), help="Minutes without a request until it expires."
)
@asking
def make(
    url: str, space_id: str | None, source: str | None, idle_minutes: int | None, as_json: bool, **options: Any
) -> None:
    """Make a space, and print its URL and its token, which is shown only once.

    Example: python run.py spaces make http://127.0.0.1:8000 --id checkout --from empty
    """
    wished = {"id": space_id, "from": source, "idle_minutes": idle_minutes}
    control = Control(url, **options)
    answer = control.ask("POST", "/spaces", {name: value for name, value in wished.items() if value is not None})
    made = answer.data
    if as_json:
        click.echo(json.dumps(made, indent=2))
        return
    place = made["url"] if "://" in made["url"] else f"{control.url}/in/{made['id']}"
    click.echo(f"{place}\n{made['token']}")


@spaces.command()
@click.argument("url")
@click.argument("space_id", metavar="ID")
@click.option("--to", "snapshot", metavar="SNAPSHOT", help="A snapshot of the space. Default: what it was made from.")
@asking
def reset(url: str, space_id: str, snapshot: str | None, as_json: bool, **options: Any) -> None:
    """Bring the space ID back to what it was made from.

    Example: python run.py spaces reset http://127.0.0.1:8000 checkout
    """
    sent = {} if snapshot is None else {"to": snapshot}
    done = Control(url, **options).ask("POST", f"/spaces/{space_id}/reset", sent).data
    click.echo(json.dumps(done, indent=2) if as_json else f"Reset {space_id}: generation {done['generation']}.")


@spaces.command()
@click.argument("url")
@click.argument("space_id", metavar="ID")
@asking
def delete(url: str, space_id: str, as_json: bool, **options: Any) -> None:
    """Delete the space ID, with its snapshots.

    Example: python run.py spaces delete http://127.0.0.1:8000 checkout
    """
    Control(url, **options).ask("DELETE", f"/spaces/{space_id}")
    click.echo(json.dumps({"deleted": space_id}) if as_json else f"Deleted {space_id}.")
